package tracezip

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
	"slices"
)

// extend returns the dictionary that base becomes with one more segment. What it takes is charged to b.
func (base *Dictionary) extend(raw []byte, b *budget) (*Dictionary, error) {
	p := segmentReader{d: newDictionary(base), budget: b}
	p.reset("dictionary", raw)
	p.d.id = segmentID(base.id, raw)
	p.readStrings()
	p.readKeys()
	p.readLists()
	p.readHeads()
	p.readOrders()
	p.readRows(classResource)
	p.readRows(classScope)
	for _, class := range []byte{classSpan, classEvent, classLink} {
		p.readTemplates(class)
		p.readValues(class)
	}
	if err := p.end(); err != nil {
		return nil, err
	}
	return p.d, nil
}

// segmentID is the name of the dictionary that a segment makes of the one named base.
func segmentID(base DictionaryID, raw []byte) DictionaryID {
	h := sha256.New()
	h.Write(base[:])
	h.Write(raw)
	return DictionaryID(h.Sum(nil)[:len(base)])
}

// segmentReader reads a segment into a copy of its base. Slices of the base are copied before they grow or an element changes: the
// base is immutable.
type segmentReader struct {
	reader
	d      *Dictionary
	budget *budget
}

// countOf reads a number of things of which each takes at least minBytes here and size bytes of memory.
func (p *segmentReader) countOf(minBytes, size int) int {
	n := p.count(minBytes)
	if p.err != nil || !p.charge(n, size) {
		return 0
	}
	return n
}

func (p *segmentReader) charge(n, size int) bool {
	if !p.budget.chargeEach(n, size) {
		if p.err == nil {
			p.err = p.budget.exceeded(p.section, p.pos)
		}
		return false
	}
	p.d.memory += n * size
	return true
}

// withRoom returns a copy of s with room for n more and no more than that, as it stays; s itself if nothing is to be added.
func withRoom[T any](s []T, n int) []T {
	if n == 0 {
		return s
	}
	return append(make([]T, 0, len(s)+n), s...)
}

func (p *segmentReader) readStrings() {
	n := p.countOf(1, costString)
	p.d.strings = withRoom(p.d.strings, n)
	for range n {
		text := p.bytes(p.count(1))
		if p.err != nil || !p.charge(len(text), 1) {
			return
		}
		p.d.strings = append(p.d.strings, string(text))
	}
}

func (p *segmentReader) readKeys() {
	n := p.countOf(1, costKey)
	p.d.keys = withRoom(p.d.keys, n)
	for range n {
		p.d.keys = append(p.d.keys, p.string())
	}
}

// string reads the number of a string.
func (p *segmentReader) string() uint32 { return uint32(p.index(len(p.d.strings))) }

func (p *segmentReader) readLists() {
	n := p.countOf(1, costList)
	p.d.lists = withRoom(p.d.lists, n)
	for range n {
		l := dList{keys: make([]dListKey, 0, p.countOf(1, costListKey))}
		for range cap(l.keys) {
			k := p.listKey()
			l.bytes += len(k.text)
			if reason := l.add(k); reason != "" {
				p.fail(reason)
			}
			if p.err != nil {
				return
			}
		}
		p.d.lists = append(p.d.lists, l)
	}
}

func (p *segmentReader) listKey() dListKey {
	v := p.uvarint()
	k := dListKey{key: uint32(min(v>>3, math.MaxUint32)), typ: byte(v & 7)}
	switch at := uint64(k.key) - firstKey; {
	case k.key < firstKey:
	case at >= uint64(len(p.d.keys)):
		p.fail("unknown key")
	default:
		k.text = p.d.strings[p.d.keys[at]]
	}
	return k
}

func (p *segmentReader) readHeads() {
	n := p.countOf(3, costHead)
	p.d.heads = withRoom(p.d.heads, n)
	for range n {
		p.d.heads = append(p.d.heads, p.head())
	}
}

func (p *segmentReader) readOrders() {
	n := p.countOf(1, costKey)
	p.d.orders = withRoom(p.d.orders, n)
	for range n {
		p.d.orders = append(p.d.orders, p.order(p.charge))
		if p.err != nil {
			return
		}
	}
}

// order reads an order: which entry of the list each attribute is. It is a permutation.
func (r *reader) order(charge func(n, size int) bool) []uint16 {
	n := r.count(1)
	if n > math.MaxUint16 {
		r.fail("order too long")
	}
	if r.err != nil || !charge(n, 3) {
		return nil
	}
	order, seen := make([]uint16, n), make([]bool, n)
	for i := range order {
		o := r.index(n)
		if r.err == nil && seen[o] {
			r.fail("order repeats an entry")
		}
		if r.err != nil {
			return nil
		}
		seen[o], order[i] = true, uint16(o)
	}
	return order
}

func (p *segmentReader) readRows(class byte) {
	n := p.countOf(1, costShape)
	p.d.rows[class] = withRoom(p.d.rows[class], n)
	for range n {
		r := knownRow{list: p.list(class)}
		if p.err != nil {
			return
		}
		for _, k := range p.d.lists[r.list].keys {
			r.values = append(r.values, p.value(k))
		}
		if p.err != nil || !p.charge(len(r.values), 8) {
			return
		}
		p.d.rows[class] = append(p.d.rows[class], r)
	}
}

// list reads the number of a list that rows of the class may have.
func (p *segmentReader) list(class byte) uint32 {
	id := p.index(len(p.d.lists))
	if p.err == nil {
		if reason := p.d.lists[id].unfit(class); reason != "" {
			p.fail(reason)
		}
	}
	return uint32(id)
}

