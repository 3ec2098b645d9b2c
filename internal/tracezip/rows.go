package tracezip

// rowTable gives equal resources (or scopes) one number: first come those that the dictionary knows, then those of the frame.
type rowTable struct {
	index  index
	rows   []row
	values []value
	shapes []uint32 // of every row of the frame, within its class
}

// row is the part of a rowTable's values that belongs to one row.
type row struct{ list, start uint32 }

func (t *rowTable) reset() {
	t.index.reset()
	t.rows, t.shapes = cut(t.rows), cut(t.shapes)
	t.values = reuse(t.values)
}

// row returns the number of the resource or scope whose entries have been collected.
func (e *Encoder) row(t *rowTable, class byte) uint32 {
	entries := e.entries[1:]
	list := e.set.internList(entries)
	h := uint64(0)
	for i := range entries {
		h = mixValue(h, entries[i].text, entries[i].num)
	}
	tag := fold(h)
	dict, known := e.set.dict, &e.set.dx.rows[class]
	for i := known.first(tag); known.slots[i].pos != 0; i = known.next(i) {
		s := known.slots[i]
		if r := &dict.rows[class][s.pos-1]; s.tag == tag && r.list == list && dict.sameRow(r, entries) {
			return s.pos - 1
		}
	}
	first := uint32(len(dict.rows[class]))
	i := t.index.first(tag)
	for ; t.index.slots[i].pos != 0; i = t.index.next(i) {
		if s := t.index.slots[i]; s.tag == tag && t.same(s.pos-1, list, entries) {
			return first + s.pos - 1
		}
	}
	t.index.insert(i, tag, len(t.rows))
	t.rows = append(t.rows, row{list: list, start: uint32(len(t.values))})
	for j := range entries {
		t.values = append(t.values, value{text: entries[j].text, num: entries[j].num})
	}
	shape, isNew := e.set.row(class, 0, 0, false, "", entries)
	if isNew {
		e.set.shapes[shape].id = uint32(len(e.set.perShape[class]) - 1)
	}
	e.pushAll(shape, entries)
	t.shapes = append(t.shapes, e.set.shapes[shape].id)
	return first + uint32(len(t.rows)-1)
}

func (t *rowTable) same(at, list uint32, entries []entry) bool {
	r := t.rows[at]
	if r.list != list {
		return false
	}
	for i := range entries {
		if v := &t.values[int(r.start)+i]; v.text != entries[i].text || v.num != entries[i].num {
			return false
		}
	}
	return true
}
