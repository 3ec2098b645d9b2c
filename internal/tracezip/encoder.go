package tracezip

import (
	"encoding/binary"
	"math"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/xpdata/entity"
)

// Encoder turns traces into frames. It is reusable but not for concurrent use; its buffers are kept between frames
// unless one frame has blown them up, and it keeps no reference to the traces.
type Encoder struct {
	set     columnSet
	packer  packer
	entries []entry // entries[0] is always room for the name
	scratch []byte
	hidden  bool // met something that only protobuf can carry
	ordered bool // attributes are put into canonical order
	// unordered is set when they should have been.
	unordered bool
	orders    orderSet

	resources, scopes rowTable
	heads             map[head]uint32
	headList          []head // those that the dictionary does not know
	lastHead          head
	lastHeadID        uint32
	contexts          map[[2]uint32]uint32
	contextList       []context
	blocks            []byte // the block structure as it goes to the wire
	numResourceBlocks int

	spans  []spanRecord
	events []eventRecord
	links  []linkRecord
	ids    idTable
	out    frameBuilder

	group    grouper
	preamble []byte
	columns  []byte // a frame that is compared with another
	columnar bool   // tiny batches too; for tests
}

// head is what a span's shape has besides name and list.
type head struct {
	kind, status int32
	flags        uint32
}

// context is a resource and scope under which spans occur.
type context struct {
	start, duration, event quantum
	shapes                 uint32 // named or not, so far
}

type spanRecord struct {
	start, duration uint64
	id, parent      uint64
	trace           uint32
	position        uint32 // within the trace
	context         uint32
	shape           uint32 // within the context
}

type eventRecord struct {
	delta   int64 // since the start of the span
	context uint32
}

type linkRecord struct {
	trace [16]byte
	span  uint64
}

// NewEncoder returns an Encoder.
func NewEncoder() *Encoder {
	e := &Encoder{entries: make([]entry, 1, 64)}
	e.reset()
	return e
}

func (e *Encoder) reset() {
	e.set.reset()
	// Rows of different lengths have passed through: clear all of it.
	if cap(e.entries) > maxKeptKeys {
		e.entries = nil
	}
	e.entries = append(reuse(e.entries[:cap(e.entries)]), entry{})
	if cap(e.scratch) > maxKeptBuffer {
		e.scratch = nil
	}
	e.hidden, e.ordered, e.unordered = false, false, false
	e.orders.reset()
	e.lastHead, e.lastHeadID = head{}, noHead
	e.resources.reset()
	e.scopes.reset()
	e.heads, e.contexts = emptied(e.heads), emptied(e.contexts)
	e.headList = reuse(e.headList)
	e.contextList = reuse(e.contextList)
	e.blocks = reuse(e.blocks)
	e.numResourceBlocks = 0
	e.spans, e.events, e.links = cut(e.spans), cut(e.events), cut(e.links)
	e.ids.reset()
	e.out.reset()
	e.group.reset()
	e.preamble, e.columns = cut(e.preamble), cut(e.columns)
}

func emptied[K comparable, V any](m map[K]V) map[K]V {
	if m == nil || len(m) > maxKeptKeys {
		return make(map[K]V)
	}
	clear(m)
	return m
}

// cut empties a slice without pointers.
func cut[T any](s []T) []T {
	if cap(s) > maxKeptItems {
		return nil
	}
	return s[:0]
}

// AppendFrame appends the frame that holds td to dst. It only reads td. Equal traces give equal bytes.
func (e *Encoder) AppendFrame(dst []byte, td ptrace.Traces) ([]byte, error) {
	return e.Append(dst, td, FrameOptions{})
}

