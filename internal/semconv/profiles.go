package semconv

import (
	"slices"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pprofile"
)

// Attributes of samples, profiles, mappings and locations stand in one table of the dictionary and are shared by index: a
// request with a million samples may have a dozen. So each entry is judged once, and in the common case changed once:
//
//	table   7: {thread.id "12"}  8: {http.method GET}        samples  [7 8] [8] …
//	after   7: {thread.id 12}    8: {http.request.method GET}          [7 8] [8] …
//
// What a rename has to respect, though, is the company an entry keeps: a sample that already has the new name keeps its old entry
// (conflict) or loses it (equal values). Where some records keep an old entry that others would see renamed, the table gets a
// second entry and only the others point to it. No entry is removed and no index moves, so every other index stays valid.

// entry is one row of the attribute table.
type entry struct {
	id     uint16
	op     uint16 // 0: nothing to rename
	target uint16
	// kept: some record keeps the old name; renamed: some record wants the new one.
	kept, renamed, conflict, dropped bool
	// copy is the index of the renamed twin, 0 for none: row 0 is always the empty attribute.
	copy  int32
	value converted
}

// rewritten tells whether the entry, or a twin of it, gets the new name. Entries that nothing points to do.
func (e *entry) rewritten() bool { return e.renamed || !e.kept }

type verdict uint8

const (
	keep verdict = iota
	replace
	drop
	clash
)

// maxEntriesKept bounds the scratch memory that a worker carries from one request to the next.
const maxEntriesKept = 1 << 14

// ProfileTables puts the attribute table of a request right, and the indices that point into it.
func (w *Worker) ProfileTables(pd pprofile.Profiles) {
	if w.readTable(pd.Dictionary()) {
		w.renameEntries(pd)
	}
	clear(w.entries) // no reference to telemetry outlives the batch
	if cap(w.entries) > maxEntriesKept {
		w.entries = nil
	}
}

func (w *Worker) renameEntries(pd pprofile.Profiles) {
	eachRecord(pd, func(indices pcommon.Int32Slice) { w.judge(indices) })
	for i := range w.entries {
		if e := &w.entries[i]; e.conflict {
			w.count(Conflict, SignalProfile, w.reg.records[e.id].area)
		}
	}
	if !w.opts.Observe {
		w.writeTable(pd)
	}
}

// readTable judges each entry by itself and reports it. It returns whether any of them has an operation.
func (w *Worker) readTable(dict pprofile.ProfilesDictionary) bool {
	table, names := dict.AttributeTable(), dict.StringTable()
	w.entries = slices.Grow(w.entries[:0], table.Len())[:table.Len()]
	clear(w.entries)
	aws, any := false, false
	for i := range w.entries {
		if key := table.At(i).KeyStrindex(); key >= 0 && int(key) < names.Len() {
			w.entries[i].id = w.reg.find(names.At(int(key)))
		}
		v := table.At(i).Value()
		aws = aws || w.reg.names[w.entries[i].id] == rpcSystem && v.Type() == pcommon.ValueTypeStr && v.Str() == rpcSystemAWS
	}
	p := place{SignalProfile, lookAlways, &kindPlans[KindNone]}
	for i := 1; i < len(w.entries); i++ { // row 0 stands for no attribute
		e, v := &w.entries[i], table.At(i).Value()
		r := &w.reg.records[e.id]
		switch {
		case r.flags&flagOld == 0:
			w.current(v, p, r)
			r.canonical(v, &e.value)
		case r.flags&flagRPC != 0 && aws:
		case r.ops[KindNone] == 0:
			w.count(r.rule, SignalProfile, r.area)
		default:
			w.readOld(e, v, r)
			any = any || e.op != 0
		}
	}
	return any
}

func (w *Worker) readOld(e *entry, v pcommon.Value, r *record) {
	o := &w.reg.ops[r.ops[KindNone]]
	w.count(DeprecatedAttribute, SignalProfile, r.area)
	target, mismatch, out := o.convert(v, &e.value)
	if mismatch || out == misfit {
		w.count(TypeMismatch, SignalProfile, r.area)
	}
	switch out {
	case fits:
		e.op, e.target = r.ops[KindNone], target
	case noCounterpart:
		w.count(UnmappedValue, SignalProfile, r.area)
	}
}

// eachRecord visits everything that points into the attribute table.
func eachRecord(pd pprofile.Profiles, visit func(pcommon.Int32Slice)) {
	dict := pd.Dictionary()
	for _, m := range dict.MappingTable().All() {
		visit(m.AttributeIndices())
	}
	for _, l := range dict.LocationTable().All() {
		visit(l.AttributeIndices())
	}
	for _, rp := range pd.ResourceProfiles().All() {
		for _, sp := range rp.ScopeProfiles().All() {
			for _, p := range sp.Profiles().All() {
				visit(p.AttributeIndices())
				for _, s := range p.Samples().All() {
					visit(s.AttributeIndices())
				}
			}
		}
	}
}

