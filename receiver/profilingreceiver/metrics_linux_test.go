package profilingreceiver

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/consumer/xconsumer"
	"go.opentelemetry.io/collector/pdata/pprofile"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"

	"github.com/otelcol-plus/otelcol-plus/internal/perfevent"
	"github.com/otelcol-plus/otelcol-plus/receiver/profilingreceiver/internal/metadatatest"
)

// measured is a receiver that samples nothing, and its metrics.
func measured(t *testing.T, next xconsumer.Profiles) (*profiler, *componenttest.Telemetry) {
	t.Helper()
	tel := componenttest.NewTelemetry()
	p, err := newProfiler(metadatatest.NewSettings(tel), createDefaultConfig().(*Config), next)
	require.NoError(t, err)
	p.perf, p.period = &perfevent.Sampler{}, time.Second/19
	t.Cleanup(func() {
		p.telemetry.Shutdown()
		require.NoError(t, tel.Shutdown(context.Background()))
	})
	return p, tel
}

func points(n int) []metricdata.DataPoint[int64] {
	return []metricdata.DataPoint[int64]{{Value: int64(n)}}
}

func lost(reason string, n int) metricdata.DataPoint[int64] {
	return metricdata.DataPoint[int64]{Value: int64(n), Attributes: attribute.NewSet(attribute.String("reason", reason))}
}

func assertLost(t *testing.T, tel *componenttest.Telemetry, want ...metricdata.DataPoint[int64]) {
	t.Helper()
	metadatatest.AssertEqualReceiverProfilingSamplesLost(t, tel, want, metricdatatest.IgnoreTimestamp())
}

func assertNeverCounted(t *testing.T, tel *componenttest.Telemetry, names ...string) {
	t.Helper()
	for _, name := range names {
		_, err := tel.GetMetric("otelcol_receiver_profiling_" + name)
		assert.Error(t, err, name)
	}
}

func windowOf(samples int) *window {
	w := newWindow(1)
	for i := range samples {
		w.add(&process{pid: 41}, []frame{{fileUnknown, 1}}, uint64(i))
	}
	return w
}

func TestHandOnCounts(t *testing.T) {
	p, tel := measured(t, consumertest.NewNop())
	s := &sampler{tracker: newTracker(fakeProc(), boot), window: windowOf(5), lost: 7}
	s.tracker.scan()
	s.window.folded = 2
	p.handOn(s)
	noTime := metricdatatest.IgnoreTimestamp()
	metadatatest.AssertEqualReceiverProfilingProcesses(t, tel, points(2), noTime)
	metadatatest.AssertEqualReceiverProfilingThreadsUnattached(t, tel, points(0), noTime)
	metadatatest.AssertEqualReceiverProfilingStacksFolded(t, tel, points(2), noTime)
	assertLost(t, tel, lost("ring", 7))
	assert.Zero(t, s.window.samples, "a new window begins")

	// Nobody takes the first window: the second drives it out, and then the third that.
	delete(s.tracker.procs, 41)
	s.window = windowOf(3)
	p.handOn(s)
	metadatatest.AssertEqualReceiverProfilingProcesses(t, tel, points(1), noTime)
	metadatatest.AssertEqualReceiverProfilingStacksFolded(t, tel, points(2), noTime)
	assertLost(t, tel, lost("ring", 7), lost("backlog", 5))
	s.window = windowOf(4)
	p.handOn(s)
	assertLost(t, tel, lost("ring", 7), lost("backlog", 8))
	assert.Equal(t, 4, (<-p.windows).samples, "the newest is kept")

	s.window = windowOf(9)
	p.handOn(s)
	assertLost(t, tel, lost("ring", 7), lost("backlog", 8))
	assertNeverCounted(t, tel, "samples", "frames", "frames_unnamed", "symbol_cache_bytes")
}

// mixed is a window with frames that have names, and 5 of 12 that have none.
func mixed(t *testing.T) *window {
	t.Helper()
	m, named := ownText(t)
	w := newWindow(1)
	w.end = 2
	w.files[named.file] = opener{pid: uint32(os.Getpid()), start: m.start, end: m.end}
	a, b := &process{pid: uint32(os.Getpid())}, &process{pid: neverAPid}
	for i := range uint64(3) {
		w.add(a, []frame{{fileUnknown, 1}, named, named}, i)
	}
	w.add(a, []frame{named}, 3)
	w.add(b, []frame{{fileAnon, 2}, {fileUnknown, 1}}, 4)
	return w
}

func timestamps(pd pprofile.Profiles) (n int) {
	for _, rp := range pd.ResourceProfiles().All() {
		for _, s := range rp.ScopeProfiles().At(0).Profiles().At(0).Samples().All() {
			n += s.TimestampsUnixNano().Len()
		}
	}
	return n
}

func TestSentWindowsAreCounted(t *testing.T) {
	sink := new(consumertest.ProfilesSink)
	p, tel := measured(t, sink)
	n := newNamer()
	p.sendWindow(context.Background(), n, newWindow(1))
	assert.Empty(t, sink.AllProfiles(), "nothing was sampled")
	assertNeverCounted(t, tel, "samples", "frames", "frames_unnamed", "samples_lost", "symbol_cache_bytes")

	noTime := metricdatatest.IgnoreTimestamp()
	for sent := 1; sent <= 2; sent++ {
		p.sendWindow(context.Background(), n, mixed(t))
		require.Len(t, sink.AllProfiles(), sent)
		assert.Empty(t, invalid(sink.AllProfiles()[sent-1]))
		assert.Equal(t, 5, timestamps(sink.AllProfiles()[sent-1]), "what is counted is what was sent")
		metadatatest.AssertEqualReceiverProfilingSamples(t, tel, points(5*sent), noTime)
		metadatatest.AssertEqualReceiverProfilingFrames(t, tel, points(12*sent), noTime)
		metadatatest.AssertEqualReceiverProfilingFramesUnnamed(t, tel, points(5*sent), noTime)
		assert.Positive(t, n.bytes(), "the names of this program are kept")
		metadatatest.AssertEqualReceiverProfilingSymbolCacheBytes(t, tel, points(n.bytes()), noTime)
	}
	assertNeverCounted(t, tel, "samples_lost")
}

func TestRefusedWindowsAreCounted(t *testing.T) {
	p, tel := measured(t, consumertest.NewErr(errors.New("no")))
	n := newNamer()
	for sent := 1; sent <= 2; sent++ {
		p.sendWindow(context.Background(), n, mixed(t))
		assertLost(t, tel, lost("refused", 5*sent))
		metadatatest.AssertEqualReceiverProfilingSymbolCacheBytes(t, tel, points(n.bytes()), metricdatatest.IgnoreTimestamp())
	}
	assertNeverCounted(t, tel, "samples", "frames", "frames_unnamed")
}
