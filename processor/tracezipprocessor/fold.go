package tracezipprocessor

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// folder finds runs of equal-shape leaf siblings in a batch and replaces the middle of each by one span with statistics
// (foldrun.go). A loop that does 1,000 queries becomes its first query, its last, and "998 more like them, 2.1 s together".
//
// A run is made of the spans of one scope block that have the same trace, parent, name, kind, status, flags, trace state and
// attribute keys with types, in order of their start. Siblings of another shape may have come between them.
//
// Never part of a run, as they would be missed:
//   - what failed, or has events (exceptions among them), links, or counts of dropped items,
//   - what a span of the batch has as its parent, or a link of the batch points to,
//   - roots, and spans without ids,
//   - CLIENT and PRODUCER spans other than database calls: their children are in another process, and so in another batch,
//   - spans that end before they start,
//   - what is a fold already.
//
// Two passes: refer counts children by parent, which ends most batches there; fold then looks at the children of busy parents.
type folder struct {
	references map[uint64]reference // by span id; ids of several traces together, which at worst spares a span
	busiest    int32                // children of the parent that has most

	shape      encoder
	runs       map[digest]int32 // number of the run, by shape
	counts     []int32          // spans of every run
	candidates []candidate
	gone       []bool // rows to take out
	summary    summary
}

type reference struct {
	children int32
	linked   bool
}

// candidate is a span that belongs to a run if enough others do.
type candidate struct {
	run, row int32
	start    pcommon.Timestamp
}

const (
	foldPrefix = "tracezip.fold."

	// maxFoldDuration keeps the sum of a run far from overflow: 39 hours each.
	maxFoldDuration = 1 << 47
)

func newFolder() *folder {
	return &folder{references: map[uint64]reference{}, runs: map[digest]int32{}}
}

// keepable tells whether what one batch has made of the folder is small enough to be kept.
func (f *folder) keepable() bool {
	return len(f.references) <= maxKeptSpans && cap(f.candidates) <= maxKeptSpans && cap(f.gone) <= maxKeptSpans &&
		max(cap(f.shape.buf), cap(f.summary.values.buf), cap(f.summary.other.buf), cap(f.summary.ids)) <= maxKeptBytes
}

// refer notes which spans others refer to.
func (f *folder) refer(td ptrace.Traces) {
	clear(f.references)
	f.busiest = 0
	for _, rs := range td.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			for _, span := range ss.Spans().All() {
				f.referTo(span)
			}
		}
	}
}

func (f *folder) referTo(span ptrace.Span) {
	if parent := word(span.ParentSpanID()); parent != 0 {
		r := f.references[parent]
		r.children++
		f.references[parent] = r
		f.busiest = max(f.busiest, r.children)
	}
	for _, link := range span.Links().All() {
		r := f.references[word(link.SpanID())]
		r.linked = true
		f.references[word(link.SpanID())] = r
	}
}

func word(id pcommon.SpanID) uint64 { return binary.LittleEndian.Uint64(id[:]) }

// fold replaces the runs of at least minRun spans, and returns how many those were and how many spans went into the folds.
// refer must have seen the batch, or more.
func (f *folder) fold(td ptrace.Traces, minRun int, h hasher) (runs, folded int) {
	if int(f.busiest) < minRun {
		return 0, 0
	}
	for _, rs := range td.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			r, n := f.foldScope(ss.Spans(), minRun, h)
			runs, folded = runs+r, folded+n
		}
	}
	return runs, folded
}

func (f *folder) foldScope(spans ptrace.SpanSlice, minRun int, h hasher) (runs, folded int) {
	f.findCandidates(spans, minRun, h)
	if !slices.ContainsFunc(f.counts, func(n int32) bool { return int(n) >= minRun }) {
		return 0, 0
	}
	slices.SortFunc(f.candidates, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.run, b.run), cmp.Compare(a.start, b.start), cmp.Compare(a.row, b.row))
	})
	f.gone = append(f.gone[:0], make([]bool, spans.Len())...)
	for rest := f.candidates; len(rest) > 0; {
		n := int(f.counts[rest[0].run])
		if n >= minRun {
			f.replace(spans, rest[1:n-1])
			runs, folded = runs+1, folded+n-2
		}
		rest = rest[n:]
	}
	row := -1
	spans.RemoveIf(func(ptrace.Span) bool { row++; return f.gone[row] })
	return runs, folded
}

// findCandidates sorts the leaves of busy parents into runs.
func (f *folder) findCandidates(spans ptrace.SpanSlice, minRun int, h hasher) {
	clear(f.runs)
	f.counts, f.candidates = f.counts[:0], f.candidates[:0]
	for row, span := range spans.All() {
		if int(f.references[word(span.ParentSpanID())].children) < minRun || !f.foldable(span) {
			continue
		}
		key := h.sum(f.shape.buf)
		run, ok := f.runs[key]
		if !ok {
			run = int32(len(f.counts))
			f.runs[key] = run
			f.counts = append(f.counts, 0)
		}
		f.counts[run]++
		f.candidates = append(f.candidates, candidate{run: run, row: int32(row), start: span.StartTimestamp()})
	}
}

// foldable reports whether a span may be part of a run; its shape is then in f.shape.
func (f *folder) foldable(span ptrace.Span) bool {
	traceID, spanID, parentID := span.TraceID(), span.SpanID(), span.ParentSpanID()
	status := span.Status()
	start, end := span.StartTimestamp(), span.EndTimestamp()
	switch {
	case traceID.IsEmpty() || spanID.IsEmpty() || parentID.IsEmpty(),
		status.Code() != ptrace.StatusCodeUnset && status.Code() != ptrace.StatusCodeOk,
		span.Events().Len() > 0 || span.Links().Len() > 0,
		span.DroppedAttributesCount() > 0 || span.DroppedEventsCount() > 0 || span.DroppedLinksCount() > 0,
		end < start || end-start > maxFoldDuration,
		f.references[word(spanID)] != reference{}:
		return false
	}
	e := &f.shape
	e.reset()
	e.buf = append(e.buf, traceID[:]...)
	e.buf = append(e.buf, parentID[:]...)
	e.uint32(uint32(span.Kind()))
	e.uint32(uint32(status.Code()))
	e.uint32(span.Flags())
	e.string(span.Name())
	e.string(span.TraceState().AsRaw())
	e.string(status.Message())
	database := false
	for k, v := range span.Attributes().All() {
		if strings.HasPrefix(k, foldPrefix) {
			return false
		}
		database = database || k == "db.system.name" || k == "db.system"
		e.string(k)
		e.buf = append(e.buf, byte(v.Type()))
	}
	kind := span.Kind()
	return database || kind != ptrace.SpanKindClient && kind != ptrace.SpanKindProducer
}
