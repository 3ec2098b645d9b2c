package tracezip

import (
	"encoding/binary"
	"math"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/xpdata/entity"
)

// buildTraces makes the traces from the columns. Only values that need parsing can still be wrong.
func (d *Decoder) buildTraces() (ptrace.Traces, error) {
	td := ptrace.NewTraces()
	td.ResourceSpans().EnsureCapacity(len(d.blocks))
	scope, span := 0, 0
	for _, b := range d.blocks {
		rs := td.ResourceSpans().AppendEmpty()
		d.buildResource(rs, b.resource)
		rs.ScopeSpans().EnsureCapacity(b.scopes)
		for range b.scopes {
			sb := d.scopeBlocks[scope]
			scope++
			ss := rs.ScopeSpans().AppendEmpty()
			d.buildScope(ss, sb.scope)
			spans := ss.Spans()
			spans.EnsureCapacity(sb.spans)
			for range sb.spans {
				d.buildSpan(spans.AppendEmpty(), span)
				span++
			}
			if d.tables.err != nil {
				return ptrace.NewTraces(), d.tables.err
			}
		}
		if d.tables.err != nil {
			return ptrace.NewTraces(), d.tables.err
		}
	}
	return td, nil
}

// fields calls set with every pseudo-field of a row but event and link shapes, which have rows of their own, and orders.
func (d *Decoder) fields(sh *dShape, row uint32, set func(key uint32, v uint64)) {
	l := &d.lists[sh.list]
	for i, k := range l.keys[:l.fields] {
		if k.key != keyEventShape && k.key != keyLinkShape && k.key != keyOrder {
			set(k.key, d.at(&d.columns[sh.columns+uint32(i)], row))
		}
	}
}

func (d *Decoder) buildResource(rs ptrace.ResourceSpans, r dRow) {
	sh := &d.shapes[r.shape]
	d.fields(sh, r.row, func(key uint32, v uint64) {
		switch key {
		case keyDroppedAttributes:
			rs.Resource().SetDroppedAttributesCount(uint32(v))
		case keySchemaURL:
			rs.SetSchemaUrl(d.charged(v))
		case keyEntityRefs:
			vr := d.parse(v)
			vr.readEntityRefs(entity.ResourceEntityRefs(rs.Resource()))
			d.parsed(&vr)
		}
	})
	d.buildMap(rs.Resource().Attributes(), sh, r.row)
}

func (d *Decoder) buildScope(ss ptrace.ScopeSpans, r dRow) {
	sh := &d.shapes[r.shape]
	d.fields(sh, r.row, func(key uint32, v uint64) {
		switch key {
		case keyName:
			ss.Scope().SetName(d.charged(v))
		case keyDroppedAttributes:
			ss.Scope().SetDroppedAttributesCount(uint32(v))
		case keySchemaURL:
			ss.SetSchemaUrl(d.charged(v))
		case keyVersion:
			ss.Scope().SetVersion(d.charged(v))
		}
	})
	d.buildMap(ss.Scope().Attributes(), sh, r.row)
}

func (d *Decoder) buildSpan(span ptrace.Span, i int) {
	s := &d.spans[i]
	sh := &d.shapes[s.shape]
	row := sh.next
	sh.next++
	var id [8]byte
	binary.LittleEndian.PutUint64(id[:], d.ids8[i])
	span.SetSpanID(id)
	span.SetTraceID(d.ids16[s.trace])
	if s.parent != 0 {
		binary.LittleEndian.PutUint64(id[:], s.parent)
		span.SetParentSpanID(id)
	}
	h := d.heads[sh.head]
	span.SetKind(ptrace.SpanKind(h.kind))
	span.Status().SetCode(ptrace.StatusCode(h.status))
	span.SetFlags(h.flags)
	span.SetStartTimestamp(pcommon.Timestamp(s.start))
	span.SetEndTimestamp(pcommon.Timestamp(s.start + s.duration))
	if sh.name >= 0 {
		span.SetName(d.charged(uint64(sh.name)))
	}
	if d.lists[sh.list].has(keyOrder) {
		d.buildOrdered(span.Attributes(), sh, row)
	} else {
		d.buildMap(span.Attributes(), sh, row)
	}
	if d.lists[sh.list].fields > 0 {
		d.buildSpanFields(span, s, sh, row)
	}
}

func (d *Decoder) buildSpanFields(span ptrace.Span, s *dSpan, sh *dShape, row uint32) {
	d.fields(sh, row, func(key uint32, v uint64) {
		switch key {
		case keyName:
			span.SetName(d.charged(v))
		case keyTraceState:
			span.TraceState().FromRaw(d.charged(v))
		case keyStatusMessage:
			span.Status().SetMessage(d.charged(v))
		case keyDroppedAttributes:
			span.SetDroppedAttributesCount(uint32(v))
		case keyDroppedEvents:
			span.SetDroppedEventsCount(uint32(v))
		case keyDroppedLinks:
			span.SetDroppedLinksCount(uint32(v))
		case keyEventCount:
			d.buildEvents(span.Events(), s, sh, int(v))
		case keyLinkCount:
			d.buildLinks(span.Links(), sh, int(v))
		}
	})
}

// fieldColumn returns the column of a pseudo-key in a shape, if there is one.
func (d *Decoder) fieldColumn(sh *dShape, key uint32) (*dColumn, bool) {
	l := &d.lists[sh.list]
	for i, k := range l.keys[:l.fields] {
		if k.key == key {
			return &d.columns[sh.columns+uint32(i)], true
		}
	}
	return nil, false
}

