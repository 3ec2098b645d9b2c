package profilingreceiver

import (
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/receiver/xreceiver"

	"github.com/otelcol-plus/otelcol-plus/receiver/profilingreceiver/internal/metadata"
)

// NewFactory returns the factory of the profiling receiver.
func NewFactory() xreceiver.Factory {
	return xreceiver.NewFactory(metadata.Type, createDefaultConfig,
		xreceiver.WithProfiles(createProfiles, metadata.ProfilesStability))
}

func createDefaultConfig() component.Config {
	return &Config{Engine: EngineAuto, Frequency: 19, FlushInterval: 15 * time.Second, Push: configoptional.Default(newDefaultPush())}
}
