package semconv

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	engine "github.com/otelcol-plus/otelcol-plus/internal/semconv"
)

// strict reports what it finds to the test, names that the conventions do not know included.
func strict(report func(*engine.Finding)) *engine.Worker {
	reg := engine.Default()
	w := reg.NewWorker(engine.Options{Observe: true})
	rules := reg.NewRuleset(true)
	reg.SetLevel(rules, []engine.Rule{engine.UnknownAttribute}, engine.Violation, nil)
	w.Use(rules)
	w.OnFinding(report)
	return w
}

func refuse(t *testing.T, what *string) func(*engine.Finding) {
	return func(f *engine.Finding) { t.Errorf("%s: %s: %s", *what, f.Rule, f.Message()) }
}

// The processor that puts attributes right finds nothing wrong with what this package builds: types, members and names of both
// agree.
func TestEngineFindsNothingInAttributes(t *testing.T) {
	var name string
	w := strict(refuse(t, &name))
	for _, s := range sampleAttributes {
		name = s.name
		r := plog.NewLogRecord()
		s.attr.Put(r.Attributes())
		w.Log(r)
	}
}

func TestEngineFindsNothingInMetrics(t *testing.T) {
	var name string
	w := strict(refuse(t, &name))
	for _, x := range sampleMetrics {
		name = x.Name
		metrics := pmetric.NewMetricSlice()
		x.Init(metrics.AppendEmpty(), pmetric.AggregationTemporalityCumulative)
		w.PlanMetrics(metrics)
		w.Metric(metrics.At(0))
	}
}

var spanKinds = map[string]ptrace.SpanKind{
	"client": ptrace.SpanKindClient, "server": ptrace.SpanKindServer, "producer": ptrace.SpanKindProducer,
	"consumer": ptrace.SpanKindConsumer, "internal": ptrace.SpanKindInternal,
}

func TestEngineFindsNothingInSpans(t *testing.T) {
	var name string
	report := refuse(t, &name)
	w := strict(func(f *engine.Finding) {
		// A sample value can make the span one of a more special group, which asks for more.
		if f.Rule != engine.MissingRequired || f.Detail == name {
			report(f)
		}
	})
	for _, s := range sampleSpans {
		name = s.group
		span := ptrace.NewSpan()
		require.Contains(t, spanKinds, s.kind)
		span.SetKind(spanKinds[s.kind])
		Put(span.Attributes(), s.attrs...)
		w.Span(span)
	}
}

// The tests above would say nothing of an engine that finds nothing.
func TestEngineFinds(t *testing.T) {
	for want, put := range map[string]func(pcommon.Map){
		"deprecated_attribute":  func(m pcommon.Map) { m.PutStr("http.method", "GET") },
		"type_mismatch":         func(m pcommon.Map) { m.PutStr("http.response.status_code", "200") },
		"deprecated_enum_value": func(m pcommon.Map) { m.PutStr("cloud.platform", "azure_aks") },
		"unknown_enum_value":    func(m pcommon.Map) { m.PutStr("messaging.system", "nats") },
		"key_format":            func(m pcommon.Map) { m.PutEmptySlice("http.request.header.ETag").AppendEmpty().SetStr("x") },
		"unknown_attribute":     func(m pcommon.Map) { m.PutStr("http.rout", "/") },
		"missing_required":      func(m pcommon.Map) { Put(m, HTTPRequestMethodGet.Attr(), URLPath("/")) },
	} {
		var got []string
		w := strict(func(f *engine.Finding) { got = append(got, f.Rule.String()) })
		span := ptrace.NewSpan()
		span.SetKind(ptrace.SpanKindServer)
		put(span.Attributes())
		w.Span(span)
		assert.Contains(t, got, want)
	}
}

func TestEngineFindsInMetrics(t *testing.T) {
	for want, x := range map[string]Metric{
		"unit_mismatch":         {Name: "http.server.request.duration", Unit: "ms", Instrument: Histogram},
		"unexpected_instrument": {Name: "http.server.request.duration", Unit: "s", Instrument: Gauge},
		"deprecated_metric":     {Name: "http.server.duration", Unit: "ms", Instrument: Histogram},
	} {
		var got []string
		w := strict(func(f *engine.Finding) { got = append(got, f.Rule.String()) })
		metrics := pmetric.NewMetricSlice()
		x.Init(metrics.AppendEmpty(), pmetric.AggregationTemporalityCumulative)
		w.PlanMetrics(metrics)
		w.Metric(metrics.At(0))
		assert.Contains(t, got, want)
	}
}
