package floor

import (
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// What a start is told relative to.
const (
	firstOfTrace uint64 = iota // the span before in the request
	afterTrace                 // the span before in the trace
	afterParent
)

// traces is one request seen as traces: who is where, and what was already told.
type traces struct {
	traces map[pcommon.TraceID]*trace
	last   int64 // start of the span before
}

type trace struct {
	spans     map[pcommon.SpanID]member // all of this request, also those to come
	passed    int
	last      int64
	externals []pcommon.SpanID
}

type member struct {
	index int
	start int64
}

func newTraces(td ptrace.Traces) *traces {
	t := &traces{traces: map[pcommon.TraceID]*trace{}}
	for _, rs := range td.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			for _, s := range ss.Spans().All() {
				tr := t.traces[s.TraceID()]
				if tr == nil {
					tr = &trace{spans: map[pcommon.SpanID]member{}}
					t.traces[s.TraceID()] = tr
				}
				tr.spans[s.SpanID()] = member{len(tr.spans), int64(s.StartTimestamp())}
			}
		}
	}
	return t
}

// position is where a span stands.
type position struct {
	parent         uint64 // root, distance within the trace, or which parent outside
	newIDs         int    // parents outside the request that were not told yet
	kind           uint64
	near, previous int64 // starts to tell the own start by: the parent's if there is one, and the one before
}

const (
	root uint64 = iota
	newExternal
	knownExternal // and how many others came after it
	local         = 1 << 32
)

func (t *traces) place(s ptrace.Span) position {
	tr := t.traces[s.TraceID()]
	p := position{kind: afterTrace, previous: tr.last}
	if tr.passed == 0 {
		p.kind, p.previous = firstOfTrace, t.last
	}
	p.near = p.previous
	parent, inside := tr.spans[s.ParentSpanID()]
	switch {
	case s.ParentSpanID().IsEmpty():
		p.parent = root
	case inside && s.ParentSpanID() != s.SpanID():
		p.parent = local + uint64(int64(tr.spans[s.SpanID()].index-parent.index))
		p.kind, p.near = afterParent, parent.start
	default:
		p.parent, p.newIDs = tr.external(s.ParentSpanID())
	}
	tr.passed++
	tr.last, t.last = int64(s.StartTimestamp()), int64(s.StartTimestamp())
	return p
}

func (t *trace) external(id pcommon.SpanID) (symbol uint64, newIDs int) {
	for i := len(t.externals) - 1; i >= 0; i-- {
		if t.externals[i] == id {
			return knownExternal + uint64(len(t.externals)-1-i), 0
		}
	}
	t.externals = append(t.externals, id)
	return newExternal, 1
}

// link returns the bits of a link's ids: none for those of a span that is in the request.
func (t *traces) link(l ptrace.SpanLink) float64 {
	tr := t.traces[l.TraceID()]
	if tr == nil {
		return 8 * (16 + 8)
	}
	if _, inside := tr.spans[l.SpanID()]; inside {
		return 0
	}
	return 8 * 8
}
