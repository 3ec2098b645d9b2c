package semconvprocessor

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor/processortest"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/otelcol-plus/otelcol-plus/internal/semconv"
	"github.com/otelcol-plus/otelcol-plus/processor/semconvprocessor/internal/metadata"
	"github.com/otelcol-plus/otelcol-plus/processor/semconvprocessor/internal/metadatatest"
)

// service makes a request of one service with a span of each map.
func service(name string, kind ptrace.SpanKind, spans ...map[string]any) ptrace.Traces {
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	if name != "" {
		rs.Resource().Attributes().PutStr("service.name", name)
	}
	ss := rs.ScopeSpans().AppendEmpty()
	ss.Scope().SetName("lib")
	for _, attrs := range spans {
		span := ss.Spans().AppendEmpty()
		span.SetKind(kind)
		_ = span.Attributes().FromRaw(attrs)
	}
	return td
}

// through runs a request through a processor with these settings.
func through(t *testing.T, settings map[string]any, td ptrace.Traces) ptrace.Traces {
	sink := new(consumertest.TracesSink)
	p, err := NewFactory().CreateTraces(context.Background(), processortest.NewNopSettings(metadata.Type), load(t, settings), sink)
	require.NoError(t, err)
	require.NoError(t, p.Start(context.Background(), componenttest.NewNopHost()))
	require.NoError(t, p.ConsumeTraces(context.Background(), td))
	require.NoError(t, p.Shutdown(context.Background()))
	if len(sink.AllTraces()) == 0 {
		return ptrace.NewTraces()
	}
	return sink.AllTraces()[0]
}

func attrsOf(td ptrace.Traces) (all []map[string]any) {
	for _, rs := range td.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			for _, span := range ss.Spans().All() {
				all = append(all, span.Attributes().AsRaw())
			}
		}
	}
	return all
}

func TestOptions(t *testing.T) {
	for name, tc := range map[string]struct {
		settings map[string]any
		in, want map[string]any
	}{
		"redact":        {nil, map[string]any{"http.url": "https://u:p@shop/?sig=1"}, map[string]any{"url.full": "https://REDACTED:REDACTED@shop/?sig=REDACTED"}},
		"own query key": {map[string]any{"redact_query_keys": []any{"token"}}, map[string]any{"url.query": "token=1"}, map[string]any{"url.query": "token=REDACTED"}},
		"no redaction":  {map[string]any{"redact": false}, map[string]any{"url.full": "https://u:p@shop/"}, map[string]any{"url.full": "https://u:p@shop/"}},
		"no coercion":   {map[string]any{"coerce": "off"}, map[string]any{"server.port": "80"}, map[string]any{"server.port": "80"}},
		"drop obsolete": {map[string]any{"drop_obsolete": true}, map[string]any{"db.user": "me", "a": "b"}, map[string]any{"a": "b"}},
		"keep":          {map[string]any{"keep_deprecated": true}, map[string]any{"db.statement": "x"}, map[string]any{"db.statement": "x", "db.query.text": "x"}},
		"sanitize":      {map[string]any{"sanitize_query": true}, map[string]any{"db.statement": "select 'x' from t where a = 7"}, map[string]any{"db.query.text": "select ? from t where a = ?"}},
		"cut":           {map[string]any{"max_value_bytes": 4}, map[string]any{"db.query.text": "aüüü", "own": "longer than that"}, map[string]any{"db.query.text": "aü", "own": "longer than that"}},
		"derive":        {map[string]any{"derive": true}, map[string]any{"url.full": "https://shop/cart"}, map[string]any{"url.full": "https://shop/cart", "server.address": "shop", "server.port": int64(443)}},
		"observe names": {map[string]any{"overrides": []any{map[string]any{"attributes": []any{"db.*"}, "mode": "observe"}}},
			map[string]any{"db.statement": "x", "http.route": "/", "http.user_agent": "c"}, map[string]any{"db.statement": "x", "http.route": "/", "user_agent.original": "c"}},
		"observe a service": {map[string]any{"overrides": []any{map[string]any{"services": []any{"sh?p"}, "mode": "observe"}}},
			map[string]any{"db.statement": "x"}, map[string]any{"db.statement": "x"}},
		"observe another": {map[string]any{"overrides": []any{map[string]any{"services": []any{"cart"}, "mode": "observe"}}},
			map[string]any{"db.statement": "x"}, map[string]any{"db.query.text": "x"}},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, []map[string]any{tc.want}, attrsOf(through(t, tc.settings, service("shop", ptrace.SpanKindClient, tc.in))))
		})
	}
}

