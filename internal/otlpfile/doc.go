// Package otlpfile reads recordings of OTLP export requests, and writes requests back the way they lay there.
//
// A recording is a repetition of Export{Trace,Metrics,Logs,Profiles}ServiceRequest, in one of these framings that the first bytes tell:
//
//   - JSON objects, one request each: a line, as the file exporter writes by default, or several, as a person does; the first byte
//     is '{'.
//   - uint32, big endian, and a request of that length, as the file exporter writes with `format: proto` or `compression: zstd`;
//     the first byte is 0, so the first request is below 16 MiB. A request is protobuf or JSON, plain or compressed with zstd.
//   - uvarint and a request of that length as protobuf: what Write makes.
//   - one request as protobuf and nothing else: the body of an OTLP/HTTP call.
//
// Each of them may be compressed as a whole with gzip or zstd. JSON says which signal it is of; of protobuf the name of the file
// says it: NAME.traces.otlp.pb.zst. NextData finds it out from the content.
package otlpfile
