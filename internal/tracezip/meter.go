package tracezip

import (
	"encoding/binary"
	"math"
)

// meter is what a Decoder tells what it reads bytes for, so that every byte of a frame has a purpose and an owner. The decoder
// calls it behind each step; the step has used what every section has been read on since the call before. There is thus no
// second parser, and the sum is exact by construction: a step that forgets to call would only charge the next one.
//
// Worked example: a column of "http.route" in mode constant with the new value "/cart" takes two bytes of tables (mode, "a new
// string"), one for its length and five of text: two charges, 3 and 5, for the key http.route and the rows of the column's shape.
type meter struct {
	header     int // bytes before the sections without the dictionary
	dictionary int // its name
	definition int
	read       [numSections]int // how far sections have been charged
	prices     [numSections]*[256]uint32
	charges    []charge

	context owner  // that shapes of spans are being read for
	column  charge // purpose and owner of the column being read
}

// charge is a number of bytes of one section.
type charge struct {
	purpose purpose
	owner   owner
	section int
	weight  uint64 // in units of the section, see price
}

// purpose is a part of the report and, in parts that consist of attributes, the class and key.
type purpose struct {
	part  framePart
	class byte
	key   uint32 // number in the frame; of partList the number of the list
	entry uint32 // of partList
}

// owner is who uses what was read: the spans of whose services it goes to.
type owner struct {
	kind ownerKind
	at   uint32 // number of the span, context, shape, event or link
	row  uint32
}

type ownerKind byte

const (
	ownerAll     ownerKind = iota // every span of the frame
	ownerSpan                     // one span
	ownerContext                  // the spans of a resource and scope
	ownerShape                    // the rows of a shape
	ownerRow                      // one row of a shape of resources
	ownerEvent
	ownerLink
)

// spent tells the meter, if there is one, that a step for a part is done.
func (d *Decoder) spent(p framePart, o owner) {
	if d.meter != nil {
		d.meter.take(d, purpose{part: p}, o)
	}
}

func (m *meter) reset() {
	*m = meter{charges: cut(m.charges)}
}

// preamble notes what stands before the span count; dictionary is what the name and the definition take.
func (m *meter) preamble(h *frameHeader, dictionary int) {
	m.dictionary = min(dictionary, len(DictionaryID{}))
	m.definition = dictionary - m.dictionary
}

// unpacked looks at the sections before anything reads them.
func (m *meter) unpacked(d *Decoder, frame int) {
	m.header = frame - m.dictionary - m.definition
	for i := range d.sections {
		m.header -= d.stored[i]
		if d.codecs[i] == codecHuffman {
			m.prices[i] = price(d.sections[i])
		}
	}
}

// priceUnit is the weight of one bit in a section of one Huffman stream. In other sections every byte weighs the same.
const priceUnit = 256

// price is what a byte costs in a section that is one Huffman stream: about the logarithm of how rare it is, and at least a bit.
func price(section []byte) *[256]uint32 {
	var count [256]int
	for _, c := range section {
		count[c]++
	}
	var p [256]uint32
	for c, n := range count {
		if n > 0 {
			bits := math.Log2(float64(len(section)) / float64(n))
			p[c] = uint32(max(1, min(bits, maxCodeBits)) * priceUnit)
		}
	}
	return &p
}

// maxCodeBits is the longest code of a Huffman stream.
const maxCodeBits = 11

// take charges what has been read since the last call.
func (m *meter) take(d *Decoder, p purpose, o owner) {
	m.takeUntil(d, secTables, d.tables.pos, p, o)
	m.takeUntil(d, secText, d.text.pos, p, o)
	m.takeUntil(d, secRaw, d.raw.pos, p, o)
	m.takeUntil(d, secOverflow, d.overflow.pos, p, o)
	m.takeUntil(d, secValues, len(d.codes), p, o)
	m.takeUntil(d, secNumbers, d.nextNum, p, o)
}

// takeUntil charges a section up to a position. Numbers have their mantissas in a section of their own.
func (m *meter) takeUntil(d *Decoder, section, to int, p purpose, o owner) {
	from := m.read[section]
	if to <= from {
		return
	}
	m.read[section] = to
	b := d.sections[section][from:to]
	m.charges = append(m.charges, charge{purpose: p, owner: o, section: section, weight: m.weigh(section, b)})
	if section != secNumbers && section != secStarts && section != secDurations {
		return
	}
	bits := uint64(0)
	for _, c := range b {
		bits += uint64(classWidth[c])
	}
	if bits > 0 {
		m.charges = append(m.charges, charge{purpose: p, owner: o, section: secMantissas, weight: bits})
	}
}

