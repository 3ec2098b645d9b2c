package tracezip

import (
	"encoding/binary"
	"slices"
)

// frameBuilder turns what an Encoder has collected into sections.
type frameBuilder struct {
	sections    [numSections][]byte
	numbers     mantissas
	strings     []stringEntry
	stringIndex index

	eventShapes, linkShapes uint32

	external      []uint64 // parents outside the frame
	externalIndex index
	parents       []int32
	order, path   []int32
	state         []byte
	sortedLog     []uint32
	byKey         []uint32 // columns of a class, key by key
	keyStarts     []uint32
}

// stringEntry is a string of the frame's string table. key and place are those of the last key that used it.
type stringEntry struct {
	text       string
	key, place uint32
}

func (b *frameBuilder) reset() {
	for i := range b.sections {
		b.sections[i] = cut(b.sections[i])
	}
	b.numbers.reset()
	b.strings = reuse(b.strings)
	b.stringIndex.reset()
	b.eventShapes, b.linkShapes = 0, 0
	b.external = cut(b.external)
	b.externalIndex.reset()
	b.parents, b.order, b.path, b.state = cut(b.parents), cut(b.order), cut(b.path), cut(b.state)
	b.sortedLog, b.byKey, b.keyStarts = cut(b.sortedLog), cut(b.byKey), cut(b.keyStarts)
}

// build writes all sections. The order of the calls is the order in which a decoder reads overflow, numbers and raw.
func (b *frameBuilder) build(e *Encoder) [][]byte {
	b.writeSpanIDs(e)
	b.writeTraces(e)
	b.writeParents(e)
	b.writeTimes(e)
	b.writeTables(e)
	b.writeColumns(e)
	b.writeEvents(e)
	b.writeLinks(e)
	b.sections[secMantissas] = b.numbers.appendTo(b.sections[secMantissas])
	return b.sections[:]
}

func (b *frameBuilder) varint(section int, v uint64) {
	b.sections[section] = binary.AppendUvarint(b.sections[section], v)
}

func (b *frameBuilder) code(section int, c byte) {
	b.sections[section] = append(b.sections[section], c)
}

// number adds v to a class section.
func (b *frameBuilder) number(section int, v int64) {
	b.sections[section] = b.numbers.add(b.sections[section], v)
}

func (b *frameBuilder) writeSpanIDs(e *Encoder) {
	raw := b.sections[secRaw]
	for i := range e.spans {
		s := &e.spans[i]
		e.ids.addSpan(s.id)
		raw = binary.LittleEndian.AppendUint64(raw, s.id)
		if s.shape >= codeEscape {
			b.code(secShapes, codeEscape)
			b.varint(secOverflow, uint64(s.shape))
		} else {
			b.code(secShapes, byte(s.shape))
		}
	}
	b.sections[secRaw] = raw
}

func (b *frameBuilder) writeTraces(e *Encoder) {
	var r recent
	seen := uint32(0)
	for i := range e.spans {
		trace := e.spans[i].trace
		if trace == seen {
			seen++
			r.push(trace)
			b.writeNewTrace(&e.ids.ids16[trace])
			continue
		}
		if place := r.use(trace); place >= 0 {
			b.code(secTraces, byte(traceRecent+place))
		} else {
			b.code(secTraces, codeEscape)
			b.varint(secOverflow, uint64(trace))
		}
	}
}

func (b *frameBuilder) writeNewTrace(id *[16]byte) {
	if [8]byte(id[:8]) == [8]byte{} {
		b.code(secTraces, traceNew8)
		b.sections[secRaw] = append(b.sections[secRaw], id[8:]...)
		return
	}
	b.code(secTraces, traceNew16)
	b.sections[secRaw] = append(b.sections[secRaw], id[:]...)
}

