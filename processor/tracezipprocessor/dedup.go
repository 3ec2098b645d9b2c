package tracezipprocessor

import (
	"context"
	"encoding/binary"
	"math/rand/v2"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/otelcol-plus/otelcol-plus/internal/simd"
	"github.com/otelcol-plus/otelcol-plus/processor/tracezipprocessor/internal/metadata"
)

// dedup is the processor. It calls the next consumer itself, where others leave that to processorhelper, because a span
// counts as seen only once that call has succeeded.
type dedup struct {
	next      consumer.Traces
	window    *window
	scratch   *scratchPool
	seed      simd.Seed
	hasher    hasher
	minRun    int // of spans to be folded; 0 folds none
	telemetry *metadata.TelemetryBuilder
}

var (
	_ processor.Traces = (*dedup)(nil)

	expiredReason = metric.WithAttributeSet(attribute.NewSet(attribute.String("reason", "expired")))
	fullReason    = metric.WithAttributeSet(attribute.NewSet(attribute.String("reason", "full")))
)

func newDedup(set component.TelemetrySettings, cfg *Config, next consumer.Traces) (*dedup, error) {
	telemetry, err := metadata.NewTelemetryBuilder(set)
	if err != nil {
		return nil, err
	}
	d := &dedup{
		next:      next,
		window:    newWindow(cfg.MaxEntries, cfg.Window),
		scratch:   newScratchPool([2]uint64{rand.Uint64() | 1, rand.Uint64() | 1}),
		seed:      simd.NewSeed(),
		hasher:    newHasher(),
		telemetry: telemetry,
	}
	if fold := cfg.Fold.Get(); fold != nil {
		d.minRun = fold.MinRun
	}
	err = telemetry.RegisterProcessorTracezipWindowEntriesCallback(func(ctx context.Context, o metric.Int64Observer) error {
		entries, gone := d.window.size()
		d.countEvicted(ctx, gone)
		o.Observe(int64(entries))
		return nil
	})
	if err != nil {
		return nil, err
	}
	return d, nil
}

// Capabilities says that batches are changed in place.
func (*dedup) Capabilities() consumer.Capabilities { return consumer.Capabilities{MutatesData: true} }

func (*dedup) Start(context.Context, component.Host) error { return nil }

func (d *dedup) Shutdown(context.Context) error {
	d.telemetry.Shutdown()
	return nil
}

func (d *dedup) ConsumeTraces(ctx context.Context, td ptrace.Traces) error {
	spans := td.SpanCount()
	if spans == 0 {
		return d.next.ConsumeTraces(ctx, td)
	}
	t, kept := d.process(ctx, td, spans)
	if kept == 0 {
		return nil // every span has been delivered before
	}
	if err := d.next.ConsumeTraces(ctx, td); err != nil {
		d.window.remove(t)
		return err
	}
	d.window.settle(t)
	return nil
}

// process makes the batch smaller and returns how many of its spans still have to be delivered, in a fold or by themselves.
func (d *dedup) process(ctx context.Context, td ptrace.Traces, spans int) (ticket, int) {
	s := d.scratch.get(spans)
	defer d.scratch.put(s)
	resources, scopes := s.read(td, d.hasher)
	simd.HashIDs(s.ids, s.first, s.last, s.spanID, &d.seed)
	t, gone := d.window.admit(s.ids, s.contents, s.skip, s.verdicts)
	d.countEvicted(ctx, gone)
	dropped := d.countVerdicts(ctx, s.verdicts)
	if resources > 0 {
		d.telemetry.ProcessorTracezipResourcesMerged.Add(ctx, int64(resources))
	}
	if scopes > 0 {
		d.telemetry.ProcessorTracezipScopesMerged.Add(ctx, int64(scopes))
	}
	if dropped == spans {
		return t, 0
	}
	if d.minRun > 0 {
		s.fold.refer(td) // also from spans about to be dropped: they have been delivered
	}
	s.arrange(td, dropped > 0)
	if d.minRun > 0 {
		d.fold(ctx, s.fold, td)
	}
	return t, spans - dropped
}