func TestForeignSchema(t *testing.T) {
	for url, want := range map[string]string{
		"": "db.query.text", "https://opentelemetry.io/schemas/1.20.0": "db.query.text", "http://OpenTelemetry.io/schemas/1.20.0": "db.query.text", "https://acme.example/schemas/1": "db.statement",
		"https://opentelemetry.io.evil.example/schemas/1.20.0": "db.statement", strings.Repeat("x", 1<<20): "db.statement", "\xff://": "db.statement",
	} {
		td := service("shop", ptrace.SpanKindClient, map[string]any{"db.statement": "x"})
		td.ResourceSpans().At(0).SetSchemaUrl(url)
		assert.Equal(t, []map[string]any{{want: "x"}}, attrsOf(through(t, map[string]any{"foreign_schema": "skip"}, td)))
		// The schema of a scope is the scope's own.
		td = service("shop", ptrace.SpanKindClient, map[string]any{"db.statement": "x"})
		td.ResourceSpans().At(0).SetSchemaUrl("https://acme.example/schemas/1")
		td.ResourceSpans().At(0).ScopeSpans().At(0).SetSchemaUrl("https://opentelemetry.io/schemas/1.20.0")
		assert.Equal(t, []map[string]any{{"db.query.text": "x"}}, attrsOf(through(t, map[string]any{"foreign_schema": "skip"}, td)))
	}
}

func TestRegistries(t *testing.T) {
	file := filepath.Join(t.TempDir(), "acme.json")
	require.NoError(t, os.WriteFile(file, []byte(`{"format":1,"attributes":{"acme.id":{"type":"string"}},"renames":{"attributes":[{"from":"acmeId","to":"acme.id","action":"rename"}]}}`), 0o600))
	out := through(t, map[string]any{"registries": []any{file}}, service("shop", ptrace.SpanKindClient, map[string]any{"acmeId": "7"}))
	assert.Equal(t, []map[string]any{{"acme.id": "7"}}, attrsOf(out))
	require.NoError(t, os.WriteFile(file, []byte(`{"format":1,"renames":{"attributes":[{"from":"acmeId","to":"acme.id","action":"rename"}]}}`), 0o600))
	_, err := NewFactory().CreateTraces(context.Background(), processortest.NewNopSettings(metadata.Type), load(t, map[string]any{"registries": []any{file}}), consumertest.NewNop())
	assert.ErrorContains(t, err, file+`: rename "acmeId": attribute "acme.id" is unknown`)
}

// Observing marks nothing as mutated, and does not write even to what it is not allowed to.
func TestObserveOnlyReads(t *testing.T) {
	td := service("shop", ptrace.SpanKindServer, map[string]any{"http.method": "get", "http.url": "https://u:p@x/", "http.target": "/a?b", "db.user": "x", "bad": "\xff"})
	td.MarkReadOnly()
	out := through(t, map[string]any{"mode": "observe"}, td)
	assert.Equal(t, "get", attrsOf(out)[0]["http.method"])
}

