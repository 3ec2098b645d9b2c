package otlpzipreceiver

import (
	"context"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/configgrpc"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/config/configtls"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/xconsumer"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/xreceiver"

	"github.com/otelcol-plus/otelcol-plus/internal/tracezip"
	"github.com/otelcol-plus/otelcol-plus/receiver/otlpzipreceiver/internal/metadata"
)

const (
	defaultTracesURLPath  = "/v1/traces"
	defaultMetricsURLPath = "/v1/metrics"
	defaultLogsURLPath    = "/v1/logs"
	profilesURLPath       = "/v1development/profiles"

	defaultDictionaryMemory = 64 << 20
)

// NewFactory creates the factory of the otlpzip receiver.
func NewFactory() receiver.Factory {
	return xreceiver.NewFactory(
		metadata.Type,
		createDefaultConfig,
		xreceiver.WithTraces(createTraces, metadata.TracesStability),
		xreceiver.WithMetrics(createMetrics, metadata.MetricsStability),
		xreceiver.WithLogs(createLogs, metadata.LogsStability),
		xreceiver.WithProfiles(createProfiles, metadata.ProfilesStability),
	)
}

// createDefaultConfig has the defaults of the stock receiver.
func createDefaultConfig() component.Config {
	grpcConfig := configgrpc.NewDefaultServerConfig()
	grpcConfig.NetAddr.Endpoint = "localhost:4317"
	grpcConfig.ReadBufferSize = 512 * 1024

	httpConfig := confighttp.NewDefaultServerConfig()
	httpConfig.NetAddr.Endpoint = "localhost:4318"
	httpConfig.TLS = configoptional.None[configtls.ServerConfig]()
	httpConfig.WriteTimeout = 0
	httpConfig.ReadHeaderTimeout = 0

	limits := tracezip.DefaultLimits()
	return &Config{
		Protocols: Protocols{
			GRPC: configoptional.Default(grpcConfig),
			HTTP: configoptional.Default(HTTPConfig{
				ServerConfig:   httpConfig,
				TracesURLPath:  defaultTracesURLPath,
				MetricsURLPath: defaultMetricsURLPath,
				LogsURLPath:    defaultLogsURLPath,
			}),
		},
		Zip: ZipConfig{
			MaxFrameBytes: limits.MaxFrameBytes, MaxDecodedBytes: limits.MaxDecodedBytes, DictionaryMemory: defaultDictionaryMemory,
		},
	}
}

func createTraces(_ context.Context, set receiver.Settings, cfg component.Config, next consumer.Traces) (receiver.Traces, error) {
	r, err := receivers.get(cfg.(*Config), set)
	if err != nil {
		return nil, err
	}
	r.next.traces = next
	return r, nil
}

func createMetrics(_ context.Context, set receiver.Settings, cfg component.Config, next consumer.Metrics) (receiver.Metrics, error) {
	r, err := receivers.get(cfg.(*Config), set)
	if err != nil {
		return nil, err
	}
	r.next.metrics = next
	return r, nil
}

func createLogs(_ context.Context, set receiver.Settings, cfg component.Config, next consumer.Logs) (receiver.Logs, error) {
	r, err := receivers.get(cfg.(*Config), set)
	if err != nil {
		return nil, err
	}
	r.next.logs = next
	return r, nil
}

func createProfiles(_ context.Context, set receiver.Settings, cfg component.Config, next xconsumer.Profiles) (xreceiver.Profiles, error) {
	r, err := receivers.get(cfg.(*Config), set)
	if err != nil {
		return nil, err
	}
	r.next.profiles = next
	return r, nil
}
