package tracezip

import (
	"encoding/binary"

	"github.com/otelcol-plus/otelcol-plus/internal/simd"
)

// idTable knows the frame's ids, and later the hex tokens found in its text, by value.
//
// ids16 starts with the trace ids in order of first use, ids8 with the span ids in span order; tokens that are equal to
// none of them are appended.
type idTable struct {
	ids16   [][16]byte
	index16 index
	ids8    []uint64
	index8  index

	lastTrace uint32
	perTrace  []traceState
}

type traceState struct {
	spans    uint32 // so far
	lastSpan int32  // while parents or anchors are written
}

func (t *idTable) reset() {
	t.ids16, t.ids8, t.perTrace = cut(t.ids16), cut(t.ids8), cut(t.perTrace)
	t.index16.reset()
	t.index8.reset()
	t.lastTrace = 0
}

// trace returns the number of a trace and the position of its next span.
func (t *idTable) trace(id [16]byte) (trace, position uint32) {
	if len(t.ids16) == 0 || t.ids16[t.lastTrace] != id {
		pos, isNew := t.find16(id)
		if isNew {
			t.perTrace = append(t.perTrace, traceState{lastSpan: -1})
		}
		t.lastTrace = uint32(pos)
	}
	position = t.perTrace[t.lastTrace].spans
	t.perTrace[t.lastTrace].spans++
	return t.lastTrace, position
}

func (t *idTable) find16(id [16]byte) (pos int, isNew bool) {
	tag := fold(mix(binary.LittleEndian.Uint64(id[:8]), mix(binary.LittleEndian.Uint64(id[8:]), 1)))
	i := t.index16.first(tag)
	for ; ; i = t.index16.next(i) {
		s := t.index16.slots[i]
		if s.pos == 0 {
			break
		}
		if s.tag == tag && t.ids16[s.pos-1] == id {
			return int(s.pos - 1), false
		}
	}
	t.index16.insert(i, tag, len(t.ids16))
	t.ids16 = append(t.ids16, id)
	return len(t.ids16) - 1, true
}

// find8 looks an 8-byte id up and, when it is not there and add is set, appends it.
func (t *idTable) find8(id uint64, add bool) (pos int, found bool) {
	tag := fold(mix(id, 2))
	i := t.index8.first(tag)
	for ; ; i = t.index8.next(i) {
		s := t.index8.slots[i]
		if s.pos == 0 {
			break
		}
		if s.tag == tag && t.ids8[s.pos-1] == id {
			return int(s.pos - 1), true
		}
	}
	if !add {
		return 0, false
	}
	t.index8.insert(i, tag, len(t.ids8))
	t.ids8 = append(t.ids8, id)
	return len(t.ids8) - 1, false
}

// addSpan appends a span id. Of equal ids the first is found later, but each keeps its place.
func (t *idTable) addSpan(id uint64) {
	if _, found := t.find8(id, true); found {
		t.ids8 = append(t.ids8, id)
	}
}

// recent is the list of recently used traces, newest first. The entries are one more than the trace: 0 is no trace.
type recent [recentTraces]uint32

// use moves trace to the front and returns the place it had, or -1.
func (r *recent) use(trace uint32) int {
	if place := simd.MoveToFront((*[recentTraces]uint32)(r), trace+1); place < recentTraces {
		return place
	}
	return -1
}

// push puts a trace in front that is not in the list.
func (r *recent) push(trace uint32) {
	copy(r[1:], r[:])
	r[0] = trace + 1
}

// at returns the trace at a place.
func (r *recent) at(place int) (trace uint32, ok bool) {
	if place >= recentTraces || r[place] == 0 {
		return 0, false
	}
	return r[place] - 1, true
}

// breakCycles returns the parents by which start times are predicted: those in parents, except that one span of every
// cycle has none. It also returns an order in which parents come before their children. Both sides run it, so the rule
// is part of the format: spans are taken in order; from each the chain of parents is followed until it reaches a span
// that has none or that was finished before; if it instead reaches a span of the same chain, the span whose parent that is
// loses it.
func breakCycles(parents, order, path []int32, state []byte) (newOrder, newPath []int32) {
	clear(state)
	order = order[:0]
	for i := range parents {
		path = path[:0]
		for j := int32(i); j >= 0 && state[j] != chainDone; j = parents[j] {
			state[j] = chainOpen
			path = append(path, j)
			if p := parents[j]; p >= 0 && state[p] == chainOpen {
				parents[j] = -1
			}
		}
		for k := len(path) - 1; k >= 0; k-- {
			state[path[k]] = chainDone
			order = append(order, path[k])
		}
	}
	return order, path
}

const (
	chainOpen = 1
	chainDone = 2
)

// predecessor returns the span that predicts the start of span i, whose parent is p: the child of p before i in the order of
// breakCycles, or p itself for the first one. lastChild holds the last child so far, plus one.
func predecessor(lastChild []int32, p, i int32) int32 {
	last := lastChild[p] - 1
	lastChild[p] = i + 1
	if last < 0 {
		return p
	}
	return last
}
