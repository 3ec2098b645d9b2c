package profilingreceiver

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/receiver/receivertest"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
	"golang.org/x/sys/unix"

	"github.com/otelcol-plus/otelcol-plus/internal/perfevent"
	"github.com/otelcol-plus/otelcol-plus/receiver/profilingreceiver/internal/metadata"
	"github.com/otelcol-plus/otelcol-plus/receiver/profilingreceiver/internal/metadatatest"
)

type watchingHost struct {
	component.Host
	events []*componentstatus.Event
}

func (h *watchingHost) Report(ev *componentstatus.Event) { h.events = append(h.events, ev) }

// withoutDescriptors makes every rung of the ladder fail, on any machine.
func withoutDescriptors(t *testing.T, f func()) {
	t.Helper()
	var old unix.Rlimit
	require.NoError(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &old))
	none := old
	none.Cur = 0
	require.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &none))
	defer func() { require.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &old)) }()
	f()
}

func TestNothingMayBeSampled(t *testing.T) {
	tel := componenttest.NewTelemetry()
	defer func() { require.NoError(t, tel.Shutdown(context.Background())) }()
	set := receivertest.NewNopSettings(metadata.Type)
	set.TelemetrySettings = tel.NewTelemetrySettings()
	core, logs := observer.New(zap.InfoLevel)
	set.Logger = zap.New(core)
	p, err := newProfiler(set, createDefaultConfig().(*Config), consumertest.NewNop())
	require.NoError(t, err)
	host := &watchingHost{Host: componenttest.NewNopHost()}
	withoutDescriptors(t, func() { require.NoError(t, p.Start(context.Background(), host)) })

	require.Len(t, host.events, 1)
	assert.Equal(t, componentstatus.StatusPermanentError, host.events[0].Status())
	assert.ErrorContains(t, host.events[0].Err(), "RLIMIT_NOFILE")
	require.Equal(t, 1, logs.Len(), "one line")
	assert.Contains(t, logs.All()[0].ContextMap()["why"].([]any)[0], "RLIMIT_NOFILE")
	metadatatest.AssertEqualReceiverProfilingFrequency(t, tel, []metricdata.DataPoint[int64]{
		{Value: 0, Attributes: attribute.NewSet(attribute.String("mode", "none"))},
	}, metricdatatest.IgnoreTimestamp())
	require.NoError(t, p.Shutdown(context.Background()))
}

func TestLimitedSamplingIsRecoverable(t *testing.T) {
	set := receivertest.NewNopSettings(metadata.Type)
	core, logs := observer.New(zap.InfoLevel)
	set.Logger = zap.New(core)
	p, err := newProfiler(set, createDefaultConfig().(*Config), consumertest.NewNop())
	require.NoError(t, err)
	host := &watchingHost{Host: componenttest.NewNopHost()}
	p.host = host
	p.report(perfevent.ModeOwnUser, []perfevent.Refusal{
		{Mode: perfevent.ModeSystem, Why: "needs A"}, {Mode: perfevent.ModeSystemUser, Why: "needs A"}, {Mode: perfevent.ModeOwn, Why: "needs B"},
	})
	require.Len(t, host.events, 1)
	assert.Equal(t, componentstatus.StatusRecoverableError, host.events[0].Status())
	assert.EqualError(t, host.events[0].Err(), "profiling is limited to processes of this user only, user space only "+
		"(all processes, kernel and user space: needs A; processes of this user only, kernel and user space: needs B)")
	assert.Equal(t, 1, logs.Len())
}
