// Package floor estimates what a lossless codec cannot go below for given traces in given requests, in bytes.
//
// It is an estimate, not a bound: it takes the statistics of the whole input for known (nobody pays for learning them) and
// pays, request by request, for what the statistics leave open:
//
//   - ids: 8 bytes a span, 16 a trace and 8 a distinct parent outside the request, each once a request. Where ids are not
//     uniform (64-bit trace ids, fixed bytes), the entropy of their bytes instead. A stream that remembers the ids of earlier requests
//     pays fewer: its floor is that of all spans as one request.
//   - times: start relative to the parent's where the parent is in the request, else to the previous span of the trace (or
//     always the latter, where that is cheaper), and duration: order-0 entropy of sign and bit length, and the other bits as they
//     are, in the quantum found for the resource and scope. Event times relative to the span's start likewise.
//   - structure: order-0 entropy of the shape (resource, scope, name, kind, status, flags, keys in their order, types, events,
//     links), and of which parent it is, as a distance within the trace.
//   - values: order-0 entropy of each attribute's value given resource, scope, name and key; numbers as above where cheaper.
//   - text: a string the first time it occurs in the input, UUIDs and long hexadecimal as binary, the rest by zstd's best.
package floor

import "go.opentelemetry.io/collector/pdata/ptrace"

// Parts is what one request costs at least, in bytes.
type Parts struct{ IDs, Times, Structure, Values, Text float64 }

// Total is the sum.
func (p Parts) Total() float64 { return p.IDs + p.Times + p.Structure + p.Values + p.Text }

// Sum adds up several requests.
func Sum(requests []Parts) Parts {
	var s Parts
	for _, p := range requests {
		s.IDs += p.IDs
		s.Times += p.Times
		s.Structure += p.Structure
		s.Values += p.Values
		s.Text += p.Text
	}
	return s
}

// Estimate returns the floor of each request.
func Estimate(requests []ptrace.Traces) []Parts {
	w := newWalk(requests)
	for i, td := range requests {
		w.request(i, td)
	}
	return w.price(len(requests))
}
