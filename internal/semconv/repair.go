package semconv

import (
	"math/bits"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// change is one rename that was decided on.
type change struct {
	op       *operation
	to       uint16
	mismatch bool
	value    converted
}

// repair reports what the look pass found in m and, unless observing, puts it right. All is decided before anything moves: the
// findings are the same whether or not changes follow, and Values taken from m stay valid while they are compared.
func (w *Worker) repair(m pcommon.Map, p place) {
	clear(w.seen)
	w.aws = awsUnknown
	i := 0
	for name, v := range m.All() {
		id := w.idAt(i, name)
		i++
		if id < w.reg.tracked {
			w.seen[id] = min(w.seen[id]+1, 2)
		}
		r := &w.reg.records[id]
		if r.flags&p.mask == 0 || !w.schedule(m, p, id, r, v) {
			w.current(v, p, r)
		}
	}
	w.decide(m, p)
	if !w.opts.Observe {
		w.execute(m, p)
	}
	clear(w.changes)
	w.changes = w.changes[:0]
}

// idAt is the id of the i-th name of the map that was looked at last.
func (w *Worker) idAt(i int, name string) uint16 {
	if i < len(w.ids) {
		return w.ids[i]
	}
	return w.reg.find(name)
}

// schedule notes the operation that an old name asks for here; a name without one keeps its place and is only reported. It
// returns false for a name that means nothing special here after all.
func (w *Worker) schedule(m pcommon.Map, p place, id uint16, r *record, v pcommon.Value) bool {
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
		w.values[op] = v
		return true
	}
	if r.flags&p.mask&(flagOld|flagMessage) == 0 {
		return false
	}
	if r.flags&flagRPC == 0 || !w.isAWS(m) {
		w.count(r.rule, p.signal, r.area)
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
	if r.want < 0 {
		return
	}
	var c converted
	mismatch, old := r.canonical(v, &c)
	if mismatch {
		w.count(TypeMismatch, p.signal, r.area)
	}
	if old {
		w.count(DeprecatedEnumValue, p.signal, r.area)
	}
	if c.how == asIs || w.opts.Observe {
		return
	}
	c.store(v)
	if mismatch {
		w.counts.ops[OpCoerce]++
	}
	if old {
		w.counts.ops[OpValueMap]++
	}
}

// canonical fills a fresh c with what the value of a current name becomes: the right type where that loses nothing, and the
// current member of an enum. It says what was wrong.
func (r *record) canonical(v pcommon.Value, c *converted) (mismatch, old bool) {
	if !c.fit(v, r.want, r.elems) {
		*c = converted{v: v}
		return true, false
	}
	mismatch = c.how != asIs
	if r.flags&flagEnum == 0 {
		return mismatch, false
	}
	if text, ok := c.text(); ok && c.typ() == pcommon.ValueTypeStr {
		var replacement string
		if replacement, old = r.member(text); replacement != "" {
			c.how, c.s = asString, replacement
		}
	}
	return mismatch, old
}

// decide takes the scheduled operations in rank order, best source of each new name first.
func (w *Worker) decide(m pcommon.Map, p place) {
	for i, word := range w.pending {
		w.pending[i] = 0
		for ; word != 0; word &= word - 1 {
			op := i*64 + bits.TrailingZeros64(word)
			w.apply(m, p, &w.reg.ops[op], w.values[op])
			w.values[op] = pcommon.Value{}
		}
	}
}

// apply finds the new home of one old attribute, or reports why it keeps its place.
func (w *Worker) apply(m pcommon.Map, p place, o *operation, old pcommon.Value) {
	if o.flags&flagRPC != 0 && w.isAWS(m) {
		return
	}
	w.count(DeprecatedAttribute, p.signal, o.area)
	// Of duplicate keys nobody can say which one counts.
	if w.seen[o.from] > 1 {
		w.count(Conflict, p.signal, o.area)
		return
	}
	if w.blocked(m, o) {
		return
	}
	w.changes = append(w.changes, change{op: o})
	ch := &w.changes[len(w.changes)-1]
	var out outcome
	ch.to, ch.mismatch, out = o.convert(old, &ch.value)
	if ch.mismatch || out == misfit {
		w.count(TypeMismatch, p.signal, o.area)
	}
	if out == noCounterpart {
		w.count(UnmappedValue, p.signal, o.area)
	}
	if o.special == specialProtocolVersion {
		w.shorten(m, &ch.value)
	}
	if out != fits || !w.settle(m, p, ch) {
		*ch = change{} // no reference to telemetry outlives the batch
		w.changes = w.changes[:len(w.changes)-1]
	}
}

// settle tells whether the change gets the new name. An existing new name always wins: if it says the same, the old one has
// to go and nothing else; if not, both stay.
func (w *Worker) settle(m pcommon.Map, p place, ch *change) bool {
	switch {
	case w.seen[ch.to] == 0:
		w.seen[ch.to] = 1
		return true
	case w.seen[ch.to] > 1 || !w.equal(m, ch):
		w.count(Conflict, p.signal, ch.op.area)
		return false
	}
	ch.to = 0
	return !w.opts.KeepDeprecated
}

// equal tells whether the new name already holds, or is about to get, what the change would store.
func (w *Worker) equal(m pcommon.Map, ch *change) bool {
	for i := range w.changes {
		if earlier := &w.changes[i]; earlier != ch && earlier.to == ch.to {
			return ch.value.same(&earlier.value)
		}
	}
	now, _ := m.Get(w.reg.names[ch.to])
	var n converted
	w.reg.records[ch.to].canonical(now, &n)
	return ch.value.same(&n)
}

// blocked holds a rename back that would be wrong beside another attribute.
func (w *Worker) blocked(m pcommon.Map, o *operation) bool {
	for _, name := range o.blockedBy {
		if _, there := m.Get(name); there {
			return true
		}
	}
	return o.special == specialClientGroup && !receives(m)
}

// receives tells whether a messaging CLIENT span fetches or settles messages, which makes its group a consumer group.
func receives(m pcommon.Map) bool {
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
