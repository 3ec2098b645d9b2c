package tracezip

import (
	"cmp"
	"slices"
)

// Some senders keep attributes in a hash table, so that spans of one kind have the same attributes in ever different order.
// Each order would be a shape of its own. When the first spans of a batch show that, spans are given a canonical order (by key, then
// type) before their shape is looked up, and the order that they had becomes a column: the number of a permutation.
//
// Worked example: attributes "b", "c", "a" have the canonical order "a", "b", "c"; the permutation is 1 2 0: first entry 1 of
// the list, then entry 2, then entry 0.

// orderSet knows the orders of a frame.
type orderSet struct {
	index    index
	seen     []seenOrder
	listKeys []listKey // as they stood in the span
	perms    []uint16
	byPerm   map[string]uint32
	fresh    [][2]uint32 // orders that the dictionary does not know: ranges of perms
	sorted   []entry
	scratch  []byte
	places   []uint16
	lists    []uint64
	sets     []uint64
}

// seenOrder is a sequence of attributes that has come up: n of them, whose keys and permutation begin at start.
type seenOrder struct{ start, n, number uint32 }

func (o *orderSet) reset() {
	o.index.reset()
	o.seen, o.perms, o.fresh, o.places = cut(o.seen), cut(o.perms), cut(o.fresh), cut(o.places)
	o.listKeys, o.sorted = reuse(o.listKeys), reuse(o.sorted[:cap(o.sorted)])
	o.byPerm = emptied(o.byPerm)
}

// Two checkpoints: some batches begin with a sender that keeps its attributes in order.
const firstOrderCheck, secondOrderCheck = 16, 256

// checkOrders sets e.unordered when the lists so far are many more than the sets of attributes that they hold. The batch is
// then read again from its start.
func (e *Encoder) checkOrders() {
	o := &e.orders
	o.lists, o.sets = o.lists[:0], o.sets[:0]
	for _, id := range e.set.perShape[classSpan] {
		o.lists = append(o.lists, uint64(e.set.shapes[id].list))
	}
	slices.Sort(o.lists)
	o.lists = slices.Compact(o.lists)
	if len(o.lists) < len(e.spans)/8 {
		return
	}
	for _, list := range o.lists {
		set := uint64(0)
		for _, k := range e.set.list(uint32(list)) {
			set += mixKey(0, k.name, byte(min(k.key, numPseudo)), k.typ)
		}
		o.sets = append(o.sets, set)
	}
	slices.Sort(o.sets)
	o.sets = slices.Compact(o.sets)
	e.unordered = 2*len(o.lists) >= 3*len(o.sets) && len(o.lists) >= len(o.sets)+3
}

// sortAttributes puts the attributes of the row into canonical order. They begin at entry first; the entry before them is
// the one for the order.
func (e *Encoder) sortAttributes(first int) {
	o := &e.orders
	attrs := e.entries[first:]
	tag := fold(hashEntries(0, attrs))
	i := o.index.first(tag)
	at := -1
	for ; o.index.slots[i].pos != 0; i = o.index.next(i) {
		s := o.index.slots[i]
		if k := &o.seen[s.pos-1]; s.tag == tag && sameKeys(o.listKeys[k.start:k.start+k.n], attrs) {
			at = int(s.pos - 1)
			break
		}
	}
	if at < 0 {
		at = len(o.seen)
		o.index.insert(i, tag, at)
		e.addOrder(attrs)
	}
	seen := &o.seen[at]
	e.entries[first-1].num = uint64(seen.number)
	o.sorted = append(o.sorted[:0], attrs...)
	for from, to := range o.perms[seen.start : seen.start+seen.n] {
		attrs[to] = o.sorted[from]
	}
}

// addOrder makes the permutation of a new sequence of attributes.
func (e *Encoder) addOrder(attrs []entry) {
	o := &e.orders
	start := uint32(len(o.listKeys))
	o.places = o.places[:0]
	for i := range attrs {
		o.listKeys = append(o.listKeys, listKey{name: attrs[i].key, key: firstKey, typ: attrs[i].typ})
		o.places = append(o.places, uint16(i))
	}
	slices.SortStableFunc(o.places, func(a, b uint16) int {
		x, y := &attrs[a], &attrs[b]
		return cmp.Or(cmp.Compare(x.key, y.key), cmp.Compare(x.typ, y.typ))
	})
	o.perms = append(o.perms, make([]uint16, len(attrs))...)
	perm := o.perms[start:]
	for to, from := range o.places {
		perm[from] = uint16(to)
	}
	o.scratch = appendOrder(o.scratch[:0], perm)
	number, ok := e.set.dx.orders[string(o.scratch)]
	if !ok {
		if number, ok = o.byPerm[string(o.scratch)]; !ok {
			number = uint32(len(e.set.dict.orders) + len(o.fresh))
			o.byPerm[string(o.scratch)] = number
			o.fresh = append(o.fresh, [2]uint32{start, start + uint32(len(attrs))})
		}
	}
	o.seen = append(o.seen, seenOrder{start: start, n: uint32(len(attrs)), number: number})
}

// writeOrders writes the orders that the dictionary does not know.
func (b *frameBuilder) writeOrders(e *Encoder) {
	b.varint(secTables, uint64(len(e.orders.fresh)))
	for _, r := range e.orders.fresh {
		b.sections[secTables] = appendOrder(b.sections[secTables], e.orders.perms[r[0]:r[1]])
	}
}

// maxOrdered is how many attributes a span may have to be put into canonical order.
const maxOrdered = 1 << 10
