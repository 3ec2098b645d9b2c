package tracezip

import "math"

// readTables reads what writeTables wrote.
func (d *Decoder) readTables() {
	r := &d.tables
	d.readKeys()
	d.readLists()
	d.readHeads()
	d.readOrders()
	d.shapes, d.columns, d.values = d.shapes[:0], d.columns[:0], d.values[:0]
	d.spent(partShapes, owner{})
	d.resources = d.readRows(classResource, d.resources[:0])
	d.scopes = d.readRows(classScope, d.scopes[:0])
	if r.err != nil {
		return
	}
	for class := range d.usedRows {
		d.usedRows[class] = grow(d.usedRows[class], len(d.dict.rows[class]))
		clear(d.usedRows[class])
	}
	d.readBlocks()
	d.spent(partBlocks, owner{})
	d.readContexts()
	d.classes[classEvent] = d.readShapes(classEvent)
	d.spent(partShapes, owner{})
	d.classes[classLink] = d.readShapes(classLink)
	d.spent(partShapes, owner{})
	d.assignShapes()
}

func (d *Decoder) readKeys() {
	r := &d.tables
	n := r.count(1)
	d.keys = d.keys[:0]
	if !d.charge(n, costKey) {
		return
	}
	for range n {
		at := uint32(r.index(d.numStrings() + 1))
		if at == 0 {
			at = d.readString()
		} else {
			at--
		}
		if r.err != nil {
			return
		}
		if d.meter != nil {
			d.meter.take(d, purpose{part: partKey, key: firstKey + uint32(len(d.dict.keys)+len(d.keys))}, owner{})
		}
		d.keys = append(d.keys, at)
	}
}

func (d *Decoder) readLists() {
	r := &d.tables
	n := r.count(1)
	if !d.charge(len(d.dict.lists), costList) || !d.charge(len(d.dict.orders), costList) {
		return
	}
	d.lists = append(d.lists[:0], d.dict.lists...)
	d.listKeys = d.listKeys[:0]
	if !d.charge(n, costList) {
		return
	}
	for range n {
		keys := r.count(1)
		if r.err != nil || !d.charge(keys, costListKey) {
			return
		}
		// A full array stays as it is, with the lists in it; the next one is new.
		if cap(d.listKeys)-len(d.listKeys) < keys {
			d.listKeys = make([]dListKey, 0, max(keys, min(2*cap(d.listKeys), maxListChunk), minListChunk))
		}
		first := len(d.listKeys)
		d.listKeys = d.listKeys[:first+keys]
		l := dList{keys: d.listKeys[first : first : first+keys]}
		for range keys {
			if reason := l.add(d.listKey(&l)); reason != "" {
				r.fail(reason)
			}
			if r.err != nil {
				return
			}
			if d.meter != nil {
				d.meter.listEntry(d, len(d.lists), l.keys)
			}
		}
		d.lists = append(d.lists, l)
	}
}

// An array for list entries has room for so many.
const minListChunk, maxListChunk = 64, 4096

// listKey reads a list entry. The text of keys that the frame defines is filled in when all text has been read.
func (d *Decoder) listKey(l *dList) dListKey {
	v := d.tables.uvarint()
	k := dListKey{key: uint32(min(v>>3, math.MaxUint32)), typ: byte(v & 7)}
	if k.key < firstKey {
		return k
	}
	at, known := uint64(k.key)-firstKey, uint64(len(d.dict.keys))
	switch {
	case at < known:
		k.text = d.dict.strings[d.dict.keys[at]]
		l.bytes += len(k.text)
	case at-known < uint64(len(d.keys)):
		k.name = d.keys[at-known] + 1
		l.bytes += d.length(uint64(d.keys[at-known]))
	default:
		d.tables.fail("unknown key")
	}
	return k
}

// add appends an entry, pseudo-keys first and in ascending order only. It returns why that cannot be, or "".
func (l *dList) add(k dListKey) string {
	if k.key < firstKey {
		if k.key >= numPseudo || pseudoType[k.key] != k.typ || l.pseudo>>k.key != 0 || int(l.fields) != len(l.keys) {
			return "pseudo-key out of place"
		}
		l.pseudo |= 1 << k.key
		l.fields++
	}
	l.keys = append(l.keys, k)
	return ""
}

func (l *dList) has(key uint32) bool { return l.pseudo>>key&1 == 1 }

// unfit returns why rows of a class cannot have this list, or "".
func (l *dList) unfit(class byte) string {
	switch {
	case l.pseudo&^pseudoAllowed[class] != 0:
		return "pseudo-key of another class"
	case l.has(keyEventCount) != l.has(keyEventShape) || l.has(keyLinkCount) != l.has(keyLinkShape):
		return "event or link counts without shapes"
	}
	return ""
}

func (d *Decoder) readHeads() {
	r := &d.tables
	d.spent(partShapes, owner{})
	n := r.count(3)
	d.heads = append(d.heads[:0], d.dict.heads...)
	if !d.charge(n, costHead) {
		return
	}
	for range n {
		d.heads = append(d.heads, r.head())
	}
}