// writeParents also fills b.parents with the parents that are spans of the frame.
func (b *frameBuilder) writeParents(e *Encoder) {
	b.parents = grow(b.parents, len(e.spans))
	for i := range e.spans {
		s := &e.spans[i]
		state := &e.ids.perTrace[s.trace]
		previous := state.lastSpan
		state.lastSpan = int32(i)
		b.parents[i] = -1
		switch {
		case s.parent == 0:
			b.code(secParents, parentNone)
		case previous >= 0 && e.spans[previous].parent == s.parent:
			b.parents[i] = b.parents[previous]
			b.code(secParents, parentSame)
		default:
			b.writeParent(e, i, s)
		}
	}
}

func (b *frameBuilder) writeParent(e *Encoder, i int, s *spanRecord) {
	if at, found := e.ids.find8(s.parent, false); found && e.spans[at].trace == s.trace {
		b.parents[i] = int32(at)
		distance := zigzag(int64(e.spans[at].position) - int64(s.position))
		if distance+parentLocal < codeEscape {
			b.code(secParents, byte(distance+parentLocal))
			return
		}
		b.code(secParents, codeEscape)
		b.varint(secOverflow, distance)
		return
	}
	tag := fold(mix(s.parent, 3))
	x := &b.externalIndex
	slot := x.first(tag)
	for ; x.slots[slot].pos != 0; slot = x.next(slot) {
		if at := x.slots[slot].pos - 1; x.slots[slot].tag == tag && b.external[at] == s.parent {
			b.code(secParents, parentExternal)
			b.varint(secOverflow, uint64(len(b.external)-1-int(at)))
			return
		}
	}
	x.insert(slot, tag, len(b.external))
	b.external = append(b.external, s.parent)
	b.code(secParents, parentNew)
	b.sections[secRaw] = binary.LittleEndian.AppendUint64(b.sections[secRaw], s.parent)
}

func (b *frameBuilder) writeTimes(e *Encoder) {
	b.state = grow(b.state, len(e.spans))
	b.order, b.path = breakCycles(b.parents, b.order, b.path, b.state)
	for i := range e.ids.perTrace {
		e.ids.perTrace[i].lastSpan = -1
	}
	last := int32(-1)
	for i := range e.spans {
		s := &e.spans[i]
		var predicted uint64
		if p := b.parents[i]; p >= 0 {
			predicted = e.spans[p].start
		} else {
			anchor := &e.ids.perTrace[s.trace].lastSpan
			if *anchor >= 0 {
				predicted = e.spans[*anchor].start
			} else if last >= 0 {
				predicted = e.spans[last].start
			}
			*anchor, last = int32(i), int32(i)
		}
		q := powers[e.contextList[s.context].start.exponent()]
		b.number(secStarts, int64(s.start/q-predicted/q))
	}
	for i := range e.spans {
		s := &e.spans[i]
		q := powers[e.contextList[s.context].duration.exponent()]
		b.number(secDurations, int64(s.duration)/int64(q))
	}
}

// writeTables writes keys, lists, heads, rows of resources and scopes, blocks, contexts and shapes.
func (b *frameBuilder) writeTables(e *Encoder) {
	s := &e.set
	b.varint(secTables, uint64(len(s.keys)))
	for _, k := range s.keys {
		b.findString(k)
		b.defineString(e, k)
	}
	b.varint(secTables, uint64(len(s.lists)))
	for i := range s.lists {
		keys := s.list(uint32(i))
		b.varint(secTables, uint64(len(keys)))
		for _, k := range keys {
			b.varint(secTables, uint64(k.key)<<3|uint64(k.typ))
		}
	}
	b.varint(secTables, uint64(len(e.headList)))
	for _, h := range e.headList {
		b.varint(secTables, zigzag(int64(h.kind)))
		b.varint(secTables, zigzag(int64(h.status)))
		b.varint(secTables, uint64(h.flags))
	}
	b.writeRows(e, classResource, &e.resources)
	b.writeRows(e, classScope, &e.scopes)
	b.varint(secTables, uint64(e.numResourceBlocks))
	b.sections[secTables] = append(b.sections[secTables], e.blocks...)
	b.writeContexts(e)
	b.writeShapes(e, classEvent, s.perShape[classEvent])
	b.writeShapes(e, classLink, s.perShape[classLink])
}

