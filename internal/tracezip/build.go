package tracezip

import "encoding/binary"

// frameBuilder turns what an Encoder has collected into sections.
type frameBuilder struct {
	sections    [numSections][]byte
	numbers     mantissas
	strings     []string // of the frame; those of the dictionary come before them in the numbering
	stringIndex index
	marks       []stringMark // of every string, those of the dictionary first
	skeleton    []byte       // the last text with markers
	text        []byte       // the next one

	eventShapes, linkShapes uint32

	external      []uint64 // parents outside the frame
	externalIndex index
	parents       []int32
	order, path   []int32
	state         []byte
	starts        []uint64 // predicted
	lastChild     []int32
	codes         []uint32 // of the distinct values of a column
	sortedLog     []uint32
	byKey         []uint32 // columns of a class, key by key
	keyStarts     []uint32
}

// stringMark says which key has used a string last, and as the how manieth of its strings.
type stringMark struct{ key, place uint32 }

func (b *frameBuilder) reset() {
	for i := range b.sections {
		b.sections[i] = cut(b.sections[i])
	}
	b.numbers.reset()
	b.strings = reuse(b.strings)
	b.marks, b.skeleton, b.text = cut(b.marks), cut(b.skeleton), cut(b.text)
	b.stringIndex.reset()
	b.eventShapes, b.linkShapes = 0, 0
	b.external = cut(b.external)
	b.externalIndex.reset()
	b.parents, b.order, b.path, b.state = cut(b.parents), cut(b.order), cut(b.path), cut(b.state)
	b.starts, b.lastChild, b.codes = cut(b.starts), cut(b.lastChild), cut(b.codes)
	b.sortedLog, b.byKey, b.keyStarts = cut(b.sortedLog), cut(b.byKey), cut(b.keyStarts)
}

// build writes all sections. The order of the calls is the order in which a decoder reads overflow, numbers and raw.
func (b *frameBuilder) build(e *Encoder) [][]byte {
	b.marks = grow(b.marks, len(e.set.dict.strings))
	clear(b.marks)
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

// finishNumbers writes the classes of the numbers added since the last call.
func (b *frameBuilder) finishNumbers(section int) {
	b.sections[section] = b.numbers.finish(b.sections[section])
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
	b.predictStarts(e)
	for i := range e.spans {
		s := &e.spans[i]
		q := e.contextList[s.context].start.power()
		b.numbers.add(int64(q.quotient(s.start) - q.quotient(b.starts[i])))
	}
	b.finishNumbers(secStarts)
	for i := range e.spans {
		s := &e.spans[i]
		b.numbers.add(e.contextList[s.context].duration.power().exact(int64(s.duration)))
	}
	b.finishNumbers(secDurations)
}

// predictStarts fills b.starts with what a reader can know of the start of each span.
func (b *frameBuilder) predictStarts(e *Encoder) {
	b.starts = grow(b.starts, len(e.spans))
	b.state = grow(b.state, len(e.spans))
	b.order, b.path = breakCycles(b.parents, b.order, b.path, b.state)
	for i := range e.ids.perTrace {
		e.ids.perTrace[i].lastSpan = -1
	}
	last := uint64(0)
	for i, p := range b.parents {
		if p >= 0 {
			continue
		}
		s := &e.spans[i]
		b.starts[i] = last
		anchor := &e.ids.perTrace[s.trace].lastSpan
		if *anchor >= 0 {
			b.starts[i] = e.spans[*anchor].start
		}
		*anchor, last = int32(i), s.start
	}
	b.lastChild = grow(b.lastChild, len(e.spans))
	clear(b.lastChild)
	for _, i := range b.order {
		if p := b.parents[i]; p >= 0 {
			b.starts[i] = e.spans[predecessor(b.lastChild, p, i)].start
		}
	}
}

func (b *frameBuilder) writeEvents(e *Encoder) {
	for _, ev := range e.events {
		b.numbers.add(e.contextList[ev.context].event.power().exact(ev.delta))
	}
	b.finishNumbers(secNumbers)
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
