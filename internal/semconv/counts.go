package semconv

// Key says which findings a number counts. Its areas are the first words of the names in the registry, so that the set of keys
// is bounded whatever names arrive.
type Key struct {
	Rule   Rule
	Signal Signal
	Area   string
}

// counts collects findings and changes over a batch: one addition each, no labels, no locks.
type counts struct {
	findings []uint32 // by flat index
	dirty    []uint32 // the indexes above zero
	ops      [NumOps]uint32
}

func newCounts(areas int) counts {
	return counts{findings: make([]uint32, int(NumRules)*int(NumSignals)*areas)}
}

func (w *Worker) count(rule Rule, s Signal, area uint8) {
	i := (uint32(rule)*uint32(NumSignals)+uint32(s))*uint32(len(w.reg.areas)) + uint32(area)
	if w.counts.findings[i] == 0 {
		w.counts.dirty = append(w.counts.dirty, i)
	}
	w.counts.findings[i]++
	if w.report != nil {
		w.last = Finding{Rule: rule, Level: rule.Level(), Signal: s, Area: w.reg.areas[area]}
		w.report(&w.last)
	}
}

// NumKeys is one more than the largest index that Drain gives to its function.
func (r *Registry) NumKeys() int { return int(NumRules) * int(NumSignals) * len(r.areas) }

// Key explains an index given by Drain.
func (r *Registry) Key(index int) Key {
	areas := len(r.areas)
	return Key{
		Rule: Rule(index / areas / int(NumSignals)), Signal: Signal(index / areas % int(NumSignals)), Area: r.areas[index%areas],
	}
}

// Drain hands over what was counted since the last call and starts again from zero. Each index comes once.
func (w *Worker) Drain(findings func(index int, n int64), changes func(op Op, n int64)) {
	for _, i := range w.counts.dirty {
		findings(int(i), int64(w.counts.findings[i]))
		w.counts.findings[i] = 0
	}
	w.counts.dirty = w.counts.dirty[:0]
	for op, n := range w.counts.ops {
		if n != 0 {
			changes(Op(op), int64(n))
			w.counts.ops[op] = 0
		}
	}
}
