package tracezip

import "slices"

// writeColumns writes the columns class by class and, within a class, key by key: values of one key compress each other.
func (b *frameBuilder) writeColumns(e *Encoder) {
	b.sortedLog = e.set.sortLog(b.sortedLog)
	for class := range numClasses {
		b.orderColumns(&e.set, class)
		w := columnWriter{frameBuilder: b, e: e, key: noKey}
		for i, col := range b.byKey {
			c := &e.set.columns[col]
			if c.key != w.key {
				// Stamps are per class and key.
				w.key, w.places, w.last, w.stamp = c.key, 0, 0, uint32(class)<<24+c.key+1
				w.decimals = c.typ == typeStr && c.key >= firstKey && b.decimalsPay(&e.set, b.byKey[i:])
			}
			w.write(c)
		}
	}
}

// noKey is the number of no key.
const noKey = 1<<32 - 1

// columnWriter writes the columns of one key after the other.
type columnWriter struct {
	*frameBuilder
	e           *Encoder
	key, stamp  uint32
	places      uint32 // strings that the key has used
	last        int64  // its last number, or the bits of it
	decimals    bool
	knownValues []uint64
}

// write writes a column's mode and, if it needs them, its codes, and the values that the dictionary does not know.
func (w *columnWriter) write(c *column) {
	set := &w.e.set
	w.knownValues = nil
	if sh := &set.shapes[c.shape]; sh.known >= 0 {
		w.knownValues = set.dict.templates[sh.class][sh.known].values[c.entry]
	}
	if len(w.knownValues) == 0 {
		w.writeMode(c)
		for at := c.first; at >= 0; at = set.values[at].next {
			w.value(c.typ, &set.values[at])
		}
		return
	}
	fresh := w.codesOf(c)
	switch {
	case c.distinct == 1 && fresh == 0:
		w.code(secTables, byte(modeKnown+w.codes[0]))
		return
	case c.distinct == 1:
		w.code(secTables, modeConstant)
	case c.distinct == c.rows && fresh == c.rows:
		w.code(secTables, modeDistinct)
	default:
		w.writeKnownCodes(c)
	}
	for at := c.first; at >= 0; at = set.values[at].next {
		if v := &set.values[at]; w.codes[v.pos] >= uint32(len(w.knownValues)) {
			w.value(c.typ, v)
		}
	}
}

// codesOf fills w.codes with the positions that the distinct values of a column have among the known ones or, when they are
// not known, behind them. It returns how many are not known.
func (w *columnWriter) codesOf(c *column) (fresh uint32) {
	w.codes = grow(w.codes, int(c.distinct))
	for at := c.first; at >= 0; at = w.e.set.values[at].next {
		v := &w.e.set.values[at]
		num := v.num
		known := -1
		if isText(c.typ) {
			text := w.e.set.dict.find(w.e.set.dx, v.text, fold(hashString(v.text)))
			num = uint64(text)
			if text >= 0 {
				known = slices.Index(w.knownValues, num)
			}
		} else {
			known = slices.Index(w.knownValues, num)
		}
		if known < 0 {
			known = len(w.knownValues) + int(fresh)
			fresh++
		}
		w.codes[v.pos] = uint32(known)
	}
	return fresh
}

func (w *columnWriter) value(typ byte, v *value) {
	switch {
	case isText(typ):
		w.writeText(v.text)
	case typ == typeDouble:
		w.numbers.add(doubleDelta(v.num, w.last))
		w.last = int64(v.num)
	default:
		w.numbers.add(int64(v.num) - w.last)
		w.last = int64(v.num)
	}
}

// writeText writes a value of a text column: 0 for a new string, 1 and its number for one that other keys have used, 2
// and up for one that this key has used.
func (w *columnWriter) writeText(text string) {
	at, isNew := w.findString(w.e, text)
	mark := &w.marks[at]
	if !isNew && mark.key == w.stamp {
		w.varint(secTables, uint64(mark.place)+2)
		return
	}
	*mark = stringMark{key: w.stamp, place: w.places}
	w.places++
	if isNew {
		w.varint(secTables, 0)
		w.defineString(w.e, text, w.decimals)
	} else {
		w.varint(secTables, 1)
		w.varint(secTables, uint64(at))
	}
}

// writeMode writes the mode and codes of a column of which the dictionary knows no values.
func (b *frameBuilder) writeMode(c *column) {
	switch c.distinct {
	case 1:
		b.code(secTables, modeConstant)
		return
	case c.rows:
		b.code(secTables, modeDistinct)
		return
	}
	b.code(secTables, modeMixed)
	seen := uint32(0)
	for row := range c.rows {
		seen = b.writeCode(b.position(c, row), seen)
	}
}

// writeKnownCodes is writeMode for a mixed column of which the dictionary knows some values.
func (w *columnWriter) writeKnownCodes(c *column) {
	w.code(secTables, modeMixed)
	seen := uint32(len(w.knownValues))
	for row := range c.rows {
		seen = w.writeCode(w.codes[w.position(c, row)], seen)
	}
}

// position is the position of a row's value among the distinct values of the column.
func (b *frameBuilder) position(c *column, row uint32) uint32 {
	if row < c.varies {
		return 0
	}
	return b.sortedLog[c.logged+row-c.varies]
}

// writeCode writes the code of one value and returns how many values there are then.
func (b *frameBuilder) writeCode(pos, seen uint32) uint32 {
	switch {
	case pos == seen:
		b.code(secValues, 0)
		return seen + 1
	case pos+1 < codeEscape:
		b.code(secValues, byte(pos+1))
	default:
		b.code(secValues, codeEscape)
		b.varint(secOverflow, uint64(pos))
	}
	return seen
}

// decimalsPay looks at some new values of a key, whose columns begin cols, and reports whether they are alike but for decimal
// digits.
func (b *frameBuilder) decimalsPay(s *columnSet, cols []uint32) bool {
	var alike, seen int
	var previous string
	key := s.columns[cols[0]].key
	for _, col := range cols {
		c := &s.columns[col]
		if c.key != key || c.typ != typeStr || seen == decimalSamples {
			break
		}
		for at := c.first; at >= 0 && seen < decimalSamples; at = s.values[at].next {
			text := s.values[at].text
			if seen > 0 && sameButDecimals(previous, text) {
				alike++
			}
			previous = text
			seen++
		}
	}
	return alike*2 >= seen && alike > 1
}

// decimalSamples is how many values of a key are looked at.
const decimalSamples = 12

// orderColumns sorts the columns that have values by key, shapes in wire order within a key.
func (b *frameBuilder) orderColumns(s *columnSet, class int) {
	if b.byKey = b.byKey[:0]; len(s.perShape[class]) == 0 {
		return
	}
	b.keyStarts = grow(b.keyStarts, firstKey+len(s.dict.keys)+len(s.keys)+1)
	clear(b.keyStarts)
	total := 0
	for _, id := range s.perShape[class] {
		for _, k := range s.list(s.shapes[id].list) {
			if k.typ != typeEmpty {
				b.keyStarts[k.key+1]++
				total++
			}
		}
	}
	for i := 1; i < len(b.keyStarts); i++ {
		b.keyStarts[i] += b.keyStarts[i-1]
	}
	b.byKey = grow(b.byKey, total)
	for _, id := range s.perShape[class] {
		sh := &s.shapes[id]
		for i, k := range s.list(sh.list) {
			if k.typ != typeEmpty {
				b.byKey[b.keyStarts[k.key]] = sh.columns + uint32(i)
				b.keyStarts[k.key]++
			}
		}
	}
}
