package profilingreceiver

import (
	"context"

	"github.com/google/pprof/profile"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/consumer/xconsumer"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/receiver"

	"github.com/otelcol-plus/otelcol-plus/internal/pprofconv"
	"github.com/otelcol-plus/otelcol-plus/receiver/profilingreceiver/internal/metadata"
)

// outlet sends profiles that programs made of themselves.
type outlet struct {
	set       receiver.Settings
	next      xconsumer.Profiles
	telemetry *metadata.TelemetryBuilder
}

// linkMethod tells how the trace of a sample was found: the program has labelled it.
const linkMethod = "pprof_labels"

func (o *outlet) send(ctx context.Context, resource pcommon.Map, p *profile.Profile) error {
	e := pprofconv.NewEncoder(metadata.ScopeName, o.set.BuildInfo.Version)
	e.LinkMethod = linkMethod
	if err := e.Add(resource, p); err != nil {
		return consumererror.NewPermanent(err)
	}
	pd := e.Profiles()
	for _, rp := range pd.ResourceProfiles().All() {
		for _, sp := range rp.ScopeProfiles().All() {
			for _, p := range sp.Profiles().All() {
				p.SetProfileID(newProfileID())
			}
		}
	}
	return o.next.ConsumeProfiles(ctx, pd)
}