func (d *dedup) fold(ctx context.Context, f *folder, td ptrace.Traces) {
	runs, folded := f.fold(td, d.minRun, d.hasher)
	if runs > 0 {
		d.telemetry.ProcessorTracezipFolds.Add(ctx, int64(runs))
		d.telemetry.ProcessorTracezipSpansFolded.Add(ctx, int64(folded))
	}
}

// read merges equal blocks and fills the columns, but for the hashes of the ids.
func (s *scratch) read(td ptrace.Traces, h hasher) (resources, scopes int) {
	resources = s.mergeResources(td, h)
	row := 0
	for i, rs := range td.ResourceSpans().All() {
		scopes += s.mergeScopes(rs, h)
		for j, ss := range rs.ScopeSpans().All() {
			row = s.readSpans(ss.Spans(), s.resources[i], s.scopes[j], h, row)
		}
	}
	return resources, scopes
}

func (s *scratch) readSpans(spans ptrace.SpanSlice, resource, scope blockInfo, h hasher, row int) int {
	for i := range spans.Len() {
		span := spans.At(i)
		traceID, spanID := span.TraceID(), span.SpanID()
		s.first[row] = binary.LittleEndian.Uint64(traceID[:8])
		s.last[row] = binary.LittleEndian.Uint64(traceID[8:])
		s.spanID[row] = binary.LittleEndian.Uint64(spanID[:])
		s.span.reset()
		s.span.span(span, resource.digest, scope.digest)
		s.contents[row] = h.sum(s.span.buf)
		// A span without ids could be a new one that looks the same; one nested too deep has not been read to the end.
		s.skip[row] = traceID.IsEmpty() || spanID.IsEmpty() || s.span.deep || resource.deep || scope.deep
		row++
	}
	return row
}

// arrange takes the dropped spans out, with the blocks they leave empty, and groups what is left by trace.
func (s *scratch) arrange(td ptrace.Traces, anyDropped bool) {
	row := 0
	td.ResourceSpans().RemoveIf(func(rs ptrace.ResourceSpans) bool {
		emptied := false
		rs.ScopeSpans().RemoveIf(func(ss ptrace.ScopeSpans) bool {
			spans := ss.Spans()
			n := spans.Len()
			from, to := row, row+n
			row = to
			if anyDropped {
				to = s.takeOut(spans, from, to)
			}
			s.group.group(spans, s.first[from:to], s.last[from:to])
			gone := n > 0 && spans.Len() == 0
			emptied = emptied || gone
			return gone
		})
		return emptied && rs.ScopeSpans().Len() == 0
	})
}

// takeOut removes the dropped spans of one scope, whose rows are given, and closes the gaps in the columns of the trace ids.
// It returns the end of the rows left.
func (s *scratch) takeOut(spans ptrace.SpanSlice, from, to int) int {
	kept, row := from, from
	spans.RemoveIf(func(ptrace.Span) bool {
		gone := s.verdicts[row] == drop
		if !gone {
			s.first[kept], s.last[kept] = s.first[row], s.last[row]
			kept++
		}
		row++
		return gone
	})
	return kept
}

func (d *dedup) countVerdicts(ctx context.Context, verdicts []verdict) int {
	var counts [drop + 1]int
	for _, v := range verdicts {
		counts[v]++
	}
	if n := counts[drop]; n > 0 {
		d.telemetry.ProcessorTracezipSpansDuplicate.Add(ctx, int64(n))
	}
	if n := counts[keepConflicting]; n > 0 {
		d.telemetry.ProcessorTracezipSpansConflicting.Add(ctx, int64(n))
	}
	return counts[drop]
}

func (d *dedup) countEvicted(ctx context.Context, gone evicted) {
	if gone.expired > 0 {
		d.telemetry.ProcessorTracezipWindowEvictions.Add(ctx, gone.expired, expiredReason)
	}
	if gone.full > 0 {
		d.telemetry.ProcessorTracezipWindowEvictions.Add(ctx, gone.full, fullReason)
	}
}
