package semconvprocessor

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pprofile"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor/processortest"
	"go.opentelemetry.io/collector/processor/xprocessor"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"

	"github.com/otelcol-plus/otelcol-plus/processor/semconvprocessor/internal/metadata"
	"github.com/otelcol-plus/otelcol-plus/processor/semconvprocessor/internal/metadatatest"
)

func oldTraces() ptrace.Traces {
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	rs.Resource().Attributes().PutStr("deployment.environment", "prod")
	ss := rs.ScopeSpans().AppendEmpty()
	ss.Scope().Attributes().PutStr("peer.service", "x")
	for _, kind := range []ptrace.SpanKind{ptrace.SpanKindServer, ptrace.SpanKindClient, ptrace.SpanKindUnspecified} {
		span := ss.Spans().AppendEmpty()
		span.SetKind(kind)
		span.Attributes().PutStr("net.peer.name", "other")
		event := span.Events().AppendEmpty()
		event.SetName("message")
		event.Attributes().PutInt("message.id", 1)
		event.Attributes().PutStr("net.peer.name", "kept")
		span.Links().AppendEmpty().Attributes().PutStr("http.url", "http://x/")
	}
	return td
}

func TestTraces(t *testing.T) {
	sink := new(consumertest.TracesSink)
	p, err := NewFactory().CreateTraces(context.Background(), processortest.NewNopSettings(metadata.Type), createDefaultConfig(), sink)
	require.NoError(t, err)
	assert.True(t, p.Capabilities().MutatesData)
	require.NoError(t, p.ConsumeTraces(context.Background(), oldTraces()))
	rs := sink.AllTraces()[0].ResourceSpans().At(0)
	assert.Equal(t, map[string]any{"deployment.environment.name": "prod"}, rs.Resource().Attributes().AsRaw())
	assert.Equal(t, map[string]any{"service.peer.name": "x"}, rs.ScopeSpans().At(0).Scope().Attributes().AsRaw())
	for i, key := range []string{"client.address", "server.address", "server.address"} {
		span := rs.ScopeSpans().At(0).Spans().At(i)
		assert.Equal(t, map[string]any{key: "other"}, span.Attributes().AsRaw())
		assert.Equal(t, map[string]any{"message.id": int64(1), "net.peer.name": "kept"}, span.Events().At(0).Attributes().AsRaw())
		assert.Equal(t, map[string]any{"url.full": "http://x/"}, span.Links().At(0).Attributes().AsRaw())
	}
}

func oldLogs() plog.Logs {
	ld := plog.NewLogs()
	rl := ld.ResourceLogs().AppendEmpty()
	rl.Resource().Attributes().PutStr("process.pid", "77")
	record := rl.ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
	record.Attributes().PutStr("code.filepath", "a.go")
	record.Body().SetEmptyMap().PutStr("code.filepath", "b.go")
	return ld
}

func TestLogs(t *testing.T) {
	sink := new(consumertest.LogsSink)
	p, err := NewFactory().CreateLogs(context.Background(), processortest.NewNopSettings(metadata.Type), createDefaultConfig(), sink)
	require.NoError(t, err)
	require.NoError(t, p.ConsumeLogs(context.Background(), oldLogs()))
	rl := sink.AllLogs()[0].ResourceLogs().At(0)
	assert.Equal(t, map[string]any{"process.pid": int64(77)}, rl.Resource().Attributes().AsRaw())
	record := rl.ScopeLogs().At(0).LogRecords().At(0)
	assert.Equal(t, map[string]any{"code.file.path": "a.go"}, record.Attributes().AsRaw())
	assert.Equal(t, map[string]any{"code.filepath": "b.go"}, record.Body().Map().AsRaw(), "bodies are not attributes")
}

// metrics makes one scope; add fills each metric.
func metricsOf(names []string, add func(pmetric.Metric)) pmetric.Metrics {
	md := pmetric.NewMetrics()
	slice := md.ResourceMetrics().AppendEmpty().ScopeMetrics().AppendEmpty().Metrics()
	for _, name := range names {
		m := slice.AppendEmpty()
		m.SetName(name)
		add(m)
	}
	return md
}

func namesOf(md pmetric.Metrics) (names []string) {
	for _, m := range md.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().All() {
		names = append(names, m.Name())
	}
	return names
}

func gauge(m pmetric.Metric) { m.SetEmptyGauge().DataPoints().AppendEmpty().SetIntValue(1) }

func sum(unit string) func(pmetric.Metric) {
	return func(m pmetric.Metric) {
		m.SetUnit(unit)
		m.SetEmptySum().DataPoints().AppendEmpty().SetIntValue(1)
	}
}

