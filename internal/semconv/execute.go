package semconv

import (
	"go.opentelemetry.io/collector/pdata/pcommon"
)

// rebuildFrom is the number of renames from which writing a new list of attributes is cheaper than renaming one after the other:
// a rename searches the list three times, a new list costs an allocation and a move for each attribute. Of 12 attributes with 10
// renames, in one run: new list 778 ns a span, in place 987; dropping six duplicates was cheaper in place.
const rebuildFrom = 5

// execute makes the changes that were decided on.
func (w *Worker) execute(m pcommon.Map, p place) {
	renames := 0
	for i := range w.changes {
		w.countChange(&w.changes[i])
		if w.changes[i].to != 0 {
			renames++
		}
	}
	switch {
	case len(w.changes) == 0:
	case w.opts.KeepDeprecated:
		w.copyAll(m)
	case renames >= rebuildFrom && p.signal != SignalResource && p.signal != SignalScope:
		w.rebuild(m)
	default:
		w.renameAll(m)
	}
}

func (w *Worker) countChange(ch *change) {
	if ch.to == 0 {
		w.counts.ops[OpDropDuplicate]++
		return
	}
	w.counts.ops[OpRename]++
	if ch.value.how == asIs {
		return
	}
	if ch.mismatch {
		w.counts.ops[OpCoerce]++
	}
	if ch.op.values != nil {
		w.counts.ops[OpValueMap]++
	}
}

// put stores the value of a change in dest, moving what needs no conversion.
func (ch *change) put(dest pcommon.Value) {
	if ch.value.how == asIs {
		ch.value.v.MoveTo(dest)
		return
	}
	ch.value.store(dest)
}

// renameAll renames in place. PutEmpty appends the new entry at the end, and Remove fills the hole of the old one with the last,
// so the new attribute ends up where the old one stood: the order of the others does not change (TestRenameKeepsOrder holds pdata
// to it). The old value is found anew each time, since Remove and PutEmpty both may move entries.
func (w *Worker) renameAll(m pcommon.Map) {
	drops := false
	for i := range w.changes {
		ch := &w.changes[i]
		if ch.to == 0 {
			w.dropped[ch.op.from], drops = true, true
			continue
		}
		old := w.reg.names[ch.op.from]
		dest := m.PutEmpty(w.reg.names[ch.to])
		if ch.value.how == asIs {
			ch.value.v, _ = m.Get(old)
		}
		ch.put(dest)
		m.Remove(old)
	}
	if drops {
		m.RemoveIf(w.dropFn)
		clear(w.dropped)
	}
}

// isDropped is asked during compaction.
func (w *Worker) isDropped(name string) bool {
	id := w.reg.find(name)
	return id < w.reg.tracked && w.dropped[id]
}

// copyAll adds the new names and leaves the old ones.
func (w *Worker) copyAll(m pcommon.Map) {
	m.EnsureCapacity(m.Len() + len(w.changes))
	for i := range w.changes {
		ch := &w.changes[i]
		dest := m.PutEmpty(w.reg.names[ch.to])
		if ch.value.how != asIs {
			ch.value.store(dest)
			continue
		}
		old, _ := m.Get(w.reg.names[ch.op.from])
		old.CopyTo(dest)
	}
}

// rebuild moves all values to a new list, each under its new name or its own. It keeps the order and duplicate keys. Resources
// and scopes are not rebuilt: in profiles their keys may be references that a new list would lose.
func (w *Worker) rebuild(m pcommon.Map) {
	for i := range w.changes {
		w.changeOf[w.changes[i].op.from] = int16(i + 1)
	}
	w.builder.EnsureCapacity(m.Len())
	i := 0
	for name, v := range m.All() {
		id := w.idAt(i, name)
		i++
		var at int16
		if id < w.reg.tracked {
			at = w.changeOf[id]
		}
		switch {
		case at == 0:
			v.MoveTo(w.builder.AppendEmpty(name))
		case w.changes[at-1].to != 0:
			ch := &w.changes[at-1]
			ch.put(w.builder.AppendEmpty(w.reg.names[ch.to]))
		}
	}
	w.builder.UnsafeIntoMap(m)
	for i := range w.changes {
		w.changeOf[w.changes[i].op.from] = 0
	}
}
