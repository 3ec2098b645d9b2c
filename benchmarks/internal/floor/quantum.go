package floor

import "go.opentelemetry.io/collector/pdata/ptrace"

// quantum is the unit of the clocks behind a resource and scope, for starts and durations apart, in nanoseconds.
type quantum struct{ start, duration int64 }

// findQuanta tries the units that clocks have.
func (w *walk) findQuanta(requests []ptrace.Traces) map[uint64]quantum {
	found := map[uint64]quantum{}
	for _, td := range requests {
		for _, rs := range td.ResourceSpans().All() {
			for _, ss := range rs.ScopeSpans().All() {
				scope, _ := w.scope(rs, ss)
				q, ok := found[scope]
				if !ok {
					q = quantum{1e6, 1e6}
				}
				for _, s := range ss.Spans().All() {
					q.start = unit(q.start, int64(s.StartTimestamp()))
					q.duration = unit(q.duration, int64(s.EndTimestamp())-int64(s.StartTimestamp()))
				}
				found[scope] = q
			}
		}
	}
	clear(w.scopes) // numbered again, in the same order, when their text is paid
	return found
}

// unit returns the largest known unit up to q that t is a multiple of.
func unit(q, t int64) int64 {
	for _, u := range []int64{1e6, 1e3, 100} {
		if u <= q && t%u == 0 {
			return u
		}
	}
	return 1
}

// delta is a start less another, in units of the former; the other is rounded down to one.
func (q quantum) delta(start, other int64) int64 {
	return start/q.start - other/q.start
}
