// Package otlpfile reads recordings of OTLP export requests, and writes one of their forms.
//
// A recording is a repetition of Export{Trace,Metrics,Logs,Profiles}ServiceRequest, in one of three framings that the first bytes tell:
//
//   - JSON lines: one request as OTLP JSON a line, as the file exporter writes by default; the first byte is '{'.
//   - uint32, big endian, and a request of that length, as the file exporter writes with `format: proto` or `compression: zstd`;
//     the first byte is 0, so the first request is below 16 MiB. A request is protobuf or JSON, plain or compressed with zstd.
//   - uvarint and a request of that length as protobuf: what Write makes.
//
// Each of them may be compressed as a whole with gzip or zstd. JSON says which signal it is of; of protobuf the name of the file
// says it: NAME.traces.otlp.pb.zst.
package otlpfile
