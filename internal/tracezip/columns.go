package tracezip

// entry is one field of a row on its way into a column. pseudo is numPseudo for real attributes.
type entry struct {
	key    string
	text   string
	num    uint64
	pseudo byte
	typ    byte
}

// listKey is one entry of a list.
type listKey struct {
	name string
	key  uint32
	typ  byte
}

type list struct{ start, n uint32 }

// shape is a set of rows that differ in values only. name is part of it unless named is false.
type shape struct {
	name    string
	context uint32 // of spans, else 0
	head    uint32
	list    uint32
	columns uint32 // the first of its columns
	id      uint32 // within its class, for spans within its context
	known   int32  // number of its template, or -1
	class   byte
	named   bool
}

// column collects the values of one list entry of one shape. While all values are equal it only counts; from the
// second distinct value on every value's position among the column's distinct values goes to the log.
type column struct {
	lastText string
	lastNum  uint64
	last     uint32 // position of the last value
	rows     uint32
	distinct uint32
	first    int32 // the distinct values are a chain in columnSet.values
	tail     int32
	varies   uint32 // rows before the second distinct value
	logged   uint32 // where its part of the sorted log begins; set at the end
	shape    uint32
	entry    uint32 // in the list
	key      uint32
	typ      byte
}

// value is a distinct value of a column.
type value struct {
	text string
	num  uint64
	col  uint32
	pos  uint32
	next int32
}

type logEntry struct{ col, pos uint32 }

// columnSet holds the shapes, lists and columns of a frame while it is encoded. Keys and lists of the dictionary come first in
// the numbering; the tables here hold those of the frame.
type columnSet struct {
	dict      *Dictionary
	dx        *dictionaryIndex
	keys      []string
	keyIDs    map[string]uint32
	listKeys  []listKey
	lists     []list
	listIndex index
	shapes    []shape
	shapeIdx  index
	columns   []column
	values    []value
	valueIdx  index
	log       []logEntry
	perShape  [numClasses][]uint32 // shapes of a class in order of appearance
}

func (s *columnSet) use(dict *Dictionary) {
	s.dict, s.dx = dict, dict.index()
}

func (s *columnSet) reset() {
	s.dict, s.dx = nil, nil
	if s.keyIDs == nil || len(s.keyIDs) > maxKeptKeys {
		s.keyIDs = make(map[string]uint32)
	}
	clear(s.keyIDs)
	// Cleared, not only cut: these hold strings of the caller's data.
	s.keys = reuse(s.keys)
	s.listKeys = reuse(s.listKeys)
	s.shapes = reuse(s.shapes)
	s.columns = reuse(s.columns)
	s.values = reuse(s.values)
	s.lists, s.log = s.lists[:0], s.log[:0]
	s.listIndex.reset()
	s.shapeIdx.reset()
	s.valueIdx.reset()
	for i := range s.perShape {
		s.perShape[i] = s.perShape[i][:0]
	}
}

// maxKeptItems is how many elements of a table an Encoder keeps between frames.
const (
	maxKeptItems = 1 << 16
	maxKeptKeys  = 1 << 12
)

// reuse empties s, forgetting what it pointed to, and drops it when one unusual frame has blown it up.
func reuse[T any](s []T) []T {
	if cap(s) > maxKeptItems {
		return nil
	}
	clear(s)
	return s[:0]
}

