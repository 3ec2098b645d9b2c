package semconv

import (
	"slices"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// execute makes the changes that were decided on.
func (w *Worker) execute(m pcommon.Map, p *place) {
	if !w.rules.observe {
		w.withdraw()
		for i := range w.changes {
			w.countChange(&w.changes[i])
		}
		for i := range w.puts {
			w.counts.ops[w.puts[i].op]++
		}
		switch {
		case len(w.changes) == 0:
		case w.opts.KeepDeprecated:
			w.copyAll(m)
		case mapLayout.known:
			w.changeInPlace(m)
		default:
			w.rebuild(m)
		}
		for i := range w.puts {
			w.puts[i].value.store(m.PutEmpty(w.reg.names[w.puts[i].id]))
		}
	}
	clear(w.changes) // no reference to telemetry outlives the batch
	clear(w.puts)
	w.changes, w.puts = w.changes[:0], w.puts[:0]
}

// withdraw leaves out the changes of names that are only observed, and the removal of old names that are kept.
func (w *Worker) withdraw() {
	if len(w.rules.frozen) == 0 && !w.opts.KeepDeprecated {
		return
	}
	w.changes = slices.DeleteFunc(w.changes, func(ch change) bool {
		return w.opts.KeepDeprecated && ch.op == OpDropDuplicate || !w.changing(ch.node.id) || ch.to != 0 && !w.changing(ch.to)
	})
}

func (w *Worker) countChange(ch *change) {
	w.counts.ops[ch.op]++
	if ch.op != OpDropDuplicate && ch.op != OpDropObsolete && ch.op != OpMove {
		w.countValue(ch.problems, ch.mapped)
	}
}

// newName is the name that a change leads to, empty for one that removes.
func (w *Worker) newName(ch *change) string {
	if ch.to != 0 {
		return w.reg.names[ch.to]
	}
	return ch.key
}

// changeInPlace writes new keys and values where the old ones stand, so that nothing moves but what is removed.
func (w *Worker) changeInPlace(m pcommon.Map) {
	m.EnsureCapacity(m.Len()) // panics on a map that must not be written to
	drops := false
	for i := range w.changes {
		ch := &w.changes[i]
		name := w.newName(ch)
		if name == "" {
			drops = true
			continue
		}
		if name != ch.name() {
			mapLayout.setKey(&m, ch.pos, name)
		}
		if ch.value.how != asIs || ch.value.nested {
			ch.value.store(ch.v)
		}
	}
	if drops {
		w.remove(m)
	}
}

// remove compacts the map once for all changes that remove.
func (w *Worker) remove(m pcommon.Map) {
	action := w.actions(m.Len())
	i := -1
	m.RemoveIf(func(string, pcommon.Value) bool {
		i++
		return action[i] != 0 && w.newName(&w.changes[action[i]-1]) == ""
	})
}

// actions says for each position which change concerns it, from 1; 0 is none.
func (w *Worker) actions(n int) []int32 {
	if cap(w.action) < n {
		w.action = make([]int32, n)
	}
	action := w.action[:n]
	clear(action)
	for i := range w.changes {
		action[w.changes[i].pos] = int32(i + 1)
	}
	return action
}

// keepsOld tells whether the old name stays beside the new one when it is asked to.
func (o Op) keepsOld() bool {
	return o == OpRename || o == OpDropDuplicate || o == OpMove
}

// copyAll adds the new names and leaves the old ones. What is no old name is changed all the same.
func (w *Worker) copyAll(m pcommon.Map) {
	rebuilt := w.changes[:0:0]
	for _, ch := range w.changes {
		if !ch.op.keepsOld() || w.newName(&ch) == ch.name() {
			rebuilt = append(rebuilt, ch)
			continue
		}
		if ch.value.how == asIs {
			held := pcommon.NewValueEmpty()
			ch.v.CopyTo(held)
			ch.value.v = held
		}
		if name := w.newName(&ch); name != "" {
			w.copies = append(w.copies, copied{name, ch.value})
		}
	}
	w.changes = rebuilt
	if len(w.changes) > 0 {
		w.rebuild(m)
	}
	w.builder.EnsureCapacity(m.Len() + len(w.copies))
	for name, v := range m.All() {
		v.MoveTo(w.builder.AppendEmpty(name))
	}
	for i := range w.copies {
		c := &w.copies[i]
		dest := w.builder.AppendEmpty(c.name)
		if c.value.how == asIs {
			c.value.v.MoveTo(dest)
		}
		c.value.store(dest)
	}
	w.builder.UnsafeIntoMap(m)
	clear(w.copies)
	w.copies = w.copies[:0]
}

// copied is an attribute that is added beside the old one.
type copied struct {
	name  string
	value converted
}

// rebuild moves all values to a new list, each under its new name or its own. It keeps the order and duplicate keys.
func (w *Worker) rebuild(m pcommon.Map) {
	action := w.actions(m.Len())
	w.builder.EnsureCapacity(m.Len() + len(w.puts))
	i := 0
	for name, v := range m.All() {
		at := action[i]
		i++
		if at == 0 {
			v.MoveTo(w.builder.AppendEmpty(name))
			continue
		}
		ch := &w.changes[at-1]
		if to := w.newName(ch); to != "" {
			dest := w.builder.AppendEmpty(to)
			if ch.value.how == asIs {
				v.MoveTo(dest)
			}
			ch.value.store(dest)
		}
	}
	w.builder.UnsafeIntoMap(m)
}
