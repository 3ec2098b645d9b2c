package tracezip

import (
	"cmp"
	"encoding/binary"
	"maps"
	"slices"
	"strings"
)

// Trainer makes dictionaries from samples of frames: what has been in several of them is likely to be in the next ones. It is
// not for concurrent use.
type Trainer struct {
	maxBytes int // of a dictionary
	memory   int // for what is remembered
	bytes    int // of what is remembered, about
	shapes   map[string]*trainedShape
	rows     [2]map[string]*trainedRow
}

type trainedShape struct {
	sampleShape
	id     string
	seen   int // in so many samples
	values []map[sampleValue]int
}

type trainedRow struct {
	sampleRow
	id   string
	seen int
}

const (
	// minSeen is in how many samples something must have been to go into a dictionary. Resources are an exception: they
	// are few, large, and stay.
	minSeen = 2
	// maxExtensions is after how many segments a dictionary is made anew: a reader of the whole chain pays for what there is so far
	// with every segment.
	maxExtensions = 12
	// trainerFactor times the size of a dictionary is what a Trainer remembers at most.
	trainerFactor = 8
)

// What a Trainer counts for the things it remembers, places in maps included, beside their texts.
const (
	costTrainedRow    = 128
	costTrainedShape  = 176
	costTrainedEntry  = 24 // of a list, and of the values of a row
	costTrainedColumn = 8
	costTrainedValues = 320 // of a column, when there are any
	costTrainedValue  = 64
)

// memory is about what a row takes. Its texts are in its id too.
func (r *trainedRow) memory() int {
	return costTrainedRow + 2*len(r.id) + costTrainedEntry*(len(r.list)+len(r.values))
}

// memory is about what a shape takes without the values of its columns.
func (s *trainedShape) memory() int {
	return costTrainedShape + 2*len(s.id) + (costTrainedEntry+costTrainedColumn)*len(s.list)
}

// NewTrainer returns a Trainer whose dictionaries take up to maxBytes of memory each. It takes some multiple of that itself.
func NewTrainer(maxBytes int) *Trainer {
	t := &Trainer{maxBytes: maxBytes, memory: trainerFactor * maxBytes}
	t.forget()
	return t
}

// Limit makes the dictionaries built from now on take up to maxBytes. What is remembered stays.
func (t *Trainer) Limit(maxBytes int) { t.maxBytes = maxBytes }

func (t *Trainer) forget() {
	t.bytes = 0
	t.shapes = make(map[string]*trainedShape)
	for class := range t.rows {
		t.rows[class] = make(map[string]*trainedRow)
	}
}

// Observe learns from a frame that its peer has acknowledged. The sample belongs to the Trainer from then on.
func (t *Trainer) Observe(s *Sample) {
	for class := range s.rows {
		for _, r := range s.rows[class] {
			t.observeRow(class, r)
		}
	}
	for i := range s.shapes {
		t.observeShape(&s.shapes[i])
	}
}

// room reports whether something of a size may still be remembered.
func (t *Trainer) room(size int) bool {
	if t.bytes+size > t.memory {
		return false
	}
	t.bytes += size
	return true
}

func (t *Trainer) observeRow(class int, r sampleRow) {
	id := rowID(r)
	known := t.rows[class][id]
	if known == nil {
		known = &trainedRow{sampleRow: r, id: id}
		if !t.room(known.memory()) {
			return
		}
		t.rows[class][id] = known
	}
	known.seen++
}

func (t *Trainer) observeShape(s *sampleShape) {
	id := shapeID(s)
	known := t.shapes[id]
	if known == nil {
		known = &trainedShape{sampleShape: *s, id: id, values: make([]map[sampleValue]int, len(s.list))}
		known.sampleShape.values = nil
		if !t.room(known.memory()) {
			return
		}
		t.shapes[id] = known
	}
	known.seen++
	for i, values := range s.values {
		if len(values) > 0 && known.values[i] == nil {
			if !t.room(costTrainedValues) {
				continue
			}
			known.values[i] = make(map[sampleValue]int)
		}
		for _, v := range values {
			if _, ok := known.values[i][v]; ok || t.room(costTrainedValue+len(v.text)) {
				known.values[i][v]++
			}
		}
	}
}

func appendList(b []byte, list []listKey) []byte {
	b = binary.AppendUvarint(b, uint64(len(list)))
	for _, k := range list {
		b = appendString(append(b, byte(k.key), k.typ), k.name)
	}
	return b
}

func rowID(r sampleRow) string {
	b := appendList(nil, r.list)
	for _, v := range r.values {
		b = binary.LittleEndian.AppendUint64(appendString(b, v.text), v.num)
	}
	return string(b)
}

