package tracezip

import (
	"math"
	"slices"
)

// readColumns reads what writeColumns wrote. Event and link shapes get their rows from columns of spans, which
// come before theirs.
func (d *Decoder) readColumns() {
	d.codes = d.codes[:0]
	for class := range byte(numClasses) {
		d.orderColumns(class)
		key, last := uint32(0), int64(0)
		d.keyTexts = d.keyTexts[:0]
		for _, col := range d.byKey {
			c := &d.columns[col]
			sh := &d.shapes[c.shape]
			k := d.lists[sh.list].keys[c.entry]
			if k.key != key {
				key, last = k.key, 0
				d.keyTexts = d.keyTexts[:0]
			}
			rows := sh.rows
			if k.key == keyEventShape || k.key == keyLinkShape {
				rows = d.sumColumn(col-1, sh.rows, k.key)
			}
			known := []uint64(nil)
			if sh.known != nil {
				known = sh.known[c.entry]
			}
			if d.meter != nil {
				d.meter.startColumn(d, class, k.key, c.shape)
			}
			if last = d.readColumn(c, k.typ, rows, known, last); d.firstError() != nil {
				return
			}
			if k.key == keyEventShape || k.key == keyLinkShape {
				d.countRows(c, rows, k.key)
			}
			if k.key == keyOrder {
				d.checkOrders(c, &d.lists[sh.list])
			} else if k.key < firstKey && k.typ == typeInt {
				d.checkRange(c)
			}
		}
	}
}

// orderColumns lists the columns of a class key by key.
func (d *Decoder) orderColumns(class byte) {
	shapes := d.classes[class]
	d.byKey = d.byKey[:0]
	if shapes.start == shapes.end {
		return
	}
	d.starting = grow(d.starting, firstKey+len(d.dict.keys)+len(d.keys)+1)
	clear(d.starting)
	first, end := d.shapes[shapes.start].columns, uint32(len(d.columns))
	if int(shapes.end) < len(d.shapes) {
		end = d.shapes[shapes.end].columns
	}
	total := 0
	for i := range d.columns[first:end] {
		if k := d.columnKey(&d.columns[int(first)+i]); k.typ != typeEmpty {
			d.starting[k.key+1]++
			total++
		}
	}
	for i := 1; i < len(d.starting); i++ {
		d.starting[i] += d.starting[i-1]
	}
	d.byKey = grow(d.byKey, total)
	for i := range d.columns[first:end] {
		if k := d.columnKey(&d.columns[int(first)+i]); k.typ != typeEmpty {
			d.byKey[d.starting[k.key]] = first + uint32(i)
			d.starting[k.key]++
		}
	}
}

func (d *Decoder) columnKey(c *dColumn) *dListKey {
	return &d.lists[d.shapes[c.shape].list].keys[c.entry]
}

// sumColumn adds up the counts of events or links of a shape, charges for them and returns how many there are.
func (d *Decoder) sumColumn(col, rows, key uint32) uint32 {
	total := 0
	for row := range rows {
		n := d.at(&d.columns[col], row)
		if n > math.MaxInt32 || !d.charge(int(n), costEvent) {
			d.limit(&d.tables)
			return 0
		}
		total += int(n)
	}
	if key == keyEventShape {
		d.numEvents += total
	} else {
		d.numLinks += total
	}
	return uint32(total)
}

// countRows gives every event or link to its shape.
func (d *Decoder) countRows(c *dColumn, rows, key uint32) {
	class := byte(classEvent)
	if key == keyLinkShape {
		class = classLink
	}
	shapes := d.classes[class]
	for row := range rows {
		v := d.at(c, row)
		if v >= uint64(shapes.end-shapes.start) {
			d.tables.fail("unknown event or link shape")
			return
		}
		d.shapes[shapes.start+uint32(v)].rows++
	}
}

// checkRange holds the fields of 32 bits to them.
func (d *Decoder) checkRange(c *dColumn) {
	for _, v := range d.values[c.values : c.values+c.count] {
		if v > math.MaxUint32 {
			d.tables.fail("field out of range")
			return
		}
	}
}

