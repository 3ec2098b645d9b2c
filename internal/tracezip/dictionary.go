package tracezip

import (
	"encoding/binary"
	"sync"
)

// DictionaryID names a dictionary by its content. The zero value names none.
type DictionaryID [16]byte

// Dictionary is what frames of one sender have in common, so that a frame can name it instead of repeating it: strings,
// keys, lists, heads, whole resources and scopes, and shapes with the values that their columns often have. It is
// immutable and may be used by any number of encoders and decoders at once.
//
// A dictionary is a chain of segments, each of which adds to what the ones before it hold. Its ID is a hash over the chain,
// so whoever has a dictionary needs only the new segments of one that extends it.
type Dictionary struct {
	id       DictionaryID
	memory   int
	segments []segment // from the first on; only in dictionaries that a Trainer made

	strings   []string
	keys      []uint32 // string of key firstKey+i
	lists     []dList
	heads     []head
	orders    [][]uint16
	rows      [2][]knownRow // of classResource and classScope
	templates [numClasses][]template

	index func() *dictionaryIndex // built when an encoder first needs it
}

// knownRow is a resource or scope with all its values, one for every entry of its list: string numbers or numbers.
type knownRow struct {
	list   uint32
	values []uint64
}

// template is a shape without its context, with the values known for each of its columns, frequent ones first.
type template struct {
	list   uint32
	head   uint32
	name   int32 // string number, -1 when the name is a column or there is none
	values [][]uint64
}

// segment is a part of a dictionary as it goes over the wire.
type segment struct {
	id     DictionaryID // of the dictionary that ends with it
	size   int          // decoded
	stored []byte       // a zstd frame
}

// ID is the name of the dictionary: a hash of its content.
func (d *Dictionary) ID() DictionaryID { return d.id }

// MemoryBytes is about how much memory the dictionary takes in a decoder, its copy of the static tables included. An encoder
// takes about as much again.
func (d *Dictionary) MemoryBytes() int { return d.memory }

// DefinitionBytes is what defining the dictionary costs in a frame for a peer that has the one named known.
func (d *Dictionary) DefinitionBytes(known DictionaryID) int {
	return len(d.appendDefinition(nil, known))
}

// Dictionaries is where a Decoder finds the dictionaries of one sender and leaves those that its frames define. It must be
// safe for concurrent use if decoders share it.
type Dictionaries interface {
	// Dictionary returns the dictionary of that name, or nil.
	Dictionary(DictionaryID) *Dictionary
	// Define takes a dictionary that came with a frame, after the frame has decoded.
	Define(*Dictionary)
}

// FrameOptions says how a frame is made.
type FrameOptions struct {
	// Dictionary is what the frame refers to; nil for a frame that is decodable alone.
	Dictionary *Dictionary
	// Define puts the dictionary into the frame, for a peer that is not known to have it. It must be one that a Trainer made.
	Define bool
	// Known names a dictionary that the peer has. When Dictionary extends it, Define puts only the difference into the frame.
	Known DictionaryID
	// Sample, when not nil, is overwritten with what a Trainer learns from. It keeps no reference to the traces.
	Sample *Sample
	// Grouped gives up the order of the spans: equal resources and scopes become one block, and the spans of a trace lie side
	// by side in it.
	Grouped bool
}

// dictionaryIndex finds the contents of a dictionary by value, for an encoder.
type dictionaryIndex struct {
	strings   index
	keys      map[string]uint32
	listKeys  []listKey
	lists     []list
	listIndex index
	heads     map[head]uint32
	orders    map[string]uint32 // by appendOrder
	rows      [2]index
	templates map[templateKey]uint32
}

type templateKey struct {
	class      byte
	list, head uint32
	name       int32
}

func newDictionaryIndex(d *Dictionary) *dictionaryIndex {
	x := &dictionaryIndex{
		keys: make(map[string]uint32, len(d.keys)), heads: make(map[head]uint32), orders: make(map[string]uint32),
		templates: make(map[templateKey]uint32),
	}
	x.strings.reset()
	for i, s := range d.strings {
		x.strings.add(fold(hashString(s)), i)
	}
	for i, s := range d.keys {
		x.keys[d.strings[s]] = firstKey + uint32(i)
	}
	x.listIndex.reset()
	for i := range d.lists {
		x.lists = append(x.lists, list{start: uint32(len(x.listKeys)), n: uint32(len(d.lists[i].keys))})
		for _, k := range d.lists[i].keys {
			x.listKeys = append(x.listKeys, listKey{name: k.text, key: k.key, typ: k.typ})
		}
		x.listIndex.add(fold(hashList(x.list(uint32(i)))), i)
	}
	for i, h := range d.heads {
		x.heads[h] = uint32(i)
	}
	for i, o := range d.orders {
		x.orders[string(appendOrder(nil, o))] = uint32(i)
	}
	for class := range d.rows {
		x.rows[class].reset()
		for i := range d.rows[class] {
			x.rows[class].add(d.hashRow(&d.rows[class][i]), i)
		}
	}
	for class := range d.templates {
		for i, t := range d.templates[class] {
			x.templates[templateKey{byte(class), t.list, t.head, t.name}] = uint32(i)
		}
	}
	return x
}

func (x *dictionaryIndex) list(id uint32) []listKey {
	l := x.lists[id]
	return x.listKeys[l.start : l.start+l.n]
}

// find returns the number of a string, or -1.
func (d *Dictionary) find(x *dictionaryIndex, text string, tag uint32) int {
	for i := x.strings.first(tag); x.strings.slots[i].pos != 0; i = x.strings.next(i) {
		if s := x.strings.slots[i]; s.tag == tag && d.strings[s.pos-1] == text {
			return int(s.pos - 1)
		}
	}
	return -1
}

// hashRow is the hash that an encoder computes over the entries of an equal row.
func (d *Dictionary) hashRow(r *knownRow) uint32 {
	h := uint64(0)
	for i, k := range d.lists[r.list].keys {
		if isText(k.typ) {
			h = mixValue(h, d.strings[r.values[i]], 0)
		} else {
			h = mixValue(h, "", r.values[i])
		}
	}
	return fold(h)
}

// sameRow reports whether the row has these values; the list is known to be the same.
func (d *Dictionary) sameRow(r *knownRow, entries []entry) bool {
	for i, k := range d.lists[r.list].keys {
		if isText(k.typ) && d.strings[r.values[i]] != entries[i].text || !isText(k.typ) && r.values[i] != entries[i].num {
			return false
		}
	}
	return true
}

func mixValue(h uint64, text string, num uint64) uint64 {
	if text != "" {
		num = hashString(text)
	}
	return mix(h^num, uint64(len(text))+1)
}

// appendOrder appends the wire form of an order.
func appendOrder(dst []byte, order []uint16) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(order)))
	for _, o := range order {
		dst = binary.AppendUvarint(dst, uint64(o))
	}
	return dst
}

func newDictionary(base *Dictionary) *Dictionary {
	d := new(Dictionary)
	*d = *base
	d.index = sync.OnceValue(func() *dictionaryIndex { return newDictionaryIndex(d) })
	return d
}

// String is the ID in hexadecimal digits.
func (id DictionaryID) String() string { return string(appendHex(nil, id[:])) }
