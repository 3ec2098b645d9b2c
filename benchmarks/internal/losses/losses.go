// Package losses says what a codec did to traces: nothing, another order, or which fields differ.
//
// The judge is OTLP: batches whose protobuf form is the same byte for byte are the same. Otherwise spans are paired by
// their ids and compared field by field, first as they are, then without regard to order.
package losses

import (
	"slices"
	"strings"

	"go.opentelemetry.io/collector/pdata/ptrace"
)

// Verdict is the difference between what went in and what came out.
type Verdict struct {
	// Reordered names what came back complete but arranged differently.
	Reordered []string
	// Lost names what is missing or has another value.
	Lost []string
}

// Exact means byte for byte the same.
func (v Verdict) Exact() bool { return len(v.Reordered) == 0 && len(v.Lost) == 0 }

// Lossless means that only arrangement changed.
func (v Verdict) Lossless() bool { return len(v.Lost) == 0 }

func (v Verdict) String() string {
	switch {
	case v.Exact():
		return "yes"
	case v.Lossless():
		return "yes, but for the order of: " + strings.Join(v.Reordered, ", ")
	case len(v.Reordered) == 0:
		return "no: " + strings.Join(v.Lost, ", ")
	default:
		return "no: " + strings.Join(v.Lost, ", ") + "; order of: " + strings.Join(v.Reordered, ", ")
	}
}

// Compare tells the difference between batches that were sent and those that arrived, in the same order.
func Compare(sent, got []ptrace.Traces) Verdict {
	d := differences{lost: map[string]bool{}, reordered: map[string]bool{}}
	if len(sent) != len(got) {
		d.lost["whole batches"] = true
	}
	for i := range min(len(sent), len(got)) {
		d.batch(sent[i], got[i])
	}
	return Verdict{Reordered: sorted(d.reordered), Lost: sorted(d.lost)}
}

func sorted(set map[string]bool) []string {
	var out []string
	for s := range set {
		out = append(out, s)
	}
	slices.Sort(out)
	return out
}

type differences struct{ lost, reordered map[string]bool }

func (d differences) batch(sent, got ptrace.Traces) {
	var m ptrace.ProtoMarshaler
	a, errA := m.MarshalTraces(sent)
	b, errB := m.MarshalTraces(got)
	if errA == nil && errB == nil && string(a) == string(b) {
		return
	}
	want, have := placed(sent), placed(got)
	if groupsWithoutSpans(sent) > groupsWithoutSpans(got) {
		d.lost["groups without spans"] = true
	}
	pairs, missing := pair(want, have)
	if missing {
		d.lost["spans"] = true
	}
	inOrder := slices.IsSortedFunc(pairs, func(a, b couple) int { return a.index - b.index })
	for _, p := range pairs {
		d.span(p.want, p.have)
	}
	switch {
	case !inOrder:
		d.reordered["spans"] = true
	case !missing && !sameBlocks(want, have):
		d.reordered["block borders"] = true
	}
}

// place is a span and where it is.
type place struct {
	resource ptrace.ResourceSpans
	scope    ptrace.ScopeSpans
	span     ptrace.Span
	block    [2]int
}

func placed(td ptrace.Traces) []place {
	var out []place
	for i, rs := range td.ResourceSpans().All() {
		for j, ss := range rs.ScopeSpans().All() {
			for _, s := range ss.Spans().All() {
				out = append(out, place{rs, ss, s, [2]int{i, j}})
			}
		}
	}
	return out
}

func groupsWithoutSpans(td ptrace.Traces) int {
	n := 0
	for _, rs := range td.ResourceSpans().All() {
		if rs.ScopeSpans().Len() == 0 {
			n++
		}
		for _, ss := range rs.ScopeSpans().All() {
			if ss.Spans().Len() == 0 {
				n++
			}
		}
	}
	return n
}

// couple is a span that was sent, the one that arrived, and the latter's place in the batch.
type couple struct {
	want, have place
	index      int
}

// pair finds for each span sent the one of the same ids and name.
func pair(want, have []place) (pairs []couple, missing bool) {
	type key struct {
		trace [16]byte
		span  [8]byte
		name  string
	}
	of := func(p place) key { return key{p.span.TraceID(), p.span.SpanID(), p.span.Name()} }
	arrived := map[key][]int{}
	for i, p := range have {
		arrived[of(p)] = append(arrived[of(p)], i)
	}
	for _, p := range want {
		k := of(p)
		if len(arrived[k]) == 0 {
			missing = true
			continue
		}
		i := arrived[k][0]
		arrived[k] = arrived[k][1:]
		pairs = append(pairs, couple{p, have[i], i})
	}
	return pairs, missing || len(have) != len(pairs)
}

// sameBlocks tells whether resource and scope blocks begin at the same spans.
func sameBlocks(a, b []place) bool {
	for i := 1; i < len(a); i++ {
		if (a[i].block[0] != a[i-1].block[0]) != (b[i].block[0] != b[i-1].block[0]) || (a[i].block != a[i-1].block) != (b[i].block != b[i-1].block) {
			return false
		}
	}
	return true
}
