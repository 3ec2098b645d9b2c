package tracezip

import (
	"encoding/binary"
	"errors"
	"math"

	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/xpdata"
)

// Decoder turns frames into traces. It is reusable but not for concurrent use. The strings of one decoded batch share
// memory: keeping one of them keeps the text of its batch.
type Decoder struct {
	limits Limits
	budget budget
	unpacker

	tables, text, raw, overflow reader
	numbers                     mantissaReader
	starts, durations, nums     []int64
	nextNum                     int

	textBuf []byte // all strings, expanded
	strings []span32
	all     string // textBuf as the string that every decoded string is part of
	ids16   [][16]byte
	ids8    []uint64
	parents []uint64 // outside the frame

	dict     *Dictionary
	skeleton []byte   // the last string with markers, as it stands in the text
	keys     []uint32 // strings of the keys that the frame defines
	listKeys []dListKey
	lists    []dList
	heads    []head
	orders   [][]uint16
	shapes   []dShape
	classes  [numClasses]span32 // shapes of a class
	columns  []dColumn
	values   []uint64 // string numbers or numbers
	codes    []uint32
	byKey    []uint32
	starting []uint32 // counts for byKey
	keyTexts []uint32

	resources, scopes []dRow
	usedRows          [2][]uint32 // shapes of the dictionary's rows, plus one
	blocks            []dBlock
	scopeBlocks       []dScopeBlock
	contexts          []dContext
	contextIDs        map[[2]uint32]uint32

	spans       []dSpan
	traceStarts []int32
	traceSpans  []int32
	anchors     []int32
	order, path []int32
	state       []byte
	parentRefs  []int32
	lastChild   []int32

	links               []linkRecord
	nextLink            int
	numEvents, numLinks int
	builder             xpdata.MapBuilder

	meter *meter // told what bytes are read for; nil but in an Inspector
}

// span32 is a range of something.
type span32 struct{ start, end uint32 }

type dListKey struct {
	text string
	name uint32 // of keys that the frame defines: string number plus one
	key  uint32
	typ  byte
}

type dList struct {
	keys   []dListKey
	pseudo uint32 // pseudo-keys in it, as bits
	fields uint32 // how many
	bytes  int    // length of all its keys
}

type dShape struct {
	list    uint32
	head    uint32
	name    int32      // string number, -1 when the name is a column
	known   [][]uint64 // values that the dictionary knows, per column; nil for a shape without template
	columns uint32
	rows    uint32
	next    uint32 // row to be read next
	events  uint32 // value of the event shape column to be read next
	links   uint32
}

type dColumn struct {
	values uint32 // where its values begin
	codes  uint32
	count  uint32
	shape  uint32
	entry  uint32 // within the list
	mode   byte
}

type dRow struct{ shape, row uint32 }

type dBlock struct {
	resource dRow
	scopes   int
}

type dScopeBlock struct {
	scope   dRow
	context uint32
	spans   int
}

type dContext struct {
	start           *power
	duration, event uint64 // quanta
	shapes          span32
}

type dSpan struct {
	start, duration uint64
	parent          uint64
	trace           uint32
	position        uint32
	context         uint32
	shape           uint32
}

// NewDecoder returns a Decoder that enforces limits.
func NewDecoder(limits Limits) *Decoder {
	return &Decoder{limits: limits.withDefaults(), contextIDs: make(map[[2]uint32]uint32)}
}

// Decode returns the traces in frame. It never panics, whatever the bytes, and the result never aliases frame.
// The error is an *Error of kind ErrCorrupt, ErrLimit, ErrVersion or ErrDictionary.
func (d *Decoder) Decode(frame []byte) (ptrace.Traces, error) {
	return d.DecodeWith(frame, nil)
}

// DecodeWith is Decode for frames that may refer to dictionaries. A frame that names one which dicts does not have gives an
// error of kind ErrDictionary.
func (d *Decoder) DecodeWith(frame []byte, dicts Dictionaries) (ptrace.Traces, error) {
	td, err := d.decode(frame, dicts)
	if errors.Is(err, ErrLimit) {
		d.budget.left = 0 // whichever limit it was: see DecodedBytes
	}
	return td, err
}

