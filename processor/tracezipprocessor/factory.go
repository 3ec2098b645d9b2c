package tracezipprocessor

import (
	"context"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/processor"

	"github.com/otelcol-plus/otelcol-plus/processor/tracezipprocessor/internal/metadata"
)

// NewFactory returns the factory of the tracezip processor.
func NewFactory() processor.Factory {
	return processor.NewFactory(
		metadata.Type,
		createDefaultConfig,
		processor.WithTraces(createTraces, metadata.TracesStability))
}

func createDefaultConfig() component.Config {
	return &Config{Mode: ModeDedup, Window: 30 * time.Second, MaxEntries: 1 << 18}
}

func createTraces(_ context.Context, set processor.Settings, cfg component.Config, next consumer.Traces) (processor.Traces, error) {
	return newDedup(set.TelemetrySettings, cfg.(*Config), next)
}
