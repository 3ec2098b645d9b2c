package profilingreceiver

import (
	"context"
	"errors"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer/xconsumer"
	"go.opentelemetry.io/collector/receiver"

	"github.com/otelcol-plus/otelcol-plus/receiver/profilingreceiver/internal/metadata"
)

// sources are what profiles come from: the machine, targets that are asked, and programs that send.
type sources struct {
	parts     []component.Component
	telemetry *metadata.TelemetryBuilder
}

// withPrograms adds to host what the configuration says of programs' own profiles.
func withPrograms(host component.Component, set receiver.Settings, cfg *Config, next xconsumer.Profiles) (component.Component, error) {
	if len(cfg.Targets) == 0 && !cfg.Push.HasValue() {
		return host, nil
	}
	tb, err := metadata.NewTelemetryBuilder(set.TelemetrySettings)
	if err != nil {
		return nil, err
	}
	s := &sources{parts: []component.Component{host}, telemetry: tb}
	out := &outlet{set: set, next: next, telemetry: tb}
	if len(cfg.Targets) > 0 {
		s.parts = append(s.parts, &puller{outlet: out, targets: cfg.Targets})
	}
	if cfg.Push.HasValue() {
		s.parts = append(s.parts, &pusher{outlet: out, config: cfg.Push.Get().ServerConfig})
	}
	return s, nil
}

// Start starts all sources, or none.
func (s *sources) Start(ctx context.Context, host component.Host) error {
	for i, part := range s.parts {
		if err := part.Start(ctx, host); err != nil {
			return errors.Join(err, shutdown(ctx, s.parts[:i]))
		}
	}
	return nil
}

// Shutdown stops all sources.
func (s *sources) Shutdown(ctx context.Context) error {
	err := shutdown(ctx, s.parts)
	s.telemetry.Shutdown()
	return err
}

func shutdown(ctx context.Context, parts []component.Component) error {
	var errs []error
	for _, part := range parts {
		errs = append(errs, part.Shutdown(ctx))
	}
	return errors.Join(errs...)
}