func TestMetricNames(t *testing.T) {
	for name, tc := range map[string]struct {
		in, want []string
		add      func(pmetric.Metric)
	}{
		"plain":                    {[]string{"process.threads"}, []string{"process.thread.count"}, sum("{threads}")},
		"other unit":               {[]string{"jvm.memory.usage"}, []string{"jvm.memory.usage"}, sum("MiBy")},
		"unknown unit is left":     {[]string{"http.server.duration", "otel.sdk.exporter.span.exported.count"}, []string{"http.server.duration", "otel.sdk.exporter.span.exported"}, sum("")},
		"new name is taken":        {[]string{"cpu.time", "system.cpu.time"}, []string{"cpu.time", "system.cpu.time"}, sum("s")},
		"new name is taken before": {[]string{"system.cpu.time", "cpu.time"}, []string{"system.cpu.time", "cpu.time"}, sum("s")},
		"two old names":            {[]string{"messaging.receive.messages", "messaging.process.messages"}, []string{"messaging.receive.messages", "messaging.client.consumed.messages"}, sum("{message}")},
		"two old names, reversed":  {[]string{"messaging.process.messages", "messaging.receive.messages"}, []string{"messaging.client.consumed.messages", "messaging.receive.messages"}, sum("{message}")},
		"parts of one metric":      {[]string{"cpu.time", "x", "cpu.time"}, []string{"system.cpu.time", "x", "system.cpu.time"}, sum("s")},
		"receiver gauge":           {[]string{"k8s.statefulset.desired_pods"}, []string{"k8s.statefulset.pod.desired"}, gauge},
		"receiver gauge of gauges": {[]string{"k8s.container.cpu_limit_utilization"}, []string{"k8s.container.cpu.limit.utilization"}, gauge},
		"moved and unknown":        {[]string{"gen_ai.client.token.usage", "acme.x"}, []string{"gen_ai.client.token.usage", "acme.x"}, gauge},
	} {
		sink := new(consumertest.MetricsSink)
		p, err := NewFactory().CreateMetrics(context.Background(), processortest.NewNopSettings(metadata.Type), createDefaultConfig(), sink)
		require.NoError(t, err)
		md := metricsOf(tc.in, tc.add)
		for range 2 {
			require.NoError(t, p.ConsumeMetrics(context.Background(), md))
			assert.Equal(t, tc.want, namesOf(md), name)
		}
	}
}

// pointsOf gives a metric of each type an old attribute on its point and on an exemplar.
func pointsOf(md pmetric.Metrics) (maps []pcommon.Map) {
	slice := md.ResourceMetrics().AppendEmpty().ScopeMetrics().AppendEmpty().Metrics()
	add := func(name string) pmetric.Metric {
		m := slice.AppendEmpty()
		m.SetName(name)
		return m
	}
	number := add("http.server.duration").SetEmptyGauge().DataPoints().AppendEmpty()
	total := add("http.server.a").SetEmptySum().DataPoints().AppendEmpty()
	histogram := add("http.server.b").SetEmptyHistogram().DataPoints().AppendEmpty()
	exponential := add("http.server.c").SetEmptyExponentialHistogram().DataPoints().AppendEmpty()
	summary := add("http.server.d").SetEmptySummary().DataPoints().AppendEmpty()
	add("http.server.e")
	return []pcommon.Map{
		number.Attributes(), number.Exemplars().AppendEmpty().FilteredAttributes(), total.Attributes(), total.Exemplars().AppendEmpty().FilteredAttributes(),
		histogram.Attributes(), histogram.Exemplars().AppendEmpty().FilteredAttributes(),
		exponential.Attributes(), exponential.Exemplars().AppendEmpty().FilteredAttributes(), summary.Attributes(),
	}
}

func TestMetricPoints(t *testing.T) {
	md := pmetric.NewMetrics()
	maps := pointsOf(md)
	for _, m := range maps {
		m.PutStr("net.peer.name", "a")
	}
	p, err := NewFactory().CreateMetrics(context.Background(), processortest.NewNopSettings(metadata.Type), createDefaultConfig(), consumertest.NewNop())
	require.NoError(t, err)
	require.NoError(t, p.ConsumeMetrics(context.Background(), md))
	for i, m := range maps {
		assert.Equal(t, map[string]any{"client.address": "a"}, m.AsRaw(), i)
	}
}

func oldMetrics() pmetric.Metrics {
	md := metricsOf([]string{"cpu.time", "process.threads", "system.cpu.time"}, sum("s"))
	md.ResourceMetrics().At(0).Resource().Attributes().PutStr("deployment.environment", "prod")
	md.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0).Sum().DataPoints().At(0).Attributes().PutStr("state", "user")
	return md
}

