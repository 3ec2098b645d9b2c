// Package tracezip is the wire format for traces: one frame holds one batch, decodes from itself and an immutable dictionary
// that it may name, and loses nothing.
// SPEC.md is the normative description. The picture of the bytes:
//
//	54 52 5a f1              magic
//	02                       version
//	00                       flags
//	xx xx xx xx xx xx xx xx  xxh64 of what follows, sections decoded
//	[16 bytes [definition]]  the dictionary that the frame refers to, if it does, and what makes it
//	n                        spans
//	s0 … s11                 length and codec of the twelve sections
//	tables text shapes traces parents starts durations values numbers overflow mantissas raw
//
// The unit of redundancy is the shape: spans with the same resource, scope, name, kind, status, flags and ordered attribute
// keys and types. A span is one shape code, one trace code, one parent code, two times, and a code for every attribute that is
// not constant within the shape. Ids and mantissas go into the frame as they are; everything else is entropy coded.
//
// What senders repeat from frame to frame goes into a dictionary: strings, lists of keys, whole resources, and shapes with the values
// that their columns often have. A Trainer makes it from samples of frames.
//
// Everything except encoder.go, grouped.go, decoder_build.go, value.go, hidden.go and otlp.go works on bytes and columns.
package tracezip

// ContentType is the HTTP media type of a frame.
const ContentType = "application/x-tracezip"

// Version is the frame version this package writes.
const Version = 2
