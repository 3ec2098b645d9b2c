package semconv

import (
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-plus/otelcol-plus/internal/semconv/internal/values"
)

// source is an attribute as it stands in the map.
type source struct {
	v    pcommon.Value
	node *node
	pos  int
}

func (s *source) name() string { return s.node.name }

func (s *source) spot() spot { return spot{id: s.node.id, name: s.node.name, v: s.v, has: true} }

// change is one rename or removal that was decided on.
type change struct {
	source
	value    converted
	key      string // new name when to is 0; both empty: removed
	to       uint16 // 0: removed, or renamed to key
	problems problems
	mapped   bool
	op       Op
}

// put is an attribute that is added.
type put struct {
	id    uint16
	value converted
	op    Op
}

// repair reports what the look pass found in m and, unless observing, puts it right. All is decided before anything moves: the
// findings are the same whether or not changes follow, and Values taken from m stay valid while they are compared.
func (w *Worker) repair(end *node, m pcommon.Map, p *place) {
	w.aws = awsUnknown
	w.querySystem = ""
	if w.opts.SanitizeQuery {
		w.querySystem = w.systemOf(m)
	}
	if plan := w.planOf(end, m, p); plan != nil {
		w.follows(plan, m, p)
	} else {
		w.search(m, p)
	}
	w.odd = [len(w.odd)]uint64{}
	w.demand(end, m, p)
	w.execute(m, p)
	if w.claims.filled {
		w.claims.forget()
	}
	clear(w.at[:w.planned])
	w.planned = 0
}

// search finds the operations of a map whose shape is not remembered.
func (w *Worker) search(m pcommon.Map, p *place) {
	clear(w.seen)
	clear(w.present)
	i := 0
	for name := range m.All() {
		w.see(w.nodeAt(i, name))
		i++
	}
	i = 0
	for name, v := range m.All() {
		w.one = source{v: v, node: w.nodeAt(i, name), pos: i}
		i++
		op := w.operationOf(p, w.one.node)
		if op == 0 {
			w.other(m, p, &w.one)
			continue
		}
		w.pending[op/64] |= 1 << (op % 64)
		w.sources[op] = w.one
	}
	w.one = source{}
	w.decide(m, p)
}

func (w *Worker) see(n *node) {
	if n.id == 0 {
		return
	}
	w.present.set(n.id)
	if n.id < w.reg.tracked && n.key == "" {
		w.seen[n.id] = min(w.seen[n.id]+1, 2)
	}
}

// nodeAt is the node of the i-th name of the map that was looked at last.
func (w *Worker) nodeAt(i int, name string) *node {
	if i < len(w.path) {
		return w.path[i]
	}
	n := &node{loose: true}
	w.reg.resolve(name, n)
	return n
}

// operationOf is the operation that a name asks for here, 0 for none.
func (w *Worker) operationOf(p *place, n *node) uint16 {
	if n.flags&p.mask&(flagOld|flagScoped) == 0 || n.rec.template {
		return 0
	}
	op := n.rec.ops[p.plan.kind]
	if n.flags&p.mask&flagScoped != 0 {
		for _, scoped := range p.plan.scoped {
			if scoped.from == n.id {
				op = scoped.op
			}
		}
	}
	return op
}

// other looks at an attribute without an operation: a current one, an old one without a successor here, or one of a template.
func (w *Worker) other(m pcommon.Map, p *place, s *source) {
	n := s.node
	switch {
	case n.flags&flagOld != 0 && n.key != "" && n.rec.template:
		w.renameKey(m, p, s)
	case n.flags&p.mask&(flagOld|flagMessage) == 0:
		w.current(m, p, s)
	case n.flags&flagRPC == 0 || !w.isAWS(m):
		w.unplaced(p, s)
	default:
		w.keep(p, s)
	}
}

