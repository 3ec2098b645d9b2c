package semconv_test

import (
	"fmt"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-plus/otelcol-plus/internal/semconv"
)

// proveMetricRenames proves that each old metric becomes its successor, its numbers scaled by the factor for the unit it came with,
// and that it stays as it is where that cannot be done without loss, or where the successor is there already.
func proveMetricRenames() proof {
	out := proof{}
	e, observer := newEngine(semconv.Options{}), newEngine(semconv.Options{Observe: true})
	for i := range facts().Renames.Metrics {
		r := &facts().Renames.Metrics[i]
		out[r.From] = ""
		p := conversionProof{r, facts().metric(r.From), facts().metric(r.To), e, observer, out}
		if p.to == nil {
			out.fail(r.From, "%s is no metric", r.To)
			continue
		}
		p.converts()
		p.refuses()
		p.taken()
	}
	return out
}

type conversionProof struct {
	r           *metricRename
	from, to    *metric
	e, observer *engine
	out         proof
}

// comes are the units an old metric may come with, and by what its numbers are multiplied then.
func (p *conversionProof) comes() map[string]float64 {
	units := map[string]float64{p.to.Unit: 1}
	for unit, factor := range p.r.Scale {
		units[unit] = factor
	}
	if len(p.r.Scale) == 0 {
		units[""] = 1 // no unit contradicts nothing
		if isCount(p.to.Unit) {
			units["{acme}"], units["1"] = 1, 1
		}
		for _, unit := range p.r.Units[:min(1, len(p.r.Units))] {
			units[unit] = 1
		}
	}
	return units
}

// instruments the old metric may come as.
func (p *conversionProof) instruments() []string {
	switch p.to.Instrument {
	case "counter", "updowncounter":
		out := []string{"counter", "updowncounter"}
		for _, r := range facts().Renames.Receivers {
			if r.From == p.r.From && r.FromInstrument == "gauge" && r.ToInstrument != "gauge" {
				out = append(out, "gauge")
			}
		}
		return out
	default:
		return []string{p.to.Instrument}
	}
}

func (p *conversionProof) converts() {
	for unit, factor := range p.comes() {
		for _, instrument := range p.instruments() {
			at := scene{signal: semconv.SignalMetric, name: p.r.From, unit: unit, instrument: instrument}
			r := at.build(kv{"a", 1})
			setNumbers(r.metric)
			p.e.again(at, &r)
			want := pmetric.NewMetric()
			r.metric.CopyTo(want) // the fields that the numbers are in
			setNumbers(want)
			if got, want := numbers(r.metric), scaled(want, factor); r.metric.Name() != p.to.Name || !slices.Equal(got, want) || instrumentOf(r.metric) != p.to.Instrument {
				p.out.fail(p.r.From, "%s in %q: became %s %s %v, not %v", instrument, unit, instrumentOf(r.metric), r.metric.Name(), got, want)
			}
			if u := r.metric.Unit(); u != p.to.Unit && !(factor == 1 && (u == unit) && (u == "" || isCount(u) && isCount(p.to.Unit))) {
				p.out.fail(p.r.From, "unit %q became %q", unit, u)
			}
			if got := about(&r, p.r.From); got != "deprecated_metric true" {
				p.out.fail(p.r.From, "found %q", got)
			}
			before := numbers(r.metric)
			p.e.again(at, &r)
			if r.metric.Name() != p.to.Name || !slices.Equal(numbers(r.metric), before) {
				p.out.fail(p.r.From, "the second run made %v", numbers(r.metric))
			}
			o := p.observer.run(at, "a", 1)
			if got := about(&o, p.r.From); got != "deprecated_metric false" || o.metric.Name() != p.r.From || o.metric.Unit() != unit || instrumentOf(o.metric) != instrument {
				p.out.fail(p.r.From, "observing: found %q", got)
			}
		}
	}
}

