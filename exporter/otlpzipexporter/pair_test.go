package otlpzipexporter_test

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.opentelemetry.io/collector/exporter/xexporter"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pprofile"
	"go.opentelemetry.io/collector/pdata/testdata"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
	"go.opentelemetry.io/collector/receiver/receivertest"
	"go.opentelemetry.io/otel/attribute"

	"github.com/otelcol-plus/otelcol-plus/exporter/otlpzipexporter"
	"github.com/otelcol-plus/otelcol-plus/internal/otlpzip/otlpziptest"
	"github.com/otelcol-plus/otelcol-plus/receiver/otlpzipreceiver"
)

type Map = otlpziptest.Map

var (
	ours  = otlpzipreceiver.NewFactory()
	stock = otlpreceiver.NewFactory()

	asFrame = attribute.String("format", "tracezip")
	asOTLP  = attribute.String("format", "otlp")
)

// variants are the ways to reach a receiver.
var variants = []struct {
	name, protocol string
	settings       Map
}{
	{"grpc", "grpc", nil},
	{"grpc gzip", "grpc", Map{"compression": "gzip"}},
	{"grpc none", "grpc", Map{"compression": "none"}},
	{"http", "http", nil},
	{"http json snappy", "http", Map{"encoding": "json", "compression": "snappy"}},
	{"http none", "http", Map{"compression": "none"}},
}

func serve(tb testing.TB, factory receiver.Factory, protocol string, settings, zip Map, sink *otlpziptest.Sink) *otlpziptest.Server {
	return otlpziptest.Serve(tb, factory, receivertest.NewNopSettings(factory.Type()), protocol, settings, zip, sink)
}

// exporterConfig is a configuration that hands every error back at once; settings override it.
func exporterConfig(tb testing.TB, protocol, addr string, settings Map) component.Config {
	whole := Map{
		"protocol":         protocol,
		"endpoint":         addr,
		"sending_queue":    Map{"enabled": false},
		"retry_on_failure": Map{"enabled": false},
		"tls":              Map{"insecure": true},
	}
	if protocol == "http" {
		whole["endpoint"] = "http://" + addr
	}
	for k, v := range settings {
		whole[k] = v
	}
	return otlpziptest.Config(tb, otlpzipexporter.NewFactory(), whole)
}

// telemetrySettings are exporter settings with readable metrics.
func telemetrySettings(tb testing.TB) (exporter.Settings, *componenttest.Telemetry) {
	tel := componenttest.NewTelemetry()
	tb.Cleanup(func() { require.NoError(tb, tel.Shutdown(context.Background())) })
	set := exportertest.NewNopSettings(otlpzipexporter.NewFactory().Type())
	set.TelemetrySettings = tel.NewTelemetrySettings()
	return set, tel
}

func startTraces(tb testing.TB, protocol, addr string, settings Map) (exporter.Traces, *componenttest.Telemetry) {
	tb.Helper()
	set, tel := telemetrySettings(tb)
	exp, err := otlpzipexporter.NewFactory().CreateTraces(context.Background(), set, exporterConfig(tb, protocol, addr, settings))
	require.NoError(tb, err)
	start(tb, exp)
	return exp, tel
}

func start(tb testing.TB, c component.Component) {
	tb.Helper()
	require.NoError(tb, c.Start(context.Background(), componenttest.NewNopHost()))
	tb.Cleanup(func() { require.NoError(tb, c.Shutdown(context.Background())) })
}