func (d *Decoder) decode(frame []byte, dicts Dictionaries) (ptrace.Traces, error) {
	if err := d.begin(frame); err != nil {
		return ptrace.NewTraces(), err
	}
	defer d.release()
	if dicts == nil {
		dicts = noDictionaries{}
	}
	h, err := d.open(frame, dicts)
	if err != nil {
		return ptrace.NewTraces(), err
	}
	var td ptrace.Traces
	if h.flags&flagOTLP != 0 {
		td, err = d.decodeOTLP(d.sections[0], h.spans)
	} else {
		td, err = d.decodeSections(h.spans)
	}
	if err == nil && h.flags&flagDefine != 0 {
		dicts.Define(d.dict)
	}
	return td, err
}

// begin checks the size of a frame and renews the budget.
func (d *Decoder) begin(frame []byte) error {
	d.budget = budget{left: d.limits.MaxDecodedBytes}
	if len(frame) > d.limits.MaxFrameBytes {
		return &Error{Kind: ErrLimit, Section: "header", Offset: len(frame), Reason: "frame larger than allowed"}
	}
	return nil
}

// open reads the header, finds or makes the dictionary and unpacks the sections.
func (d *Decoder) open(frame []byte, dicts Dictionaries) (frameHeader, error) {
	r := reader{buf: frame, section: "header"}
	h := readHeader(&r)
	covered := r.pos
	d.dict = staticDictionary()
	if h.flags&flagDictionary != 0 {
		var id DictionaryID
		copy(id[:], r.bytes(len(id)))
		if h.flags&flagDefine != 0 {
			d.dict = d.readDefinition(&r, id, dicts)
		} else if d.dict = dicts.Dictionary(id); d.dict == nil && r.err == nil {
			r.err = missing(id)
		}
	}
	if r.err != nil {
		return h, r.err
	}
	if d.meter != nil {
		d.meter.preamble(&h, r.pos-covered)
	}
	return h, d.unpack(&h, &r, covered, &d.budget)
}

// noDictionaries is a cache that has none and keeps none.
type noDictionaries struct{}

func (noDictionaries) Dictionary(DictionaryID) *Dictionary { return nil }
func (noDictionaries) Define(*Dictionary)                  {}

// decodeSections turns the unpacked sections of a columnar frame into traces.
func (d *Decoder) decodeSections(spans int) (ptrace.Traces, error) {
	if err := d.decodeColumns(spans); err != nil {
		return ptrace.NewTraces(), err
	}
	return d.buildTraces()
}

func (d *Decoder) release() {
	d.dropLarge()
	d.all, d.dict, d.skeleton = "", nil, nil
	d.textBuf = cut(d.textBuf)
	d.strings, d.ids16, d.ids8, d.parents = cut(d.strings), cut(d.ids16), cut(d.ids8), cut(d.parents)
	d.starts, d.durations, d.nums = cut(d.starts), cut(d.durations), cut(d.nums)
	d.numbers.reset(nil)
	// Cleared, not only cut: these hold strings and tables of dictionaries.
	d.listKeys, d.lists, d.shapes, d.orders = reuse(d.listKeys), reuse(d.lists), reuse(d.shapes), reuse(d.orders)
	d.keys, d.heads = cut(d.keys), cut(d.heads)
	d.columns, d.values, d.codes = cut(d.columns), cut(d.values), cut(d.codes)
	d.byKey, d.starting, d.keyTexts = cut(d.byKey), cut(d.starting), cut(d.keyTexts)
	d.resources, d.scopes, d.blocks, d.scopeBlocks = cut(d.resources), cut(d.scopes), cut(d.blocks), cut(d.scopeBlocks)
	d.contexts, d.contextIDs = cut(d.contexts), emptied(d.contextIDs)
	d.spans, d.traceStarts, d.traceSpans, d.anchors = cut(d.spans), cut(d.traceStarts), cut(d.traceSpans), cut(d.anchors)
	d.order, d.path, d.state, d.parentRefs = cut(d.order), cut(d.path), cut(d.state), cut(d.parentRefs)
	d.lastChild = cut(d.lastChild)
	d.links = cut(d.links)
	d.nextNum, d.nextLink, d.numEvents, d.numLinks = 0, 0, 0, 0
	d.builder = xpdata.MapBuilder{}
}

// charge takes n things of a size from the budget; failure sticks to the tables reader.
func (d *Decoder) charge(n, size int) bool {
	if !d.budget.chargeEach(n, size) {
		d.limit(&d.tables)
		return false
	}
	return true
}

func (d *Decoder) limit(r *reader) {
	if r.err == nil {
		r.err = d.budget.exceeded(r.section, r.pos)
	}
}

// firstError returns the first sticky error of the readers.
func (d *Decoder) firstError() error {
	for _, r := range []*reader{&d.tables, &d.text, &d.raw, &d.overflow} {
		if r.err != nil {
			return r.err
		}
	}
	return nil
}

