package semconvcheck

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpfile"
	"github.com/otelcol-plus/otelcol-plus/internal/semconv"
)

func TestExplain(t *testing.T) {
	for rule := range semconv.NumRules {
		r := check(t, "--explain", rule.String())
		require.Equal(t, exitClean, r.code)
		for _, want := range []string{rule.String(), rule.About(), rule.Level().String(), rule.Fix(), examples[rule]} {
			assert.NotEmpty(t, want, rule)
			assert.Contains(t, r.stdout, want)
		}
	}
	r := check(t, "--explain", "deprecated")
	assert.Equal(t, exitClean, r.code)
	assert.Contains(t, r.stdout, "obsolete_attribute")
	assert.Contains(t, r.stdout, "weaver   deprecated")
	assert.Contains(t, check(t, "--explain", "illegal_namespace").stdout, "no rule stands for")
	r = check(t, "--explain", "typo")
	assert.Equal(t, exitUsage, r.code)
	assert.Contains(t, r.stderr, "type_mismatch, missing_required")
}

// What is printed as an example of a rule really has a finding of it.
func TestExamplesHaveTheirFinding(t *testing.T) {
	method := map[string]any{"http.request.method": "GET", "url.path": "/", "url.scheme": "https"}
	with := func(name string, value any) map[string]any {
		m := map[string]any{name: value}
		for k, v := range method {
			m[k] = v
		}
		return m
	}
	duration := func(name, unit string, fill func(pmetric.Metric) pcommon.Map) otlpfile.Data {
		md := pmetric.NewMetrics()
		m := md.ResourceMetrics().AppendEmpty().ScopeMetrics().AppendEmpty().Metrics().AppendEmpty()
		m.SetName(name)
		m.SetUnit(unit)
		require.NoError(t, fill(m).FromRaw(map[string]any{"http.request.method": "GET", "url.scheme": "https"}))
		return otlpfile.Data{Signal: otlpfile.Metrics, Metrics: md}
	}
	histogram := func(m pmetric.Metric) pcommon.Map {
		p := m.SetEmptyHistogram().DataPoints().AppendEmpty()
		p.SetSum(12)
		return p.Attributes()
	}
	internal := func(attrs map[string]any) otlpfile.Data { return span(t, ptrace.SpanKindInternal, attrs, nil) }
	resource := func(attrs map[string]any) otlpfile.Data { return span(t, ptrace.SpanKindInternal, nil, attrs) }
	telemetry := map[semconv.Rule]otlpfile.Data{
		semconv.DeprecatedAttribute: internal(map[string]any{"http.method": "GET"}),
		semconv.ObsoleteAttribute:   internal(map[string]any{"net.sock.peer.name": "cache-1"}),
		semconv.DeprecatedEnumValue: resource(map[string]any{"os.type": "z_os"}),
		semconv.DeprecatedMetric:    duration("http.server.duration", "ms", histogram),
		semconv.TypeMismatch:        internal(map[string]any{"http.response.status_code": "200"}),
		semconv.MissingRequired:     span(t, ptrace.SpanKindServer, map[string]any{"http.request.method": "GET", "url.path": "/"}, nil),
		semconv.MissingConditional:  span(t, ptrace.SpanKindServer, with("http.response.status_code", 500), nil),
		semconv.Conflict:            internal(map[string]any{"http.method": "GET", "http.request.method": "POST"}),
		semconv.UnmappedValue:       internal(map[string]any{"net.transport": "inproc"}),
		semconv.UnknownEnumValue:    resource(map[string]any{"telemetry.sdk.language": "zig"}),
		semconv.EnumCase:            internal(map[string]any{"http.request.method": "get"}),
		semconv.EmptyValue:          internal(map[string]any{"http.route": ""}),
		semconv.InvalidValue:        internal(map[string]any{"server.port": 70000}),
		semconv.InvalidFormat:       resource(map[string]any{"k8s.pod.uid": "pod-1"}),
		semconv.InvalidUTF8:         internal(map[string]any{"url.path": "/caf\xe9"}),
		semconv.ValueTooLong:        internal(map[string]any{"db.query.text": strings.Repeat("x", 9000)}),
		semconv.SensitiveData:       internal(map[string]any{"url.full": "https://user:password@shop.example/"}),
		semconv.KeyFormat:           internal(map[string]any{"http.request.header.Content-Type": []any{"text/plain"}}),
		semconv.PlaceholderValue:    resource(map[string]any{"service.name": "unknown_service:java"}),
		semconv.UnitMismatch:        duration("http.server.request.duration", "ms", histogram),
		semconv.UnexpectedInstrument: duration("http.server.request.duration", "s", func(m pmetric.Metric) pcommon.Map {
			p := m.SetEmptyGauge().DataPoints().AppendEmpty()
			p.SetDoubleValue(1)
			return p.Attributes()
		}),
		semconv.UnconvertibleMetric: duration("http.server.duration", "ms", func(m pmetric.Metric) pcommon.Map {
			p := m.SetEmptyExponentialHistogram().DataPoints().AppendEmpty()
			p.SetSum(12)
			return p.Attributes()
		}),
		semconv.UnknownAttribute:   internal(map[string]any{"shop.cart.size": 3}),
		semconv.NotStable:          internal(map[string]any{"messaging.system": "kafka"}),
		semconv.MissingRecommended: span(t, ptrace.SpanKindClient, with("server.address", "shop"), nil),
	}
	require.Len(t, telemetry, int(semconv.NumRules))
	for rule, d := range telemetry {
		request, err := d.Proto()
		require.NoError(t, err)
		r := checkStdin(t, request, "--format", "json", "--max-value-bytes", "8192",
			"--rules", "unknown_attribute=information,not_stable=information,missing_recommended=information")
		var doc jsonReport
		require.NoError(t, json.Unmarshal([]byte(r.stdout), &doc))
		assert.Contains(t, doc.Summary.Rules, rule.String(), examples[rule])
	}
}

func span(t *testing.T, kind ptrace.SpanKind, attrs, resource map[string]any) otlpfile.Data {
	t.Helper()
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	require.NoError(t, rs.Resource().Attributes().FromRaw(resource))
	s := rs.ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	s.SetTraceID([16]byte{1})
	s.SetSpanID([8]byte{1})
	s.SetStartTimestamp(1)
	s.SetName("x")
	s.SetKind(kind)
	require.NoError(t, s.Attributes().FromRaw(attrs))
	return otlpfile.Data{Signal: otlpfile.Traces, Traces: td}
}
