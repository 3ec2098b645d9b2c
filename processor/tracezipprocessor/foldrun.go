package tracezipprocessor

import (
	"bytes"
	"encoding/binary"
	"slices"

	"github.com/zeebo/xxh3"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// The fold of a run is a span of the same trace, parent, name, kind and status, from the first start to the last end, with
// the attributes that had the same value in all spans it stands for, and these. Durations are in nanoseconds.
const (
	foldCount      = foldPrefix + "count"
	foldMin        = foldPrefix + "duration.min"
	foldMax        = foldPrefix + "duration.max"
	foldSum        = foldPrefix + "duration.sum"
	foldBounds     = foldPrefix + "duration.bounds" // upper bounds, inclusive
	foldCounts     = foldPrefix + "duration.counts" // one more than bounds
	foldDropped    = foldPrefix + "keys_dropped"    // attributes whose values differed; absent when there are none
	foldAttributes = 7
)

// histogramBounds are those of every fold: 1, 2 and 5 from 10 µs to 10 s.
var histogramBounds = []int64{
	10e3, 20e3, 50e3, 100e3, 200e3, 500e3, 1e6, 2e6, 5e6, 10e6, 20e6, 50e6, 100e6, 200e6, 500e6, 1e9, 2e9, 5e9, 10e9,
}

// summary is what a fold says of the spans it stands for.
type summary struct {
	start, end    pcommon.Timestamp
	min, max, sum int64
	counts        []int64
	ids           []byte // trace id, then every span id: what the id of the fold is made of

	values  encoder // the attribute values of the span whose place the fold takes, one after the other
	ends    []int   // where each value ends
	differs []bool  // the value is another one in some span
	other   encoder
}

// replace turns the earliest row among the middle spans of a run into their fold and marks the others for removal.
func (f *folder) replace(spans ptrace.SpanSlice, middle []candidate) {
	place := middle[0].row
	for _, c := range middle {
		f.gone[c.row] = true
		place = min(place, c.row)
	}
	f.gone[place] = false
	fold := spans.At(int(place))
	s := &f.summary
	s.begin(fold)
	for _, c := range middle {
		s.add(spans.At(int(c.row)), c.row == place)
	}
	s.write(fold, len(middle))
}

func (s *summary) begin(fold ptrace.Span) {
	s.start, s.end = fold.StartTimestamp(), fold.EndTimestamp()
	s.min, s.max, s.sum = maxFoldDuration, 0, 0
	s.counts = append(s.counts[:0], make([]int64, len(histogramBounds)+1)...)
	traceID := fold.TraceID()
	s.ids = append(s.ids[:0], traceID[:]...)
	s.values.reset()
	s.ends, s.differs = s.ends[:0], s.differs[:0]
	for _, v := range fold.Attributes().All() {
		s.values.deep = false
		s.values.value(v, 0)
		s.ends = append(s.ends, len(s.values.buf))
		s.differs = append(s.differs, s.values.deep) // nested too deep to compare
	}
}

// add takes one span in. The span that begin has seen has its own attributes.
func (s *summary) add(span ptrace.Span, own bool) {
	start, end := span.StartTimestamp(), span.EndTimestamp()
	s.start, s.end = min(s.start, start), max(s.end, end)
	duration := int64(end - start)
	s.min, s.max = min(s.min, duration), max(s.max, duration)
	s.sum += duration
	bucket, _ := slices.BinarySearch(histogramBounds, duration)
	s.counts[bucket]++
	id := span.SpanID()
	s.ids = append(s.ids, id[:]...)
	if !own {
		s.compare(span.Attributes())
	}
}

func (s *summary) compare(attrs pcommon.Map) {
	i, from := 0, 0
	for _, v := range attrs.All() {
		to := s.ends[i]
		if !s.differs[i] {
			s.other.reset()
			s.other.value(v, 0)
			s.differs[i] = s.other.deep || !bytes.Equal(s.other.buf, s.values.buf[from:to])
		}
		i, from = i+1, to
	}
}

// write makes the span what the summary says.
func (s *summary) write(fold ptrace.Span, count int) {
	var id pcommon.SpanID
	binary.BigEndian.PutUint64(id[:], xxh3.Hash(s.ids)|1) // all zeros would be invalid
	fold.SetSpanID(id)
	fold.SetStartTimestamp(s.start)
	fold.SetEndTimestamp(s.end)
	attrs := fold.Attributes()
	dropped := pcommon.NewSlice()
	i := -1
	attrs.RemoveIf(func(key string, _ pcommon.Value) bool {
		i++
		if s.differs[i] {
			dropped.AppendEmpty().SetStr(key)
		}
		return s.differs[i]
	})
	attrs.EnsureCapacity(attrs.Len() + foldAttributes)
	attrs.PutInt(foldCount, int64(count))
	attrs.PutInt(foldMin, s.min)
	attrs.PutInt(foldMax, s.max)
	attrs.PutInt(foldSum, s.sum)
	putInts(attrs.PutEmptySlice(foldBounds), histogramBounds)
	putInts(attrs.PutEmptySlice(foldCounts), s.counts)
	if dropped.Len() > 0 {
		dropped.MoveAndAppendTo(attrs.PutEmptySlice(foldDropped))
	}
}

func putInts(s pcommon.Slice, values []int64) {
	s.EnsureCapacity(len(values))
	for _, v := range values {
		s.AppendEmpty().SetInt(v)
	}
}
