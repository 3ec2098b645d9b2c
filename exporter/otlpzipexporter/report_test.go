package otlpzipexporter

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.uber.org/zap"

	"github.com/otelcol-plus/otelcol-plus/exporter/otlpzipexporter/internal/metadatatest"
	"github.com/otelcol-plus/otelcol-plus/internal/otlpzip"
	"github.com/otelcol-plus/otelcol-plus/internal/tracezip"
)

// takingLink takes every frame and notes its size.
type takingLink struct {
	link
	sizes []int
}

func (l *takingLink) frame(_ context.Context, frame *[]byte) reply {
	l.sizes = append(l.sizes, len(*frame))
	clear(*frame) // it belongs to the link now
	return reply{verdict: delivered, peer: otlpzip.Capability{Tracezip: true, MaxDictionaryBytes: 1 << 20, Instance: "a"}}
}

type reporting struct {
	*tracePusher
	t    *testing.T
	tel  *componenttest.Telemetry
	link *takingLink
}

func newReporting(t *testing.T, interval time.Duration) *reporting {
	t.Helper()
	r := &reporting{t: t, tel: componenttest.NewTelemetry(), link: &takingLink{}}
	t.Cleanup(func() { require.NoError(t, r.tel.Shutdown(context.Background())) })
	tel, err := newTelemetry(exporter.Settings(metadatatest.NewSettings(r.tel)), "traces", newReporter(interval))
	require.NoError(t, err)
	t.Cleanup(tel.shutdown)
	r.tracePusher = newTracePusher(r.link, newNegotiator(), tel, newBufferPool(), zap.NewNop(), createDefaultConfig().(*Config).Zip)
	return r
}

// observed is a gauge by the label that counts; nil when nothing is observed.
func (r *reporting) observed(gauge string, label attribute.Key) map[string]float64 {
	r.t.Helper()
	m, err := r.tel.GetMetric(gauge)
	if err != nil {
		return nil
	}
	got := map[string]float64{}
	for _, p := range m.Data.(metricdata.Gauge[float64]).DataPoints {
		v, ok := p.Attributes.Value(label)
		require.True(r.t, ok)
		got[v.AsString()] += p.Value
	}
	return got
}

func (r *reporting) parts() map[string]float64 {
	return r.observed("otelcol_exporter_otlpzip_report_part_bytes_per_span", "part")
}

func (r *reporting) keys() map[string]float64 {
	return r.observed("otelcol_exporter_otlpzip_report_key_bytes_per_span", "key")
}

// batchWithKeys is 50 spans with that many keys, some dear and some cheap.
func batchWithKeys(prefix string, n int) ptrace.Traces {
	td := ptrace.NewTraces()
	spans := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans()
	for i := range 50 {
		span := spans.AppendEmpty()
		span.SetSpanID([8]byte{1, byte(i)})
		for k := range n {
			span.Attributes().PutStr(fmt.Sprint(prefix, k), strings.Repeat("v", k%7)+fmt.Sprint(i*k))
		}
	}
	return td
}

func sum(m map[string]float64) float64 {
	total := 0.0
	for _, v := range m {
		total += v
	}
	return total
}

func TestReportIsWhatTheFrameWeighs(t *testing.T) {
	r := newReporting(t, time.Nanosecond)
	assert.Empty(t, r.parts(), "before the first frame")
	require.NoError(t, r.push(context.Background(), batchWithKeys("key", 5)))
	parts, keys := r.parts(), r.keys()
	assert.InDelta(t, float64(r.link.sizes[0])/50, sum(parts), 1e-9)
	assert.InDelta(t, parts["span_attributes"], sum(keys), 1e-9)
	assert.Len(t, keys, 6, "five and _other")
	assert.Zero(t, keys[otherKeys])

	raw, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(batchWithKeys("key", 5))
	require.NoError(t, err)
	w, err := zstd.NewWriter(nil)
	require.NoError(t, err)
	want := float64(len(w.EncodeAll(raw, nil))) / 50
	assert.InDelta(t, want, r.observed("otelcol_exporter_otlpzip_report_zstd_bytes_per_span", "exporter")["otlpzip"], 1e-9)
}

// Names come from outside: however many, the label values stay few, and keys of before are gone.
func TestReportedKeysAreBounded(t *testing.T) {
	r := newReporting(t, time.Nanosecond)
	for round := range 5 {
		prefix := fmt.Sprint("round", round, "-")
		td := batchWithKeys(prefix, 60)
		first := td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).Attributes()
		first.PutStr(strings.Repeat("long", 100), strings.Repeat("dear", 100))
		first.PutStr("\xff\xfe", strings.Repeat("dear", 90))
		first.PutStr(otherKeys, strings.Repeat("dear", 80))
		require.NoError(t, r.push(context.Background(), td))
		keys := r.keys()
		assert.Len(t, keys, maxReportedKeys+1)
		assert.Positive(t, keys[otherKeys])
		for k := range keys {
			assert.True(t, k == otherKeys || strings.HasPrefix(k, prefix), k)
		}
	}
}

func TestReportOnlyEveryInterval(t *testing.T) {
	r := newReporting(t, time.Hour)
	require.NoError(t, r.push(context.Background(), batchWithKeys("first", 3)))
	require.NoError(t, r.push(context.Background(), batchWithKeys("second", 3)))
	assert.Contains(t, r.keys(), "first1")
	assert.NotContains(t, r.keys(), "second1")

	off := newReporting(t, 0)
	require.NoError(t, off.push(context.Background(), batchWithKeys("first", 3)))
	assert.Empty(t, off.parts())
}

// Frames that name a dictionary, and those that bring it along, are reported like others.
func TestReportWithDictionaries(t *testing.T) {
	r := newReporting(t, time.Nanosecond)
	named := 0
	for range 40 {
		require.NoError(t, r.push(context.Background(), batchWithKeys("key", 12)))
		parts := r.parts()
		if parts["dictionary_name"] > 0 && parts["dictionary_definition"] == 0 {
			named++
			assert.InDelta(t, float64(r.link.sizes[len(r.link.sizes)-1])/50, sum(parts), 1e-9)
		}
	}
	assert.Positive(t, named)
}

// What cannot be read leaves the last report as it is.
func TestReportOfDamage(t *testing.T) {
	r := newReporting(t, time.Hour)
	require.NoError(t, r.push(context.Background(), batchWithKeys("key", 3)))
	before := r.parts()
	require.ErrorIs(t, r.reports.take([]byte("no frame"), nil, attribute.String("exporter", "x")), tracezip.ErrCorrupt)
	assert.Equal(t, before, r.parts())
}
