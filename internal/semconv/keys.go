package semconv

import (
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/xpdata"

	"github.com/otelcol-plus/otelcol-plus/internal/semconv/internal/values"
)

// renameKey gives an attribute of an old template, such as k8s.pod.labels.app, its new prefix.
func (w *Worker) renameKey(m pcommon.Map, p *place, s *source) {
	target := &w.reg.records[w.reg.find(s.node.rec.to)]
	if s.node.flags&flagRPC != 0 && w.isAWS(m) {
		w.keep(p, s)
		return
	}
	c := converted{v: s.v}
	problems := w.final(target, s.node.checks|target.checks, &c)
	moved := problems&problemType == 0 || problems&problemCoerced != 0
	if moved {
		moved = w.settleKey(m, p, s, target, &c, problems)
	}
	w.found(DeprecatedAttribute, p.signal, s.spot(), s.node.key, moved && w.changing(s.node.id))
	switch {
	case !moved:
		w.keep(p, s)
	case w.opts.KeepDeprecated:
		w.mend(p, s)
	}
	if !values.ValidUTF8(s.name()) {
		w.found(InvalidUTF8, p.signal, s.spot(), "", w.changing(s.node.id))
		if !moved {
			w.changes = append(w.changes, change{source: *s, key: values.RepairUTF8(s.name()), value: converted{v: s.v}, op: OpRepairUTF8})
			w.tell(p, s, target, s.node.checks|target.checks, &c, problems)
			return
		}
	}
	if !moved || w.changes[len(w.changes)-1].op != OpDropDuplicate {
		w.tell(p, s, target, s.node.checks|target.checks, &c, problems)
	}
}

// fixKey puts a key right whose variable part is not lower case, or which is not valid UTF-8.
func (w *Worker) fixKey(m pcommon.Map, p *place, s *source) {
	c := converted{v: s.v}
	problems := w.final(s.node.rec, s.node.checks, &c)
	rule, detail, moved := KeyFormat, s.node.key, true
	if values.ValidUTF8(s.name()) {
		moved = w.settleKey(m, p, s, s.node.rec, &c, problems)
	} else {
		// Better twice the same key than a request that no receiver takes.
		rule, detail = InvalidUTF8, ""
		w.changes = append(w.changes, change{source: *s, key: s.node.key, value: c, problems: problems, op: OpRepairUTF8})
	}
	w.found(rule, p.signal, s.spot(), detail, moved && w.changing(s.node.id))
	w.tell(p, s, s.node.rec, s.node.checks, &c, problems)
	if !moved && w.changing(s.node.id) && (c.how != asIs || c.nested) {
		c.store(s.v)
		w.countValue(problems, false)
	}
}

// settleKey decides on a new key: it must be free, or hold the same, or else both stay.
func (w *Worker) settleKey(m pcommon.Map, p *place, s *source, target *record, c *converted, problems problems) bool {
	ch := change{source: *s, key: s.node.key, value: *c, problems: problems, op: OpFixKey}
	if s.node.flags&flagOld != 0 && values.ValidUTF8(s.name()) { // what is no text is not kept beside the new name
		ch.op = OpRename
	}
	first, once := w.firstFor(m, s)
	v, taken := m.Get(s.node.key)
	switch {
	case !once: // of duplicates nobody can say which one counts
		w.found(Conflict, p.signal, s.spot(), s.node.key, false)
		return false
	case taken:
		first = source{v: v, node: &node{}, pos: -1}
		w.reg.resolve(s.node.key, first.node)
	}
	if first.pos != s.pos {
		now := converted{v: first.v}
		w.final(target, first.node.checks|target.checks, &now)
		if !c.same(&now) {
			w.found(Conflict, p.signal, s.spot(), s.node.key, false)
			return false
		}
		ch.key, ch.op = "", OpDropDuplicate
	}
	if id := w.reg.find(ch.key); id != 0 && id < w.reg.tracked { // others may want that name too
		ch.to, w.seen[id] = id, 1
		w.present.set(id)
	}
	w.changes = append(w.changes, ch)
	return true
}

// firstFor finds who comes first of all attributes that are to have the key that s is to have: the first name in the order of the
// alphabet, whatever the order in the map. It says whether that name occurs once.
func (w *Worker) firstFor(m pcommon.Map, s *source) (first source, once bool) {
	first, once = *s, true
	i := 0
	for name, v := range m.All() {
		if n := w.nodeAt(i, name); n.key == s.node.key && i != first.pos && name <= first.name() && w.changing(n.id) == w.changing(s.node.id) {
			once = name < first.name()
			first = source{v: v, node: n, pos: i}
		}
		i++
	}
	return first, once
}

// rewriteKeys gives every key of a map the form that f gives it, in place and in order.
func rewriteKeys(m pcommon.Map, f func(string) string) {
	var b xpdata.MapBuilder
	b.EnsureCapacity(m.Len())
	for name, v := range m.All() {
		v.MoveTo(b.AppendEmpty(f(name)))
	}
	b.UnsafeIntoMap(m)
}
