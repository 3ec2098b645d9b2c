package tracezip

import (
	"encoding/binary"
	"math"
)

// readTables reads what writeTables wrote.
func (d *Decoder) readTables() {
	r := &d.tables
	d.strings, d.textBuf = d.strings[:0], d.textBuf[:0]
	d.numKeys = r.count(1)
	if !d.charge(d.numKeys, costKey) {
		return
	}
	for range d.numKeys {
		d.readString()
		if r.err != nil {
			return
		}
	}
	d.readLists()
	d.readHeads()
	d.shapes, d.columns = d.shapes[:0], d.columns[:0]
	d.resources = d.readRows(classResource, d.resources[:0])
	d.scopes = d.readRows(classScope, d.scopes[:0])
	d.readBlocks()
	d.readContexts()
	d.classes[classEvent] = d.readShapes(classEvent)
	d.classes[classLink] = d.readShapes(classLink)
	d.assignShapes()
}

func (d *Decoder) readLists() {
	r := &d.tables
	n := r.count(1)
	if !d.charge(n, costKey) {
		return
	}
	d.lists, d.listKeys = d.lists[:0], d.listKeys[:0]
	for range n {
		keys := r.count(1)
		if r.err != nil || !d.charge(keys, costListKey) {
			return
		}
		l := dList{keys: span32{start: uint32(len(d.listKeys))}}
		for range keys {
			if d.readListKey(&l, r.uvarint()); r.err != nil {
				return
			}
		}
		l.keys.end = uint32(len(d.listKeys))
		d.lists = append(d.lists, l)
	}
}

// readListKey takes pseudo-keys first and in ascending order only.
func (d *Decoder) readListKey(l *dList, v uint64) {
	key, typ := v>>3, byte(v&7)
	entry := dListKey{key: uint32(key), typ: typ}
	switch {
	case key < firstKey:
		if key >= numPseudo || pseudoType[key] != typ || l.pseudo>>key != 0 || uint32(len(d.listKeys)) != l.keys.start+l.fields {
			d.tables.fail("pseudo-key out of place")
			return
		}
		l.pseudo |= 1 << key
		l.fields++
	case key-firstKey >= uint64(d.numKeys):
		d.tables.fail("unknown key")
		return
	default:
		entry.name = uint32(key - firstKey) // keys are the first strings
		l.bytes += int(d.strings[entry.name].end - d.strings[entry.name].start)
	}
	d.listKeys = append(d.listKeys, entry)
}

func (d *Decoder) readHeads() {
	r := &d.tables
	n := r.count(3)
	if !d.charge(n, 12) {
		return
	}
	d.heads = d.heads[:0]
	for range n {
		kind, status, flags := r.zigzag(), r.zigzag(), r.uvarint()
		if kind != int64(int32(kind)) || status != int64(int32(status)) || flags > math.MaxUint32 {
			r.fail("kind, status or flags out of range")
		}
		d.heads = append(d.heads, head{kind: int32(kind), status: int32(status), flags: uint32(flags)})
	}
}

func (d *Decoder) readShapes(class byte) span32 {
	r := &d.tables
	first := uint32(len(d.shapes))
	n := r.count(1)
	if r.err != nil || !d.charge(n, costShape) {
		return span32{first, first}
	}
	for range n {
		if d.readShape(class); r.err != nil {
			break
		}
	}
	return span32{first, uint32(len(d.shapes))}
}

func (d *Decoder) readShape(class byte) {
	r := &d.tables
	sh := dShape{list: uint32(r.index(len(d.lists))), name: -1, columns: uint32(len(d.columns))}
	if class == classSpan {
		sh.head = uint32(r.index(len(d.heads)))
	}
	named := false
	if class == classSpan || class == classEvent {
		switch code := r.uvarint(); {
		case code == 0:
		case code == 1:
			named, sh.name = true, int32(d.readString())
		case code-2 < uint64(len(d.strings)):
			named, sh.name = true, int32(code-2)
		default:
			r.fail("unknown string")
		}
	}
	if r.err != nil {
		return
	}
	l := &d.lists[sh.list]
	if l.pseudo&^pseudoAllowed[class] != 0 {
		r.fail("pseudo-key of another class")
		return
	}
	if l.pseudo>>keyEventCount&1 != l.pseudo>>keyEventShape&1 || l.pseudo>>keyLinkCount&1 != l.pseudo>>keyLinkShape&1 {
		r.fail("event or link counts without shapes")
		return
	}
	if nameColumn := l.pseudo>>keyName&1 == 1; class != classScope && nameColumn && named || needsName(class) && !nameColumn && !named {
		r.fail("shape needs one name")
		return
	}
	n := l.keys.end - l.keys.start
	if !d.charge(int(n), costColumn) {
		return
	}
	for entry := range n {
		d.columns = append(d.columns, dColumn{shape: uint32(len(d.shapes)), entry: entry})
	}
	d.shapes = append(d.shapes, sh)
}

func needsName(class byte) bool { return class == classSpan || class == classEvent }