func shapeID(s *sampleShape) string {
	b := append([]byte(nil), s.class, byte(boolNumber(s.named)))
	b = binary.LittleEndian.AppendUint32(b, uint32(s.head.kind))
	b = binary.LittleEndian.AppendUint32(b, uint32(s.head.status))
	b = binary.LittleEndian.AppendUint32(b, s.head.flags)
	return string(appendList(appendString(b, s.name), s.list))
}

// Build returns a dictionary made from what was observed: an extension of current if there is one and it has room, else a
// new one. It returns nil when there is nothing to add. What was observed then counts half: what is not seen again will go.
func (t *Trainer) Build(current *Dictionary) *Dictionary {
	defer t.age()
	if current != nil && len(current.segments) < maxExtensions {
		if d := t.build(current, t.maxBytes); d != nil || t.addsNothing(current) {
			return d
		}
	}
	for size := t.maxBytes; size >= t.maxBytes/4; size /= 2 {
		if d := t.build(staticDictionary(), size); d != nil {
			return d
		}
	}
	return nil
}

// addsNothing reports whether there is nothing to add to a dictionary, however much room it had.
func (t *Trainer) addsNothing(current *Dictionary) bool {
	w := newSegmentWriter(current, 1<<30)
	w.fill(t)
	return w.empty()
}

// build returns base with one more segment, or nil when there is nothing for it or it takes more than size.
func (t *Trainer) build(base *Dictionary, size int) *Dictionary {
	room := size - base.memory
	for content := room; ; {
		d := t.extend(base, content)
		if d == nil || d.memory <= size {
			return d
		}
		// There is no room for the segment's stored form. Without as much of everything as it takes too much, there is.
		used, stored := d.memory-base.memory, len(d.segments[len(d.segments)-1].stored)
		content = min((used-stored)*room/used, content-content/16)
	}
}

// extend returns base with one more segment. It takes no more than size, and its stored form beside that.
func (t *Trainer) extend(base *Dictionary, size int) *Dictionary {
	w := newSegmentWriter(base, size)
	w.fill(t)
	if w.empty() {
		return nil
	}
	raw := w.bytes()
	d, err := base.extend(raw, &budget{left: size})
	if err != nil {
		return nil // too large
	}
	stored, err := compressSegment(raw)
	if err != nil {
		return nil
	}
	d.segments = append(slices.Clip(base.segments), segment{id: d.id, size: len(raw), stored: stored})
	d.memory += len(stored)
	return d
}

// age halves all counts and forgets what has none left.
func (t *Trainer) age() {
	t.bytes = 0
	for class := range t.rows {
		maps.DeleteFunc(t.rows[class], func(_ string, r *trainedRow) bool {
			r.seen /= 2
			return r.seen == 0 || !t.room(r.memory())
		})
	}
	maps.DeleteFunc(t.shapes, func(_ string, s *trainedShape) bool {
		if s.seen /= 2; s.seen == 0 || !t.room(s.memory()) {
			return true
		}
		for i, values := range s.values {
			s.values[i] = t.ageValues(values)
		}
		return false
	})
}

// ageValues returns nil when nothing is left.
func (t *Trainer) ageValues(values map[sampleValue]int) map[sampleValue]int {
	if values == nil || !t.room(costTrainedValues) {
		return nil
	}
	maps.DeleteFunc(values, func(v sampleValue, seen int) bool {
		values[v] = seen / 2
		return seen/2 == 0 || !t.room(costTrainedValue+len(v.text))
	})
	if len(values) == 0 {
		t.bytes -= costTrainedValues
		return nil
	}
	return values
}

// byUse sorts what has been seen most to the front, and otherwise by name, so that equal samples make equal dictionaries.
func byUse[T any](m map[string]T, use func(T) int) []T {
	ids := slices.Collect(maps.Keys(m))
	slices.SortFunc(ids, func(a, b string) int {
		return cmp.Or(cmp.Compare(use(m[b]), use(m[a])), strings.Compare(a, b))
	})
	sorted := make([]T, len(ids))
	for i, id := range ids {
		sorted[i] = m[id]
	}
	return sorted
}

// frequent returns the values that a dictionary should know, the most frequent ones first.
func (s *trainedShape) frequent(column int) []sampleValue {
	m := s.values[column]
	var values []sampleValue
	for v, seen := range m {
		if seen >= minSeen {
			values = append(values, v)
		}
	}
	slices.SortFunc(values, func(a, b sampleValue) int {
		return cmp.Or(cmp.Compare(m[b], m[a]), strings.Compare(a.text, b.text), cmp.Compare(a.num, b.num))
	})
	return values[:min(len(values), maxKnown)]
}
