package tracezip

import (
	"encoding/binary"
	"slices"
)

// segmentWriter collects what a segment adds to a dictionary. It stops taking things in when they would need more memory than
// there is.
type segmentWriter struct {
	base *Dictionary
	x    *dictionaryIndex
	left int // bytes of memory

	strings   table[string]
	keys      table[string]
	lists     table[string]
	heads     table[head]
	orders    table[string]
	rows      [2]part
	templates [numClasses]part
	values    [numClasses]part
}

// table numbers things that the base does not have, in the order in which they come up, and holds their wire form.
type table[K comparable] struct {
	numbers map[K]uint32
	part
}

// part is a counted sequence.
type part struct {
	n int
	b []byte
}

func newSegmentWriter(base *Dictionary, left int) *segmentWriter {
	w := &segmentWriter{base: base, x: base.index(), left: left}
	w.strings.numbers, w.keys.numbers = make(map[string]uint32), make(map[string]uint32)
	w.lists.numbers, w.heads.numbers = make(map[string]uint32), make(map[head]uint32)
	w.orders.numbers = make(map[string]uint32)
	return w
}

// fill takes in what the trainer has seen often enough, the most frequent things first.
func (w *segmentWriter) fill(t *Trainer) {
	for class := range t.rows {
		for _, r := range byUse(t.rows[class], func(r *trainedRow) int { return r.seen }) {
			w.row(byte(class), &r.sampleRow)
		}
	}
	for _, s := range byUse(t.shapes, func(s *trainedShape) int { return s.seen }) {
		if s.seen >= minSeen {
			w.template(s)
		}
	}
}

func (w *segmentWriter) empty() bool {
	for class := range w.values {
		if w.values[class].n > 0 || w.templates[class].n > 0 {
			return false
		}
	}
	return w.rows[classResource].n == 0 && w.rows[classScope].n == 0
}

// bytes returns the segment; segmentReader says how it is laid out.
func (w *segmentWriter) bytes() []byte {
	var b []byte
	parts := []*part{&w.strings.part, &w.keys.part, &w.lists.part, &w.heads.part, &w.orders.part, &w.rows[classResource], &w.rows[classScope]}
	for _, class := range []byte{classSpan, classEvent, classLink} {
		parts = append(parts, &w.templates[class], &w.values[class])
	}
	for _, p := range parts {
		b = append(binary.AppendUvarint(b, uint64(p.n)), p.b...)
	}
	return b
}

// take reports whether there is memory for something and takes it.
func (w *segmentWriter) take(size int) bool {
	if size > w.left {
		return false
	}
	w.left -= size
	return true
}

// add numbers a thing whose wire form is b, unless it has a number. There must be memory for it.
func (t *table[K]) add(k K, b []byte, first int) uint32 {
	if at, ok := t.numbers[k]; ok {
		return at
	}
	at := uint32(first + len(t.numbers))
	t.numbers[k] = at
	t.n++
	t.part.b = append(t.part.b, b...)
	return at
}

func (w *segmentWriter) string(s string) uint32 {
	if at := w.base.find(w.x, s, fold(hashString(s))); at >= 0 {
		return uint32(at)
	}
	return w.strings.add(s, appendString(nil, s), len(w.base.strings))
}

func (w *segmentWriter) key(name string) uint32 {
	if at, ok := w.x.keys[name]; ok {
		return at
	}
	return w.keys.add(name, binary.AppendUvarint(nil, uint64(w.string(name))), firstKey+len(w.base.keys))
}

// findList returns the number that a list has in the base.
func (w *segmentWriter) findList(keys []listKey) (uint32, bool) {
	tag := uint64(0)
	for _, k := range keys {
		tag = mixKey(tag, k.name, byte(min(k.key, numPseudo)), k.typ)
	}
	x := &w.x.listIndex
	for i := x.first(fold(tag)); x.slots[i].pos != 0; i = x.next(i) {
		if s := x.slots[i]; s.tag == fold(tag) && w.sameList(w.x.list(s.pos-1), keys) {
			return s.pos - 1, true
		}
	}
	return 0, false
}

func (w *segmentWriter) list(keys []listKey) uint32 {
	if at, ok := w.findList(keys); ok {
		return at
	}
	wire := binary.AppendUvarint(nil, uint64(len(keys)))
	for _, k := range keys {
		number := k.key
		if number == firstKey {
			number = w.key(k.name)
		}
		wire = binary.AppendUvarint(wire, uint64(number)<<3|uint64(k.typ))
	}
	return w.lists.add(string(wire), wire, len(w.base.lists))
}

func (w *segmentWriter) sameList(a, b []listKey) bool {
	return slices.EqualFunc(a, b, func(x, y listKey) bool {
		return x.name == y.name && x.typ == y.typ && min(x.key, firstKey) == min(y.key, firstKey)
	})
}

func (w *segmentWriter) head(h head) uint32 {
	if at, ok := w.x.heads[h]; ok {
		return at
	}
	wire := binary.AppendUvarint(nil, zigzag(int64(h.kind)))
	wire = binary.AppendUvarint(wire, zigzag(int64(h.status)))
	return w.heads.add(h, binary.AppendUvarint(wire, uint64(h.flags)), len(w.base.heads))
}

func (w *segmentWriter) order(wire string) uint32 {
	if at, ok := w.x.orders[wire]; ok {
		return at
	}
	return w.orders.add(wire, []byte(wire), len(w.base.orders))
}

