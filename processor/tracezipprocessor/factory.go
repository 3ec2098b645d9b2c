package tracezipprocessor

import (
	"context"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/processorhelper"

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
	return &Config{
		Mode:       ModeDedup,
		Window:     30 * time.Second,
		MaxEntries: 1 << 18,
		Fold:       configoptional.Default(FoldConfig{MinRun: 10}),
		Pack:       PackConfig{MaxFrameBytes: 512 << 10},
		Unpack:     UnpackConfig{MaxFrameBytes: 4 << 20, MaxDecodedBytes: 64 << 20},
	}
}

// readOnly are the capabilities of pack and unpack: both build new batches, so pipelines that share their input need no copy.
var readOnly = processorhelper.WithCapabilities(consumer.Capabilities{MutatesData: false})

func createTraces(ctx context.Context, set processor.Settings, cfg component.Config, next consumer.Traces) (processor.Traces, error) {
	c := cfg.(*Config)
	switch c.Mode {
	case ModePack:
		p, err := newPacker(set.TelemetrySettings, c.Pack)
		if err != nil {
			return nil, err
		}
		return processorhelper.NewTraces(ctx, set, cfg, next, p.processTraces, readOnly, processorhelper.WithShutdown(p.shutdown))
	case ModeUnpack:
		u, err := newUnpacker(set.TelemetrySettings, c.Unpack)
		if err != nil {
			return nil, err
		}
		return processorhelper.NewTraces(ctx, set, cfg, next, u.processTraces, readOnly, processorhelper.WithShutdown(u.shutdown))
	default:
		return newDedup(set.TelemetrySettings, c, next)
	}
}
