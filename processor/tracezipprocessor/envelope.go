package tracezipprocessor

import (
	"encoding/binary"

	"github.com/zeebo/xxh3"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// An envelope is an ordinary span that carries one frame. ENVELOPE.md is the normative description; in short:
//
//	resource  service.name = tracezip
//	scope     github.com/otelcol-plus/tracezip, version 1
//	span      "tracezip frame", over the time of the spans inside, with ids derived from the frame
//	          tracezip.spans       number of spans inside   ┐ for people;
//	          tracezip.otlp_bytes  their size as OTLP       ┘ a reader ignores them
//	          tracezip.frame       the frame, as bytes
//
// The scope makes an envelope known: ordinary requests then cost a reader one comparison a scope. Every span is complete in
// itself, so whoever cuts or merges requests cannot break it.
const (
	envelopeScope   = "github.com/otelcol-plus/tracezip"
	envelopeVersion = "1"
	envelopeService = "tracezip"
	envelopeName    = "tracezip frame"

	frameKey     = "tracezip.frame"
	spansKey     = "tracezip.spans"
	otlpBytesKey = "tracezip.otlp_bytes"
)

func isEnvelope(ss ptrace.ScopeSpans) bool { return ss.Scope().Name() == envelopeScope }

// countEnvelopes returns how many spans of td are envelopes.
func countEnvelopes(td ptrace.Traces) (n int) {
	for _, rs := range td.ResourceSpans().All() {
		n += envelopesOf(rs)
	}
	return n
}

func envelopesOf(rs ptrace.ResourceSpans) (n int) {
	for _, ss := range rs.ScopeSpans().All() {
		if isEnvelope(ss) {
			n += ss.Spans().Len()
		}
	}
	return n
}

// newEnvelope returns a request with the envelope of td, whose frame and size as OTLP are given.
func newEnvelope(td ptrace.Traces, spans, otlpBytes int, frame []byte) ptrace.Traces {
	out := ptrace.NewTraces()
	rs := out.ResourceSpans().AppendEmpty()
	rs.Resource().Attributes().PutStr("service.name", envelopeService)
	ss := rs.ScopeSpans().AppendEmpty()
	ss.Scope().SetName(envelopeScope)
	ss.Scope().SetVersion(envelopeVersion)
	span := ss.Spans().AppendEmpty()
	traceID, spanID := envelopeIDs(frame)
	span.SetTraceID(traceID)
	span.SetSpanID(spanID)
	span.SetName(envelopeName)
	span.SetKind(ptrace.SpanKindInternal)
	start, end := period(td)
	span.SetStartTimestamp(start)
	span.SetEndTimestamp(end)
	attrs := span.Attributes()
	attrs.EnsureCapacity(3)
	attrs.PutInt(spansKey, int64(spans))
	attrs.PutInt(otlpBytesKey, int64(otlpBytes))
	attrs.PutEmptyBytes(frameKey).FromRaw(frame)
	return out
}

// envelopeIDs derives valid ids from the frame, so that a batch that is packed twice, because its delivery was repeated,
// gives the same envelope twice, and a dedup on the way knows it again.
func envelopeIDs(frame []byte) (traceID pcommon.TraceID, spanID pcommon.SpanID) {
	sum := xxh3.Hash128(frame)
	binary.BigEndian.PutUint64(traceID[:8], sum.Hi|1) // all zeros would be invalid
	binary.BigEndian.PutUint64(traceID[8:], sum.Lo)
	binary.BigEndian.PutUint64(spanID[:], xxh3.HashSeed(frame, 1)|1)
	return traceID, spanID
}

// period is the time that the spans of td cover. Times that were not set do not count.
func period(td ptrace.Traces) (start, end pcommon.Timestamp) {
	for _, rs := range td.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			for _, span := range ss.Spans().All() {
				if t := span.StartTimestamp(); t != 0 && (start == 0 || t < start) {
					start = t
				}
				end = max(end, span.StartTimestamp(), span.EndTimestamp())
			}
		}
	}
	return start, end
}
