package otlpzipexporter

import (
	"context"
	"errors"
	"sync/atomic"

	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/otelcol-plus/otelcol-plus/exporter/otlpzipexporter/internal/metadata"
	"github.com/otelcol-plus/otelcol-plus/internal/otlpzip"
)

// telemetry records the exporter's own metrics for one signal.
type telemetry struct {
	builder  *metadata.TelemetryBuilder
	exporter attribute.KeyValue
	name     metric.MeasurementOption
	frame    metric.MeasurementOption // signal and format of what goes as a frame
	otlp     metric.MeasurementOption // signal and format of what goes as OTLP
	reason   map[string]metric.MeasurementOption
	sizer    ptrace.ProtoMarshaler
	reports  *reporter // nil when it never reports
}

func newTelemetry(set exporter.Settings, signal string, reports *reporter) (*telemetry, error) {
	builder, err := metadata.NewTelemetryBuilder(set.TelemetrySettings)
	if err != nil {
		return nil, err
	}
	name := attribute.String("exporter", set.ID.String())
	option := func(attrs ...attribute.KeyValue) metric.MeasurementOption {
		return metric.WithAttributeSet(attribute.NewSet(append(attrs, name)...))
	}
	t := &telemetry{
		builder:  builder,
		exporter: name,
		reports:  reports,
		name:     option(),
		frame:    option(attribute.String("signal", signal), attribute.String("format", "tracezip")),
		otlp:     option(attribute.String("signal", signal), attribute.String("format", "otlp")),
		reason:   map[string]metric.MeasurementOption{},
	}
	for _, reason := range fallbackReasons {
		t.reason[reason] = option(attribute.String("reason", reason))
	}
	if reports != nil {
		err := errors.Join(
			builder.RegisterExporterOtlpzipReportPartBytesPerSpanCallback(reports.parts),
			builder.RegisterExporterOtlpzipReportKeyBytesPerSpanCallback(reports.keys),
			builder.RegisterExporterOtlpzipReportZstdBytesPerSpanCallback(reports.zstd))
		if err != nil {
			builder.Shutdown()
			return nil, err
		}
	}
	return t, nil
}

// shutdown ends the callbacks of asynchronous metrics.
func (t *telemetry) shutdown() { t.builder.Shutdown() }

// sends is a context key for a counter of how often a frame went out: never if there was no connection, more than once if the
// transport tried again by itself.
type sends struct{}

func countSends(ctx context.Context) (context.Context, *atomic.Int64) {
	n := new(atomic.Int64)
	return context.WithValue(ctx, sends{}, n), n
}

// sentFrame counts the bytes of a frame that went out.
func (t *telemetry) sentFrame(ctx context.Context, wire int) {
	if n, ok := ctx.Value(sends{}).(*atomic.Int64); ok {
		n.Add(1)
	}
	t.builder.ExporterOtlpzipWireBytes.Add(ctx, int64(wire), t.frame)
}

// weighFrame counts what the traces of a frame that went out that often would weigh as OTLP. Measuring takes a pass over all
// spans, so it is done only when somebody reads the metric.
func (t *telemetry) weighFrame(ctx context.Context, td ptrace.Traces, sent int64) {
	if sent == 0 {
		return
	}
	if on, ok := t.builder.ExporterOtlpzipOtlpBytes.(interface{ Enabled(context.Context) bool }); ok && !on.Enabled(ctx) {
		return
	}
	t.builder.ExporterOtlpzipOtlpBytes.Add(ctx, sent*int64(t.sizer.TracesSize(td)), t.frame)
}

// sentOTLP counts an OTLP request that went out: its bytes on the wire.
func (t *telemetry) sentOTLP(ctx context.Context, wire int) {
	t.builder.ExporterOtlpzipWireBytes.Add(ctx, int64(wire), t.otlp)
}

// weighOTLP counts the uncompressed size of an OTLP request.
func (t *telemetry) weighOTLP(ctx context.Context, size int) {
	t.builder.ExporterOtlpzipOtlpBytes.Add(ctx, int64(size), t.otlp)
}

// acceptedFrame counts a frame that the peer took.
func (t *telemetry) acceptedFrame(ctx context.Context, spans int, plan otlpzip.Plan) {
	t.builder.ExporterOtlpzipFrames.Add(ctx, 1, t.name)
	t.builder.ExporterOtlpzipSpans.Add(ctx, int64(spans), t.frame)
	switch {
	case plan.Options.Define:
		t.builder.ExporterOtlpzipDictionaryDefinitions.Add(ctx, 1, t.name)
		t.builder.ExporterOtlpzipDictionaryDefinitionBytes.Add(ctx, int64(plan.DefinitionBytes()), t.name)
	case plan.Options.Dictionary != nil:
		t.builder.ExporterOtlpzipDictionaryHits.Add(ctx, 1, t.name)
	}
}

// missedDictionary counts a frame that the peer could not take for want of its dictionary and is sent again.
func (t *telemetry) missedDictionary(ctx context.Context) {
	t.builder.ExporterOtlpzipDictionaryMisses.Add(ctx, 1, t.name)
	t.builder.ExporterOtlpzipDictionaryResends.Add(ctx, 1, t.name)
}

// startAtZero makes the series of a traces exporter exist before anything happens, for alerts on their rates.
func (t *telemetry) startAtZero(ctx context.Context) {
	b := t.builder
	for _, c := range []metric.Int64Counter{
		b.ExporterOtlpzipFrames, b.ExporterOtlpzipSplits, b.ExporterOtlpzipDictionaryHits, b.ExporterOtlpzipDictionaryMisses,
		b.ExporterOtlpzipDictionaryResends, b.ExporterOtlpzipDictionaryDefinitions, b.ExporterOtlpzipDictionaryDefinitionBytes,
	} {
		c.Add(ctx, 0, t.name)
	}
	for _, reason := range fallbackReasons {
		b.ExporterOtlpzipFallbacks.Add(ctx, 0, t.reason[reason])
	}
}

// observeActive makes the metric show whether dictionaries are used, whenever it is read.
func (t *telemetry) observeActive(active func() bool) error {
	return t.builder.RegisterExporterOtlpzipDictionaryActiveCallback(func(_ context.Context, o metric.Int64Observer) error {
		var value int64
		if active() {
			value = 1
		}
		o.Observe(value, t.name)
		return nil
	})
}

func (t *telemetry) acceptedOTLP(ctx context.Context, spans int) {
	t.builder.ExporterOtlpzipSpans.Add(ctx, int64(spans), t.otlp)
}

func (t *telemetry) fellBack(ctx context.Context, reason string) {
	t.builder.ExporterOtlpzipFallbacks.Add(ctx, 1, t.reason[reason])
}

func (t *telemetry) split(ctx context.Context) {
	t.builder.ExporterOtlpzipSplits.Add(ctx, 1, t.name)
}