func (b *frameBuilder) writeRows(e *Encoder, class byte, t *rowTable) {
	b.writeShapes(e, class, e.set.perShape[class])
	b.varint(secTables, uint64(len(t.shapes)))
	for _, shape := range t.shapes {
		b.varint(secTables, uint64(shape))
	}
}

// writeContexts writes the quanta and the span shapes of every context. Shapes were made in any order of contexts.
func (b *frameBuilder) writeContexts(e *Encoder) {
	shapes := e.set.perShape[classSpan]
	slices.SortStableFunc(shapes, func(x, y uint32) int {
		return int(e.set.shapes[x].context) - int(e.set.shapes[y].context)
	})
	for i := range e.contextList {
		c := &e.contextList[i]
		b.code(secTables, c.start.exponent()|c.duration.exponent()<<4)
		b.code(secTables, c.event.exponent())
		b.writeShapes(e, classSpan, shapes[:c.shapes])
		shapes = shapes[c.shapes:]
	}
}

func (b *frameBuilder) writeShapes(e *Encoder, class byte, shapes []uint32) {
	b.varint(secTables, uint64(len(shapes)))
	for _, id := range shapes {
		sh := &e.set.shapes[id]
		b.varint(secTables, uint64(sh.list))
		if class == classSpan {
			b.varint(secTables, uint64(sh.head))
		}
		if class == classSpan || class == classEvent {
			b.writeName(e, sh)
		}
	}
}

func (b *frameBuilder) writeName(e *Encoder, sh *shape) {
	if !sh.named {
		b.varint(secTables, 0)
		return
	}
	at, isNew := b.findString(sh.name)
	if !isNew {
		b.varint(secTables, uint64(at)+2)
		return
	}
	b.varint(secTables, 1)
	b.defineString(e, sh.name)
}

// findString returns the number of a string, which it adds to the table when it is new.
func (b *frameBuilder) findString(text string) (at int, isNew bool) {
	tag := fold(hashString(text))
	x := &b.stringIndex
	i := x.first(tag)
	for ; x.slots[i].pos != 0; i = x.next(i) {
		if at := x.slots[i].pos - 1; x.slots[i].tag == tag && b.strings[at].text == text {
			return int(at), false
		}
	}
	x.insert(i, tag, len(b.strings))
	b.strings = append(b.strings, stringEntry{text: text})
	return len(b.strings) - 1, true
}

// defineString writes a new string: its length, its tokens and its text.
func (b *frameBuilder) defineString(e *Encoder, s string) {
	start, end, mark := findToken(s, 0)
	if mark == 0 {
		b.varint(secTables, uint64(len(s))<<1)
		b.sections[secText] = append(b.sections[secText], s...)
		return
	}
	text := b.sections[secText]
	before := len(text)
	at := 0
	tokens := [maxTokens]uint64{}
	n := 0
	var fresh [maxTokens * 16]byte
	freshLen := 0
	for ; mark != 0 && n < maxTokens; start, end, mark = findToken(s, at) {
		text = appendEscaped(text, s[at:start])
		text = append(text, mark)
		id := fresh[freshLen : freshLen+tokenBytes(mark)]
		packHex(id, s[start:end])
		place, isNew := e.ids.token(id)
		if isNew {
			freshLen += len(id)
			place = -1
		}
		tokens[n] = uint64(place + 1)
		n++
		at = end
	}
	text = appendEscaped(text, s[at:])
	b.sections[secText] = text
	b.varint(secTables, uint64(len(text)-before)<<1|1)
	for _, t := range tokens[:n] {
		b.varint(secTables, t)
	}
	b.sections[secRaw] = append(b.sections[secRaw], fresh[:freshLen]...)
}

// maxTokens bounds the tokens cut out of one string; further ones stay text.
const maxTokens = 64