func (m *meter) weigh(section int, b []byte) uint64 {
	p := m.prices[section]
	if p == nil {
		return uint64(len(b))
	}
	w := uint64(0)
	for _, c := range b {
		w += uint64(p[c])
	}
	return w
}

// spans charges what spans have taken of the raw section and of overflow: ids and whatever did not fit a code. It is called once
// behind all of them, as a call for each would be felt by decoders without a meter.
func (m *meter) spans(d *Decoder) {
	for i, code := range d.sections[secShapes] {
		o := owner{kind: ownerSpan, at: uint32(i)}
		m.takeNext(d, secRaw, 8, purpose{part: partSpanIDs}, o)
		if code == codeEscape {
			m.takeVarint(d, purpose{part: partShapes}, o)
		}
	}
	for i, code := range d.sections[secTraces] {
		p, o := purpose{part: partTraceIDs}, owner{kind: ownerSpan, at: uint32(i)}
		switch code {
		case traceNew16:
			m.takeNext(d, secRaw, 16, p, o)
		case traceNew8:
			m.takeNext(d, secRaw, 8, p, o)
		case codeEscape:
			m.takeVarint(d, p, o)
		}
	}
	for i, code := range d.sections[secParents] {
		p, o := purpose{part: partParents}, owner{kind: ownerSpan, at: uint32(i)}
		switch code {
		case parentNew:
			m.takeNext(d, secRaw, 8, p, o)
		case parentExternal, codeEscape:
			m.takeVarint(d, p, o)
		}
	}
}

func (m *meter) takeNext(d *Decoder, section, n int, p purpose, o owner) {
	m.takeUntil(d, section, m.read[section]+n, p, o)
}

// takeVarint charges the next number of overflow.
func (m *meter) takeVarint(d *Decoder, p purpose, o owner) {
	_, n := binary.Uvarint(d.sections[secOverflow][m.read[secOverflow]:])
	m.takeNext(d, secOverflow, n, p, o)
}

// listEntry is called behind the last of a list's keys. For whom the list is, is known when all shapes have been read.
func (m *meter) listEntry(d *Decoder, list int, keys []dListKey) {
	m.take(d, purpose{part: partList, key: uint32(list), entry: uint32(len(keys) - 1)}, owner{})
}

// row is called behind a row of resources or scopes.
func (m *meter) row(d *Decoder, class byte, shape, row uint32) {
	o := owner{}
	if class == classResource {
		o = owner{kind: ownerRow, at: shape, row: row}
	}
	m.take(d, purpose{part: rowPart[class]}, o)
}

// enter is called when the shapes of a context come next.
func (m *meter) enter(d *Decoder, context int) {
	m.context = owner{kind: ownerContext, at: uint32(context)}
	m.take(d, purpose{part: partBlocks}, m.context)
}

// shape is called behind a shape and before its name, if it brings one.
func (m *meter) shape(d *Decoder, class byte) { m.take(d, purpose{part: rowPart[class]}, m.context) }

// name is called behind the name of a shape.
func (m *meter) name(d *Decoder, class byte) {
	m.take(d, purpose{part: fieldPart(class, keyName)}, m.context)
}

// startColumn is called before a column and charges the column before.
func (m *meter) startColumn(d *Decoder, class byte, key, shape uint32) {
	m.endColumn(d)
	m.column.purpose = purpose{part: fieldPart(class, key), class: class, key: key}
	m.column.owner = owner{kind: ownerShape, at: shape}
}

// readValues reads the new values of a column. Of resources it finds out which row brings which value: they are few, and what
// one of them costs is worth knowing.
func (m *meter) readValues(d *Decoder, c *dColumn, rows, known, fresh uint32, typ byte, last int64) int64 {
	m.endColumn(d) // mode and codes
	if m.column.purpose.class != classResource || c.mode == modeConstant {
		last = d.readValues(fresh, typ, last)
		m.endColumn(d)
		return last
	}
	next := known
	for row := uint32(0); row < rows && d.firstError() == nil; row++ {
		if c.mode == modeMixed {
			if d.codes[c.codes+row] != next {
				continue
			}
			next++
		}
		last = d.readValues(1, typ, last)
		m.take(d, m.column.purpose, owner{kind: ownerRow, at: m.column.owner.at, row: row})
	}
	return last
}

func (m *meter) endColumn(d *Decoder) { m.take(d, m.column.purpose, m.column.owner) }
