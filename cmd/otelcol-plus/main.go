// Command otelcol-plus is an OpenTelemetry Collector that profiles the host it runs on, repairs telemetry against the
// semantic conventions and ships traces in few bytes. Without arguments it runs builtin:standalone.
package main

import (
	"errors"
	"fmt"
	"os"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/provider/envprovider"
	"go.opentelemetry.io/collector/confmap/provider/fileprovider"
	"go.opentelemetry.io/collector/confmap/provider/httpprovider"
	"go.opentelemetry.io/collector/confmap/provider/httpsprovider"
	"go.opentelemetry.io/collector/confmap/provider/yamlprovider"
	"go.opentelemetry.io/collector/featuregate"
	"go.opentelemetry.io/collector/otelcol"

	"github.com/otelcol-plus/otelcol-plus/internal/cli"
	"github.com/otelcol-plus/otelcol-plus/internal/simd"
	"github.com/otelcol-plus/otelcol-plus/provider/builtinprovider"
)

// version is builder-config.yaml's dist.version; a test holds the two together.
const version = "0.1.0"

// profilesGate keeps the profiles signal behind a flag in the stock collector; here it is part of the job.
const profilesGate = "service.profilesSupport"

func main() {
	if err := errors.Join(simd.Check(), featuregate.GlobalRegistry().Set(profilesGate, true)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	set := settings()
	cmd := otelcol.NewCommand(set)
	cmd.Short = set.BuildInfo.Description
	cmd.AddCommand(cli.Commands(set)...)
	if err := cmd.Execute(); err != nil {
		os.Exit(cli.ExitCode(err)) // cobra has printed it
	}
}

func settings() otelcol.CollectorSettings {
	return otelcol.CollectorSettings{
		BuildInfo: component.BuildInfo{
			Command:     "otelcol-plus",
			Description: "OpenTelemetry Collector that profiles its host, repairs telemetry and ships traces in few bytes",
			Version:     version,
		},
		Factories: components,
		ConfigProviderSettings: otelcol.ConfigProviderSettings{
			ResolverSettings: confmap.ResolverSettings{
				URIs:              []string{"builtin:standalone"},
				DefaultScheme:     "env",
				ProviderFactories: providers(),
			},
		},
	}
}

func providers() []confmap.ProviderFactory {
	return []confmap.ProviderFactory{
		builtinprovider.NewFactory(),
		envprovider.NewFactory(),
		fileprovider.NewFactory(),
		httpprovider.NewFactory(),
		httpsprovider.NewFactory(),
		yamlprovider.NewFactory(),
	}
}
