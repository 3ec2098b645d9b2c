package tracezipprocessor

import "go.opentelemetry.io/collector/pdata/ptrace"

// cut copies td into parts of n spans. Order is kept; a block that is cut has its resource and scope in every part.
func cut(td ptrace.Traces, n int) []ptrace.Traces {
	var parts []ptrace.Traces
	room := 0
	next := func(rs ptrace.ResourceSpans) ptrace.ResourceSpans {
		if room == 0 {
			parts = append(parts, ptrace.NewTraces())
			room = n
		}
		return copyResource(rs, parts[len(parts)-1])
	}
	for _, rs := range td.ResourceSpans().All() {
		resource := next(rs)
		for _, ss := range rs.ScopeSpans().All() {
			if room == 0 {
				resource = next(rs)
			}
			scope := copyScope(ss, resource)
			for _, span := range ss.Spans().All() {
				if room == 0 {
					resource = next(rs)
					scope = copyScope(ss, resource)
				}
				span.CopyTo(scope.Spans().AppendEmpty())
				room--
			}
		}
	}
	return parts
}

// separate copies the envelopes of td into one batch and everything else into another.
func separate(td ptrace.Traces) (envelopes, rest ptrace.Traces) {
	envelopes, rest = ptrace.NewTraces(), ptrace.NewTraces()
	for _, rs := range td.ResourceSpans().All() {
		if envelopesOf(rs) == 0 {
			rs.CopyTo(rest.ResourceSpans().AppendEmpty())
			continue
		}
		packed, other := copyResource(rs, envelopes), ptrace.ResourceSpans{}
		opened := false
		for _, ss := range rs.ScopeSpans().All() {
			switch {
			case isEnvelope(ss):
				ss.CopyTo(packed.ScopeSpans().AppendEmpty())
				continue
			case !opened:
				other, opened = copyResource(rs, rest), true
			}
			ss.CopyTo(other.ScopeSpans().AppendEmpty())
		}
	}
	return envelopes, rest
}

// copyResource appends a block like rs, but without scopes, to td.
func copyResource(rs ptrace.ResourceSpans, td ptrace.Traces) ptrace.ResourceSpans {
	dst := td.ResourceSpans().AppendEmpty()
	rs.Resource().CopyTo(dst.Resource())
	dst.SetSchemaUrl(rs.SchemaUrl())
	return dst
}

// copyScope appends a block like ss, but without spans, to rs.
func copyScope(ss ptrace.ScopeSpans, rs ptrace.ResourceSpans) ptrace.ScopeSpans {
	dst := rs.ScopeSpans().AppendEmpty()
	ss.Scope().CopyTo(dst.Scope())
	dst.SetSchemaUrl(ss.SchemaUrl())
	return dst
}
