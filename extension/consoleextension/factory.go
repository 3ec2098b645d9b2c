package consoleextension

import (
	"context"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/extension"

	"github.com/otelcol-plus/otelcol-plus/extension/consoleextension/internal/metadata"
)

const (
	defaultEndpoint        = "127.0.0.1:4320"
	defaultMetricsEndpoint = "http://127.0.0.1:8888/metrics"
)

// NewFactory returns the factory of the console extension.
func NewFactory() extension.Factory {
	return extension.NewFactory(metadata.Type, createDefaultConfig, create, metadata.ExtensionStability)
}

func createDefaultConfig() component.Config {
	server := confighttp.NewDefaultServerConfig()
	server.NetAddr.Endpoint = defaultEndpoint
	return &Config{ServerConfig: server, MetricsEndpoint: defaultMetricsEndpoint}
}

func create(_ context.Context, set extension.Settings, cfg component.Config) (extension.Extension, error) {
	return newConsole(cfg.(*Config), set), nil
}