func TestEnforce(t *testing.T) {
	good := map[string]any{"db.system.name": "redis", "db.operation.name": "GET"}
	bad := map[string]any{"db.system.name": "redis"}
	fixed := map[string]any{"db.system": "redis", "db.operation": "GET"}
	request := func() ptrace.Traces { return service("shop", ptrace.SpanKindClient, good, bad, fixed) }
	clean := map[string]any{"db.system.name": "redis", "db.operation.name": "GET"}
	rules := func(action string, dry bool) map[string]any {
		return map[string]any{"mode": "enforce", "enforce": map[string]any{"dry_run": dry, "rules": map[string]any{"missing_required": action, "deprecated_attribute": "drop"}}}
	}
	assert.Equal(t, []map[string]any{clean, bad, clean}, attrsOf(through(t, rules("drop", true), request())), "a dry run only counts")
	assert.Equal(t, []map[string]any{clean, clean}, attrsOf(through(t, rules("drop", false), request())), "what was put right is kept")
	assert.Equal(t, []map[string]any{clean, {"db.system.name": "redis", "semconv.violations": []any{"missing_required"}}, clean}, attrsOf(through(t, rules("tag", false), request())))
	assert.Equal(t, []map[string]any{clean, {"db.system.name": "redis", "semconv.route": "quarantine"}, clean}, attrsOf(through(t, rules("route", false), request())))

	nothing := through(t, rules("drop", false), service("shop", ptrace.SpanKindClient, bad))
	assert.Zero(t, nothing.ResourceSpans().Len(), "a resource without spans is not sent")
	nothing = through(t, rules("drop", false), service("", ptrace.SpanKindClient, good))
	assert.Zero(t, nothing.ResourceSpans().Len(), "a resource without service.name breaks the rule for all that is below it")
}

func TestEnforceIsCounted(t *testing.T) {
	ctx, tel := context.Background(), componenttest.NewTelemetry()
	cfg := load(t, map[string]any{"mode": "enforce", "enforce": map[string]any{"rules": map[string]any{"unit_mismatch": "drop", "invalid_value": "tag"}}})
	p, err := NewFactory().CreateMetrics(ctx, metadatatest.NewSettings(tel), cfg, consumertest.NewNop())
	require.NoError(t, err)
	md := pmetric.NewMetrics()
	m := md.ResourceMetrics().AppendEmpty().ScopeMetrics().AppendEmpty().Metrics().AppendEmpty()
	m.SetName("http.server.active_requests")
	m.SetUnit("ms")
	m.SetEmptySum().DataPoints().AppendEmpty().Attributes().PutInt("server.port", 70_000)
	require.NoError(t, p.ConsumeMetrics(ctx, md))
	done := func(action, rule string) metricdata.DataPoint[int64] {
		return metricdata.DataPoint[int64]{Value: 1, Attributes: attribute.NewSet(attribute.String("action", action), attribute.String("rule", rule), attribute.Bool("dry_run", true))}
	}
	metadatatest.AssertEqualSemconvEnforced(t, tel, []metricdata.DataPoint[int64]{done("drop", "unit_mismatch"), done("tag", "invalid_value")}, metricdatatest.IgnoreTimestamp())
	require.NoError(t, p.Shutdown(ctx))
	require.NoError(t, tel.Shutdown(ctx))
}

func TestAnnotate(t *testing.T) {
	out := attrsOf(through(t, map[string]any{"annotate": map[string]any{"enabled": true, "max": 2}},
		service("shop", ptrace.SpanKindClient, map[string]any{"db.statement": "x", "db.user": "y", "server.port": "80"}, map[string]any{"a": "b"})))
	assert.Len(t, out[0]["semconv.findings"], 2)
	for _, note := range out[0]["semconv.findings"].([]any) {
		assert.Regexp(t, "^(deprecated_attribute:db.statement|obsolete_attribute:db.user|type_mismatch:server.port)$", note)
	}
	assert.Equal(t, map[string]any{"a": "b"}, out[1])
}

func TestScore(t *testing.T) {
	ctx, tel := context.Background(), componenttest.NewTelemetry()
	p, err := NewFactory().CreateTraces(ctx, metadatatest.NewSettings(tel), createDefaultConfig(), consumertest.NewNop())
	require.NoError(t, err)
	ok, bad := map[string]any{"a": "b"}, map[string]any{"server.port": "x"}
	require.NoError(t, p.ConsumeTraces(ctx, service("shop", ptrace.SpanKindClient, ok, ok, bad, ok)))
	require.NoError(t, p.ConsumeTraces(ctx, service("cart", ptrace.SpanKindClient, ok)))
	score := func(service string, value float64) metricdata.DataPoint[float64] {
		return metricdata.DataPoint[float64]{Value: value, Attributes: attribute.NewSet(attribute.String("service", service))}
	}
	want := []metricdata.DataPoint[float64]{score("shop", 75), score("cart", 100)}
	metadatatest.AssertEqualSemconvScore(t, tel, want, metricdatatest.IgnoreTimestamp())
	metadatatest.AssertEqualSemconvScore(t, tel, want, metricdatatest.IgnoreTimestamp())
	require.NoError(t, p.ConsumeTraces(ctx, service("shop", ptrace.SpanKindClient, ok)))
	metadatatest.AssertEqualSemconvScore(t, tel, []metricdata.DataPoint[float64]{score("shop", 100), score("cart", 100)}, metricdatatest.IgnoreTimestamp())
	require.NoError(t, p.Shutdown(ctx))
	require.NoError(t, tel.Shutdown(ctx))
}