// decodeColumns reads all sections, in the order in which the encoder wrote them.
func (d *Decoder) decodeColumns(n int) error {
	d.strings, d.textBuf = d.strings[:0], d.textBuf[:0]
	d.tables.reset("tables", d.sections[secTables])
	d.text.reset("text", d.sections[secText])
	d.raw.reset("raw", d.sections[secRaw])
	d.overflow.reset("overflow", d.sections[secOverflow])
	for _, s := range []int{secShapes, secTraces, secParents, secStarts, secDurations} {
		if len(d.sections[s]) != n {
			return &Error{Kind: ErrCorrupt, Section: sectionNames[s], Offset: len(d.sections[s]), Reason: "length is not the span count"}
		}
	}
	if !d.charge(n, costSpan) || !d.charge(len(d.sections[secNumbers]), 8) {
		return d.tables.err
	}
	if err := d.readNumbers(); err != nil {
		return err
	}
	d.spans = grow(d.spans, n)
	d.readSpanIDs()
	d.readTraces()
	d.readParents()
	if err := d.firstError(); err != nil {
		return err
	}
	if d.meter != nil {
		d.meter.spans(d)
	}
	d.readTables()
	if err := d.firstError(); err != nil {
		return err
	}
	d.resolveTimes()
	d.readColumns()
	if d.meter != nil {
		d.meter.endColumn(d)
	}
	d.readLinks()
	return d.finish()
}

// finish checks that every section has been used up.
func (d *Decoder) finish() error {
	if err := d.firstError(); err != nil {
		return err
	}
	for _, r := range []*reader{&d.tables, &d.text, &d.raw, &d.overflow} {
		if err := r.end(); err != nil {
			return err
		}
	}
	if len(d.sections[secValues]) != len(d.codes) {
		return &Error{Kind: ErrCorrupt, Section: "values", Offset: len(d.codes), Reason: "bytes left over"}
	}
	if d.nextNum+d.numEvents != len(d.nums) {
		return &Error{Kind: ErrCorrupt, Section: "numbers", Offset: d.nextNum, Reason: "length does not match the events"}
	}
	d.all = string(d.textBuf)
	for i := range d.lists[len(d.dict.lists):] {
		keys := d.lists[len(d.dict.lists)+i].keys
		for j := range keys {
			if k := &keys[j]; k.name > 0 {
				k.text = d.str(uint64(k.name - 1))
			}
		}
	}
	return nil
}

func (d *Decoder) readNumbers() error {
	starts, durations, nums := d.sections[secStarts], d.sections[secDurations], d.sections[secNumbers]
	d.numbers.reset(d.sections[secMantissas])
	d.starts = d.numbers.read(d.starts[:0], starts)
	d.durations = d.numbers.read(d.durations[:0], durations)
	d.nums = d.numbers.read(d.nums[:0], nums)
	return d.numbers.end()
}

// readSpanIDs reads the ids and the shape codes; what the codes mean is known after the tables.
func (d *Decoder) readSpanIDs() {
	d.ids8 = d.ids8[:0]
	for i := range d.spans {
		d.ids8 = append(d.ids8, d.raw64())
		shape := uint64(d.sections[secShapes][i])
		if shape == codeEscape {
			shape = d.overflow.uvarint()
		}
		d.spans[i] = dSpan{shape: uint32(min(shape, math.MaxUint32))}
	}
}

