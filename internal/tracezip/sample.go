package tracezip

import (
	"slices"
	"strings"
)

// Sample is what a Trainer learns from one frame: its resources and scopes, and its shapes with the values of their columns.
type Sample struct {
	rows   [2][]sampleRow
	shapes []sampleShape
}

type sampleRow struct {
	list   []listKey
	values []sampleValue
}

type sampleShape struct {
	class  byte
	named  bool
	head   head
	name   string
	list   []listKey
	values [][]sampleValue // per column
}

// sampleValue is a text or a number; an order is the text of its wire form.
type sampleValue struct {
	text string
	num  uint64
}

// worthLearning tells columns whose values the next frame may repeat from those of ids and texts that never come again.
func (c *column) worthLearning() bool {
	return c.distinct <= maxKnown && (c.distinct < c.rows || c.rows <= fewRows)
}

// fewRows is how many different values in as many rows may still be chance.
const fewRows = 8

// sample copies what a Trainer needs before the encoder forgets it.
func (e *Encoder) sample(s *Sample) {
	c := sampler{e: e, copies: make(map[string]string)}
	for class, t := range []*rowTable{&e.resources, &e.scopes} {
		s.rows[class] = c.rows(byte(class), t)
	}
	for _, class := range []byte{classSpan, classEvent, classLink} {
		for _, id := range e.set.perShape[class] {
			s.shapes = append(s.shapes, c.shape(&e.set.shapes[id]))
		}
	}
}

// sampler copies every string once.
type sampler struct {
	e      *Encoder
	copies map[string]string
}

func (c *sampler) copy(s string) string {
	own, ok := c.copies[s]
	if !ok {
		own = strings.Clone(s)
		c.copies[own] = own
	}
	return own
}

func (c *sampler) list(id uint32) []listKey {
	keys := append([]listKey(nil), c.e.set.list(id)...)
	for i := range keys {
		keys[i].name = c.copy(keys[i].name)
		keys[i].key = min(keys[i].key, firstKey)
	}
	return keys
}

// rows returns the resources or scopes of the frame, those that the dictionary knows included.
func (c *sampler) rows(class byte, t *rowTable) []sampleRow {
	var rows []sampleRow
	for _, r := range t.rows {
		row := sampleRow{list: c.list(r.list)}
		for _, v := range t.values[r.start : int(r.start)+len(row.list)] {
			row.values = append(row.values, sampleValue{text: c.copy(v.text), num: v.num})
		}
		rows = append(rows, row)
	}
	dict := c.e.set.dict
	for _, number := range c.e.usedRows(class) {
		r := &dict.rows[class][number]
		row := sampleRow{list: c.list(r.list)}
		for i, k := range dict.lists[r.list].keys {
			if isText(k.typ) {
				row.values = append(row.values, sampleValue{text: dict.strings[r.values[i]]})
			} else {
				row.values = append(row.values, sampleValue{num: r.values[i]})
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// usedRows returns the numbers of the dictionary's resources or scopes that the frame uses.
func (e *Encoder) usedRows(class byte) []uint32 {
	var used []uint32
	seen := make(map[uint32]bool)
	known := uint32(len(e.set.dict.rows[class]))
	for key := range e.contexts {
		if number := key[class]; number < known && !seen[number] {
			seen[number] = true
			used = append(used, number)
		}
	}
	slices.Sort(used)
	return used
}

func (c *sampler) shape(sh *shape) sampleShape {
	e := c.e
	s := sampleShape{class: sh.class, named: sh.named, name: c.copy(sh.name), list: c.list(sh.list)}
	if sh.class == classSpan {
		s.head = e.headOf(sh.head)
	}
	for i, k := range e.set.list(sh.list) {
		var values []sampleValue
		col := &e.set.columns[int(sh.columns)+i]
		if learnable(dListKey{key: k.key, typ: k.typ}) && col.worthLearning() {
			for at := col.first; at >= 0; at = e.set.values[at].next {
				v := &e.set.values[at]
				if k.key == keyOrder {
					values = append(values, sampleValue{text: string(e.orders.wire(e.set.dict, v.num))})
				} else {
					values = append(values, sampleValue{text: c.copy(v.text), num: v.num})
				}
			}
		}
		s.values = append(s.values, values)
	}
	return s
}

// headOf is the inverse of head.
func (e *Encoder) headOf(id uint32) head {
	if known := uint32(len(e.set.dict.heads)); id >= known {
		return e.headList[id-known]
	}
	return e.set.dict.heads[id]
}

// wire returns the wire form of an order.
func (o *orderSet) wire(dict *Dictionary, number uint64) []byte {
	if known := uint64(len(dict.orders)); number >= known {
		r := o.fresh[number-known]
		return appendOrder(nil, o.perms[r[0]:r[1]])
	}
	return appendOrder(nil, dict.orders[number])
}