func TestReport(t *testing.T) {
	core, logs := observer.New(zapcore.InfoLevel)
	set := processortest.NewNopSettings(metadata.Type)
	set.Logger = zap.New(core)
	p, err := NewFactory().CreateTraces(context.Background(), set, load(t, map[string]any{"report": map[string]any{"interval": "1h"}}), consumertest.NewNop())
	require.NoError(t, err)
	require.NoError(t, p.Start(context.Background(), componenttest.NewNopHost()))
	td := service("shop", ptrace.SpanKindClient, map[string]any{"http.url": "https://u:secret@shop/?sig=hidden", "http.status_code": "200"}, map[string]any{"http.status_code": "404"})
	td.ResourceSpans().At(0).Resource().Attributes().PutStr("telemetry.sdk.language", "nodejs")
	td.ResourceSpans().At(0).Resource().Attributes().PutStr("telemetry.sdk.version", "1.9.0")
	require.NoError(t, p.ConsumeTraces(context.Background(), td))
	require.NoError(t, p.Shutdown(context.Background()))
	require.NoError(t, p.Shutdown(context.Background()), "twice is once")

	require.Equal(t, 1, logs.Len())
	fields := logs.All()[0].ContextMap()
	assert.Equal(t, "semconv.report", fields["event.name"])
	assert.Equal(t, []reportService{{Service: "shop", Score: 0, Items: 2}}, fields["services"])
	rows := fields["findings"].([]reportRow)
	assert.EqualValues(t, 2, rows[0].Count)
	byRule := map[string]reportRow{}
	for _, r := range rows {
		byRule[r.Rule+" "+r.Attribute] = r
		assert.NotContains(t, fmt.Sprint(r), "secret")
		assert.NotContains(t, fmt.Sprint(r), "hidden")
	}
	old := byRule["deprecated_attribute http.status_code"]
	assert.Equal(t, reportRow{
		Rule: "deprecated_attribute", Level: "improvement", Attribute: "http.status_code", Service: "shop", Scope: "lib", SDK: "nodejs 1.9.0", Count: 2,
		Message: "http.status_code is deprecated, its successor is http.response.status_code", Example: "200", Fix: semconv.DeprecatedAttribute.Fix(),
		OptIn: "OTEL_SEMCONV_STABILITY_OPT_IN=http",
	}, old)
	assert.Contains(t, byRule, "sensitive_data http.url")
}

// Whatever names arrive, what is kept of them is bounded: a million keys, services and scopes leave no more than the rows allow.
func TestMemoryIsBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: a million keys take a few seconds")
	}
	cfg := load(t, map[string]any{
		"report": map[string]any{"interval": "1h"}, "rules": map[string]any{"unknown_attribute": "information"},
		"overrides": []any{map[string]any{"services": []any{"service-1*"}, "mode": "observe"}},
	})
	p, err := newProcessor(processortest.NewNopSettings(metadata.Type), cfg)
	require.NoError(t, err)
	feed := func(from, to int) {
		for i := from; i < to; i += 1000 {
			td := ptrace.NewTraces()
			for j := i; j < i+1000; j += 100 {
				rs := td.ResourceSpans().AppendEmpty()
				rs.Resource().Attributes().PutStr("service.name", fmt.Sprint("service-", j))
				ss := rs.ScopeSpans().AppendEmpty()
				ss.Scope().SetName(fmt.Sprint("scope-", j))
				attrs := ss.Spans().AppendEmpty().Attributes()
				for k := j; k < j+100; k++ {
					attrs.PutStr(fmt.Sprint("attack.", k, ".key"), "x")
				}
			}
			_, err := p.processTraces(context.Background(), td)
			require.NoError(t, err)
		}
	}
	heap := func() uint64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	feed(0, 200_000)
	before := heap()
	feed(200_000, 1_000_000)
	after := heap()
	assert.Less(t, int64(after)-int64(before), int64(8<<20), "from %d to %d bytes", before, after)
	rows, services, others := p.table.take()
	assert.LessOrEqual(t, len(rows), cfg.Report.Top)
	assert.LessOrEqual(t, len(services), maxScores+1)
	assert.Positive(t, others)
	require.NoError(t, p.shutdown(context.Background()))
}

