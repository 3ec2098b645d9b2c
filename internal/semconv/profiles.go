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
	node   node
	op     uint16 // 0: nothing to rename
	target uint16
	// kept: some record keeps the old name; renamed: some record wants the new one.
	kept, renamed, conflict, dropped bool
	// copy is the index of the renamed twin, 0 for none: row 0 is always the empty attribute.
	copy     int32
	value    converted
	problems problems
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
	w.repairStrings(pd.Dictionary().StringTable())
	if w.readTable(pd.Dictionary()) {
		w.renameEntries(pd)
	}
	clear(w.entries) // no reference to telemetry outlives the batch
	if cap(w.entries) > maxEntriesKept {
		w.entries = nil
	}
}

// repairStrings repairs the table that all names and texts of a request are in.
func (w *Worker) repairStrings(table pcommon.StringSlice) {
	for i := range table.Len() {
		w.field(SignalProfile, "profile.string_table", table.At(i), func(text string) { table.SetAt(i, text) })
	}
}

func (w *Worker) renameEntries(pd pprofile.Profiles) {
	eachRecord(pd, func(indices pcommon.Int32Slice) { w.judge(indices) })
	table := pd.Dictionary().AttributeTable()
	p := w.placeOf(SignalProfile, KindNone)
	for i := range w.entries {
		e := &w.entries[i]
		if e.op != 0 {
			at := spot{id: e.node.id, name: e.node.name, v: table.At(i).Value(), has: true}
			w.found(DeprecatedAttribute, SignalProfile, at, w.reg.names[e.target], e.rewritten() && w.changing(e.node.id))
			if e.conflict {
				w.found(Conflict, SignalProfile, at, w.reg.names[e.target], false)
			}
			if e.renamed || e.kept || !e.dropped {
				r := &w.reg.records[e.target]
				w.tell(&p, &source{v: at.v, node: &e.node}, r, r.checks, &e.value, e.problems)
			}
		}
	}
	if !w.rules.observe {
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
		name := ""
		if key := table.At(i).KeyStrindex(); key >= 0 && int(key) < names.Len() {
			name = names.At(int(key))
		}
		w.reg.resolve(name, &w.entries[i].node)
		v := table.At(i).Value()
		aws = aws || name == rpcSystem && v.Type() == pcommon.ValueTypeStr && v.Str() == rpcSystemAWS
	}
	p := w.placeOf(SignalProfile, KindNone)
	for i := 1; i < len(w.entries); i++ { // row 0 stands for no attribute
		e := &w.entries[i]
		s := source{v: table.At(i).Value(), node: &e.node}
		switch r := e.node.rec; {
		case e.node.flags&flagOld == 0:
			w.currentEntry(&p, e, &s)
		case r.flags&flagRPC != 0 && aws:
		case !w.renamesRows(r.ops[KindNone]):
			// What splits or joins values would have to give one row to several names.
			w.found(r.rule, SignalProfile, s.spot(), r.to, false)
			w.keep(&p, &s)
		default:
			any = w.oldEntry(&p, e, &s) || any
		}
	}
	return any
}

// renamesRows tells whether an operation does no more than give a row another name, at least without its other half.
func (w *Worker) renamesRows(op uint16) bool {
	o := &w.reg.ops[op]
	return op != 0 && (o.structure == nil || o.half != 0)
}

func (w *Worker) currentEntry(p *place, e *entry, s *source) {
	if e.node.flags&w.look&flagUnknown != 0 {
		w.found(UnknownAttribute, p.signal, s.spot(), "", false)
	}
	if e.node.flags&w.look&flagUnstable != 0 {
		w.found(NotStable, p.signal, s.spot(), "", false)
	}
	e.value.v = s.v
	problems := w.final(e.node.rec, e.node.checks, &e.value)
	c := e.value
	w.settleValue(pcommon.Map{}, p, s, &c, problems)
}

func (w *Worker) oldEntry(p *place, e *entry, s *source) bool {
	index := e.node.rec.ops[KindNone]
	o := &w.reg.ops[index]
	target, mismatch, out := o.convert(s.v, &e.value)
	if mismatch && e.value.how != asIs && w.opts.NoCoercion {
		out = misfit
	}
	if out == fits {
		r := &w.reg.records[target]
		problems := w.final(r, r.checks, &e.value)
		if mismatch && problems&problemType == 0 {
			problems |= problemType | problemCoerced
		}
		if problems&problemType == 0 || problems&problemCoerced != 0 {
			e.op, e.target, e.problems = index, target, problems
			return true
		}
		w.tell(p, s, r, r.checks, &e.value, problems)
	}
	w.found(DeprecatedAttribute, p.signal, s.spot(), w.reg.names[o.to], false)
	switch out {
	case misfit:
		w.found(TypeMismatch, p.signal, s.spot(), w.reg.records[target].typ, false)
	case noCounterpart:
		w.found(UnmappedValue, p.signal, s.spot(), w.reg.names[o.to], false)
	}
	w.keep(p, s)
	return false
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
	if w.rules.frozen[e.node.id] { // who only observes finds what would be changed
		return keep
	}
	taken, same := 0, false
	for j := range indices.Len() {
		other := w.entryAt(indices, j)
		switch {
		case other == nil || j == i:
		case other.node.id == e.node.id:
			return clash // nobody can say which of the duplicates counts
		case other.node.id == w.reg.ops[e.op].half && other.node.id != 0:
			return keep
		case other.node.id == e.target:
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
	w.countValue(e.problems, w.reg.ops[e.op].values != nil && e.value.how != asIs)
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