// TestPairTraces sends the recorded sample to our receiver and to the stock one, over every transport, and compares.
func TestPairTraces(t *testing.T) {
	sample := otlpziptest.Recording(t, "../../testdata/sample.traces.otlp.pb.zst")
	sample = append(sample[:min(20, len(sample))], testdata.GenerateTraces(7), otlpziptest.Traces(100))
	for _, peer := range []struct {
		name    string
		factory receiver.Factory
		format  attribute.KeyValue
	}{{"ours", ours, asFrame}, {"stock", stock, asOTLP}} {
		for _, v := range variants {
			t.Run(peer.name+" "+v.name, func(t *testing.T) {
				var sink otlpziptest.Sink
				server := serve(t, peer.factory, v.protocol, nil, nil, &sink)
				front := otlpziptest.NewFront(t, server.Socket)
				exp, tel := startTraces(t, v.protocol, front.Addr, v.settings)
				spans := 0
				for _, td := range sample {
					td.MarkReadOnly()
					spans += td.SpanCount()
					require.NoError(t, exp.ConsumeTraces(context.Background(), td))
				}
				got := sink.Traces.AllTraces()
				require.Len(t, got, len(sample))
				for i := range sample {
					require.Equal(t, otlpziptest.Canonical(t, sample[i]), otlpziptest.Canonical(t, got[i]), "batch %d", i)
				}
				assert.EqualValues(t, spans, otlpziptest.Sum(t, tel, "otelcol_exporter_otlpzip_spans", peer.format))
				checkFormat(t, tel, peer.format, len(sample))
			})
		}
	}
}

// checkFormat checks what the exporter says of n accepted requests, all of one format.
func checkFormat(t *testing.T, tel *componenttest.Telemetry, format attribute.KeyValue, n int) {
	t.Helper()
	frames, fallbacks := n, 0
	if format == asOTLP {
		frames, fallbacks = 0, n
	}
	assert.EqualValues(t, frames, otlpziptest.Sum(t, tel, "otelcol_exporter_otlpzip_frames"))
	assert.EqualValues(t, fallbacks, otlpziptest.Sum(t, tel, "otelcol_exporter_otlpzip_fallbacks"))
	if fallbacks > 0 {
		assert.EqualValues(t, 1, otlpziptest.Sum(t, tel, "otelcol_exporter_otlpzip_fallbacks", attribute.String("reason", "unsupported")),
			"one refusal settles it for a single peer")
	}
	wire := otlpziptest.Sum(t, tel, "otelcol_exporter_otlpzip_wire_bytes", format)
	raw := otlpziptest.Sum(t, tel, "otelcol_exporter_otlpzip_otlp_bytes", format)
	assert.Positive(t, wire)
	assert.Positive(t, raw)
}

func TestPairOtherSignals(t *testing.T) {
	for _, factory := range []receiver.Factory{ours, stock} {
		for _, v := range variants {
			t.Run(factory.Type().String()+" "+v.name, func(t *testing.T) {
				var sink otlpziptest.Sink
				server := serve(t, factory, v.protocol, nil, nil, &sink)
				front := otlpziptest.NewFront(t, server.Socket)
				set, tel := telemetrySettings(t)
				cfg := exporterConfig(t, v.protocol, front.Addr, v.settings)
				sendMetrics(t, set, cfg, &sink)
				sendLogs(t, set, cfg, &sink)
				sendProfiles(t, set, cfg, &sink)
				for _, signal := range []string{"metrics", "logs", "profiles"} {
					assert.Positive(t, otlpziptest.Sum(t, tel, "otelcol_exporter_otlpzip_wire_bytes", asOTLP, attribute.String("signal", signal)))
					assert.Positive(t, otlpziptest.Sum(t, tel, "otelcol_exporter_otlpzip_otlp_bytes", asOTLP, attribute.String("signal", signal)))
				}
			})
		}
	}
}

func sendMetrics(t *testing.T, set exporter.Settings, cfg component.Config, sink *otlpziptest.Sink) {
	exp, err := otlpzipexporter.NewFactory().CreateMetrics(context.Background(), set, cfg)
	require.NoError(t, err)
	start(t, exp)
	md := testdata.GenerateMetricsAllTypes()
	md.MarkReadOnly()
	require.NoError(t, exp.ConsumeMetrics(context.Background(), md))
	require.Len(t, sink.Metrics.AllMetrics(), 1)
	m := pmetric.ProtoMarshaler{}
	want, _ := m.MarshalMetrics(md)
	got, _ := m.MarshalMetrics(sink.Metrics.AllMetrics()[0])
	assert.Equal(t, string(want), string(got))
}

