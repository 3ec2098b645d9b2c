package semconv

import (
	"math/bits"
	"slices"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// repairs are the operations that a shape with old names asks for, found once and kept at its end.
type repairs struct {
	mask    flags
	plan    *Plan
	seen    []uint8
	present bitset
	// others are positions without an operation that have to be looked at whatever their values are.
	others []uint8
	// steps are the operations in rank order.
	steps []step
	// after is what was there after the repair the last time, with the groups that allows.
	after ending
}

type step struct {
	op  uint16
	pos uint8
}

// planOf returns the repairs of a shape, nil for one that is not remembered or longer than is looked at at once.
func (w *Worker) planOf(end *node, m pcommon.Map, p *place) *repairs {
	if end.loose || m.Len() > maxPath {
		return nil
	}
	if r := end.repairs; r != nil && r.mask == p.mask && r.plan == p.plan {
		return r
	}
	clear(w.seen)
	clear(w.present)
	r := &repairs{mask: p.mask, plan: p.plan}
	for i, n := range w.path {
		w.see(n)
		if op := w.operationOf(p, n); op != 0 {
			r.steps = append(r.steps, step{op: op, pos: uint8(i)})
		} else if n.flags&p.mask&^flagOdd != 0 {
			r.others = append(r.others, uint8(i))
		}
	}
	// Of duplicate keys the last one speaks.
	slices.SortStableFunc(r.steps, func(a, b step) int { return int(a.op) - int(b.op) })
	for i := 1; i < len(r.steps); i++ {
		if r.steps[i-1].op == r.steps[i].op {
			r.steps = slices.Delete(r.steps, i-1, i)
			i--
		}
	}
	r.seen, r.present = slices.Clone(w.seen), slices.Clone(w.present)
	end.repairs = r
	return r
}

// follows does what the plan of a shape says.
func (w *Worker) follows(r *repairs, m pcommon.Map, p *place) {
	copy(w.seen, r.seen)
	copy(w.present, r.present)
	i := 0
	for _, v := range m.All() {
		w.at[i] = source{v: v, node: w.path[i], pos: i}
		i++
	}
	w.planned = i
	for _, pos := range r.others {
		w.other(m, p, &w.at[pos])
		w.odd[pos/64] &^= 1 << (pos % 64)
	}
	for word := range w.odd {
		for left := w.odd[word]; left != 0; left &= left - 1 {
			s := &w.at[word*64+bits.TrailingZeros64(left)]
			if w.operationOf(p, s.node) == 0 {
				w.current(m, p, s)
			}
		}
	}
	for _, st := range r.steps {
		w.apply(m, p, &w.reg.ops[st.op], &w.at[st.pos])
	}
}
