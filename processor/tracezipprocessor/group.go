package tracezipprocessor

import (
	"math/bits"

	"go.opentelemetry.io/collector/pdata/ptrace"
)

// grouper puts the spans of a trace side by side: traces in the order of their first span, spans in the order they came.
// It costs no comparison sort: the trace of every span gets a number from a small hash table, and a counting sort over the
// numbers gives every span its place.
type grouper struct {
	key     [2]uint64 // secret: nobody can choose trace ids that share slots
	slots   []uint32  // number of the trace + 1
	firsts  []uint32  // of every trace, its first span
	starts  []uint32  // of every trace, where its next span goes
	traces  []uint32  // of every span, the number of its trace
	sources []uint32  // of every place, the span that goes there
	spare   ptrace.Span
}

// group sorts the spans, whose trace ids are given in two columns.
func (g *grouper) group(spans ptrace.SpanSlice, first, last []uint64) {
	if len(first) < 3 || g.number(first, last) {
		return
	}
	sum := uint32(0)
	for i, count := range g.starts {
		g.starts[i] = sum
		sum += count
	}
	g.sources = zeroed(g.sources, len(first))
	for i, trace := range g.traces {
		g.sources[g.starts[trace]] = uint32(i)
		g.starts[trace]++
	}
	g.permute(spans)
}

// number gives every span the number of its trace and counts the spans of each. It tells whether the spans of every trace
// are side by side already.
func (g *grouper) number(first, last []uint64) bool {
	n := len(first)
	size := 1 << bits.Len(uint(2*n-1))
	g.slots = zeroed(g.slots, size)
	g.traces = zeroed(g.traces, n)
	g.firsts, g.starts = g.firsts[:0], g.starts[:0]
	shift := 64 - bits.Len(uint(size-1))
	grouped := true
	trace := uint32(0)
	for i := range n {
		if i == 0 || first[i] != first[i-1] || last[i] != last[i-1] {
			hi, lo := bits.Mul64(first[i]^g.key[0], last[i]^g.key[1])
			trace = g.lookup(first, last, i, int((hi^lo)>>shift))
			grouped = grouped && int(trace) == len(g.firsts)-1 && g.starts[trace] == 0
		}
		g.traces[i] = trace
		g.starts[trace]++
	}
	return grouped
}

func (g *grouper) lookup(first, last []uint64, i, slot int) uint32 {
	mask := len(g.slots) - 1
	for ; g.slots[slot] != 0; slot = (slot + 1) & mask {
		trace := g.slots[slot] - 1
		if f := g.firsts[trace]; first[f] == first[i] && last[f] == last[i] {
			return trace
		}
	}
	g.firsts = append(g.firsts, uint32(i))
	g.starts = append(g.starts, 0)
	g.slots[slot] = uint32(len(g.firsts))
	return uint32(len(g.firsts) - 1)
}

// permute moves every span to its place, along the cycles of the permutation: the first span of a cycle steps aside, every
// place then takes the span from its source, and the first goes where the last came from.
func (g *grouper) permute(spans ptrace.SpanSlice) {
	for start := range g.sources {
		if int(g.sources[start]) == start {
			continue
		}
		spans.At(start).MoveTo(g.spare)
		at := start
		for {
			from := int(g.sources[at])
			g.sources[at] = uint32(at)
			if from == start {
				break
			}
			spans.At(from).MoveTo(spans.At(at))
			at = from
		}
		g.spare.MoveTo(spans.At(at))
	}
}

// zeroed returns a slice of n zeros, in the given one if it has room.
func zeroed(s []uint32, n int) []uint32 {
	if cap(s) < n {
		return make([]uint32, n, n+n/2)
	}
	s = s[:n]
	clear(s)
	return s
}