func TestReportsComeInIntervals(t *testing.T) {
	core, logs := observer.New(zapcore.InfoLevel)
	set := processortest.NewNopSettings(metadata.Type)
	set.Logger = zap.New(core)
	p, err := NewFactory().CreateTraces(context.Background(), set, load(t, map[string]any{"report": map[string]any{"interval": "1s"}}), consumertest.NewNop())
	require.NoError(t, err)
	require.NoError(t, p.Start(context.Background(), componenttest.NewNopHost()))
	require.NoError(t, p.ConsumeTraces(context.Background(), service("shop", ptrace.SpanKindClient, map[string]any{"db.statement": "x"})))
	require.Eventually(t, func() bool { return logs.Len() == 1 }, 20*time.Second, 10*time.Millisecond)
	require.NoError(t, p.Shutdown(context.Background()))
	assert.Equal(t, 1, logs.Len(), "nothing came since")
}

// Counting and annotating take nothing away, not even resources and scopes that came without items.
func TestNothingIsRemovedUnasked(t *testing.T) {
	for _, settings := range []map[string]any{{"mode": "enforce"}, {"annotate": map[string]any{"enabled": true}}} {
		td := service("shop", ptrace.SpanKindClient)
		td.ResourceSpans().AppendEmpty()
		out := through(t, settings, td)
		assert.Equal(t, 2, out.ResourceSpans().Len())
		assert.Equal(t, 1, out.ResourceSpans().At(0).ScopeSpans().Len())
	}
}

// The name of a rule has the last word over one that stands for several, in every run.
func TestOwnNamesWin(t *testing.T) {
	for range 20 {
		cfg := load(t, map[string]any{
			"mode": "enforce", "rules": map[string]any{"deprecated": "off", "deprecated_attribute": "violation"},
			"enforce": map[string]any{"rules": map[string]any{"deprecated": "tag", "deprecated_attribute": "drop"}},
		})
		assert.Equal(t, semconv.Violation, cfg.levelOf(semconv.DeprecatedAttribute))
		assert.Equal(t, semconv.Off, cfg.levelOf(semconv.DeprecatedMetric))
		actions := actionsOf(cfg)
		assert.Equal(t, ActionDrop, actions[semconv.DeprecatedAttribute])
		assert.Equal(t, ActionTag, actions[semconv.DeprecatedMetric])
	}
}

func TestScoresAreBounded(t *testing.T) {
	table := newTable(1)
	read := func() map[string]float64 {
		scores := map[string]float64{}
		table.readScores(func(service string, score float64) { scores[service] = score })
		return scores
	}
	feed := func(prefix string) {
		for i := range maxScores {
			table.add(&batch{items: map[string]*share{fmt.Sprint(prefix, i): {items: 2, violating: 1}}})
		}
	}
	feed("a")
	assert.Len(t, read(), maxScores)
	feed("b")
	scores := read()
	assert.Len(t, scores, maxScores+1)
	assert.EqualValues(t, 50, scores[otherService])
	for range maxIdle {
		read()
	}
	feed("b")
	scores = read()
	assert.Contains(t, scores, "b0")
	assert.NotContains(t, scores, "a0")
	assert.LessOrEqual(t, len(scores), maxScores+1)
}
