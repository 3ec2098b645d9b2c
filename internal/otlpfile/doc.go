// Package otlpfile reads and writes recordings of OTLP export requests.
//
// A recording is a repetition of
//
//	uvarint length | Export{Trace,Metrics,Logs,Profiles}ServiceRequest of that length, as protobuf
//
// plain, or compressed as a whole with gzip or zstd. The name says the signal: NAME.traces.otlp.pb.zst.
package otlpfile
