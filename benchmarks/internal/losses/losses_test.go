package losses

import (
	"testing"

	"go.opentelemetry.io/collector/pdata/ptrace"
)

func sample() ptrace.Traces {
	td := ptrace.NewTraces()
	for i := range 2 {
		ss := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty()
		ss.Scope().SetName("scope")
		s := ss.Spans().AppendEmpty()
		s.SetSpanID([8]byte{byte(i + 1)})
		s.Attributes().PutStr("a", "1")
		s.Attributes().PutEmpty("b")
		m := s.Attributes().PutEmptyMap("map")
		m.PutInt("a", 1)
		m.PutInt("b", 2)
		e := s.Events().AppendEmpty()
		e.SetName("first")
		e.Attributes().PutStr("a", "1")
		e.Attributes().PutStr("b", "2")
		s.Events().AppendEmpty().SetName("second")
	}
	td.ResourceSpans().AppendEmpty()
	return td
}

func TestCompare(t *testing.T) {
	f := func(name, want string, change func(td ptrace.Traces, first ptrace.Span)) {
		t.Run(name, func(t *testing.T) {
			got := sample()
			change(got, got.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0))
			if v := Compare([]ptrace.Traces{sample()}, []ptrace.Traces{got}); v.String() != want {
				t.Errorf("got %q, want %q", v, want)
			}
		})
	}
	f("nothing", "yes", func(ptrace.Traces, ptrace.Span) {})
	f("value type", "no: span attribute (Empty)", func(_ ptrace.Traces, s ptrace.Span) { s.Attributes().PutStr("b", "") })
	f("attribute order", "yes, but for the order of: span attributes", func(_ ptrace.Traces, s ptrace.Span) {
		s.Attributes().Remove("a")
		s.Attributes().PutStr("a", "1")
	})
	f("order in a map", "yes, but for the order of: span attributes", func(_ ptrace.Traces, s ptrace.Span) {
		m, _ := s.Attributes().Get("map")
		m.Map().Remove("a")
		m.Map().PutInt("a", 1)
	})
	f("event order", "yes, but for the order of: events", func(_ ptrace.Traces, s ptrace.Span) {
		s.Events().At(0).MoveTo(s.Events().AppendEmpty())
		n := 0
		s.Events().RemoveIf(func(ptrace.SpanEvent) bool { n++; return n == 1 })
	})
	f("attribute order of an event", "yes, but for the order of: events' attributes", func(_ ptrace.Traces, s ptrace.Span) {
		s.Events().At(0).Attributes().Remove("a")
		s.Events().At(0).Attributes().PutStr("a", "1")
	})
	f("a count", "no: dropped_links_count", func(_ ptrace.Traces, s ptrace.Span) { s.SetDroppedLinksCount(1) })
	f("a span", "no: spans", func(_ ptrace.Traces, s ptrace.Span) { s.SetSpanID([8]byte{9}) })
	f("span order", "yes, but for the order of: spans", func(td ptrace.Traces, _ ptrace.Span) {
		td.ResourceSpans().Sort(func(a, b ptrace.ResourceSpans) bool {
			return a.ScopeSpans().Len() > 0 && b.ScopeSpans().Len() > 0 && a.ScopeSpans().At(0).Spans().At(0).SpanID()[0] > b.ScopeSpans().At(0).Spans().At(0).SpanID()[0]
		})
	})
	f("blocks merged, empty one dropped", "no: groups without spans; order of: block borders", func(td ptrace.Traces, s ptrace.Span) {
		td.ResourceSpans().At(1).ScopeSpans().At(0).Spans().MoveAndAppendTo(td.ResourceSpans().At(0).ScopeSpans().At(0).Spans())
		n := 0
		td.ResourceSpans().RemoveIf(func(ptrace.ResourceSpans) bool { n++; return n > 1 })
	})
	f("text of the scope", "no: scope name or version", func(td ptrace.Traces, s ptrace.Span) {
		td.ResourceSpans().At(0).ScopeSpans().At(0).Scope().SetVersion("2")
	})
}