// Append is AppendFrame with options.
func (e *Encoder) Append(dst []byte, td ptrace.Traces, o FrameOptions) ([]byte, error) {
	defer e.reset()
	if o.Sample != nil {
		*o.Sample = Sample{}
	}
	dict := o.Dictionary
	if dict == nil {
		dict = staticDictionary()
	}
	if !layoutKnown || !e.read(td, dict, o.Grouped) {
		return e.appendOTLP(dst, td)
	}
	sections := e.out.build(e)
	if o.Sample != nil {
		e.sample(o.Sample)
	}
	flags := byte(0)
	e.preamble = e.preamble[:0]
	if o.Dictionary != nil {
		flags = flagDictionary
		e.preamble = append(e.preamble, dict.id[:]...)
		if o.Define {
			flags |= flagDefine
			e.preamble = dict.appendDefinition(e.preamble, o.Known)
		}
	}
	frame, err := e.packer.appendFrame(dst, flags, e.preamble, len(e.spans), sections[:])
	if err != nil || len(e.spans) > maxTiny || flags&flagDefine != 0 || e.columnar {
		return frame, err
	}
	return e.smaller(dst, frame, td)
}

// maxTiny is how many spans a batch may have that is tried as protobuf too: columns have costs of their own.
const maxTiny = 32

// smaller returns the frame that holds columns, behind dst, or one that holds protobuf if that is smaller.
func (e *Encoder) smaller(dst, columns []byte, td ptrace.Traces) ([]byte, error) {
	e.columns = append(e.columns[:0], columns[len(dst):]...)
	stored := e.packer.stored
	plain, err := e.appendOTLP(columns[:len(dst)], td)
	if err == nil && len(plain)-len(dst) < len(e.columns) {
		return plain, nil
	}
	e.packer.stored = stored
	return append(columns[:len(dst)], e.columns...), nil
}

// appendOTLP writes a frame without columns.
func (e *Encoder) appendOTLP(dst []byte, td ptrace.Traces) ([]byte, error) {
	var m ptrace.ProtoMarshaler
	raw, err := m.MarshalTraces(td)
	if err != nil {
		return dst, err
	}
	return e.packer.appendFrame(dst, flagOTLP, nil, td.SpanCount(), [][]byte{raw})
}

// read is the one pass over the data; only a batch without order takes part of a second one. It reports false when td holds
// something that columns cannot.
func (e *Encoder) read(td ptrace.Traces, dict *Dictionary, grouped bool) bool {
	pass := e.readTraces
	if grouped {
		pass = e.readGrouped
	}
	e.set.use(dict)
	ok := pass(td)
	if e.unordered {
		e.reset()
		e.set.use(dict)
		e.ordered = true
		ok = pass(td)
	}
	return ok
}

// readTraces reads spans in their order.
func (e *Encoder) readTraces(td ptrace.Traces) bool {
	all := td.ResourceSpans()
	e.numResourceBlocks = all.Len()
	for i := range all.Len() {
		rs := all.At(i)
		if hiddenSpans(rs) {
			return false
		}
		resource := e.resourceRow(rs)
		scopes := rs.ScopeSpans()
		e.blocks = binary.AppendUvarint(e.blocks, uint64(resource))
		e.blocks = binary.AppendUvarint(e.blocks, uint64(scopes.Len()))
		for j := range scopes.Len() {
			ss := scopes.At(j)
			scope := e.scopeRow(ss)
			spans := ss.Spans()
			e.blocks = binary.AppendUvarint(e.blocks, uint64(scope))
			e.blocks = binary.AppendUvarint(e.blocks, uint64(spans.Len()))
			ctx := e.context(resource, scope)
			for k := range spans.Len() {
				if e.readSpan(spans.At(k), ctx); e.unordered {
					return true
				}
			}
		}
		if e.hidden {
			return false
		}
	}
	return true
}

func (e *Encoder) context(resource, scope uint32) uint32 {
	key := [2]uint32{resource, scope}
	id, ok := e.contexts[key]
	if !ok {
		id = uint32(len(e.contextList))
		e.contexts[key] = id
		e.contextList = append(e.contextList, context{})
	}
	return id
}

func (e *Encoder) resourceRow(rs ptrace.ResourceSpans) uint32 {
	res := rs.Resource()
	refs := entity.ResourceEntityRefs(res)
	e.begin()
	e.addNumber(keyDroppedAttributes, uint64(res.DroppedAttributesCount()))
	e.addText(keySchemaURL, rs.SchemaUrl())
	if refs.Len() > 0 {
		e.add(entry{pseudo: keyEntityRefs, typ: typeBytes, text: string(appendEntityRefs(nil, refs))})
	}
	e.addMap(res.Attributes())
	return e.row(&e.resources, classResource)
}