// judge decides for each old entry of one record what becomes of it there, best source of each new name first. The verdicts
// are in w.verdicts, one for each index of the record.
func (w *Worker) judge(indices pcommon.Int32Slice) bool {
	w.old = w.old[:0]
	w.verdicts = slices.Grow(w.verdicts[:0], indices.Len())[:indices.Len()]
	clear(w.verdicts)
	for i := range indices.Len() {
		if e := w.entryAt(indices, i); e != nil && e.op != 0 {
			w.old = append(w.old, i)
		}
	}
	if len(w.old) == 0 {
		return false
	}
	slices.SortFunc(w.old, func(a, b int) int { return int(w.entryAt(indices, a).op) - int(w.entryAt(indices, b).op) })
	for _, i := range w.old {
		e := w.entryAt(indices, i)
		v := w.weigh(indices, i, e)
		w.verdicts[i] = v
		e.kept = e.kept || v == keep || v == clash
		e.renamed = e.renamed || v == replace
		e.dropped = e.dropped || v == drop
		e.conflict = e.conflict || v == clash
	}
	return true
}

func (w *Worker) entryAt(indices pcommon.Int32Slice, i int) *entry {
	if at := indices.At(i); at > 0 && int(at) < len(w.entries) {
		return &w.entries[at]
	}
	return nil
}

// weigh compares entry e, at position i of a record, with the rest of the record.
func (w *Worker) weigh(indices pcommon.Int32Slice, i int, e *entry) verdict {
	blockedBy := w.reg.ops[e.op].blockedBy
	taken, same := 0, false
	for j := range indices.Len() {
		other := w.entryAt(indices, j)
		switch {
		case other == nil || j == i:
		case other.id == e.id:
			return clash // nobody can say which of the duplicates counts
		case slices.Contains(blockedBy, w.reg.names[other.id]):
			return keep
		case other.id == e.target:
			taken++
			same = e.value.same(&other.value)
		case other.op != 0 && other.target == e.target && w.verdicts[j] == replace:
			taken++
			same = e.value.same(&other.value)
		}
	}
	switch {
	case taken == 0:
		return replace
	case taken == 1 && same && w.opts.KeepDeprecated:
		return keep
	case taken == 1 && same:
		return drop
	default:
		return clash
	}
}

// writeTable renames entries, in place where every record agrees, and turns indices to the new entries elsewhere.
func (w *Worker) writeTable(pd pprofile.Profiles) {
	dict := pd.Dictionary()
	table := dict.AttributeTable()
	keys := w.keyIndices(dict)
	for i := range w.entries {
		e := &w.entries[i]
		if e.op == 0 || !e.renamed || !e.kept && !w.opts.KeepDeprecated {
			continue
		}
		e.copy = int32(table.Len())
		twin := table.AppendEmpty()
		table.At(i).CopyTo(twin)
		twin.SetKeyStrindex(keys[e.target])
		e.value.store(twin.Value())
	}
	eachRecord(pd, func(indices pcommon.Int32Slice) { w.redirect(indices) })
	for i := range w.entries {
		e := &w.entries[i]
		if e.op == 0 {
			continue
		}
		w.countEntry(e)
		if e.kept || e.copy != 0 {
			continue
		}
		table.At(i).SetKeyStrindex(keys[e.target])
		e.value.store(table.At(i).Value())
	}
}

func (w *Worker) countEntry(e *entry) {
	if e.dropped {
		w.counts.ops[OpDropDuplicate]++
	}
	if !e.rewritten() {
		return
	}
	w.counts.ops[OpRename]++
	switch o := &w.reg.ops[e.op]; {
	case e.value.how == asIs:
	case o.values != nil:
		w.counts.ops[OpValueMap]++
	case !o.anySource:
		w.counts.ops[OpCoerce]++
	}
}

// redirect rewrites the indices of one record after the verdicts of judge.
func (w *Worker) redirect(indices pcommon.Int32Slice) {
	if !w.judge(indices) {
		return
	}
	if w.opts.KeepDeprecated {
		for n := range w.verdicts {
			if w.verdicts[n] == replace {
				indices.Append(w.entryAt(indices, n).copy)
			}
		}
		return
	}
	left := w.indices[:0]
	for n, v := range w.verdicts {
		at := indices.At(n)
		switch e := w.entryAt(indices, n); {
		case v == drop:
			continue
		case v == replace && e.copy != 0:
			at = e.copy
		}
		left = append(left, at)
	}
	w.indices = left
	if !slices.Equal(left, indices.AsRaw()) {
		indices.FromRaw(left)
	}
}

// keyIndices finds the new names in the string table and adds those that are missing.
func (w *Worker) keyIndices(dict pprofile.ProfilesDictionary) []int32 {
	table := dict.StringTable()
	keys := make([]int32, w.reg.tracked)
	for i := range table.Len() {
		if id := w.reg.find(table.At(i)); id != 0 && id < w.reg.tracked && keys[id] == 0 {
			keys[id] = int32(i)
		}
	}
	for i := range w.entries {
		if e := &w.entries[i]; e.op != 0 && e.rewritten() && keys[e.target] == 0 {
			keys[e.target] = int32(table.Len())
			table.Append(w.reg.names[e.target])
		}
	}
	return keys
}