func (d *Decoder) buildEvents(dst ptrace.SpanEventSlice, s *dSpan, span *dShape, n int) {
	col, ok := d.fieldColumn(span, keyEventShape)
	if !ok || d.tables.err != nil {
		return
	}
	dst.EnsureCapacity(n)
	q := d.contexts[s.context].event
	for range n {
		sh := &d.shapes[d.classes[classEvent].start+uint32(d.at(col, span.events))]
		span.events++
		row := sh.next
		sh.next++
		ev := dst.AppendEmpty()
		ev.SetTimestamp(pcommon.Timestamp(s.start + uint64(d.nextNumber())*q))
		if sh.name >= 0 {
			ev.SetName(d.charged(uint64(sh.name)))
		}
		d.fields(sh, row, func(key uint32, v uint64) {
			if key == keyName {
				ev.SetName(d.charged(v))
			} else {
				ev.SetDroppedAttributesCount(uint32(v))
			}
		})
		if d.buildMap(ev.Attributes(), sh, row); d.tables.err != nil {
			return
		}
	}
}

func (d *Decoder) buildLinks(dst ptrace.SpanLinkSlice, span *dShape, n int) {
	col, ok := d.fieldColumn(span, keyLinkShape)
	if !ok || d.tables.err != nil {
		return
	}
	dst.EnsureCapacity(n)
	for range n {
		sh := &d.shapes[d.classes[classLink].start+uint32(d.at(col, span.links))]
		span.links++
		row := sh.next
		sh.next++
		rec := &d.links[d.nextLink]
		d.nextLink++
		link := dst.AppendEmpty()
		link.SetTraceID(rec.trace)
		var id [8]byte
		binary.LittleEndian.PutUint64(id[:], rec.span)
		link.SetSpanID(id)
		d.fields(sh, row, func(key uint32, v uint64) {
			switch key {
			case keyTraceState:
				link.TraceState().FromRaw(d.charged(v))
			case keyDroppedAttributes:
				link.SetDroppedAttributesCount(uint32(v))
			case keyFlags:
				link.SetFlags(uint32(v))
			}
		})
		if d.buildMap(link.Attributes(), sh, row); d.tables.err != nil {
			return
		}
	}
}

// charged returns a string of the table and charges for the reference.
func (d *Decoder) charged(at uint64) string {
	s := d.str(at)
	d.charge(len(s), 1)
	return s
}

// buildMap fills the attributes of a row. MapBuilder takes keys as they come: they may repeat, and 100,000 of them
// do not cost a search each.
func (d *Decoder) buildMap(dst pcommon.Map, sh *dShape, row uint32) {
	keys, cols := d.attributes(sh)
	if len(keys) == 0 {
		return
	}
	d.builder.EnsureCapacity(len(keys))
	for i := range keys {
		d.buildAttribute(&keys[i], &cols[i], row)
	}
	d.builder.UnsafeIntoMap(dst)
}

// buildOrdered is buildMap for a shape whose rows say in which order they have its attributes.
func (d *Decoder) buildOrdered(dst pcommon.Map, sh *dShape, row uint32) {
	keys, cols := d.attributes(sh)
	order, ok := d.fieldColumn(sh, keyOrder)
	if len(keys) == 0 || !ok {
		return
	}
	d.builder.EnsureCapacity(len(keys))
	for _, i := range d.orders[d.at(order, row)] {
		d.buildAttribute(&keys[i], &cols[i], row)
	}
	d.builder.UnsafeIntoMap(dst)
}

// attributes returns the list entries and columns of a shape's attributes and charges for one row of them. There are none
// after an error.
func (d *Decoder) attributes(sh *dShape) ([]dListKey, []dColumn) {
	l := &d.lists[sh.list]
	keys := l.keys[l.fields:]
	if len(keys) == 0 || d.tables.err != nil || !d.charge(len(keys), costAttr) || !d.charge(l.bytes, 1) {
		return nil, nil
	}
	return keys, d.columns[sh.columns+l.fields:]
}

func (d *Decoder) buildAttribute(k *dListKey, c *dColumn, row uint32) {
	v := d.builder.AppendEmpty(k.text)
	if k.typ == typeEmpty {
		return
	}
	x := d.at(c, row)
	switch k.typ {
	case typeStr:
		v.SetStr(d.charged(x))
	case typeInt:
		v.SetInt(int64(x))
	case typeDouble:
		v.SetDouble(math.Float64frombits(x))
	case typeBool:
		v.SetBool(x != 0)
	case typeBytes:
		v.SetEmptyBytes().FromRaw([]byte(d.charged(x)))
	default:
		d.buildNested(v, k.typ, x)
	}
}

// buildNested parses a map or slice.
func (d *Decoder) buildNested(dst pcommon.Value, typ byte, at uint64) {
	if d.tables.err != nil {
		return
	}
	r := d.parse(at)
	if typ == typeMap {
		r.readMap(dst.SetEmptyMap(), 1)
	} else {
		r.readSlice(dst.SetEmptySlice(), 1)
	}
	d.parsed(&r)
}

// parse starts to read a string of the table that holds a value.
func (d *Decoder) parse(at uint64) valueReader {
	r := valueReader{budget: &d.budget, maxDepth: d.limits.MaxDepth}
	r.reset("text", d.data(at))
	return r
}

func (d *Decoder) parsed(r *valueReader) {
	if err := r.end(); err != nil && d.tables.err == nil {
		d.tables.err = err
	}
}