// value reads a value of one list entry.
func (p *segmentReader) value(k dListKey) uint64 {
	switch {
	case k.typ == typeEmpty:
		return 0
	case isText(k.typ):
		return uint64(p.string())
	case k.typ == typeDouble:
		if b := p.bytes(8); b != nil {
			return binary.LittleEndian.Uint64(b)
		}
		return 0
	}
	v := uint64(p.zigzag())
	if k.key == keyOrder && v >= uint64(len(p.d.orders)) {
		p.fail("no such order")
	}
	if k.key < firstKey && v > math.MaxUint32 || k.typ == typeBool && v > 1 {
		p.fail("value out of range")
	}
	return v
}

func (p *segmentReader) readTemplates(class byte) {
	n := p.countOf(1, costShape)
	p.d.templates[class] = withRoom(p.d.templates[class], n)
	for range n {
		t := template{list: p.list(class), name: -1}
		if class == classSpan {
			t.head = uint32(p.index(len(p.d.heads)))
		}
		if needsName(class) {
			t.name = int32(p.index(len(p.d.strings)+1)) - 1
		}
		if p.err != nil {
			return
		}
		l := &p.d.lists[t.list]
		if needsName(class) && l.has(keyName) == (t.name >= 0) {
			p.fail("template needs one name")
			return
		}
		if !p.charge(len(l.keys), costColumn) {
			return
		}
		t.values = make([][]uint64, len(l.keys))
		p.d.templates[class] = append(p.d.templates[class], t)
	}
}

// readValues reads the values that templates of a class, old or new, know from now on.
func (p *segmentReader) readValues(class byte) {
	n := p.count(2)
	if p.err != nil || n == 0 {
		return
	}
	templates := slices.Clone(p.d.templates[class])
	p.d.templates[class] = templates
	for range n {
		at := p.index(len(templates))
		if p.err != nil {
			return
		}
		t := &templates[at]
		// An entry may be one byte; what it makes the reader copy is charged, though it is not kept.
		if !p.budget.chargeEach(len(t.values), 24) {
			p.err = p.budget.exceeded(p.section, p.pos)
			return
		}
		t.values = slices.Clone(t.values)
		for i, k := range p.d.lists[t.list].keys {
			if !learnable(k) {
				continue
			}
			count := p.countOf(1, 8)
			if len(t.values[i])+count > maxKnown {
				p.fail("too many values for a column")
			}
			if p.err != nil {
				return
			}
			t.values[i] = withRoom(t.values[i], count)
			for range count {
				t.values[i] = append(t.values[i], p.value(k))
			}
		}
	}
}

// learnable reports whether a dictionary can know values of a column: numbers of the frame's own tables are none.
func learnable(k dListKey) bool {
	return k.typ != typeEmpty && k.key != keyEventShape && k.key != keyLinkShape
}

// appendDefinition appends what a peer that has the dictionary named known needs to make this one: the name of the base, the
// number of segments and the segments.
func (d *Dictionary) appendDefinition(dst []byte, known DictionaryID) []byte {
	first := 0
	for i := range d.segments {
		if d.segments[i].id == known {
			first = i + 1
		}
	}
	if first == 0 {
		known = DictionaryID{}
	}
	dst = append(dst, known[:]...)
	dst = binary.AppendUvarint(dst, uint64(len(d.segments)-first))
	for i := range d.segments[first:] {
		s := &d.segments[first+i]
		dst = binary.AppendUvarint(dst, uint64(s.size))
		dst = binary.AppendUvarint(dst, uint64(len(s.stored)))
		dst = append(dst, s.stored...)
	}
	return dst
}

// readDefinition makes the dictionary that a frame defines, which is called id.
func (d *Decoder) readDefinition(r *reader, id DictionaryID, dicts Dictionaries) *Dictionary {
	var base DictionaryID
	copy(base[:], r.bytes(len(base)))
	n := r.count(2)
	if n > maxSegments {
		r.fail("too many segments")
	}
	if r.err != nil {
		return nil
	}
	dict := staticDictionary()
	if base != (DictionaryID{}) {
		if dict = dicts.Dictionary(base); dict == nil {
			r.err = missing(base)
			return nil
		}
	}
	for range n {
		if dict = d.readSegment(r, dict); r.err != nil {
			return nil
		}
		if dict.memory > d.limits.MaxDictionaryBytes {
			r.err = &Error{Kind: ErrLimit, Section: "dictionary", Offset: r.pos, Reason: "dictionary larger than allowed"}
			return nil
		}
	}
	if dict.id != id {
		r.fail("the definition is that of another dictionary")
	}
	return dict
}

func (d *Decoder) readSegment(r *reader, base *Dictionary) *Dictionary {
	size := r.uvarint()
	stored := r.bytes(r.count(1))
	if r.err != nil {
		return nil
	}
	// Extending copies the tables of the base.
	if size > uint64(d.limits.MaxDictionaryBytes) || !d.budget.charge(int(size)+base.memory) {
		r.err = &Error{Kind: ErrLimit, Section: "dictionary", Offset: r.pos, Reason: "segment larger than allowed"}
		return nil
	}
	raw, err := d.expand(stored, nil, codecZstd, int(size))
	if err == nil && len(raw) != int(size) {
		err = errLength
	}
	if err != nil {
		r.err = &Error{Kind: ErrCorrupt, Section: "dictionary", Offset: r.pos, Reason: err.Error()}
		return nil
	}
	dict, err := base.extend(raw, &d.budget)
	if err != nil {
		r.err = err
		return nil
	}
	return dict
}

func missing(id DictionaryID) error {
	return &Error{Kind: ErrDictionary, Section: "header", Offset: headerBytes, Reason: "no dictionary " + id.String()}
}
