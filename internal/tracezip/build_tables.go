package tracezip

import "slices"

// writeTables writes keys, lists, heads, orders, rows of resources and scopes, blocks, contexts and shapes: what the dictionary
// does not know of each.
func (b *frameBuilder) writeTables(e *Encoder) {
	s := &e.set
	b.varint(secTables, uint64(len(s.keys)))
	for _, k := range s.keys {
		if at, isNew := b.findString(e, k); isNew {
			b.varint(secTables, 0)
			b.defineString(e, k, false)
		} else {
			b.varint(secTables, uint64(at)+1)
		}
	}
	b.varint(secTables, uint64(len(s.lists)))
	for i := range s.lists {
		keys := s.list(uint32(len(s.dict.lists) + i))
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
	b.writeOrders(e)
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
		if class >= classSpan {
			b.varint(secTables, uint64(sh.known+1))
			if sh.known >= 0 {
				continue
			}
		}
		b.varint(secTables, uint64(sh.list))
		if class == classSpan {
			b.varint(secTables, uint64(sh.head))
		}
		if needsName(class) {
			b.writeName(e, sh)
		}
	}
}

func (b *frameBuilder) writeName(e *Encoder, sh *shape) {
	if !sh.named {
		b.varint(secTables, 0)
		return
	}
	at, isNew := b.findString(e, sh.name)
	if !isNew {
		b.varint(secTables, uint64(at)+2)
		return
	}
	b.varint(secTables, 1)
	b.defineString(e, sh.name, false)
}
