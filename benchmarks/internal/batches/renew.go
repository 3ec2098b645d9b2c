package batches

import (
	"encoding/binary"
	"math/rand/v2"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// Renew gives every trace and span another id, so that a recording sent again is not the same data again: nothing can
// save bytes by remembering the ids of the last pass. References (parents, links) follow. The upper half of a trace id is
// kept: where it is zero, the ids are of 64 bits, which is a property of the recording.
func Renew(td ptrace.Traces, pass uint64) {
	r := rand.New(rand.NewPCG(pass, 0))
	k := keys{trace: r.Uint64(), span: r.Uint64()}
	for _, rs := range td.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			for _, span := range ss.Spans().All() {
				k.renew(span)
			}
		}
	}
}

type keys struct{ trace, span uint64 }

func (k keys) renew(span ptrace.Span) {
	span.SetTraceID(k.traceID(span.TraceID()))
	span.SetSpanID(k.spanID(span.SpanID()))
	span.SetParentSpanID(k.spanID(span.ParentSpanID()))
	for _, link := range span.Links().All() {
		link.SetTraceID(k.traceID(link.TraceID()))
		link.SetSpanID(k.spanID(link.SpanID()))
	}
}

func (k keys) traceID(id pcommon.TraceID) pcommon.TraceID {
	if !id.IsEmpty() {
		xor(id[8:], k.trace)
	}
	return id
}

func (k keys) spanID(id pcommon.SpanID) pcommon.SpanID {
	if !id.IsEmpty() {
		xor(id[:], k.span)
	}
	return id
}

func xor(b []byte, key uint64) {
	binary.LittleEndian.PutUint64(b, binary.LittleEndian.Uint64(b)^key)
}