// about are the findings on a metric, but for those on levels, with what is fixed.
func about(r *result, name string) string {
	var out []string
	for _, f := range r.about(name) {
		if f.rule != semconv.NotStable {
			out = append(out, fmt.Sprintf("%s %t", f.rule, f.fixed))
		}
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// refuses: a unit or an instrument that cannot be brought to the new metric without loss, and buckets that would move.
func (p *conversionProof) refuses() {
	refuse := func(at scene, why string) {
		r := p.e.run(at, "http.method", "GET")
		_, renamed := r.attrs.Get("http.request.method")
		if got := about(&r, p.r.From); got != "deprecated_metric false, unconvertible_metric false" || r.metric.Name() != p.r.From || r.metric.Unit() != at.unit || instrumentOf(r.metric) != at.instrument || !renamed {
			p.out.fail(p.r.From, "%s: found %q, became %s %q", why, got, r.metric.Name(), r.metric.Unit())
		}
	}
	at := scene{signal: semconv.SignalMetric, name: p.r.From, unit: p.to.Unit, instrument: p.to.Instrument}
	odd := at
	odd.unit = "acre"
	refuse(odd, "a unit of something else")
	if len(p.r.Scale) > 0 {
		odd.unit = ""
		refuse(odd, "no unit where it decides")
	}
	for _, instrument := range []string{"counter", "updowncounter", "gauge", "histogram"} {
		if !slices.Contains(p.instruments(), instrument) {
			odd = at
			odd.instrument = instrument
			refuse(odd, instrument+" for "+p.to.Instrument)
		}
	}
	for unit, factor := range p.r.Scale {
		if factor != 1 && p.to.Instrument == "histogram" {
			odd = at
			odd.unit, odd.instrument = unit, "exponential_histogram"
			refuse(odd, "buckets would move")
		}
	}
}

// taken: a scope that has the new metric keeps the old one beside it; another scope does not matter.
func (p *conversionProof) taken() {
	at := scene{signal: semconv.SignalMetric, name: p.r.From, unit: p.to.Unit, instrument: p.to.Instrument}
	for _, first := range []bool{false, true} {
		r := at.build(nil)
		scope := r.md.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics()
		m := scope.AppendEmpty()
		m.SetName(p.to.Name)
		m.SetUnit(p.to.Unit)
		onePoint(m, p.to.Instrument)
		if first {
			other := pmetric.NewMetricSlice()
			m.CopyTo(other.AppendEmpty())
			scope.At(0).CopyTo(other.AppendEmpty())
			other.CopyTo(scope)
			r.metric = scope.At(1)
		} else {
			r.metric = scope.At(0)
		}
		p.e.again(at, &r)
		if got := about(&r, p.r.From); got != "conflict false, deprecated_metric false" || r.metric.Name() != p.r.From {
			p.out.fail(p.r.From, "the new metric is there: found %q, became %s", got, r.metric.Name())
		}
	}
	r := at.build(nil)
	m := r.md.ResourceMetrics().At(0).ScopeMetrics().AppendEmpty().Metrics().AppendEmpty()
	m.SetName(p.to.Name)
	onePoint(m, p.to.Instrument)
	p.e.again(at, &r)
	if r.metric.Name() != p.to.Name {
		p.out.fail(p.r.From, "the new metric in another scope keeps it from being renamed")
	}
}

// proveReceivers proves what becomes of the metrics and attributes that receivers of the collector write in their own way.
func proveReceivers() proof {
	out := proof{}
	e := newEngine(semconv.Options{})
	for i := range facts().Renames.Receivers {
		r := &facts().Renames.Receivers[i]
		out[r.From] = ""
		to := facts().metric(r.To)
		if to == nil {
			receiverAttribute(out, r)
			continue
		}
		is := r.FromInstrument
		if is == "" {
			is = "gauge" // how the receivers write them
		}
		at := scene{signal: semconv.SignalMetric, name: r.From, unit: to.Unit, instrument: is}
		got := e.run(at)
		want := "deprecated_metric true"
		if r.From == r.To {
			want = "unexpected_instrument true"
		}
		if found := about(&got, r.From); found != want || got.metric.Name() != r.To || instrumentOf(got.metric) != to.Instrument {
			out.fail(r.From, "found %q, became %s %s", found, instrumentOf(got.metric), got.metric.Name())
		}
		if got.metric.Type() == pmetric.MetricTypeSum && got.metric.Sum().AggregationTemporality() != pmetric.AggregationTemporalityCumulative {
			out.fail(r.From, "a sum without temporality")
		}
		e.again(at, &got)
		if found := about(&got, r.To); found != "" || got.metric.Name() != r.To {
			out.fail(r.From, "the second run finds %q", found)
		}
	}
	return out
}

// receiverAttribute: a short name is renamed on the metrics that have the attribute it stands for, and only there.
func receiverAttribute(out proof, r *metricRename) {
	if rename := facts().rename(r.From); rename != nil {
		p := proof{}
		renamed(p, rename)
		if p[r.From] != "" {
			out.fail(r.From, "%s", p[r.From])
		}
		return
	}
	value := facts().sample(r.To)
	there := 0
	for _, m := range facts().Metrics {
		if !strings.HasPrefix(m.Name, "k8s.") || m.Deprecated != nil {
			continue
		}
		c := ruleCase{clause: "not on this metric", in: kv{r.From, value}}
		if slices.Contains(slices.Concat(m.Attributes["required"], m.Attributes["conditionally_required"], m.Attributes["recommended"], m.Attributes["opt_in"]), r.To) {
			there++
			c.want, c.found = kv{r.To, value}, old(r.From)
		}
		if why := c.run(scene{signal: semconv.SignalMetric, name: m.Name, unit: m.Unit, instrument: m.Instrument}); why != "" {
			out.fail(r.From, "%s", why)
		}
	}
	if there == 0 {
		out.fail(r.From, "no metric has %s", r.To)
	}
}

// setNumbers writes numbers whose scaling shows, into every field that has a unit.
func setNumbers(m pmetric.Metric) {
	number := func(points pmetric.NumberDataPointSlice) {
		for _, p := range points.All() {
			p.SetIntValue(75)
			for p.Exemplars().Len() < 2 {
				p.Exemplars().AppendEmpty()
			}
			p.Exemplars().At(0).SetIntValue(3)
			p.Exemplars().At(1).SetDoubleValue(0.5)
		}
	}
	switch m.Type() {
	case pmetric.MetricTypeGauge:
		number(m.Gauge().DataPoints())
	case pmetric.MetricTypeSum:
		number(m.Sum().DataPoints())
	case pmetric.MetricTypeHistogram:
		p := m.Histogram().DataPoints().At(0)
		p.SetSum(75)
		p.SetMin(5)
		p.SetMax(70)
		p.SetCount(3)
		p.ExplicitBounds().FromRaw([]float64{0, 5, 10, 25, 75, 100, 2500})
		p.BucketCounts().FromRaw([]uint64{0, 1, 0, 1, 1, 0, 0, 0})
		for p.Exemplars().Len() < 2 {
			p.Exemplars().AppendEmpty()
		}
		p.Exemplars().At(0).SetIntValue(3)
		p.Exemplars().At(1).SetDoubleValue(0.5)
	}
}

// numbers are all numbers of the first point in the order that setNumbers writes them; counts are among them and never scaled.
func numbers(m pmetric.Metric) []float64 {
	number := func(p pmetric.NumberDataPoint) []float64 {
		out := []float64{p.DoubleValue()}
		if p.ValueType() == pmetric.NumberDataPointValueTypeInt {
			out[0] = float64(p.IntValue())
		}
		return append(out, ofExemplars(p.Exemplars())...)
	}
	switch m.Type() {
	case pmetric.MetricTypeGauge:
		return number(m.Gauge().DataPoints().At(0))
	case pmetric.MetricTypeSum:
		return number(m.Sum().DataPoints().At(0))
	case pmetric.MetricTypeHistogram:
		p := m.Histogram().DataPoints().At(0)
		out := append([]float64{p.Sum(), p.Min(), p.Max()}, p.ExplicitBounds().AsRaw()...)
		out = append(out, ofExemplars(p.Exemplars())...)
		return append(out, float64(p.Count()), float64(p.BucketCounts().At(1)))
	default:
		return nil
	}
}

func ofExemplars(list pmetric.ExemplarSlice) (out []float64) {
	for _, e := range list.All() {
		if e.ValueType() == pmetric.ExemplarValueTypeInt {
			out = append(out, float64(e.IntValue()))
		} else {
			out = append(out, e.DoubleValue())
		}
	}
	return out
}

// scaled are the numbers of a metric by a factor. Numbers like 0.001 are the inverse of whole ones, by which dividing is exact.
func scaled(m pmetric.Metric, factor float64) []float64 {
	out := numbers(m)
	n := len(out)
	if m.Type() == pmetric.MetricTypeHistogram {
		n -= 2
	}
	for i := range n {
		switch factor {
		case 1:
		case 0.001:
			out[i] /= 1e3
		case 1e-6:
			out[i] /= 1e6
		default:
			panic(factor)
		}
	}
	return out
}