func tokenBytes(mark byte) int {
	if mark == markHex8 {
		return 8
	}
	return 16
}

func appendEscaped(dst []byte, s string) []byte {
	for i := range len(s) {
		if s[i] <= markUUID {
			dst = append(dst, markLiteral)
		}
		dst = append(dst, s[i])
	}
	return dst
}

// token finds or adds a token of 8 or 16 bytes.
func (t *idTable) token(id []byte) (place int, isNew bool) {
	if len(id) == 16 {
		return t.find16([16]byte(id))
	}
	place, found := t.find8(binary.LittleEndian.Uint64(id), true)
	return place, !found
}

// writeColumns writes the columns class by class and, within a class, key by key: values of one key compress each other.
func (b *frameBuilder) writeColumns(e *Encoder) {
	b.sortedLog = e.set.sortLog(b.sortedLog)
	for class := range numClasses {
		b.orderColumns(&e.set, class)
		key, place, last := uint32(0), uint32(0), int64(0)
		for _, col := range b.byKey {
			c := &e.set.columns[col]
			if c.key != key {
				key, place, last = c.key, 0, 0
			}
			b.writeMode(c)
			for at := c.first; at >= 0; at = e.set.values[at].next {
				v := &e.set.values[at]
				switch {
				case isText(c.typ):
					// Stamps are per class and key.
					place = b.writeText(e, v.text, uint32(class)<<24+key+1, place)
				case c.typ == typeDouble:
					b.sections[secRaw] = binary.LittleEndian.AppendUint64(b.sections[secRaw], v.num)
				default:
					b.number(secNumbers, int64(v.num)-last)
					last = int64(v.num)
				}
			}
		}
	}
}

// orderColumns sorts the columns that have values by key, shapes in wire order within a key.
func (b *frameBuilder) orderColumns(s *columnSet, class int) {
	b.keyStarts = grow(b.keyStarts, firstKey+len(s.keys)+1)
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

// writeMode writes a column's mode and, if it needs them, its codes.
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
	codes := b.sections[secValues]
	for row := range c.rows {
		pos := uint32(0)
		if row >= c.varies {
			pos = b.sortedLog[c.logged+row-c.varies]
		}
		switch {
		case pos == seen:
			seen++
			codes = append(codes, 0)
		case pos+1 < codeEscape:
			codes = append(codes, byte(pos+1))
		default:
			codes = append(codes, codeEscape)
			b.varint(secOverflow, uint64(pos))
		}
	}
	b.sections[secValues] = codes
}

// writeText writes a value of a text column: 0 for a new string, 1 and its number for one that other keys have used, 2
// and up for one that this key has used. It returns the number of strings of the key.
func (b *frameBuilder) writeText(e *Encoder, text string, key, places uint32) uint32 {
	at, isNew := b.findString(text)
	entry := &b.strings[at]
	if !isNew && entry.key == key {
		b.varint(secTables, uint64(entry.place)+2)
		return places
	}
	entry.key, entry.place = key, places
	if isNew {
		b.varint(secTables, 0)
		b.defineString(e, text)
	} else {
		b.varint(secTables, 1)
		b.varint(secTables, uint64(at))
	}
	return places + 1
}

func (b *frameBuilder) writeEvents(e *Encoder) {
	for _, ev := range e.events {
		q := powers[e.contextList[ev.context].event.exponent()]
		b.number(secNumbers, ev.delta/int64(q))
	}
}

func (b *frameBuilder) writeLinks(e *Encoder) {
	for i := range e.links {
		l := &e.links[i]
		place, isNew := e.ids.find16(l.trace)
		if isNew {
			b.varint(secOverflow, 0)
			b.sections[secRaw] = append(b.sections[secRaw], l.trace[:]...)
		} else {
			b.varint(secOverflow, uint64(place)+1)
		}
		b.sections[secRaw] = binary.LittleEndian.AppendUint64(b.sections[secRaw], l.span)
	}
}