// checkOrders holds orders to the number of attributes.
func (d *Decoder) checkOrders(c *dColumn, l *dList) {
	for _, v := range d.values[c.values : c.values+c.count] {
		if v >= uint64(len(d.orders)) || len(d.orders[v]) != len(l.keys)-int(l.fields) {
			d.tables.fail("no such order")
			return
		}
	}
}

// readColumn reads one column of so many rows, of which the dictionary knows some values; last is the previous number of the
// key.
func (d *Decoder) readColumn(c *dColumn, typ byte, rows uint32, known []uint64, last int64) int64 {
	if rows == 0 || d.tables.err != nil {
		return last
	}
	c.mode = d.tables.byte()
	c.values, c.codes = uint32(len(d.values)), uint32(len(d.codes))
	fresh := uint32(0)
	switch c.mode {
	case modeConstant:
		fresh = 1
	case modeDistinct:
		fresh = rows
	case modeMixed:
		if !d.charge(len(known), 8) {
			return last
		}
		d.values = append(d.values, known...)
		fresh = d.readCodes(rows, uint32(len(known)))
	default:
		at := int(c.mode - modeKnown)
		if at >= len(known) {
			d.tables.fail("unknown column mode")
			return last
		}
		c.mode, c.count = modeConstant, 1
		d.values = append(d.values, known[at])
		return last
	}
	if d.tables.err != nil || !d.charge(int(fresh), 8) {
		return last
	}
	if d.meter != nil {
		last = d.meter.readValues(d, c, rows, uint32(len(known)), fresh, typ, last)
	} else {
		last = d.readValues(fresh, typ, last)
	}
	c.count = uint32(len(d.values)) - c.values
	return last
}

func (d *Decoder) readValues(n uint32, typ byte, last int64) int64 {
	for range n {
		switch {
		case isText(typ):
			d.values = append(d.values, uint64(d.readTextRef()))
		case typ == typeDouble:
			last = doubleAfter(d.nextNumber(), last)
			d.values = append(d.values, uint64(last))
		default:
			last += d.nextNumber()
			if typ == typeBool && uint64(last) > 1 {
				d.tables.fail("bool is neither 0 nor 1")
			}
			d.values = append(d.values, uint64(last))
		}
		if d.tables.err != nil || d.raw.err != nil {
			return last
		}
	}
	return last
}

func (d *Decoder) nextNumber() int64 {
	if d.nextNum >= len(d.nums) {
		d.fail(secNumbers, d.nextNum, "truncated")
		return 0
	}
	d.nextNum++
	return d.nums[d.nextNum-1]
}

func (d *Decoder) readTextRef() uint32 {
	r := &d.tables
	at := uint32(0)
	switch code := r.uvarint(); {
	case code == 0:
		at = d.readString()
	case code == 1:
		at = uint32(r.index(d.numStrings()))
	case code-2 < uint64(len(d.keyTexts)):
		return d.keyTexts[code-2]
	default:
		r.fail("unknown value")
		return 0
	}
	d.keyTexts = append(d.keyTexts, at)
	return at
}

// readCodes reads the codes of a mixed column and returns how many values it has beside the known ones.
func (d *Decoder) readCodes(rows, known uint32) uint32 {
	section := d.sections[secValues]
	at := len(d.codes)
	if uint64(rows) > uint64(len(section)-at) {
		d.fail(secValues, len(section), "truncated")
		return 0
	}
	if !d.charge(int(rows), 4) {
		return 0
	}
	d.codes = slices.Grow(d.codes, int(rows))
	seen := known
	for i, code := range section[at : at+int(rows)] {
		pos := uint32(code) - 1
		switch code {
		case 0:
			pos = seen
			seen++
		case codeEscape:
			pos = uint32(d.overflow.index(int(seen)))
			if d.overflow.err != nil {
				return 0
			}
		}
		if pos >= seen {
			d.fail(secValues, at+i, "no such value")
			return 0
		}
		d.codes = append(d.codes, pos)
	}
	return seen - known
}

// at returns the value of a column in a row.
func (d *Decoder) at(c *dColumn, row uint32) uint64 {
	switch c.mode {
	case modeConstant:
		return d.values[c.values]
	case modeDistinct:
		return d.values[c.values+row]
	default:
		return d.values[c.values+d.codes[c.codes+row]]
	}
}
