package main

import (
	"go.opentelemetry.io/collector/otelcol"
	_ "github.com/google/pprof/profile"
	_ "go.opentelemetry.io/collector/config/configgrpc"
	_ "go.opentelemetry.io/collector/config/confighttp"
)

func main() { _ = otelcol.NewCommand(otelcol.CollectorSettings{Factories: components}).Execute() }
