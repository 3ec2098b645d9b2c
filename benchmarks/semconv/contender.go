package main

import (
	"context"
	"fmt"

	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/schemaprocessor"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/transformprocessor"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/otelcol-plus/otelcol-plus/processor/semconvprocessor"
)

// contender is a processor as a collector would run it, with a consumer behind it that does nothing.
type contender struct {
	name       string
	statements int // of OTTL
	// knows says which name the contender gives to an attribute of an item as it came in, empty when it has no rename for it. It
	// is nil when there is nothing to compare.
	knows func(it item, name string) string

	component.Component
	traces  consumer.Traces
	metrics consumer.Metrics
	logs    consumer.Logs
}

// The names of the contenders.
const (
	ours        = "semconv"
	reading     = "reading alone"
	schema      = "schemaprocessor"
	ottlAll     = "OTTL, all"
	ottlShort   = "OTTL, short"
	ottlGuarded = "OTTL, short, guarded"
)

// contenders makes and starts all that can take part in a set. The first is ours, the last does nothing.
func contenders(ctx context.Context, r *registry, family string, set dataset) ([]*contender, error) {
	list := []entry{{name: ours, factory: semconvprocessor.NewFactory()}}
	list = append(list, entry{
		name: schema, factory: schemaprocessor.NewFactory(),
		config: map[string]any{"targets": []any{family + r.Release}},
		knows: func(it item, name string) string {
			if to := r.chain(name, it.version, set.signal, it.metric); to != name {
				return to
			}
			return ""
		},
	})
	all := r.ottlRenames(set.signal)
	list = append(list, transform(set.signal, ottlAll, all, ""))
	if some := those(all, set.old); len(some) > 0 {
		list = append(list, transform(set.signal, ottlShort, some, ""))
		if set.guard != "" {
			list = append(list, transform(set.signal, ottlGuarded, some, set.guard))
		}
	}
	var out []*contender
	for _, e := range list {
		c, err := e.start(ctx, set.signal)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.name, err)
		}
		out = append(out, c)
	}
	return append(out, newReader()), nil
}

// entry is a contender that was not made yet.
type entry struct {
	name       string
	statements int
	factory    processor.Factory
	config     map[string]any
	knows      func(it item, name string) string
}

func transform(s signal, name string, renames []rename, guard string) entry {
	return entry{
		name:       name,
		statements: 2 * len(renames),
		factory:    transformprocessor.NewFactory(),
		config:     transformConfig(s, renames, guard),
		knows: func(it item, name string) string {
			if guard != "" {
				if _, ok := it.attrs.Get(guard); !ok {
					return ""
				}
			}
			for _, r := range renames {
				if r.from == name && r.kind.fits(it) {
					return r.to
				}
			}
			return ""
		},
	}
}

// start makes the processor by its factory, with its own metrics collected as in a collector and its log discarded.
func (e entry) start(ctx context.Context, s signal) (*contender, error) {
	c := &contender{name: e.name, statements: e.statements, knows: e.knows}
	cfg := e.factory.CreateDefaultConfig()
	if err := confmap.NewFromStringMap(e.config).Unmarshal(cfg); err != nil {
		return nil, err
	}
	if v, ok := cfg.(interface{ Validate() error }); ok {
		if err := v.Validate(); err != nil {
			return nil, err
		}
	}
	settings := processor.Settings{ID: component.NewID(e.factory.Type()), TelemetrySettings: componenttest.NewNopTelemetrySettings()}
	settings.MeterProvider = sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewManualReader()))
	var err error
	mutates := consumer.WithCapabilities(consumer.Capabilities{MutatesData: true})
	switch s {
	case traces:
		next, _ := consumer.NewTraces(func(context.Context, ptrace.Traces) error { return nil }, mutates)
		var p processor.Traces
		p, err = e.factory.CreateTraces(ctx, settings, cfg, next)
		c.Component, c.traces = p, p
	case metrics:
		next, _ := consumer.NewMetrics(func(context.Context, pmetric.Metrics) error { return nil }, mutates)
		var p processor.Metrics
		p, err = e.factory.CreateMetrics(ctx, settings, cfg, next)
		c.Component, c.metrics = p, p
	default:
		next, _ := consumer.NewLogs(func(context.Context, plog.Logs) error { return nil }, mutates)
		var p processor.Logs
		p, err = e.factory.CreateLogs(ctx, settings, cfg, next)
		c.Component, c.logs = p, p
	}
	if err != nil {
		return nil, err
	}
	return c, c.Start(ctx, componenttest.NewNopHost())
}