func (r *reader) head() head {
	kind, status, flags := r.zigzag(), r.zigzag(), r.uvarint()
	if kind != int64(int32(kind)) || status != int64(int32(status)) || flags > math.MaxUint32 {
		r.fail("kind, status or flags out of range")
	}
	return head{kind: int32(kind), status: int32(status), flags: uint32(flags)}
}

func (d *Decoder) readOrders() {
	r := &d.tables
	d.spent(partShapes, owner{})
	n := r.count(1)
	d.orders = append(d.orders[:0], d.dict.orders...)
	if !d.charge(n, costKey) {
		return
	}
	for range n {
		d.orders = append(d.orders, r.order(d.charge))
		d.spent(partOrders, owner{})
		if r.err != nil {
			return
		}
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
		sh, l := d.readShape(class)
		if r.err != nil {
			break
		}
		if d.meter != nil {
			d.meter.shape(d, class)
		}
		d.addShape(sh, l)
	}
	return span32{first, uint32(len(d.shapes))}
}

// readShape reads a shape: that of a template, or a new one.
func (d *Decoder) readShape(class byte) (dShape, *dList) {
	r := &d.tables
	sh := dShape{name: -1}
	templates := d.dict.templates[class]
	if class >= classSpan {
		if at := r.index(len(templates) + 1); at > 0 {
			t := &templates[at-1]
			sh.list, sh.head, sh.name, sh.known = t.list, t.head, t.name, t.values
			return sh, &d.lists[t.list]
		}
	}
	sh.list = uint32(r.index(len(d.lists)))
	if class == classSpan {
		sh.head = uint32(r.index(len(d.heads)))
	}
	if needsName(class) {
		switch code := r.index(d.numStrings() + 2); code {
		case 0:
		case 1:
			if d.meter != nil {
				d.meter.shape(d, class)
			}
			sh.name = int32(d.readString())
			if d.meter != nil {
				d.meter.name(d, class)
			}
		default:
			sh.name = int32(code - 2)
		}
	}
	if r.err != nil {
		return sh, nil
	}
	l := &d.lists[sh.list]
	if reason := l.unfit(class); reason != "" {
		r.fail(reason)
	} else if needsName(class) && l.has(keyName) == (sh.name >= 0) {
		r.fail("shape needs one name")
	}
	return sh, l
}

// addShape adds a shape and its columns.
func (d *Decoder) addShape(sh dShape, l *dList) {
	if !d.charge(len(l.keys), costColumn) {
		return
	}
	sh.columns = uint32(len(d.columns))
	for entry := range uint32(len(l.keys)) {
		d.columns = append(d.columns, dColumn{shape: uint32(len(d.shapes)), entry: entry})
	}
	d.shapes = append(d.shapes, sh)
}

func needsName(class byte) bool { return class == classSpan || class == classEvent }

// readRows reads the shapes of the resources or scopes that the dictionary does not know, then the shape of every row.
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
		if d.meter != nil {
			d.meter.row(d, class, shape, sh.rows)
		}
		sh.rows++
	}
	return dst
}

// row returns a row by its number: first come those of the dictionary, which get a shape with constant columns when they
// are first used, then those of the frame.
func (d *Decoder) row(class byte, rows []dRow, number int) dRow {
	known := d.dict.rows[class]
	if number >= len(known) {
		return rows[number-len(known)]
	}
	if at := d.usedRows[class][number]; at > 0 {
		return dRow{shape: at - 1}
	}
	shape := uint32(len(d.shapes))
	d.usedRows[class][number] = shape + 1
	r := &known[number]
	if !d.charge(1, costShape) {
		return dRow{}
	}
	d.addShape(dShape{list: r.list, name: -1, rows: 1}, &d.lists[r.list])
	if d.tables.err != nil || !d.charge(len(r.values), 8) {
		return dRow{}
	}
	for i := range r.values {
		d.columns[d.shapes[shape].columns+uint32(i)].values = uint32(len(d.values) + i)
	}
	d.values = append(d.values, r.values...)
	return dRow{shape: shape}
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
		resource := r.index(len(d.dict.rows[classResource]) + len(d.resources))
		scopes := r.count(2)
		if r.err != nil || !d.charge(scopes, costScope) {
			return
		}
		d.blocks = append(d.blocks, dBlock{resource: d.row(classResource, d.resources, resource), scopes: scopes})
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
	scope := r.index(len(d.dict.rows[classScope]) + len(d.scopes))
	spans := r.uvarint()
	if spans > uint64(len(d.spans)-at) {
		r.fail("blocks hold too many spans")
	}
	if r.err != nil {
		return at
	}
	key := [2]uint32{resource, uint32(scope)}
	context, ok := d.contextIDs[key]
	if !ok {
		context = uint32(len(d.contexts))
		d.contextIDs[key] = context
		d.contexts = append(d.contexts, dContext{})
	}
	d.scopeBlocks = append(d.scopeBlocks, dScopeBlock{scope: d.row(classScope, d.scopes, scope), context: context, spans: int(spans)})
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
		if d.meter != nil {
			d.meter.enter(d, i)
		}
		d.contexts[i] = dContext{
			start: &powers[times&15], duration: powers[times>>4].n, event: powers[event].n,
			shapes: d.readShapes(classSpan),
		}
	}
	if d.meter != nil {
		d.meter.context = owner{}
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