// value appends the wire form of a value.
func (w *segmentWriter) value(dst []byte, k listKey, v sampleValue) []byte {
	switch {
	case k.typ == typeEmpty:
		return dst
	case k.key == keyOrder:
		return binary.AppendUvarint(dst, zigzag(int64(w.order(v.text))))
	case isText(k.typ):
		return binary.AppendUvarint(dst, uint64(w.string(v.text)))
	case k.typ == typeDouble:
		return binary.LittleEndian.AppendUint64(dst, v.num)
	}
	return binary.AppendUvarint(dst, zigzag(int64(v.num)))
}

func listMemory(keys []listKey) int {
	size := costKey
	for _, k := range keys {
		size += costListKey + costKey + costString + len(k.name)
	}
	return size
}

// row takes a resource or scope in, unless the base has it.
func (w *segmentWriter) row(class byte, r *sampleRow) {
	if w.base.hasRow(w.x, class, r) {
		return
	}
	size := costShape + listMemory(r.list)
	for _, v := range r.values {
		size += 8 + costString + len(v.text)
	}
	if !w.take(size) {
		return
	}
	p := &w.rows[class]
	p.n++
	p.b = binary.AppendUvarint(p.b, uint64(w.list(r.list)))
	for i, v := range r.values {
		p.b = w.value(p.b, r.list[i], v)
	}
}

// hasRow reports whether the dictionary has a row.
func (d *Dictionary) hasRow(x *dictionaryIndex, class byte, r *sampleRow) bool {
	h := uint64(0)
	entries := make([]entry, len(r.values))
	for i, v := range r.values {
		h = mixValue(h, v.text, v.num)
		entries[i] = entry{text: v.text, num: v.num, key: r.list[i].name, typ: r.list[i].typ, pseudo: byte(min(r.list[i].key, numPseudo))}
	}
	tag := fold(h)
	for i := x.rows[class].first(tag); x.rows[class].slots[i].pos != 0; i = x.rows[class].next(i) {
		s := x.rows[class].slots[i]
		if known := &d.rows[class][s.pos-1]; s.tag == tag && sameKeys(x.list(known.list), entries) && d.sameRow(known, entries) {
			return true
		}
	}
	return false
}

// template takes a shape in, and those of its values that the base does not know.
func (w *segmentWriter) template(s *trainedShape) {
	number, known := w.knownTemplate(s)
	if !known {
		if !w.take(costShape + listMemory(s.list) + costHead + len(s.list)*costColumn + costString + len(s.name)) {
			return
		}
		number = w.newTemplate(s)
	}
	var values []byte
	fresh := 0
	for i, k := range s.list {
		if !learnable(dListKey{key: k.key, typ: k.typ}) {
			continue
		}
		var old []uint64
		if known {
			old = w.base.templates[s.class][number].values[i]
		}
		wire, n := w.newValues(k, s.frequent(i), old)
		values = append(binary.AppendUvarint(values, uint64(n)), wire...)
		fresh += n
	}
	if fresh > 0 {
		p := &w.values[s.class]
		p.n++
		p.b = append(binary.AppendUvarint(p.b, uint64(number)), values...)
	}
}

// knownTemplate returns the number of a shape's template in the base.
func (w *segmentWriter) knownTemplate(s *trainedShape) (uint32, bool) {
	key := templateKey{class: s.class, name: -1}
	var ok bool
	if key.list, ok = w.findList(s.list); !ok {
		return 0, false
	}
	if s.class == classSpan {
		if key.head, ok = w.x.heads[s.head]; !ok {
			return 0, false
		}
	}
	if s.named {
		if key.name = int32(w.base.find(w.x, s.name, fold(hashString(s.name)))); key.name < 0 {
			return 0, false
		}
	}
	number, ok := w.x.templates[key]
	return number, ok
}

func (w *segmentWriter) newTemplate(s *trainedShape) uint32 {
	p := &w.templates[s.class]
	p.n++
	p.b = binary.AppendUvarint(p.b, uint64(w.list(s.list)))
	if s.class == classSpan {
		p.b = binary.AppendUvarint(p.b, uint64(w.head(s.head)))
	}
	if needsName(s.class) {
		name := uint64(0)
		if s.named {
			name = uint64(w.string(s.name)) + 1
		}
		p.b = binary.AppendUvarint(p.b, name)
	}
	return uint32(len(w.base.templates[s.class]) + p.n - 1)
}

// newValues returns the wire form of the values that a column does not know yet and has room for.
func (w *segmentWriter) newValues(k listKey, values []sampleValue, old []uint64) (wire []byte, n int) {
	for _, v := range values {
		if len(old)+n == maxKnown {
			break
		}
		num := v.num
		if isText(k.typ) {
			num = uint64(w.base.find(w.x, v.text, fold(hashString(v.text))))
		} else if k.key == keyOrder {
			number, ok := w.x.orders[v.text]
			if num = uint64(number); !ok {
				num = 1 << 63
			}
		}
		if slices.Contains(old, num) || !w.take(8+costString+len(v.text)) {
			continue
		}
		wire = w.value(wire, k, v)
		n++
	}
	return wire, n
}

// compressSegment uses the encoder of the frames: a better level would save a tenth of what is sent once in many frames, and
// take megabytes for every segment.
func compressSegment(raw []byte) ([]byte, error) {
	enc, err := sharedZstd()
	if err != nil {
		return nil, err
	}
	return enc.EncodeAll(raw, nil), nil
}