func (e *Encoder) scopeRow(ss ptrace.ScopeSpans) uint32 {
	scope := ss.Scope()
	e.begin()
	e.addText(keyName, scope.Name())
	e.addNumber(keyDroppedAttributes, uint64(scope.DroppedAttributesCount()))
	e.addText(keySchemaURL, ss.SchemaUrl())
	e.addText(keyVersion, scope.Version())
	e.addMap(scope.Attributes())
	return e.row(&e.scopes, classScope)
}

// begin starts a row.
func (e *Encoder) begin() { e.entries = e.entries[:1] }

func (e *Encoder) add(x entry) { e.entries = append(e.entries, x) }

func (e *Encoder) addNumber(pseudo byte, v uint64) {
	if v != 0 {
		e.add(entry{pseudo: pseudo, typ: typeInt, num: v})
	}
}

func (e *Encoder) addText(pseudo byte, s string) {
	if s != "" {
		e.add(entry{pseudo: pseudo, typ: typeStr, text: s})
	}
}

func (e *Encoder) addMap(m pcommon.Map) {
	if hiddenKeys(m) {
		e.hidden = true
	}
	for k, v := range m.All() {
		x := entry{key: k, pseudo: numPseudo, typ: byte(v.Type())}
		switch x.typ {
		case typeEmpty:
			e.hidden = e.hidden || hiddenValue(v)
		case typeStr:
			x.text = v.Str()
		case typeInt:
			x.num = uint64(v.Int())
		case typeDouble:
			x.num = math.Float64bits(v.Double())
		case typeBool:
			x.num = boolNumber(v.Bool())
		case typeMap:
			e.scratch = appendMap(e.scratch[:0], v.Map(), &e.hidden)
			x.text = string(e.scratch)
		case typeSlice:
			e.scratch = appendSlice(e.scratch[:0], v.Slice(), &e.hidden)
			x.text = string(e.scratch)
		case typeBytes:
			x.text = string(v.Bytes().AsRaw())
		}
		e.entries = append(e.entries, x)
	}
}

func (e *Encoder) pushAll(shape uint32, entries []entry) {
	col := e.set.shapes[shape].columns
	for i := range entries {
		if p := entries[i].pseudo; p != keyEventShape && p != keyLinkShape {
			e.set.push(col+uint32(i), &entries[i])
		}
	}
}

// namedRow finds the shape of a row whose name is part of the shape, unless *shapes says that there are too many
// names for that; then the name is a column. It pushes the values and returns the shape and its first real column.
func (e *Encoder) namedRow(class byte, ctx, head uint32, name string, shapes *uint32) (shape, col uint32) {
	if *shapes < maxNames {
		shape, isNew := e.set.row(class, ctx, head, true, name, e.entries[1:])
		return e.finishNamed(shape, isNew, e.entries[1:], shapes), e.set.shapes[shape].columns
	}
	e.entries[0] = entry{pseudo: keyName, typ: typeStr, text: name}
	shape, isNew := e.set.row(class, ctx, head, false, "", e.entries)
	return e.finishNamed(shape, isNew, e.entries, shapes), e.set.shapes[shape].columns + 1
}

func (e *Encoder) finishNamed(shape uint32, isNew bool, entries []entry, shapes *uint32) uint32 {
	if isNew {
		e.set.shapes[shape].id = *shapes
		*shapes++
	}
	e.pushAll(shape, entries)
	return shape
}

// noHead is the number of no head.
const noHead = 1<<32 - 1

func (e *Encoder) head(h head) uint32 {
	if e.lastHead == h && e.lastHeadID != noHead {
		return e.lastHeadID
	}
	id, ok := e.set.dx.heads[h]
	if !ok {
		if id, ok = e.heads[h]; !ok {
			id = uint32(len(e.set.dict.heads) + len(e.headList))
			e.heads[h] = id
			e.headList = append(e.headList, h)
		}
	}
	e.lastHead, e.lastHeadID = h, id
	return id
}

