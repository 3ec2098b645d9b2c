package cli

import (
	"cmp"
	"slices"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-plus/otelcol-plus/internal/tracezip"
)

// dropped is what frames are smaller by without an attribute key.
type dropped struct {
	Class                string `json:"class"`
	Key                  string `json:"key"`
	Bytes                int64  `json:"bytes"`
	BytesPerMillionSpans int64  `json:"bytes_per_million_spans"`
}

// identityKey says which service spans are of: without it they are worth nothing, so it is not proposed.
const identityKey = "service.name"

// dropCandidates are the dearest keys of a report, with what they cost there. More are measured than shown: the order is not the
// same.
func dropCandidates(r *tracezip.Report, n int) []dropped {
	drop := []dropped{}
	for _, k := range r.Keys {
		if len(drop) == n || k.Bytes == 0 {
			break
		}
		if k.Class != "resource" || k.Key != identityKey {
			drop = append(drop, newDropped(k.Class, k.Key, k.Bytes, r.Spans))
		}
	}
	return drop
}

func newDropped(class, key string, bytes int64, spans int) dropped {
	return dropped{Class: class, Key: key, Bytes: bytes, BytesPerMillionSpans: int64(float64(bytes) * 1e6 / float64(spans))}
}

// keptBatches are the first batches of the recordings, to be encoded again without a key.
type keptBatches struct {
	batches []ptrace.Traces
	spans   int
	bytes   int64 // as frames
	full    bool
}

// maxKeptSpans bounds memory and time: every candidate is a pass over the kept spans.
const maxKeptSpans = 50_000

func (k *keptBatches) add(td ptrace.Traces, frame int) {
	if n := td.SpanCount(); !k.full && (k.spans == 0 || k.spans+n <= maxKeptSpans) {
		k.batches = append(k.batches, td)
		k.spans += n
		k.bytes += int64(frame)
		return
	}
	k.full = true // what follows would not be the sequence that dictionaries are made of
}

// measure encodes the batches without each candidate and returns what that saves, the largest saving first.
func (k *keptBatches) measure(f inspectFlags, candidates []dropped) ([]dropped, error) {
	measured := []dropped{}
	for _, c := range candidates {
		w, size := newWire(f), int64(0)
		for _, td := range k.batches {
			frame, err := w.send(without(td, c.Class, c.Key))
			if err != nil {
				return nil, err
			}
			size += int64(len(frame))
		}
		if saved := k.bytes - size; saved > 0 { // nothing, or less, is no reason to drop
			measured = append(measured, newDropped(c.Class, c.Key, saved, k.spans))
		}
	}
	slices.SortFunc(measured, func(a, b dropped) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Key, b.Key), cmp.Compare(a.Class, b.Class))
	})
	return measured, nil
}

// without returns a copy of td that lacks an attribute.
func without(td ptrace.Traces, class, key string) ptrace.Traces {
	out := ptrace.NewTraces()
	td.CopyTo(out)
	remove := func(of string, m pcommon.Map) {
		if class == of {
			m.RemoveIf(func(k string, _ pcommon.Value) bool { return k == key })
		}
	}
	for _, rs := range out.ResourceSpans().All() {
		remove("resource", rs.Resource().Attributes())
		for _, ss := range rs.ScopeSpans().All() {
			remove("scope", ss.Scope().Attributes())
			for _, span := range ss.Spans().All() {
				remove("span", span.Attributes())
				for _, e := range span.Events().All() {
					remove("event", e.Attributes())
				}
				for _, l := range span.Links().All() {
					remove("link", l.Attributes())
				}
			}
		}
	}
	return out
}
