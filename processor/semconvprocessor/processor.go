package semconvprocessor

import (
	"context"
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pprofile"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/otelcol-plus/otelcol-plus/internal/semconv"
	"github.com/otelcol-plus/otelcol-plus/internal/semconv/walk"
	"github.com/otelcol-plus/otelcol-plus/processor/semconvprocessor/internal/metadata"
)

// semconvProcessor walks telemetry and puts it right with a worker of the convention engine.
type semconvProcessor struct {
	registry  *semconv.Registry
	walkers   sync.Pool // of *walk.Walker: one batch uses one
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
		registry: registry, telemetry: telemetry,
		findingLabels: make([]atomic.Pointer[metric.MeasurementOption], registry.NumKeys()),
	}
	for op := range p.opLabels {
		p.opLabels[op] = metric.WithAttributeSet(attribute.NewSet(attribute.String("op", semconv.Op(op).String())))
	}
	opts := semconv.Options{Observe: cfg.Mode == ModeObserve, KeepDeprecated: cfg.KeepDeprecated}
	p.walkers.New = func() any { return walk.New(registry.NewWorker(opts), walk.Hooks{}) }
	return p, nil
}

func (p *semconvProcessor) shutdown(context.Context) error {
	p.telemetry.Shutdown()
	return nil
}

func (p *semconvProcessor) walker() *walk.Walker { return p.walkers.Get().(*walk.Walker) }

// finish records what the batch's worker counted and returns the walker.
func (p *semconvProcessor) finish(ctx context.Context, w *walk.Walker) {
	w.Worker().Drain(
		func(key int, n int64) { p.telemetry.SemconvFindings.Add(ctx, n, p.labels(key)) },
		func(op semconv.Op, n int64) { p.telemetry.SemconvNormalised.Add(ctx, n, p.opLabels[op]) },
	)
	p.walkers.Put(w)
}

func (p *semconvProcessor) labels(key int) metric.MeasurementOption {
	if made := p.findingLabels[key].Load(); made != nil {
		return *made
	}
	k := p.registry.Key(key)
	made := metric.MeasurementOption(metric.WithAttributeSet(attribute.NewSet(
		attribute.String("rule", k.Rule.String()), attribute.String("level", k.Level.String()),
		attribute.String("signal", k.Signal.String()), attribute.String("area", k.Area),
	)))
	p.findingLabels[key].Store(&made)
	return made
}

func (p *semconvProcessor) processTraces(ctx context.Context, td ptrace.Traces) (ptrace.Traces, error) {
	w := p.walker()
	defer p.finish(ctx, w)
	w.Traces(td)
	return td, nil
}

func (p *semconvProcessor) processMetrics(ctx context.Context, md pmetric.Metrics) (pmetric.Metrics, error) {
	w := p.walker()
	defer p.finish(ctx, w)
	w.Metrics(md)
	return md, nil
}

func (p *semconvProcessor) processLogs(ctx context.Context, ld plog.Logs) (plog.Logs, error) {
	w := p.walker()
	defer p.finish(ctx, w)
	w.Logs(ld)
	return ld, nil
}

func (p *semconvProcessor) processProfiles(ctx context.Context, pd pprofile.Profiles) (pprofile.Profiles, error) {
	w := p.walker()
	defer p.finish(ctx, w)
	w.Profiles(pd)
	return pd, nil
}
