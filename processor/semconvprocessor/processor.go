package semconvprocessor

import (
	"context"
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pprofile"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"

	"github.com/otelcol-plus/otelcol-plus/internal/semconv"
	"github.com/otelcol-plus/otelcol-plus/processor/semconvprocessor/internal/metadata"
)

// semconvProcessor walks telemetry and puts it right with a worker of the convention engine.
type semconvProcessor struct {
	cfg       *Config
	logger    *zap.Logger
	registry  *semconv.Registry
	options   semconv.Options
	rulesets  *rulesets
	actions   [semconv.NumRules]Action
	batches   sync.Pool // of *batch: one request uses one
	table     *table
	telemetry *metadata.TelemetryBuilder
	// findingLabels caches the labels of each kind of finding, made when it first occurs.
	findingLabels []atomic.Pointer[metric.MeasurementOption]
	opLabels      [semconv.NumOps]metric.MeasurementOption

	background sync.WaitGroup
	stop       chan struct{}
	stopOnce   sync.Once
}

func newProcessor(set processor.Settings, cfg *Config) (*semconvProcessor, error) {
	registry, err := semconv.Load(cfg.Registries...)
	if err != nil {
		return nil, err
	}
	telemetry, err := metadata.NewTelemetryBuilder(set.TelemetrySettings)
	if err != nil {
		return nil, err
	}
	p := &semconvProcessor{
		cfg: cfg, logger: set.Logger, registry: registry, telemetry: telemetry, rulesets: newRulesets(registry, cfg), actions: actionsOf(cfg),
		table: newTable(cfg.Report.Top), findingLabels: make([]atomic.Pointer[metric.MeasurementOption], registry.NumKeys()), stop: make(chan struct{}),
		options: semconv.Options{
			Observe: cfg.Mode == ModeObserve, KeepDeprecated: cfg.KeepDeprecated, Derive: cfg.Derive, Redact: cfg.Redact,
			NoCoercion: cfg.Coerce == CoerceOff, DropObsolete: cfg.DropObsolete, SanitizeQuery: cfg.SanitizeQuery,
			MaxValueBytes: cfg.MaxValueBytes, RedactQueryKeys: cfg.RedactQueryKeys,
		},
	}
	for op := range p.opLabels {
		p.opLabels[op] = metric.WithAttributeSet(attribute.NewSet(attribute.String("op", semconv.Op(op).String())))
	}
	p.batches.New = func() any { return p.newBatch() }
	return p, telemetry.RegisterSemconvScoreCallback(p.observeScores)
}

func (p *semconvProcessor) observeScores(_ context.Context, o metric.Float64Observer) error {
	p.table.readScores(func(service string, score float64) {
		o.Observe(score, metric.WithAttributeSet(attribute.NewSet(attribute.String("service", service))))
	})
	return nil
}

func (p *semconvProcessor) start(context.Context, component.Host) error {
	if p.cfg.Report.Interval > 0 {
		p.background.Go(p.reports)
	}
	return nil
}

func (p *semconvProcessor) shutdown(context.Context) error {
	p.stopOnce.Do(func() { close(p.stop) })
	p.background.Wait()
	p.telemetry.Shutdown()
	return nil
}

func (p *semconvProcessor) batch() *batch { return p.batches.Get().(*batch) }

// finish records what a request had and returns its batch.
func (p *semconvProcessor) finish(ctx context.Context, b *batch) {
	b.walker.Worker().Drain(
		func(key int, n int64) { p.telemetry.SemconvFindings.Add(ctx, n, p.labels(key)) },
		func(op semconv.Op, n int64) { p.telemetry.SemconvNormalised.Add(ctx, n, p.opLabels[op]) },
	)
	for done, n := range b.enforced {
		p.telemetry.SemconvEnforced.Add(ctx, n, metric.WithAttributeSet(attribute.NewSet(
			attribute.String("action", string(done.action)), attribute.String("rule", done.rule.String()), attribute.Bool("dry_run", p.cfg.Enforce.DryRun),
		)))
	}
	p.table.add(b)
	b.reset()
	p.batches.Put(b)
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
	b := p.batch()
	defer p.finish(ctx, b)
	b.walker.Traces(td)
	return td, nil
}

func (p *semconvProcessor) processMetrics(ctx context.Context, md pmetric.Metrics) (pmetric.Metrics, error) {
	b := p.batch()
	defer p.finish(ctx, b)
	b.walker.Metrics(md)
	return md, nil
}

func (p *semconvProcessor) processLogs(ctx context.Context, ld plog.Logs) (plog.Logs, error) {
	b := p.batch()
	defer p.finish(ctx, b)
	b.walker.Logs(ld)
	return ld, nil
}

func (p *semconvProcessor) processProfiles(ctx context.Context, pd pprofile.Profiles) (pprofile.Profiles, error) {
	b := p.batch()
	defer p.finish(ctx, b)
	b.walker.Profiles(pd)
	return pd, nil
}