// readRows reads the shapes of resources or scopes, then the shape of every row.
func (d *Decoder) readRows(class byte, dst []dRow) []dRow {
	r := &d.tables
	d.classes[class] = d.readShapes(class)
	shapes := d.classes[class]
	n := r.count(1)
	if r.err != nil || !d.charge(n, 8) {
		return dst
	}
	for range n {
		shape := shapes.start + uint32(r.index(int(shapes.end-shapes.start)))
		if r.err != nil {
			return dst
		}
		sh := &d.shapes[shape]
		dst = append(dst, dRow{shape: shape, row: sh.rows})
		sh.rows++
	}
	return dst
}

// readBlocks reads which resource and scope every run of spans belongs to.
func (d *Decoder) readBlocks() {
	r := &d.tables
	n := r.count(2)
	if r.err != nil || !d.charge(n, costResource) {
		return
	}
	d.blocks, d.scopeBlocks, d.contexts = d.blocks[:0], d.scopeBlocks[:0], d.contexts[:0]
	at := 0
	for range n {
		resource := r.index(len(d.resources))
		scopes := r.count(2)
		if r.err != nil || !d.charge(scopes, costScope) {
			return
		}
		d.blocks = append(d.blocks, dBlock{resource: uint32(resource), scopes: scopes})
		for range scopes {
			if at = d.readScopeBlock(uint32(resource), at); r.err != nil {
				return
			}
		}
	}
	if at != len(d.spans) {
		r.fail("blocks do not hold all spans")
	}
}

func (d *Decoder) readScopeBlock(resource uint32, at int) int {
	r := &d.tables
	scope := uint32(r.index(len(d.scopes)))
	spans := r.uvarint()
	if spans > uint64(len(d.spans)-at) {
		r.fail("blocks hold too many spans")
	}
	if r.err != nil {
		return at
	}
	key := [2]uint32{resource, scope}
	context, ok := d.contextIDs[key]
	if !ok {
		context = uint32(len(d.contexts))
		d.contextIDs[key] = context
		d.contexts = append(d.contexts, dContext{})
	}
	d.scopeBlocks = append(d.scopeBlocks, dScopeBlock{scope: scope, context: context, spans: int(spans)})
	for i := range d.spans[at : at+int(spans)] {
		d.spans[at+i].context = context
	}
	return at + int(spans)
}

func (d *Decoder) readContexts() {
	r := &d.tables
	d.classes[classSpan].start = uint32(len(d.shapes))
	for i := range d.contexts {
		if r.err != nil {
			return
		}
		times, event := r.byte(), r.byte()
		if times&15 > 9 || times>>4 > 9 || event > 9 {
			r.fail("quantum out of range")
			return
		}
		d.contexts[i] = dContext{
			start: powers[times&15], duration: powers[times>>4], event: powers[event],
			shapes: d.readShapes(classSpan),
		}
	}
	d.classes[classSpan].end = uint32(len(d.shapes))
}

// assignShapes turns the shape codes of the spans into shapes and counts their rows.
func (d *Decoder) assignShapes() {
	if d.tables.err != nil {
		return
	}
	for i := range d.spans {
		s := &d.spans[i]
		shapes := d.contexts[s.context].shapes
		if s.shape >= shapes.end-shapes.start {
			d.fail(secShapes, i, "unknown shape")
			return
		}
		s.shape += shapes.start
		d.shapes[s.shape].rows++
	}
}

// readString reads the definition of a new string and returns its number.
func (d *Decoder) readString() uint32 {
	v := d.tables.uvarint()
	if v>>1 > uint64(d.text.left()) {
		d.tables.fail("string longer than the text")
		return 0
	}
	text := d.text.bytes(int(v >> 1))
	if !d.charge(len(text), 1) || !d.charge(1, 8) {
		return 0
	}
	start := len(d.textBuf)
	if v&1 == 0 {
		d.textBuf = append(d.textBuf, text...)
	} else {
		d.expandText(text)
	}
	d.strings = append(d.strings, span32{start: uint32(start), end: uint32(len(d.textBuf))})
	return uint32(len(d.strings) - 1)
}

// expandText appends a string that has markers.
func (d *Decoder) expandText(text []byte) {
	for i := 0; i < len(text) && d.tables.err == nil && d.raw.err == nil; i++ {
		switch text[i] {
		case markLiteral:
			if i++; i == len(text) {
				d.tables.fail("text ends within an escape")
				return
			}
			d.textBuf = append(d.textBuf, text[i])
		case markHex8, markHex16, markUUID:
			if d.charge(36, 1) {
				d.expandToken(text[i])
			}
		default:
			d.textBuf = append(d.textBuf, text[i])
		}
	}
}

func (d *Decoder) expandToken(mark byte) {
	if mark == markHex8 {
		place := d.tables.index(len(d.ids8) + 1)
		if place == 0 {
			place = len(d.ids8) + 1
			d.ids8 = append(d.ids8, d.raw64())
		}
		var id [8]byte
		binary.LittleEndian.PutUint64(id[:], d.ids8[place-1])
		d.textBuf = appendHex(d.textBuf, id[:])
		return
	}
	place := d.tables.index(len(d.ids16) + 1)
	if place == 0 {
		place = len(d.ids16) + 1
		var id [16]byte
		copy(id[:], d.raw.bytes(16))
		d.ids16 = append(d.ids16, id)
	}
	if mark == markHex16 {
		d.textBuf = appendHex(d.textBuf, d.ids16[place-1][:])
	} else {
		d.textBuf = appendUUID(d.textBuf, d.ids16[place-1][:])
	}
}
