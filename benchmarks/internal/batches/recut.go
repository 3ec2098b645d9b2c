package batches

import "go.opentelemetry.io/collector/pdata/ptrace"

// Recut copies the spans, in their order, into requests of n spans each; the last one may be shorter. A resource or scope
// block that falls on a cut is repeated in the next request, as a batching collector does.
func Recut(requests []ptrace.Traces, n int) []ptrace.Traces {
	c := cutter{size: n}
	for _, td := range requests {
		for _, rs := range td.ResourceSpans().All() {
			c.openResource = false
			for _, ss := range rs.ScopeSpans().All() {
				c.openScope = false
				for _, span := range ss.Spans().All() {
					span.CopyTo(c.next(rs, ss))
				}
			}
		}
	}
	return c.out
}

// cutter is the place where the next span goes: the last request in out, and in it the last resource and scope when open.
type cutter struct {
	size, left int
	out        []ptrace.Traces
	resource   ptrace.ResourceSpans
	scope      ptrace.ScopeSpans

	openResource, openScope bool
}

func (c *cutter) next(rs ptrace.ResourceSpans, ss ptrace.ScopeSpans) ptrace.Span {
	if c.left == 0 {
		c.out = append(c.out, ptrace.NewTraces())
		c.left, c.openResource = c.size, false
	}
	if !c.openResource {
		c.resource = c.out[len(c.out)-1].ResourceSpans().AppendEmpty()
		rs.Resource().CopyTo(c.resource.Resource())
		c.resource.SetSchemaUrl(rs.SchemaUrl())
		c.openResource, c.openScope = true, false
	}
	if !c.openScope {
		c.scope = c.resource.ScopeSpans().AppendEmpty()
		ss.Scope().CopyTo(c.scope.Scope())
		c.scope.SetSchemaUrl(ss.SchemaUrl())
		c.openScope = true
	}
	c.left--
	return c.scope.Spans().AppendEmpty()
}