// row finds or makes the shape of a row. When name is a column, entries[0] is that column; otherwise entries do not
// contain the name.
func (s *columnSet) row(class byte, context, head uint32, named bool, name string, entries []entry) (uint32, bool) {
	h := mix(uint64(context)<<32|uint64(head), uint64(class)<<1|boolNumber(named))
	if named {
		h ^= hashString(name)
	}
	tag := fold(hashEntries(h, entries))
	i := s.shapeIdx.first(tag)
	for ; ; i = s.shapeIdx.next(i) {
		sl := s.shapeIdx.slots[i]
		if sl.pos == 0 {
			break
		}
		if sl.tag != tag {
			continue
		}
		sh := &s.shapes[sl.pos-1]
		if sh.context == context && sh.head == head && sh.class == class && sh.named == named &&
			sh.name == name && s.sameList(sh.list, entries) {
			return sl.pos - 1, false
		}
	}
	s.shapeIdx.insert(i, tag, len(s.shapes))
	sh := shape{
		name: name, context: context, head: head, class: class, named: named,
		list: s.internList(entries), columns: uint32(len(s.columns)), known: -1,
	}
	if class >= classSpan {
		sh.known = s.findTemplate(&sh)
	}
	s.shapes = append(s.shapes, sh)
	id := uint32(len(s.shapes) - 1)
	s.perShape[class] = append(s.perShape[class], id)
	for i, k := range s.list(sh.list) {
		s.columns = append(s.columns, column{shape: id, entry: uint32(i), key: k.key, typ: k.typ, first: -1})
	}
	return id, true
}

// findTemplate returns the dictionary's template of a shape, or -1.
func (s *columnSet) findTemplate(sh *shape) int32 {
	if len(s.dict.templates[sh.class]) == 0 {
		return -1
	}
	key := templateKey{class: sh.class, list: sh.list, head: sh.head, name: -1}
	if sh.named {
		at := s.dict.find(s.dx, sh.name, fold(hashString(sh.name)))
		if at < 0 {
			return -1
		}
		key.name = int32(at)
	}
	if at, ok := s.dx.templates[key]; ok {
		return int32(at)
	}
	return -1
}

func hashEntries(h uint64, entries []entry) uint64 {
	for i := range entries {
		e := &entries[i]
		h = mixKey(h, e.key, e.pseudo, e.typ)
	}
	return h
}

// hashList is hashEntries(0, …) for the entries of a list.
func hashList(keys []listKey) uint64 {
	h := uint64(0)
	for i := range keys {
		k := &keys[i]
		h = mixKey(h, k.name, byte(min(k.key, numPseudo)), k.typ)
	}
	return h
}

func mixKey(h uint64, key string, pseudo, typ byte) uint64 {
	return mix(h^tail8(key), uint64(len(key))<<16|uint64(pseudo)<<8|uint64(typ))
}

func (s *columnSet) list(id uint32) []listKey {
	known := uint32(len(s.dx.lists))
	if id < known {
		return s.dx.list(id)
	}
	l := s.lists[id-known]
	return s.listKeys[l.start : l.start+l.n]
}

func (s *columnSet) sameList(id uint32, entries []entry) bool { return sameKeys(s.list(id), entries) }

func sameKeys(keys []listKey, entries []entry) bool {
	if len(keys) != len(entries) {
		return false
	}
	for i := range keys {
		k, e := &keys[i], &entries[i]
		if k.typ != e.typ || k.name != e.key || (e.pseudo < numPseudo || k.key < firstKey) && k.key != uint32(e.pseudo) {
			return false
		}
	}
	return true
}

func (s *columnSet) internList(entries []entry) uint32 {
	tag := fold(hashEntries(0, entries))
	for i := s.dx.listIndex.first(tag); s.dx.listIndex.slots[i].pos != 0; i = s.dx.listIndex.next(i) {
		if sl := s.dx.listIndex.slots[i]; sl.tag == tag && s.sameList(sl.pos-1, entries) {
			return sl.pos - 1
		}
	}
	known := uint32(len(s.dx.lists))
	i := s.listIndex.first(tag)
	for ; s.listIndex.slots[i].pos != 0; i = s.listIndex.next(i) {
		if sl := s.listIndex.slots[i]; sl.tag == tag && s.sameList(known+sl.pos-1, entries) {
			return known + sl.pos - 1
		}
	}
	s.listIndex.insert(i, tag, len(s.lists))
	s.lists = append(s.lists, list{start: uint32(len(s.listKeys)), n: uint32(len(entries))})
	for i := range entries {
		e := &entries[i]
		key := uint32(e.pseudo)
		if e.pseudo == numPseudo {
			key = s.keyID(e.key)
		}
		s.listKeys = append(s.listKeys, listKey{name: e.key, key: key, typ: e.typ})
	}
	return known + uint32(len(s.lists)-1)
}