// Observing takes data that several pipelines share: a write to it would panic.
func TestObserveOnReadOnlyData(t *testing.T) {
	ctx, cfg := context.Background(), &Config{Mode: ModeObserve}
	tel := componenttest.NewTelemetry()
	set := metadatatest.NewSettings(tel)
	f := NewFactory()

	traces, err := f.CreateTraces(ctx, set, cfg, consumertest.NewNop())
	require.NoError(t, err)
	td := oldTraces()
	td.MarkReadOnly()
	require.NoError(t, traces.ConsumeTraces(ctx, td))
	metrics, err := f.CreateMetrics(ctx, set, cfg, consumertest.NewNop())
	require.NoError(t, err)
	md := oldMetrics()
	md.MarkReadOnly()
	require.NoError(t, metrics.ConsumeMetrics(ctx, md))
	logs, err := f.CreateLogs(ctx, set, cfg, consumertest.NewNop())
	require.NoError(t, err)
	ld := oldLogs()
	ld.MarkReadOnly()
	require.NoError(t, logs.ConsumeLogs(ctx, ld))
	profiles, err := f.(xprocessor.Factory).CreateProfiles(ctx, set, cfg, consumertest.NewNop())
	require.NoError(t, err)
	pd := oldProfiles()
	pd.MarkReadOnly()
	require.NoError(t, profiles.ConsumeProfiles(ctx, pd))

	for _, caps := range []bool{
		traces.Capabilities().MutatesData, metrics.Capabilities().MutatesData, logs.Capabilities().MutatesData, profiles.Capabilities().MutatesData,
	} {
		assert.False(t, caps)
	}
	findings, err := tel.GetMetric("otelcol_semconv_findings")
	require.NoError(t, err)
	assert.Greater(t, len(findings.Data.(metricdata.Sum[int64]).DataPoints), 8)
	_, err = tel.GetMetric("otelcol_semconv_normalised")
	assert.Error(t, err, "observing changed something")
	require.NoError(t, tel.Shutdown(ctx))
}

func TestFindingsAreCounted(t *testing.T) {
	ctx, tel := context.Background(), componenttest.NewTelemetry()
	p, err := NewFactory().CreateLogs(ctx, metadatatest.NewSettings(tel), createDefaultConfig(), consumertest.NewNop())
	require.NoError(t, err)
	for range 3 {
		require.NoError(t, p.ConsumeLogs(ctx, oldLogs()))
	}
	finding := func(rule, level, signal, area string) metricdata.DataPoint[int64] {
		return metricdata.DataPoint[int64]{Value: 3, Attributes: attribute.NewSet(attribute.String("rule", rule), attribute.String("level", level),
			attribute.String("signal", signal), attribute.String("area", area))}
	}
	metadatatest.AssertEqualSemconvFindings(t, tel, []metricdata.DataPoint[int64]{
		finding("type_mismatch", "violation", "resource", "process"), finding("missing_required", "violation", "resource", "service"),
		finding("deprecated_attribute", "improvement", "log", "code"),
	}, metricdatatest.IgnoreTimestamp())
	metadatatest.AssertEqualSemconvNormalised(t, tel, []metricdata.DataPoint[int64]{
		{Value: 3, Attributes: attribute.NewSet(attribute.String("op", "rename"))},
		{Value: 3, Attributes: attribute.NewSet(attribute.String("op", "coerce"))},
	}, metricdatatest.IgnoreTimestamp())
	require.NoError(t, p.Shutdown(ctx))
	require.NoError(t, tel.Shutdown(ctx))
}

// profileBuilder writes attribute tables the way a receiver does.
type profileBuilder struct {
	pd      pprofile.Profiles
	profile pprofile.Profile
}

func newProfile(attrs ...string) *profileBuilder {
	b := &profileBuilder{pd: pprofile.NewProfiles()}
	dict := b.pd.Dictionary()
	dict.StringTable().Append("")
	dict.AttributeTable().AppendEmpty()
	for i := 0; i < len(attrs); i += 2 {
		dict.StringTable().Append(attrs[i])
		kv := dict.AttributeTable().AppendEmpty()
		kv.SetKeyStrindex(int32(dict.StringTable().Len() - 1))
		kv.Value().SetStr(attrs[i+1])
	}
	rp := b.pd.ResourceProfiles().AppendEmpty()
	rp.Resource().Attributes().PutStr("deployment.environment", "prod")
	b.profile = rp.ScopeProfiles().AppendEmpty().Profiles().AppendEmpty()
	return b
}

func (b *profileBuilder) sample(indices ...int32) *profileBuilder {
	b.profile.Samples().AppendEmpty().AttributeIndices().FromRaw(indices)
	return b
}

func oldProfiles() pprofile.Profiles {
	return newProfile("http.method", "GET", "thread.id", "12", "http.request.method", "POST").sample(1, 2).sample(1, 3).sample(2).pd
}

