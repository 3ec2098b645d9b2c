package semconv

import (
	"math/bits"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// repair reports what the look pass found in m and, unless observing, puts it right.
func (w *Worker) repair(m pcommon.Map, p place) {
	w.begin()
	next := w.next[p.signal]
	var before uint16
	for name, v := range m.All() {
		id := next[before]
		if w.reg.names[id] != name {
			id = w.reg.find(name)
			next[before] = id
		}
		before = id
		if id < w.reg.tracked && w.seen[id] < 2 {
			w.seen[id]++
		}
		r := &w.reg.records[id]
		if r.flags&p.mask == 0 || !w.schedule(m, p, id, r) {
			w.current(v, p, r)
		}
	}
	w.run(m, p)
}

func (w *Worker) begin() {
	clear(w.seen)
	clear(w.pending)
	w.aws = awsUnknown
	clear(w.provided)
	w.provided = w.provided[:0]
}

// schedule notes the operation that an old name asks for here; a name without one keeps its place and is only reported. It
// returns false for a name that means nothing special here after all.
func (w *Worker) schedule(m pcommon.Map, p place, id uint16, r *record) bool {
	op := r.ops[p.plan.kind]
	if r.flags&p.mask&flagScoped != 0 {
		for _, s := range p.plan.scoped {
			if s.from == id {
				op = s.op
			}
		}
	}
	if op != 0 {
		w.pending[op/64] |= 1 << (op % 64)
		return true
	}
	if r.flags&p.mask&(flagOld|flagMessage) == 0 {
		return false
	}
	if r.flags&flagRPC == 0 || !w.isAWS(m) {
		w.found(r.rule, p.signal, r.area)
	}
	return true
}

// isAWS tells whether m belongs to an AWS call, whose groups still require the rpc.* names that everyone else has left.
func (w *Worker) isAWS(m pcommon.Map) bool {
	if w.aws == awsUnknown {
		w.aws = awsNo
		if v, ok := m.Get(rpcSystem); ok && v.Type() == pcommon.ValueTypeStr && v.Str() == rpcSystemAWS {
			w.aws = awsYes
		}
	}
	return w.aws == awsYes
}

// current checks the value of a name that is not old: its type and, for an enum, its member.
func (w *Worker) current(v pcommon.Value, p place, r *record) {
	c, mismatch, oldValue, _ := r.canonical(v)
	if mismatch {
		w.found(TypeMismatch, p.signal, r.area)
	}
	if oldValue {
		w.found(DeprecatedEnumValue, p.signal, r.area)
	}
	if c.how == asIs || w.opts.Observe {
		return
	}
	c.store(v)
	if mismatch {
		w.counts.ops[OpCoerce]++
	}
	if oldValue {
		w.counts.ops[OpValueMap]++
	}
}

// canonical is what the value of a current name becomes: the right type where that loses nothing, and the current member.
func (r *record) canonical(v pcommon.Value) (c converted, mismatch, oldValue, ok bool) {
	c, ok = fit(v, r.want, r.elems)
	if mismatch = !ok || c.how != asIs; !ok {
		return converted{v: v}, true, false, false
	}
	if len(r.enum) == 0 {
		return c, mismatch, false, true
	}
	text, isText := c.text()
	if !isText || c.typ() != pcommon.ValueTypeStr {
		return c, mismatch, false, true
	}
	replacement, old := r.enum[text]
	if old && replacement != "" {
		c.how, c.s = asString, replacement
	}
	return c, mismatch, old, true
}

// run applies the scheduled operations, best source of each new name first.
func (w *Worker) run(m pcommon.Map, p place) {
	for i, word := range w.pending {
		for ; word != 0; word &= word - 1 {
			w.apply(m, p, &w.reg.ops[i*64+bits.TrailingZeros64(word)])
		}
	}
	if w.anyDrop {
		m.RemoveIf(w.dropFn)
		clear(w.dropped)
		w.anyDrop = false
	}
}

// apply gives one old attribute its new home, or reports why it keeps its place.
func (w *Worker) apply(m pcommon.Map, p place, o *operation) {
	if o.flags&flagRPC != 0 && w.isAWS(m) {
		return
	}
	w.found(DeprecatedAttribute, p.signal, o.area)
	// Of duplicate keys nobody can say which one counts.
	if w.seen[o.from] > 1 {
		w.found(Conflict, p.signal, o.area)
		return
	}
	if w.blocked(m, o) {
		return
	}
	old, _ := m.Get(w.reg.names[o.from])
	c, target, mismatch, out := o.convert(old)
	switch {
	case out == misfit:
		w.found(TypeMismatch, p.signal, o.area)
		return
	case mismatch:
		w.found(TypeMismatch, p.signal, o.area)
	}
	if out == noCounterpart {
		w.found(UnmappedValue, p.signal, o.area)
		return
	}
	if o.special == specialProtocolVersion {
		w.shorten(m, &c)
	}
	w.settle(m, p, o, target, &c, mismatch)
}

// settle puts a converted value under its new name, unless something is there already: an existing new name always wins.
func (w *Worker) settle(m pcommon.Map, p place, o *operation, target uint16, c *converted, mismatch bool) {
	if w.seen[target] > 1 {
		w.found(Conflict, p.signal, o.area)
		return
	}
	if taken, same := w.compare(m, target, c); taken {
		switch {
		case !same:
			w.found(Conflict, p.signal, o.area)
		case !w.opts.Observe && !w.opts.KeepDeprecated:
			w.dropped[o.from], w.anyDrop = true, true
			w.counts.ops[OpDropDuplicate]++
		}
		return
	}
	if w.opts.Observe {
		w.provided = append(w.provided, provision{target, *c})
		return
	}
	w.move(m, o.from, target, c)
	w.counts.ops[OpRename]++
	if c.how != asIs {
		if mismatch {
			w.counts.ops[OpCoerce]++
		}
		if o.values != nil {
			w.counts.ops[OpValueMap]++
		}
	}
}

// compare tells whether the new name is taken, and whether what it holds is what c would store.
func (w *Worker) compare(m pcommon.Map, target uint16, c *converted) (taken, same bool) {
	if now, ok := m.Get(w.reg.names[target]); ok {
		n, _, _, _ := w.reg.records[target].canonical(now)
		return true, c.same(&n)
	}
	for i := range w.provided {
		if w.provided[i].id == target {
			return true, c.same(&w.provided[i].value)
		}
	}
	return false, false
}

// move renames in place. PutEmpty appends the new entry at the end, and Remove fills the hole of the old one with the last, so
// the new attribute ends up where the old one stood: the order of the others does not change (TestRenameKeepsOrder holds pdata to it).
func (w *Worker) move(m pcommon.Map, from, to uint16, c *converted) {
	oldName := w.reg.names[from]
	dest := m.PutEmpty(w.reg.names[to])
	if c.how == asIs {
		old, _ := m.Get(oldName) // again: PutEmpty may have moved the entries
		if w.opts.KeepDeprecated {
			old.CopyTo(dest)
		} else {
			old.MoveTo(dest)
		}
	} else {
		c.store(dest)
	}
	if !w.opts.KeepDeprecated {
		m.Remove(oldName)
	}
}

// isDropped is asked during compaction: the names that settle found equal to an existing new name.
func (w *Worker) isDropped(name string) bool {
	id := w.reg.find(name)
	return id != 0 && id < w.reg.tracked && w.dropped[id]
}

// blocked holds a rename back that would be wrong beside another attribute.
func (w *Worker) blocked(m pcommon.Map, o *operation) bool {
	for _, name := range o.blockedBy {
		if _, there := m.Get(name); there {
			return true
		}
	}
	if o.special == specialClientGroup {
		return !w.receives(m)
	}
	return false
}

// receives tells whether a messaging CLIENT span fetches or settles messages, which makes its group a consumer group.
func (w *Worker) receives(m pcommon.Map) bool {
	for _, name := range [...]string{"messaging.operation.type", "messaging.operation"} {
		if v, ok := m.Get(name); ok && v.Type() == pcommon.ValueTypeStr {
			return v.Str() == "receive" || v.Str() == "settle"
		}
	}
	return false
}

// shorten writes protocol version 2.0 as 2 where the protocol is HTTP.
func (w *Worker) shorten(m pcommon.Map, c *converted) {
	text, ok := c.text()
	if !ok {
		return
	}
	if short, ok := protocolVersions[text]; ok && speaksHTTP(m) {
		c.how, c.s = asString, short
	}
}

func speaksHTTP(m pcommon.Map) bool {
	for _, name := range [...]string{"network.protocol.name", "net.protocol.name"} {
		if v, ok := m.Get(name); ok && v.Type() == pcommon.ValueTypeStr {
			return strings.EqualFold(v.Str(), "http")
		}
	}
	for _, name := range [...]string{"http.request.method", "http.method"} {
		if _, ok := m.Get(name); ok {
			return true
		}
	}
	return false
}