// unplaced reports an old name that has no successor here, though it may have one on another kind of span.
func (w *Worker) unplaced(p *place, s *source) {
	obsolete := s.node.rec.rule == ObsoleteAttribute
	drop := obsolete && w.opts.DropObsolete
	w.foundAt(s.node.rec.rule, p, s, "", drop && w.changing(s.node.id))
	if drop {
		w.changes = append(w.changes, change{source: *s, op: OpDropObsolete})
		return
	}
	w.keep(p, s)
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

// current checks the value of a name that is not old.
func (w *Worker) current(m pcommon.Map, p *place, s *source) {
	n := s.node
	if n.flags&w.look&flagUnknown != 0 {
		w.found(UnknownAttribute, p.signal, s.spot(), "", false)
	}
	if n.flags&w.look&flagUnstable != 0 {
		w.found(NotStable, p.signal, s.spot(), "", false)
	}
	if n.flags&flagKey != 0 {
		w.fixKey(m, p, s)
		return
	}
	if w.fine(n, s.v) {
		return
	}
	c := converted{v: s.v}
	problems := w.final(n.rec, n.checks, &c)
	w.settleValue(m, p, s, &c, problems)
}

// settleValue reports what was wrong with a value and stores what it becomes.
func (w *Worker) settleValue(m pcommon.Map, p *place, s *source, c *converted, problems problems) {
	w.tell(p, s, s.node.rec, s.node.checks, c, problems)
	if problems&problemMethod != 0 {
		w.keepMethod(m, p, s.node.id, w.original)
	}
	if c.how == asIs && !c.nested || !w.changing(s.node.id) {
		return
	}
	c.store(s.v)
	w.countValue(problems, false)
}

// keepMethod keeps what an HTTP method was before it was put right. Points of metrics must not grow by it, and rows of profiles
// are shared.
func (w *Worker) keepMethod(m pcommon.Map, p *place, from uint16, original string) {
	id := w.reg.known.methodOriginal
	if p.signal == SignalMetric || p.signal == SignalProfile || id == 0 || w.seen[id] != 0 || !w.changing(from) {
		return
	}
	w.seen[id] = 1
	value, r := converted{how: asString, s: original}, &w.reg.records[id]
	w.final(r, r.checks, &value) // may cut it
	w.puts = append(w.puts, put{id: id, value: value, op: OpFoldCase})
}

// keep looks at the value of an old name that stays where it is: it may still be broken or secret.
func (w *Worker) keep(p *place, s *source) {
	if c, problems := w.mend(p, s); problems != 0 {
		w.tell(p, s, &w.reg.records[0], 0, &c, problems)
	}
}

// mend is keep without a word.
func (w *Worker) mend(p *place, s *source) (c converted, problems problems) {
	c = converted{v: s.v}
	problems = w.finalText(nil, 0, &c)
	if text, ok := c.text(); ok && c.typ() == pcommon.ValueTypeStr {
		if hidden := w.hide(s.name(), text); hidden != text {
			problems |= problemSecret
			if w.opts.Redact {
				c.how, c.s = asString, hidden
			}
		}
	}
	if problems != 0 && w.changing(s.node.id) && (c.how != asIs || c.nested) {
		c.store(s.v)
		w.countValue(problems, false)
	}
	return c, problems
}

// tell reports the problems of one value. r is the record it was checked against.
func (w *Worker) tell(p *place, s *source, r *record, k checks, c *converted, problems problems) {
	if problems == 0 {
		return
	}
	at, fixes := s.spot(), w.changing(s.node.id)
	for ; problems != 0; problems &= problems - 1 {
		switch problem := problems & -problems; problem {
		case problemType:
			w.found(TypeMismatch, p.signal, at, r.typ, fixes && problems&problemCoerced != 0)
		case problemOldValue:
			replaced := c.how == asString
			w.found(DeprecatedEnumValue, p.signal, at, replacementOf(c, replaced), fixes && replaced)
		case problemCase:
			w.found(EnumCase, p.signal, at, c.s, fixes)
		case problemMember:
			w.found(UnknownEnumValue, p.signal, at, "", problems&problemMethod != 0 && fixes)
		case problemEmpty:
			w.found(EmptyValue, p.signal, at, "", false)
		case problemValue:
			w.found(InvalidValue, p.signal, at, rangeOf(k), false)
		case problemFormat:
			w.found(InvalidFormat, p.signal, at, formatOf(k), false)
		case problemUTF8:
			w.found(InvalidUTF8, p.signal, at, "", fixes)
		case problemLong:
			w.found(ValueTooLong, p.signal, at, strconv.Itoa(w.opts.MaxValueBytes), fixes)
		case problemSecret:
			w.found(SensitiveData, p.signal, at, secretOf(k), fixes && w.opts.Redact)
		case problemPlaceholder:
			w.found(PlaceholderValue, p.signal, at, "", false)
		}
	}
}

func replacementOf(c *converted, replaced bool) string {
	if replaced {
		return c.s
	}
	return ""
}

// formatOf says what form a text should have.
func formatOf(k checks) string {
	if k&checkUID != 0 {
		return "a UUID or 32 hexadecimal digits"
	}
	return "an absolute URL"
}

// secretOf says what a text should not show.
func secretOf(k checks) string {
	if k&checkSecret != 0 {
		return "a header that authenticates"
	}
	return "credentials or a signature"
}

// countValue counts the changes that problems led to.
func (w *Worker) countValue(problems problems, mapped bool) {
	ops := &w.counts.ops
	if problems&problemCoerced != 0 {
		ops[OpCoerce]++
	}
	if mapped || problems&problemOldValue != 0 {
		ops[OpValueMap]++
	}
	if problems&(problemCase|problemMethod) != 0 {
		ops[OpFoldCase]++
	}
	if problems&problemUTF8 != 0 {
		ops[OpRepairUTF8]++
	}
	if problems&problemLong != 0 {
		ops[OpTruncate]++
	}
	if problems&problemSecret != 0 && w.opts.Redact {
		ops[OpRedact]++
	}
}

// decide takes the scheduled operations in rank order, best source of each new name first.
func (w *Worker) decide(m pcommon.Map, p *place) {
	for i, word := range w.pending {
		for ; word != 0; word = w.pending[i] {
			bit := bits.TrailingZeros64(word)
			w.pending[i] &^= 1 << bit
			op := i*64 + bit
			w.apply(m, p, &w.reg.ops[op], &w.sources[op])
			w.sources[op] = source{}
		}
	}
}

// apply finds the new home of one old attribute, or reports why it keeps its place.
func (w *Worker) apply(m pcommon.Map, p *place, o *operation, s *source) {
	switch {
	case o.flags&flagRPC != 0 && w.isAWS(m):
		w.keep(p, s)
	case w.seen[o.from] > 1:
		// Of duplicate keys nobody can say which one counts.
		w.settled(p, o, s, false)
		w.found(Conflict, p.signal, s.spot(), s.name(), false)
	case o.structure != nil:
		o.structure(w, m, p, o, s)
	case o.special == specialClientGroup && !receives(m):
		w.settled(p, o, s, false)
	default:
		w.rename(m, p, o, s)
	}
}

// settled reports an old name, and looks after the value if it stays.
func (w *Worker) settled(p *place, o *operation, s *source, moved bool) {
	w.foundAt(s.node.rec.rule, p, s, w.reg.names[o.to], moved && w.changing(o.from))
	switch {
	case !moved:
		w.keep(p, s)
	case w.opts.KeepDeprecated:
		w.mend(p, s) // what is wrong with the value is told of the new name's
	}
}

// rename is what most operations do: one old name becomes one new name.
func (w *Worker) rename(m pcommon.Map, p *place, o *operation, s *source) {
	ch := w.nextChange(s)
	if o.plain && w.passes(&w.reg.records[o.to], s.v) {
		ch.value.v = s.v
		moved := w.settle(m, p, ch, o.to)
		w.settled(p, o, s, moved)
		if !moved {
			w.withdrawLast()
		}
		return
	}
	to, mismatch, out := o.convert(s.v, &ch.value)
	if mismatch && ch.value.how != asIs && w.opts.NoCoercion {
		out = misfit
	}
	target := &w.reg.records[to]
	moved := false
	if out == fits {
		if o.special == specialProtocolVersion {
			w.shorten(m, &ch.value)
		}
		w.finish(target, o, ch, mismatch)
		moved = (ch.problems&problemType == 0 || ch.problems&problemCoerced != 0) && w.settle(m, p, ch, to)
	}
	w.settled(p, o, s, moved)
	switch {
	case out == misfit:
		w.found(TypeMismatch, p.signal, s.spot(), target.typ, false)
	case out == noCounterpart:
		w.found(UnmappedValue, p.signal, s.spot(), w.reg.names[o.to], false)
	case ch.op == OpDropDuplicate && moved:
		// The new name says it already: what was wrong with the old value goes with it.
	case ch.problems != 0 && (moved || ch.problems&problemType != 0):
		w.tell(p, s, target, target.checks, &ch.value, ch.problems)
	}
	if !moved {
		w.withdrawLast()
		return
	}
	if ch.problems&problemMethod != 0 && ch.to != 0 {
		w.keepMethod(m, p, o.from, w.original)
	}
}

// passes tells of most values quickly that they are what is stored under the new name as they are.
func (w *Worker) passes(target *record, v pcommon.Value) bool {
	if v.Type() != target.want {
		return false
	}
	switch k := target.checks &^ checkNote; {
	case target.want == pcommon.ValueTypeInt:
		x := v.Int()
		return target.low <= x && x <= target.high
	case target.want != pcommon.ValueTypeStr:
		return false
	case k == 0:
		s := v.Str()
		return uint(len(s)-1) < uint(w.longest) && !isPlaceholder(s) && values.ValidUTF8(s)
	case k&(checkEnum|checkMethod) != 0:
		return slices.Contains(target.members, v.Str())
	default:
		return false
	}
}

// nextChange makes room for a change of s. Room that is not used is always zero.
func (w *Worker) nextChange(s *source) *change {
	n := len(w.changes)
	if n == cap(w.changes) {
		w.changes = slices.Grow(w.changes, 16)
	}
	w.changes = w.changes[:n+1]
	ch := &w.changes[n]
	ch.source = *s
	return ch
}

// withdrawLast takes the last change back.
func (w *Worker) withdrawLast() {
	w.changes[len(w.changes)-1] = change{}
	w.changes = w.changes[:len(w.changes)-1]
}

// finish brings the value of a rename to what is stored under the new name.
func (w *Worker) finish(target *record, o *operation, ch *change, mismatch bool) {
	ch.mapped = o.values != nil && ch.value.how != asIs
	ch.problems = w.final(target, target.checks, &ch.value)
	if ch.problems&problemOldValue != 0 { // an old value under an old name was right in its time
		ch.problems &^= problemOldValue
		ch.mapped = ch.value.how == asString
	}
	if mismatch && ch.problems&problemType == 0 {
		ch.problems |= problemType | problemCoerced
	}
}

// settle tells whether the change gets the new name. An existing new name always wins: if it says the same, the old one has
// to go and nothing else; if not, both stay.
func (w *Worker) settle(m pcommon.Map, p *place, ch *change, to uint16) bool {
	switch w.compare(m, to, &ch.value) {
	case absent:
		w.seen[to] = 1
		w.present.set(to)
		ch.to, ch.op = to, OpRename
	case equal:
		ch.op = OpDropDuplicate
	default:
		w.found(Conflict, p.signal, ch.spot(), w.reg.names[to], false)
		return false
	}
	return true
}

// relation of a value to what a name already holds or is about to get.
type relation uint8

const (
	absent relation = iota
	equal
	different
)

func (w *Worker) compare(m pcommon.Map, id uint16, c *converted) relation {
	switch w.seen[id] {
	case 0:
		return absent
	case 1:
		var now converted
		if w.virtual(m, id, &now) && c.same(&now) {
			return equal
		}
	}
	return different
}

// virtual is the value that a name has after all that was decided so far.
func (w *Worker) virtual(m pcommon.Map, id uint16, c *converted) bool {
	for i := range w.changes {
		if ch := &w.changes[i]; ch.to == id {
			*c = ch.value
			return true
		}
	}
	for i := range w.puts {
		if w.puts[i].id == id {
			*c = w.puts[i].value
			return true
		}
	}
	v, ok := w.valueOf(m, id)
	if !ok {
		return false
	}
	*c = converted{v: v}
	r := &w.reg.records[id]
	w.final(r, r.checks, c)
	return true
}

// valueOf is the value of a name as it came.
func (w *Worker) valueOf(m pcommon.Map, id uint16) (pcommon.Value, bool) {
	if w.planned == 0 {
		return m.Get(w.reg.names[id])
	}
	for i := range w.planned {
		if s := &w.at[i]; s.node.id == id && s.node.key == "" {
			return s.v, true
		}
	}
	return pcommon.Value{}, false
}

// virtualText is virtual for texts; it is empty when there is none.
func (w *Worker) virtualText(m pcommon.Map, id uint16) string {
	var c converted
	if id == 0 || !w.virtual(m, id, &c) {
		return ""
	}
	text, _ := c.text()
	return text
}

// receives tells whether a messaging CLIENT span fetches or settles messages, which makes its group a consumer group.
func receives(m pcommon.Map) bool {
	for _, name := range [...]string{"messaging.operation.type", "messaging.operation"} {
		if v, ok := m.Get(name); ok && v.Type() == pcommon.ValueTypeStr {
			operation := values.LowerASCII(v.Str())
			return operation == "receive" || operation == "settle"
		}
	}
	return false
}

// systemOf is the database system of a span in lower case, under its old or its new name.
func (w *Worker) systemOf(m pcommon.Map) string {
	for _, name := range [...]string{"db.system.name", "db.system"} {
		if v, ok := m.Get(name); ok && v.Type() == pcommon.ValueTypeStr {
			return values.LowerASCII(v.Str())
		}
	}
	return ""
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
	for _, name := range [...]string{"network.protocol.name", "net.protocol.name", "net.app.protocol.name", "messaging.protocol"} {
		if v, ok := m.Get(name); ok && v.Type() == pcommon.ValueTypeStr {
			return strings.EqualFold(v.Str(), "http")
		}
	}
	return slices.ContainsFunc([]string{"http.request.method", "http.method"}, func(name string) bool {
		_, ok := m.Get(name)
		return ok
	})
}
