package floor

import (
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-plus/otelcol-plus/benchmarks/internal/canon"
)

// walk goes over the requests once and collects what price adds up.
type walk struct {
	scopes map[string]uint64 // resource and scope by content
	shapes map[string]uint64
	quanta map[uint64]quantum // by scope

	traceIDs, spanIDs     *uniformity
	seenTraces            map[pcommon.TraceID]bool
	traceCount, spanCount []int     // ids to send, by request
	linkBits              []float64 // by request
	byParent, byPrevious  *numbers  // two ways to tell a start
	durations, eventTimes *numbers
	shapeOf, parentOf     *symbols
	columns               map[string]*column
	text                  *pool
}

func newWalk(requests []ptrace.Traces) *walk {
	n := len(requests)
	w := &walk{
		scopes: map[string]uint64{}, shapes: map[string]uint64{},
		traceIDs: newUniformity(16), spanIDs: newUniformity(8), seenTraces: map[pcommon.TraceID]bool{},
		traceCount: make([]int, n), spanCount: make([]int, n), linkBits: make([]float64, n),
		byParent: newNumbers(), byPrevious: newNumbers(), durations: newNumbers(), eventTimes: newNumbers(),
		shapeOf: newSymbols(), parentOf: newSymbols(),
		columns: map[string]*column{}, text: newPool(),
	}
	w.quanta = w.findQuanta(requests)
	return w
}

// scope numbers a resource and scope by what they say.
func (w *walk) scope(rs ptrace.ResourceSpans, ss ptrace.ScopeSpans) (id uint64, first bool) {
	key := canon.AppendMap(nil, rs.Resource().Attributes())
	key = canon.AppendString(key, rs.SchemaUrl())
	key = canon.AppendNumber(key, uint64(rs.Resource().DroppedAttributesCount()))
	key = canon.AppendString(key, ss.Scope().Name())
	key = canon.AppendString(key, ss.Scope().Version())
	key = canon.AppendString(key, ss.SchemaUrl())
	key = canon.AppendMap(key, ss.Scope().Attributes())
	key = canon.AppendNumber(key, uint64(ss.Scope().DroppedAttributesCount()))
	return number(w.scopes, string(key))
}

func number(ids map[string]uint64, key string) (id uint64, first bool) {
	id, known := ids[key]
	if !known {
		id = uint64(len(ids))
		ids[key] = id
	}
	return id, !known
}

// request adds one request.
func (w *walk) request(r int, td ptrace.Traces) {
	t := newTraces(td)
	w.traceCount[r] = len(t.traces)
	w.spanCount[r] = td.SpanCount()
	for _, rs := range td.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			scope, first := w.scope(rs, ss)
			if first {
				w.scopeText(r, rs, ss)
			}
			for _, s := range ss.Spans().All() {
				w.span(r, scope, s, t)
			}
		}
	}
}

func (w *walk) scopeText(r int, rs ptrace.ResourceSpans, ss ptrace.ScopeSpans) {
	for _, s := range []string{rs.SchemaUrl(), ss.Scope().Name(), ss.Scope().Version(), ss.SchemaUrl()} {
		w.text.id(r, s)
	}
	for _, m := range []pcommon.Map{rs.Resource().Attributes(), ss.Scope().Attributes()} {
		for k, v := range m.All() {
			w.text.id(r, k)
			w.text.id(r, v.AsString())
		}
	}
}

func (w *walk) span(r int, scope uint64, s ptrace.Span, t *traces) {
	if id := s.TraceID(); !w.seenTraces[id] {
		w.seenTraces[id] = true
		w.traceIDs.add(id[:])
	}
	id := s.SpanID()
	w.spanIDs.add(id[:])
	w.text.id(r, s.Name())

	shape, _ := number(w.shapes, string(shapeKey(scope, s)))
	w.shapeOf.add(r, 0, shape)
	p := t.place(s)
	w.parentOf.add(r, 0, p.parent)
	w.spanCount[r] += p.newIDs

	q := w.quanta[scope]
	start := int64(s.StartTimestamp())
	w.byParent.add(r, p.kind, q.delta(start, p.near))
	w.byPrevious.add(r, min(p.kind, afterTrace), q.delta(start, p.previous))
	w.durations.add(r, 0, (int64(s.EndTimestamp())-start)/q.duration)

	w.values(r, scope, s)
	w.events(r, scope, s)
	for _, l := range s.Links().All() {
		w.linkBits[r] += t.link(l)
	}
}

