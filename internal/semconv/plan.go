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
	// free: a plain rename onto a name that the shape does not have, of an attribute that occurs once.
	free bool
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
	for i := range r.steps {
		o := &w.reg.ops[r.steps[i].op]
		r.steps[i].free = o.plain && o.special == 0 && o.structure == nil && o.flags&flagRPC == 0 && w.seen[o.from] == 1 && w.seen[o.to] == 0
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
	quick := w.report == nil && !w.opts.KeepDeprecated && w.rules.uniform()
	for i := range r.steps {
		st := &r.steps[i]
		s, o := &w.at[st.pos], &w.reg.ops[st.op]
		if !quick || !st.free || w.seen[o.to] != 0 || !w.passes(&w.reg.records[o.to], s.v) {
			w.apply(m, p, o, s)
			continue
		}
		// What apply comes to for most attributes: the new name is free, and the value fits it as it is.
		ch := w.nextChange(s)
		ch.to, ch.op, ch.value.v = o.to, OpRename, s.v
		w.seen[o.to] = 1
		w.present.set(o.to)
		if rule := s.node.rec.rule; w.rules.levels[rule] != Off {
			w.count(rule, w.rules.levels[rule], p.signal, s.node.rec.area)
		}
	}
}