func (d *Decoder) raw64() uint64 {
	if b := d.raw.bytes(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

func (d *Decoder) readTraces() {
	var r recent
	d.ids16 = d.ids16[:0]
	d.traceStarts = append(d.traceStarts[:0], 0)
	for i, code := range d.sections[secTraces] {
		trace := uint32(0)
		switch {
		case code <= traceNew8:
			var id [16]byte
			if code == traceNew8 {
				copy(id[8:], d.raw.bytes(8))
			} else {
				copy(id[:], d.raw.bytes(16))
			}
			trace = uint32(len(d.ids16))
			d.ids16 = append(d.ids16, id)
			d.traceStarts = append(d.traceStarts, 0)
			r.push(trace)
		case code == codeEscape:
			trace = uint32(d.overflow.index(len(d.ids16)))
			r.use(trace)
		default:
			var ok bool
			if trace, ok = r.at(int(code - traceRecent)); !ok {
				d.fail(secTraces, i, "no such recent trace")
				return
			}
			r.use(trace)
		}
		if d.overflow.err != nil {
			return
		}
		d.spans[i].trace = trace
		d.spans[i].position = uint32(d.traceStarts[trace+1])
		d.traceStarts[trace+1]++
	}
	d.groupTraces()
}

// fail records an error in a section that has no reader of its own.
func (d *Decoder) fail(section, offset int, reason string) {
	if d.tables.err == nil {
		d.tables.err = &Error{Kind: ErrCorrupt, Section: sectionNames[section], Offset: offset, Reason: reason}
	}
}

// groupTraces lists the spans of every trace in order: those of trace t are traceSpans[traceStarts[t]:traceStarts[t+1]].
func (d *Decoder) groupTraces() {
	for t := 1; t < len(d.traceStarts); t++ {
		d.traceStarts[t] += d.traceStarts[t-1]
	}
	d.traceSpans = grow(d.traceSpans, len(d.spans))
	for i := range d.spans {
		s := &d.spans[i]
		d.traceSpans[d.traceStarts[s.trace]+int32(s.position)] = int32(i)
	}
}

func (d *Decoder) readParents() {
	if d.firstError() != nil {
		return
	}
	d.parentRefs = grow(d.parentRefs, len(d.spans))
	d.parents = d.parents[:0]
	for i, code := range d.sections[secParents] {
		s := &d.spans[i]
		d.parentRefs[i] = -1
		switch code {
		case parentNone:
		case parentNew:
			s.parent = d.raw64()
			d.parents = append(d.parents, s.parent)
		case parentSame:
			if s.position == 0 {
				d.fail(secParents, i, "no previous span in the trace")
				return
			}
			previous := d.traceSpans[d.traceStarts[s.trace]+int32(s.position)-1]
			s.parent, d.parentRefs[i] = d.spans[previous].parent, d.parentRefs[previous]
		case parentExternal:
			if at := d.overflow.index(len(d.parents)); d.overflow.err == nil {
				s.parent = d.parents[len(d.parents)-1-at]
			}
		default:
			d.readLocalParent(i, code, s)
		}
	}
}

func (d *Decoder) readLocalParent(i int, code byte, s *dSpan) {
	distance := uint64(code - parentLocal)
	if code == codeEscape {
		distance = d.overflow.uvarint()
	}
	position := int64(s.position) + unzigzag(distance)
	first, end := int64(d.traceStarts[s.trace]), int64(d.traceStarts[s.trace+1])
	if position < 0 || position >= end-first {
		d.fail(secParents, i, "parent outside the trace")
		return
	}
	at := d.traceSpans[first+position]
	d.parentRefs[i], s.parent = at, d.ids8[at]
}

func (d *Decoder) resolveTimes() {
	d.state = grow(d.state, len(d.spans))
	d.order, d.path = breakCycles(d.parentRefs, d.order, d.path, d.state)
	d.anchors = grow(d.anchors, len(d.traceStarts))
	for i := range d.anchors {
		d.anchors[i] = -1
	}
	last := uint64(0)
	for i := range d.spans {
		s := &d.spans[i]
		q := &d.contexts[s.context]
		s.duration = uint64(d.durations[i]) * q.duration
		if d.parentRefs[i] >= 0 {
			continue
		}
		predicted := last
		if at := d.anchors[s.trace]; at >= 0 {
			predicted = d.spans[at].start
		}
		s.start = (q.start.quotient(predicted) + uint64(d.starts[i])) * q.start.n
		d.anchors[s.trace], last = int32(i), s.start
	}
	d.lastChild = grow(d.lastChild, len(d.spans))
	clear(d.lastChild)
	for _, i := range d.order {
		if p := d.parentRefs[i]; p >= 0 {
			q := d.contexts[d.spans[i].context].start
			d.spans[i].start = (q.quotient(d.spans[predecessor(d.lastChild, p, i)].start) + uint64(d.starts[i])) * q.n
		}
	}
}

func (d *Decoder) readLinks() {
	d.links = d.links[:0]
	for range d.numLinks {
		var l linkRecord
		if v := d.overflow.index(len(d.ids16) + 1); v > 0 {
			l.trace = d.ids16[v-1]
		} else {
			copy(l.trace[:], d.raw.bytes(16))
			d.ids16 = append(d.ids16, l.trace)
		}
		l.span = d.raw64()
		if d.raw.err != nil || d.overflow.err != nil {
			return
		}
		d.links = append(d.links, l)
		d.spent(partLinks, owner{kind: ownerLink, at: uint32(len(d.links) - 1)})
	}
}
