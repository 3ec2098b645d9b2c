package semconv_test

import (
	"fmt"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pprofile"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/xpdata"

	"github.com/otelcol-plus/otelcol-plus/internal/semconv"
	"github.com/otelcol-plus/otelcol-plus/internal/semconv/walk"
)

// The coverage tests see the engine the way the processor does: they build a request, lead a walker through it, and look at what
// became of the request and at what was found.

// scene is a request with attributes in one place of it.
type scene struct {
	signal semconv.Signal
	kind   ptrace.SpanKind
	// failed sets the status of a span to ERROR, with a message.
	failed  bool
	message string
	// name of the event or the metric.
	name string
	// unit and instrument of the metric; a gauge unless said otherwise.
	unit       string
	instrument string
	resource   []any
	// scope and version of the instrumentation.
	scope, version string
}

// seen is a finding that was kept.
type seen struct {
	rule         semconv.Rule
	signal       semconv.Signal
	name, detail string
	fixed        bool
	example      string
}

// result is what became of a scene.
type result struct {
	attrs  pcommon.Map
	found  []seen
	span   ptrace.Span
	log    plog.LogRecord
	scope  pcommon.InstrumentationScope
	metric pmetric.Metric
	td     ptrace.Traces
	ld     plog.Logs
	md     pmetric.Metrics
	pd     pprofile.Profiles
}

// about are the findings on one name.
func (r *result) about(name string) []seen {
	return slices.DeleteFunc(slices.Clone(r.found), func(f seen) bool { return f.name != name })
}

// rules are the findings on one name as "rule rule", sorted.
func (r *result) rules(name string) string { return ruleNames(r.about(name)) }

