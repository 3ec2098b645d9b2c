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
	if !once { // of duplicates nobody can say which one counts
		w.found(Conflict, p.signal, s.spot(), s.node.key, false)
		return false
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

// keyClaims says who has which name and who is to have which key. It is filled for a map the first time a key in it is wrong, so that
// a map of nothing but wrong keys is not searched for each of them.
type keyClaims struct {
	filled  bool
	holders map[string]source
	wanted  map[string]claim
}

// claim is the attribute that comes first for a key; once says that its name occurs once.
type claim struct {
	source
	once bool
}

// firstFor finds who gets the key that s is to have: the attribute that has it already, or else of all that are to have it the one
// with the first name in the order of the alphabet, whatever the order in the map. once says whether that name occurs once.
func (w *Worker) firstFor(m pcommon.Map, s *source) (first source, once bool) {
	k := &w.claims
	if !k.filled {
		w.fillClaims(m)
	}
	c, ok := k.wanted[s.node.key]
	if !ok { // only observed
		c = claim{source: *s, once: true}
	}
	if holder, taken := k.holders[s.node.key]; taken && c.once {
		return holder, true
	}
	return c.source, c.once
}

func (w *Worker) fillClaims(m pcommon.Map) {
	k := &w.claims
	if k.filled = true; k.holders == nil {
		k.holders, k.wanted = map[string]source{}, map[string]claim{}
	}
	i := 0
	for name, v := range m.All() {
		s := source{v: v, node: w.nodeAt(i, name), pos: i}
		if _, twice := k.holders[name]; !twice {
			k.holders[name] = s
		}
		if key := s.node.key; key != "" && !w.rules.frozen[s.node.id] {
			if c, contested := k.wanted[key]; !contested || name <= c.name() {
				k.wanted[key] = claim{s, !contested || name < c.name()}
			}
		}
		i++
	}
}

// forget drops the claims of a map, and their memory after a large one.
func (k *keyClaims) forget() {
	if len(k.holders) > maxEntriesKept {
		k.holders, k.wanted = nil, nil
	}
	clear(k.holders)
	clear(k.wanted)
	k.filled = false
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