func sendLogs(t *testing.T, set exporter.Settings, cfg component.Config, sink *otlpziptest.Sink) {
	exp, err := otlpzipexporter.NewFactory().CreateLogs(context.Background(), set, cfg)
	require.NoError(t, err)
	start(t, exp)
	ld := testdata.GenerateLogs(9)
	ld.MarkReadOnly()
	require.NoError(t, exp.ConsumeLogs(context.Background(), ld))
	require.Len(t, sink.Logs.AllLogs(), 1)
	m := plog.ProtoMarshaler{}
	want, _ := m.MarshalLogs(ld)
	got, _ := m.MarshalLogs(sink.Logs.AllLogs()[0])
	assert.Equal(t, string(want), string(got))
}

func sendProfiles(t *testing.T, set exporter.Settings, cfg component.Config, sink *otlpziptest.Sink) {
	exp, err := otlpzipexporter.NewFactory().(xexporter.Factory).CreateProfiles(context.Background(), set, cfg)
	require.NoError(t, err)
	start(t, exp)
	pd := testdata.GenerateProfiles(3)
	pd.MarkReadOnly()
	require.NoError(t, exp.ConsumeProfiles(context.Background(), pd))
	require.Len(t, sink.Profiles.AllProfiles(), 1)
	m := pprofile.ProtoMarshaler{}
	want, _ := m.MarshalProfiles(pd)
	got, _ := m.MarshalProfiles(sink.Profiles.AllProfiles()[0])
	assert.Equal(t, string(want), string(got))
}

// TestPeerChanges replaces the server behind the exporter: stock, ours, stock, ours.
func TestPeerChanges(t *testing.T) {
	for _, protocol := range []string{"grpc", "http"} {
		t.Run(protocol, func(t *testing.T) {
			front := otlpziptest.NewFront(t)
			exp, tel := startTraces(t, protocol, front.Addr, Map{"retry_on_failure": Map{"enabled": true, "initial_interval": "10ms", "max_interval": "50ms"}})
			sent := 0
			for i, factory := range []receiver.Factory{stock, ours, stock, ours} {
				var sink otlpziptest.Sink
				server := serve(t, factory, protocol, nil, nil, &sink)
				front.Point(server.Socket)
				framesBefore := otlpziptest.Sum(t, tel, "otelcol_exporter_otlpzip_frames")
				for range 5 {
					require.NoError(t, exp.ConsumeTraces(context.Background(), otlpziptest.Traces(10)))
					sent += 10
				}
				require.Equal(t, 50, sink.Traces.SpanCount(), "server %d", i)
				frames := otlpziptest.Sum(t, tel, "otelcol_exporter_otlpzip_frames") - framesBefore
				if factory == stock {
					require.Zero(t, frames)
				} else {
					require.GreaterOrEqual(t, frames, int64(4), "server %d: frames are used again", i)
				}
				server.Stop()
			}
			require.EqualValues(t, sent, otlpziptest.Sum(t, tel, "otelcol_exporter_otlpzip_spans"))
		})
	}
}

// TestMixedPool alternates between two servers of ours and one stock one, by request, and by two and two.
func TestMixedPool(t *testing.T) {
	for _, pool := range [][]receiver.Factory{{ours, stock, ours}, {ours, stock}, {stock, stock, ours}} {
		for _, protocol := range []string{"grpc", "http"} {
			t.Run(protocol, func(t *testing.T) {
				var sinks [3]otlpziptest.Sink
				var sockets []string
				for i, factory := range pool {
					sockets = append(sockets, serve(t, factory, protocol, nil, nil, &sinks[i]).Socket)
				}
				exp, _ := startTraces(t, protocol, poolAddr(t, protocol, sockets), poolSettings(protocol))
				const batches = 60
				for i := range batches {
					td := otlpziptest.Traces(1)
					td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).Attributes().PutInt("test.number", int64(i))
					require.NoError(t, exp.ConsumeTraces(context.Background(), td))
				}
				var got []int64
				for i := range pool {
					require.NotZero(t, sinks[i].Traces.SpanCount(), "server %d is in the pool", i)
					got = append(got, otlpziptest.Numbers(sinks[i].Traces.AllTraces())...)
				}
				slices.Sort(got)
				require.Len(t, got, batches)
				for i, n := range got {
					require.EqualValues(t, i, n)
				}
			})
		}
	}
}
