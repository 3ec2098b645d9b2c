package semconvprocessor

import (
	"context"
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pprofile"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/otelcol-plus/otelcol-plus/internal/semconv"
	"github.com/otelcol-plus/otelcol-plus/processor/semconvprocessor/internal/metadata"
)

// semconvProcessor walks telemetry and hands every attribute map to a worker of the convention engine.
type semconvProcessor struct {
	observe   bool
	registry  *semconv.Registry
	workers   sync.Pool // of *semconv.Worker: one batch uses one worker
	telemetry *metadata.TelemetryBuilder
	// findingLabels caches the labels of each kind of finding, made when it first occurs.
	findingLabels []atomic.Pointer[metric.MeasurementOption]
	opLabels      [semconv.NumOps]metric.MeasurementOption
}

func newProcessor(set processor.Settings, cfg *Config) (*semconvProcessor, error) {
	telemetry, err := metadata.NewTelemetryBuilder(set.TelemetrySettings)
	if err != nil {
		return nil, err
	}
	registry := semconv.Default()
	p := &semconvProcessor{
		observe: cfg.Mode == ModeObserve, registry: registry, telemetry: telemetry,
		findingLabels: make([]atomic.Pointer[metric.MeasurementOption], registry.NumKeys()),
	}
	for op := range p.opLabels {
		p.opLabels[op] = metric.WithAttributeSet(attribute.NewSet(attribute.String("op", semconv.Op(op).String())))
	}
	opts := semconv.Options{Observe: p.observe, KeepDeprecated: cfg.KeepDeprecated}
	p.workers.New = func() any { return registry.NewWorker(opts) }
	return p, nil
}

func (p *semconvProcessor) shutdown(context.Context) error {
	p.telemetry.Shutdown()
	return nil
}

func (p *semconvProcessor) worker() *semconv.Worker { return p.workers.Get().(*semconv.Worker) }

// finish records what the batch's worker counted and returns the worker.
func (p *semconvProcessor) finish(ctx context.Context, w *semconv.Worker) {
	w.Drain(
		func(key int, n int64) { p.telemetry.SemconvFindings.Add(ctx, n, p.labels(key)) },
		func(op semconv.Op, n int64) { p.telemetry.SemconvNormalised.Add(ctx, n, p.opLabels[op]) },
	)
	p.workers.Put(w)
}

func (p *semconvProcessor) labels(key int) metric.MeasurementOption {
	if made := p.findingLabels[key].Load(); made != nil {
		return *made
	}
	k := p.registry.Key(key)
	made := metric.MeasurementOption(metric.WithAttributeSet(attribute.NewSet(
		attribute.String("rule", k.Rule.String()), attribute.String("level", k.Rule.Level()),
		attribute.String("signal", k.Signal.String()), attribute.String("area", k.Area),
	)))
	p.findingLabels[key].Store(&made)
	return made
}

func (p *semconvProcessor) processTraces(ctx context.Context, td ptrace.Traces) (ptrace.Traces, error) {
	w := p.worker()
	defer p.finish(ctx, w)
	for _, rs := range td.ResourceSpans().All() {
		w.Resource(rs.Resource().Attributes())
		for _, ss := range rs.ScopeSpans().All() {
			w.Scope(ss.Scope().Attributes())
			for _, span := range ss.Spans().All() {
				processSpan(w, span)
			}
		}
	}
	return td, nil
}

func processSpan(w *semconv.Worker, span ptrace.Span) {
	w.Span(span.Attributes(), kindOf(span.Kind()))
	for _, event := range span.Events().All() {
		w.SpanEvent(event.Attributes(), event.Name())
	}
	for _, link := range span.Links().All() {
		w.SpanLink(link.Attributes())
	}
}

func kindOf(k ptrace.SpanKind) semconv.Kind {
	switch k {
	case ptrace.SpanKindServer:
		return semconv.KindServer
	case ptrace.SpanKindClient:
		return semconv.KindClient
	case ptrace.SpanKindProducer:
		return semconv.KindProducer
	case ptrace.SpanKindConsumer:
		return semconv.KindConsumer
	default:
		return semconv.KindOther
	}
}

func (p *semconvProcessor) processLogs(ctx context.Context, ld plog.Logs) (plog.Logs, error) {
	w := p.worker()
	defer p.finish(ctx, w)
	for _, rl := range ld.ResourceLogs().All() {
		w.Resource(rl.Resource().Attributes())
		for _, sl := range rl.ScopeLogs().All() {
			w.Scope(sl.Scope().Attributes())
			for _, record := range sl.LogRecords().All() {
				w.Log(record.Attributes())
			}
		}
	}
	return ld, nil
}

func (p *semconvProcessor) processProfiles(ctx context.Context, pd pprofile.Profiles) (pprofile.Profiles, error) {
	w := p.worker()
	defer p.finish(ctx, w)
	for _, rp := range pd.ResourceProfiles().All() {
		w.Resource(rp.Resource().Attributes())
		for _, sp := range rp.ScopeProfiles().All() {
			w.Scope(sp.Scope().Attributes())
		}
	}
	w.ProfileTables(pd)
	return pd, nil
}
