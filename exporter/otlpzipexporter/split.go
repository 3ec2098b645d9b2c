package otlpzipexporter

import "go.opentelemetry.io/collector/pdata/ptrace"

// halve copies the first n spans of td into one batch and the rest into another. Order, and groups without spans, are
// kept; a group that is cut has its resource and scope in both.
func halve(td ptrace.Traces, n int) (first, second ptrace.Traces) {
	first, second = ptrace.NewTraces(), ptrace.NewTraces()
	for _, rs := range td.ResourceSpans().All() {
		spans := resourceSpanCount(rs)
		switch {
		case spans <= n:
			rs.CopyTo(first.ResourceSpans().AppendEmpty())
			n -= spans
		case n <= 0:
			rs.CopyTo(second.ResourceSpans().AppendEmpty())
		default:
			cutResource(rs, n, first.ResourceSpans().AppendEmpty(), second.ResourceSpans().AppendEmpty())
			n = 0
		}
	}
	return first, second
}

func resourceSpanCount(rs ptrace.ResourceSpans) int {
	n := 0
	for _, ss := range rs.ScopeSpans().All() {
		n += ss.Spans().Len()
	}
	return n
}

func cutResource(rs ptrace.ResourceSpans, n int, first, second ptrace.ResourceSpans) {
	for _, dst := range []ptrace.ResourceSpans{first, second} {
		rs.Resource().CopyTo(dst.Resource())
		dst.SetSchemaUrl(rs.SchemaUrl())
	}
	for _, ss := range rs.ScopeSpans().All() {
		spans := ss.Spans().Len()
		switch {
		case spans <= n:
			ss.CopyTo(first.ScopeSpans().AppendEmpty())
			n -= spans
		case n <= 0:
			ss.CopyTo(second.ScopeSpans().AppendEmpty())
		default:
			cutScope(ss, n, first.ScopeSpans().AppendEmpty(), second.ScopeSpans().AppendEmpty())
			n = 0
		}
	}
}

func cutScope(ss ptrace.ScopeSpans, n int, first, second ptrace.ScopeSpans) {
	for _, dst := range []ptrace.ScopeSpans{first, second} {
		ss.Scope().CopyTo(dst.Scope())
		dst.SetSchemaUrl(ss.SchemaUrl())
	}
	first.Spans().EnsureCapacity(n)
	second.Spans().EnsureCapacity(ss.Spans().Len() - n)
	for i, span := range ss.Spans().All() {
		if i < n {
			span.CopyTo(first.Spans().AppendEmpty())
		} else {
			span.CopyTo(second.Spans().AppendEmpty())
		}
	}
}

// merge appends b to a and returns a. Both are halves of ours.
func merge(a, b ptrace.Traces) ptrace.Traces {
	b.ResourceSpans().MoveAndAppendTo(a.ResourceSpans())
	return a
}