func ruleNames(found []seen) string {
	var out []string
	for _, f := range found {
		out = append(out, f.rule.String())
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// engine is a walker whose findings are kept.
type engine struct {
	*walk.Walker
	found []seen
}

// newEngine makes an engine with every rule on. The rules named in off are off.
func newEngine(opts semconv.Options, off ...semconv.Rule) *engine {
	reg := semconv.Default()
	worker := reg.NewWorker(opts)
	rules := reg.NewRuleset(opts.Observe)
	for r := range semconv.NumRules {
		level := semconv.Violation
		if slices.Contains(off, r) {
			level = semconv.Off
		}
		reg.SetLevel(rules, []semconv.Rule{r}, level, nil)
	}
	worker.Use(rules)
	e := &engine{}
	e.Walker = walk.New(worker, walk.Hooks{Found: func(_ *walk.At, f *semconv.Finding) {
		e.found = append(e.found, seen{f.Rule, f.Signal, strings.Clone(f.Name), f.Detail, f.Fixed, f.Example()})
	}})
	return e
}

// optional are the rules that are off by default.
var optional = []semconv.Rule{semconv.UnknownAttribute, semconv.NotStable, semconv.MissingRecommended}

// run builds the scene, leads the walker through it and gives the findings of the scene's own signal.
func (e *engine) run(s scene, pairs ...any) result {
	r := s.build(pairs)
	e.again(s, &r)
	return r
}

// again leads the walker through a result.
func (e *engine) again(s scene, r *result) {
	e.found = nil
	switch s.signal {
	case semconv.SignalLog:
		e.Logs(r.ld)
	case semconv.SignalMetric:
		e.Metrics(r.md)
		if r.metric.Type() != pmetric.MetricTypeEmpty {
			r.attrs = points(r.metric)[0]
		}
	case semconv.SignalProfile:
		e.Profiles(r.pd)
		r.attrs = ofSample(r.pd)
	default:
		e.Traces(r.td)
	}
	e.Worker().Drain(func(int, int64) {}, func(semconv.Op, int64) {})
	r.found = slices.DeleteFunc(e.found, func(f seen) bool { return f.signal != s.signal })
}

func (s *scene) build(pairs []any) (r result) {
	switch s.signal {
	case semconv.SignalLog:
		r.ld = plog.NewLogs()
		rl := r.ld.ResourceLogs().AppendEmpty()
		s.around(rl.Resource(), rl.ScopeLogs().AppendEmpty().Scope(), &r)
		r.log = rl.ScopeLogs().At(0).LogRecords().AppendEmpty()
		r.log.SetEventName(s.name)
		r.attrs = r.log.Attributes()
	case semconv.SignalMetric:
		r.md = pmetric.NewMetrics()
		rm := r.md.ResourceMetrics().AppendEmpty()
		s.around(rm.Resource(), rm.ScopeMetrics().AppendEmpty().Scope(), &r)
		r.metric = rm.ScopeMetrics().At(0).Metrics().AppendEmpty()
		r.metric.SetName(s.name)
		r.metric.SetUnit(s.unit)
		r.attrs = onePoint(r.metric, s.instrument)
	case semconv.SignalProfile:
		r.pd = oneSample(pairs)
		s.around(r.pd.ResourceProfiles().At(0).Resource(), r.pd.ResourceProfiles().At(0).ScopeProfiles().At(0).Scope(), &r)
		r.attrs = ofSample(r.pd)
		return r
	default:
		r.td = ptrace.NewTraces()
		rs := r.td.ResourceSpans().AppendEmpty()
		s.around(rs.Resource(), rs.ScopeSpans().AppendEmpty().Scope(), &r)
		r.span = rs.ScopeSpans().At(0).Spans().AppendEmpty()
		r.span.SetKind(s.kind)
		if s.failed {
			r.span.Status().SetCode(ptrace.StatusCodeError)
		}
		r.span.Status().SetMessage(s.message)
		switch s.signal {
		case semconv.SignalResource:
			r.attrs = rs.Resource().Attributes()
		case semconv.SignalScope:
			r.attrs = rs.ScopeSpans().At(0).Scope().Attributes()
		case semconv.SignalSpan:
			r.attrs = r.span.Attributes()
		case semconv.SignalSpanEvent:
			event := r.span.Events().AppendEmpty()
			event.SetName(s.name)
			r.attrs = event.Attributes()
		case semconv.SignalSpanLink:
			r.attrs = r.span.Links().AppendEmpty().Attributes()
		}
	}
	fill(r.attrs, pairs)
	return r
}

func (s *scene) around(res pcommon.Resource, scope pcommon.InstrumentationScope, r *result) {
	if s.signal != semconv.SignalResource {
		fill(res.Attributes(), s.resource)
	}
	scope.SetName(s.scope)
	scope.SetVersion(s.version)
	r.scope = scope
}

// fill writes pairs in their order, duplicates included. A nil value is an empty one.
func fill(m pcommon.Map, pairs []any) {
	var b xpdata.MapBuilder
	for i := 0; i < len(pairs); i += 2 {
		if err := b.AppendEmpty(pairs[i].(string)).FromRaw(pairs[i+1]); err != nil {
			panic(err)
		}
	}
	b.UnsafeIntoMap(m)
}

func onePoint(m pmetric.Metric, instrument string) pcommon.Map {
	switch instrument {
	case "counter", "updowncounter":
		sum := m.SetEmptySum()
		sum.SetIsMonotonic(instrument == "counter")
		sum.SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
		p := sum.DataPoints().AppendEmpty()
		p.SetIntValue(1)
		return p.Attributes()
	case "histogram":
		return m.SetEmptyHistogram().DataPoints().AppendEmpty().Attributes()
	case "exponential_histogram":
		return m.SetEmptyExponentialHistogram().DataPoints().AppendEmpty().Attributes()
	case "summary":
		return m.SetEmptySummary().DataPoints().AppendEmpty().Attributes()
	default:
		p := m.SetEmptyGauge().DataPoints().AppendEmpty()
		p.SetIntValue(1)
		return p.Attributes()
	}
}

// points are the attributes of a metric's points.
func points(m pmetric.Metric) (out []pcommon.Map) {
	switch m.Type() {
	case pmetric.MetricTypeGauge:
		for _, p := range m.Gauge().DataPoints().All() {
			out = append(out, p.Attributes())
		}
	case pmetric.MetricTypeSum:
		for _, p := range m.Sum().DataPoints().All() {
			out = append(out, p.Attributes())
		}
	case pmetric.MetricTypeHistogram:
		for _, p := range m.Histogram().DataPoints().All() {
			out = append(out, p.Attributes())
		}
	case pmetric.MetricTypeExponentialHistogram:
		for _, p := range m.ExponentialHistogram().DataPoints().All() {
			out = append(out, p.Attributes())
		}
	case pmetric.MetricTypeSummary:
		for _, p := range m.Summary().DataPoints().All() {
			out = append(out, p.Attributes())
		}
	}
	return out
}

func instrumentOf(m pmetric.Metric) string {
	switch m.Type() {
	case pmetric.MetricTypeGauge:
		return "gauge"
	case pmetric.MetricTypeSum:
		if m.Sum().IsMonotonic() {
			return "counter"
		}
		return "updowncounter"
	case pmetric.MetricTypeHistogram:
		return "histogram"
	case pmetric.MetricTypeExponentialHistogram:
		return "exponential_histogram"
	default:
		return "summary"
	}
}

// oneSample is a profile with one sample that has the attributes.
func oneSample(pairs []any) pprofile.Profiles {
	pd := pprofile.NewProfiles()
	dict := pd.Dictionary()
	dict.StringTable().Append("")
	dict.AttributeTable().AppendEmpty()
	sample := pd.ResourceProfiles().AppendEmpty().ScopeProfiles().AppendEmpty().Profiles().AppendEmpty().Samples().AppendEmpty()
	for i := 0; i < len(pairs); i += 2 {
		row := dict.AttributeTable().AppendEmpty()
		row.SetKeyStrindex(int32(dict.StringTable().Len()))
		dict.StringTable().Append(pairs[i].(string))
		if err := row.Value().FromRaw(pairs[i+1]); err != nil {
			panic(err)
		}
		sample.AttributeIndices().Append(int32(dict.AttributeTable().Len() - 1))
	}
	return pd
}

func ofSample(pd pprofile.Profiles) pcommon.Map {
	m := pcommon.NewMap()
	var b xpdata.MapBuilder
	dict := pd.Dictionary()
	sample := pd.ResourceProfiles().At(0).ScopeProfiles().At(0).Profiles().At(0).Samples().At(0)
	for _, i := range sample.AttributeIndices().All() {
		row := dict.AttributeTable().At(int(i))
		row.Value().CopyTo(b.AppendEmpty(dict.StringTable().At(int(row.KeyStrindex()))))
	}
	b.UnsafeIntoMap(m)
	return m
}

// state writes a map out, sorted, with the types of the values.
func state(m pcommon.Map) string {
	var parts []string
	for k, v := range m.All() {
		parts = append(parts, fmt.Sprintf("%s=%s", k, typed(v)))
	}
	slices.Sort(parts)
	return strings.Join(parts, "\n")
}

func typed(v pcommon.Value) string {
	if v.Type() != pcommon.ValueTypeSlice {
		return fmt.Sprintf("%s:%s", v.Type(), v.AsString())
	}
	var parts []string
	for _, e := range v.Slice().All() {
		parts = append(parts, typed(e))
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// stateOf is state for pairs.
func stateOf(pairs []any) string {
	m := pcommon.NewMap()
	fill(m, pairs)
	return state(m)
}