func (s *columnSet) keyID(name string) uint32 {
	if id, ok := s.dx.keys[name]; ok {
		return id
	}
	id, ok := s.keyIDs[name]
	if !ok {
		id = firstKey + uint32(len(s.dict.keys)+len(s.keys))
		s.keyIDs[name] = id
		s.keys = append(s.keys, name)
	}
	return id
}

// push adds a value to a column. Most columns are constant and most others repeat the last value, so that is tried
// before the hash.
func (s *columnSet) push(col uint32, e *entry) {
	c := &s.columns[col]
	c.rows++
	switch {
	case e.typ == typeEmpty:
		return
	case c.distinct == 0:
		s.addValue(col, e)
		return
	case c.lastText == e.text && c.lastNum == e.num:
	default:
		s.switchValue(col, e)
	}
	if c.distinct > 1 {
		s.log = append(s.log, logEntry{col: col, pos: c.last})
	}
}

// switchValue makes e the column's last value.
func (s *columnSet) switchValue(col uint32, e *entry) {
	c := &s.columns[col]
	if c.distinct == 1 {
		c.varies = c.rows - 1
		// The first value was not indexed; constant columns never need it.
		v := &s.values[c.first]
		tag := valueTag(col, v.text, v.num)
		i := s.valueIdx.first(tag)
		for s.valueIdx.slots[i].pos != 0 {
			i = s.valueIdx.next(i)
		}
		s.valueIdx.insert(i, tag, int(c.first))
	}
	tag := valueTag(col, e.text, e.num)
	i := s.valueIdx.first(tag)
	for ; ; i = s.valueIdx.next(i) {
		sl := s.valueIdx.slots[i]
		if sl.pos == 0 {
			break
		}
		if sl.tag != tag {
			continue
		}
		if v := &s.values[sl.pos-1]; v.col == col && v.num == e.num && v.text == e.text {
			c.last, c.lastText, c.lastNum = v.pos, v.text, v.num
			return
		}
	}
	s.valueIdx.insert(i, tag, len(s.values))
	s.addValue(col, e)
}

func valueTag(col uint32, text string, num uint64) uint32 {
	if text == "" {
		return fold(mix(num, uint64(col)))
	}
	return fold(hashString(text) ^ uint64(col)*0x9e3779b97f4a7c15)
}

func (s *columnSet) addValue(col uint32, e *entry) {
	c := &s.columns[col]
	at := int32(len(s.values))
	s.values = append(s.values, value{text: e.text, num: e.num, col: col, pos: c.distinct, next: -1})
	if c.first < 0 {
		c.first = at
	} else {
		s.values[c.tail].next = at
	}
	c.tail, c.last, c.lastText, c.lastNum = at, c.distinct, e.text, e.num
	c.distinct++
}

// sortLog brings the log into column order, keeping the order within a column, and tells every column where its part
// begins.
func (s *columnSet) sortLog(sorted []uint32) []uint32 {
	sorted = grow(sorted, len(s.log))
	at := uint32(0)
	for i := range s.columns {
		c := &s.columns[i]
		c.logged = at
		if c.distinct > 1 {
			at += c.rows - c.varies
		}
	}
	for _, l := range s.log {
		c := &s.columns[l.col]
		sorted[c.logged] = l.pos
		c.logged++
	}
	for i := range s.columns {
		c := &s.columns[i]
		if c.distinct > 1 {
			c.logged -= c.rows - c.varies
		}
	}
	return sorted
}