// shapeKey is what spans of one shape have in common.
func shapeKey(scope uint64, s ptrace.Span) []byte {
	b := canon.AppendString(canon.AppendNumber(nil, scope), s.Name())
	b = canon.AppendNumber(b, uint64(s.Kind()))
	b = canon.AppendNumber(b, uint64(s.Status().Code()))
	b = canon.AppendNumber(b, uint64(s.Flags()))
	b = canon.AppendString(b, s.TraceState().AsRaw())
	for _, n := range []uint32{s.DroppedAttributesCount(), s.DroppedEventsCount(), s.DroppedLinksCount()} {
		b = canon.AppendNumber(b, uint64(n))
	}
	b = appendKeys(b, s.Attributes())
	for _, e := range s.Events().All() {
		b = canon.AppendString(b, e.Name())
		b = canon.AppendNumber(b, uint64(e.DroppedAttributesCount()))
		b = appendKeys(b, e.Attributes())
	}
	return canon.AppendNumber(b, uint64(s.Links().Len()))
}

func appendKeys(b []byte, m pcommon.Map) []byte {
	b = canon.AppendNumber(b, uint64(m.Len()))
	for k, v := range m.All() {
		b = append(canon.AppendString(b, k), byte(v.Type()))
	}
	return b
}

func (w *walk) values(r int, scope uint64, s ptrace.Span) {
	if m := s.Status().Message(); m != "" {
		w.str(r, w.column(scope, s.Name(), "status", ""), m)
	}
	for k, v := range s.Attributes().All() {
		w.value(r, w.column(scope, s.Name(), "span", k), k, v)
	}
}

func (w *walk) events(r int, scope uint64, s ptrace.Span) {
	for _, e := range s.Events().All() {
		w.text.id(r, e.Name())
		w.eventTimes.add(r, scope, int64(e.Timestamp()-s.StartTimestamp()))
		for k, v := range e.Attributes().All() {
			w.value(r, w.column(scope, s.Name(), "event "+e.Name(), k), k, v)
		}
	}
	for _, l := range s.Links().All() {
		for k, v := range l.Attributes().All() {
			w.value(r, w.column(scope, s.Name(), "link", k), k, v)
		}
	}
}

func (w *walk) column(scope uint64, name, owner, key string) *column {
	k := canon.AppendString(canon.AppendString(canon.AppendString(canon.AppendNumber(nil, scope), name), owner), key)
	c := w.columns[string(k)]
	if c == nil {
		c = newColumn()
		w.columns[string(k)] = c
	}
	return c
}

func (w *walk) value(r int, c *column, key string, v pcommon.Value) {
	w.text.id(r, key)
	switch v.Type() {
	case pcommon.ValueTypeInt:
		c.integer(r, v.Int())
	case pcommon.ValueTypeStr:
		w.str(r, c, v.Str())
	default:
		w.str(r, c, string(canon.AppendValue(nil, v)))
	}
}

func (w *walk) str(r int, c *column, s string) {
	id, first := w.text.id(r, s)
	c.category(r, id, first)
}

// price adds up.
func (w *walk) price(n int) []Parts {
	parts := make([]Parts, n)
	charge := func(to func(*Parts) *float64, b bill) {
		for r, bits := range b {
			*to(&parts[r]) += bits / 8
		}
	}
	times := func(p *Parts) *float64 { return &p.Times }
	structure := func(p *Parts) *float64 { return &p.Structure }
	traceBits, spanBits := w.traceIDs.bits(), w.spanIDs.bits()
	for r := range parts {
		parts[r].IDs = (float64(w.traceCount[r])*traceBits + float64(w.spanCount[r])*spanBits + w.linkBits[r]) / 8
	}
	starts := w.byParent.price(n)
	if b := w.byPrevious.price(n); b.total() < starts.total() {
		starts = b
	}
	charge(times, starts)
	charge(times, w.durations.price(n))
	charge(times, w.eventTimes.price(n))
	charge(structure, w.shapeOf.price(n))
	charge(structure, w.parentOf.price(n))
	for _, c := range w.columns {
		charge(func(p *Parts) *float64 { return &p.Values }, c.price(n))
	}
	charge(func(p *Parts) *float64 { return &p.Text }, w.text.price(n))
	return parts
}