// samplesOf resolves the attributes of the samples: what a consumer sees.
func samplesOf(t *testing.T, pd pprofile.Profiles) (out []map[string]any) {
	dict := pd.Dictionary()
	for _, s := range pd.ResourceProfiles().At(0).ScopeProfiles().At(0).Profiles().At(0).Samples().All() {
		m, err := pprofile.FromAttributeIndices(dict.AttributeTable(), s, dict)
		require.NoError(t, err)
		out = append(out, m.AsRaw())
	}
	return out
}

func TestProfiles(t *testing.T) {
	type attrs = map[string]any
	for name, tc := range map[string]struct {
		in   *profileBuilder
		want []attrs
		rows int
	}{
		"shared entries, renamed once": {
			newProfile("http.method", "GET", "thread.id", "12").sample(1, 2).sample(1).sample(), []attrs{{"http.request.method": "GET", "thread.id": int64(12)}, {"http.request.method": "GET"}, {}}, 3,
		},
		"conflict in one sample only": {
			newProfile("http.method", "GET", "http.request.method", "POST").sample(1).sample(1, 2), []attrs{{"http.request.method": "GET"}, {"http.method": "GET", "http.request.method": "POST"}}, 4,
		},
		"equal in one sample": {
			newProfile("http.method", "GET", "http.request.method", "GET").sample(1).sample(2, 1), []attrs{{"http.request.method": "GET"}, {"http.request.method": "GET"}}, 3,
		},
		"two old names": {
			newProfile("db.redis.database_index", "3", "db.name", "shop").sample(1, 2).sample(1), []attrs{{"db.redis.database_index": "3", "db.namespace": "shop"}, {"db.namespace": "3"}}, 4,
		},
		"kind is unknown": {newProfile("net.peer.name", "a").sample(1), []attrs{{"net.peer.name": "a"}}, 2},
		"blocked in one sample": {
			newProfile("code.function", "f", "code.namespace", "n").sample(1, 2).sample(1), []attrs{{"code.function": "f", "code.namespace": "n"}, {"code.function.name": "f"}}, 4,
		},
		"aws keeps rpc": {newProfile("rpc.system", "aws-api", "rpc.grpc.status_code", "1").sample(1, 2), []attrs{{"rpc.system": "aws-api", "rpc.grpc.status_code": "1"}}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := NewFactory().(xprocessor.Factory).CreateProfiles(context.Background(), processortest.NewNopSettings(metadata.Type), createDefaultConfig(), consumertest.NewNop())
			require.NoError(t, err)
			for range 2 {
				require.NoError(t, p.ConsumeProfiles(context.Background(), tc.in.pd))
				assert.Equal(t, tc.want, samplesOf(t, tc.in.pd))
				assert.Equal(t, tc.rows, tc.in.pd.Dictionary().AttributeTable().Len())
			}
			assert.Equal(t, attrs{"deployment.environment.name": "prod"}, tc.in.pd.ResourceProfiles().At(0).Resource().Attributes().AsRaw())
		})
	}
}

func TestProfilesKeepDeprecated(t *testing.T) {
	b := newProfile("http.method", "GET").sample(1)
	p, err := NewFactory().(xprocessor.Factory).CreateProfiles(context.Background(), processortest.NewNopSettings(metadata.Type),
		&Config{Mode: ModeNormalise, KeepDeprecated: true}, consumertest.NewNop())
	require.NoError(t, err)
	for range 2 {
		require.NoError(t, p.ConsumeProfiles(context.Background(), b.pd))
		assert.Equal(t, []map[string]any{{"http.method": "GET", "http.request.method": "GET"}}, samplesOf(t, b.pd))
	}
}

// Indices that point nowhere, as any sender can write them, must not hurt.
func TestProfilesWithBadIndices(t *testing.T) {
	b := newProfile("http.method", "GET").sample(1, -1, 99, 0)
	b.pd.Dictionary().AttributeTable().AppendEmpty().SetKeyStrindex(77)
	b.pd.Dictionary().AttributeTable().AppendEmpty().SetKeyStrindex(-77)
	p, err := NewFactory().(xprocessor.Factory).CreateProfiles(context.Background(), processortest.NewNopSettings(metadata.Type), createDefaultConfig(), consumertest.NewNop())
	require.NoError(t, err)
	require.NoError(t, p.ConsumeProfiles(context.Background(), b.pd))
	assert.Equal(t, []int32{1, -1, 99, 0}, b.profile.Samples().At(0).AttributeIndices().AsRaw())
	assert.Equal(t, "http.request.method", b.pd.Dictionary().StringTable().At(int(b.pd.Dictionary().AttributeTable().At(1).KeyStrindex())))
}