func (e *Encoder) readSpan(span ptrace.Span, ctx uint32) {
	events, links := span.Events(), span.Links()
	e.begin()
	e.addText(keyTraceState, span.TraceState().AsRaw())
	e.addText(keyStatusMessage, span.Status().Message())
	e.addNumber(keyDroppedAttributes, uint64(span.DroppedAttributesCount()))
	e.addNumber(keyDroppedEvents, uint64(span.DroppedEventsCount()))
	e.addNumber(keyDroppedLinks, uint64(span.DroppedLinksCount()))
	eventCol, linkCol := uint32(0), uint32(0)
	if n := events.Len(); n > 0 {
		e.addNumber(keyEventCount, uint64(n))
		eventCol = uint32(len(e.entries)) - 1
		e.add(entry{pseudo: keyEventShape, typ: typeInt})
	}
	if n := links.Len(); n > 0 {
		e.addNumber(keyLinkCount, uint64(n))
		linkCol = uint32(len(e.entries)) - 1
		e.add(entry{pseudo: keyLinkShape, typ: typeInt})
	}
	attrs := span.Attributes()
	if n := attrs.Len(); e.ordered && n > 1 && n <= maxOrdered {
		e.add(entry{pseudo: keyOrder, typ: typeInt})
		first := len(e.entries)
		e.addMap(attrs)
		e.sortAttributes(first)
	} else {
		e.addMap(attrs)
	}

	c := &e.contextList[ctx]
	h := e.head(head{kind: int32(span.Kind()), status: int32(span.Status().Code()), flags: span.Flags()})
	shape, col := e.namedRow(classSpan, ctx, h, span.Name(), &c.shapes)
	start := uint64(span.StartTimestamp())
	duration := uint64(span.EndTimestamp()) - start
	c.start.add(start)
	c.duration.add(magnitude(duration))
	trace, position := e.ids.trace(span.TraceID())
	e.spans = append(e.spans, spanRecord{
		start: start, duration: duration, id: id64(span.SpanID()), parent: id64(span.ParentSpanID()),
		trace: trace, position: position, context: ctx, shape: e.set.shapes[shape].id,
	})
	if n := len(e.spans); (n == firstOrderCheck || n == secondOrderCheck) && !e.ordered {
		e.checkOrders()
	}
	for i := range events.Len() {
		e.readEvent(events.At(i), col+eventCol, start, ctx)
	}
	for i := range links.Len() {
		e.readLink(links.At(i), col+linkCol)
	}
}

// magnitude is the absolute value of a difference kept in a uint64.
func magnitude(v uint64) uint64 {
	if int64(v) < 0 {
		return -v
	}
	return v
}

func id64(id pcommon.SpanID) uint64 { return binary.LittleEndian.Uint64(id[:]) }

func (e *Encoder) readEvent(event ptrace.SpanEvent, col uint32, start uint64, ctx uint32) {
	e.begin()
	e.addNumber(keyDroppedAttributes, uint64(event.DroppedAttributesCount()))
	e.addMap(event.Attributes())
	shape, _ := e.namedRow(classEvent, 0, 0, event.Name(), &e.out.eventShapes)
	delta := uint64(event.Timestamp()) - start
	e.contextList[ctx].event.add(magnitude(delta))
	e.events = append(e.events, eventRecord{delta: int64(delta), context: ctx})
	e.set.push(col, &entry{typ: typeInt, num: uint64(e.set.shapes[shape].id)})
}

func (e *Encoder) readLink(link ptrace.SpanLink, col uint32) {
	e.begin()
	e.addText(keyTraceState, link.TraceState().AsRaw())
	e.addNumber(keyDroppedAttributes, uint64(link.DroppedAttributesCount()))
	e.addNumber(keyFlags, uint64(link.Flags()))
	e.addMap(link.Attributes())
	shape, isNew := e.set.row(classLink, 0, 0, false, "", e.entries[1:])
	if isNew {
		e.set.shapes[shape].id = e.out.linkShapes
		e.out.linkShapes++
	}
	e.pushAll(shape, e.entries[1:])
	e.links = append(e.links, linkRecord{trace: link.TraceID(), span: id64(link.SpanID())})
	e.set.push(col, &entry{typ: typeInt, num: uint64(e.set.shapes[shape].id)})
}
