package semconv_test

import (
	"slices"
	"strings"

	"github.com/otelcol-plus/otelcol-plus/internal/semconv"
)

// proveMetricGroups proves what the points of a metric are asked for. A metric that was renamed is asked what its successor is.
func proveMetricGroups(g *groupProof) {
	for _, m := range facts().Metrics {
		at := []scene{{signal: semconv.SignalMetric, name: m.Name, unit: m.Unit, instrument: m.Instrument}}
		switch to := facts().successor(m.Name); {
		case m.Deprecated == nil:
			g.prove(&asked{id: m.Name, detail: m.Name, at: at, base: []way{{}}, attributes: m.Attributes})
		case to == nil:
			g.leftAlone(m.Name, m.Name, at, m.Attributes)
		default:
			g.leftAlone(m.Name, m.Name, at, m.Attributes)
			g.asSuccessor(m, to, at)
		}
	}
}

// successor is the current metric that a deprecated one became, nil when there is none.
func (f *registry) successor(name string) *metric {
	i := slices.IndexFunc(f.Renames.Metrics, func(r metricRename) bool { return r.From == name })
	if i < 0 {
		return nil
	}
	return f.metric(f.Renames.Metrics[i].To)
}

// asSuccessor: an attribute of an old metric is asked for where the new metric asks for what it became.
func (g *groupProof) asSuccessor(m, to *metric, at []scene) {
	own := newGroupProof()
	own.prove(&asked{id: m.Name, detail: to.Name, at: at, base: []way{{}}, attributes: to.Attributes})
	if why := own.groups[m.Name]; why != "" {
		g.groups.fail(m.Name, "as %s: %s", to.Name, why)
	}
	for _, level := range levels {
		for _, name := range m.Attributes[level] {
			now := facts().current(name)
			for _, l := range levels {
				if slices.Contains(to.Attributes[l], now) {
					if why := own.pairs[pairName(m.Name, now, l)]; why != "" {
						g.pairs.fail(pairName(m.Name, name, level), "as %s of %s: %s", now, to.Name, why)
					}
				}
			}
		}
	}
}

// current is what an attribute is called now.
func (f *registry) current(name string) string {
	if r := f.rename(name); r != nil {
		return r.To
	}
	return name
}

// proveMetrics proves name, unit, instrument, stability and deprecation of every metric.
func proveMetrics() proof {
	out := proof{}
	e := newEngine(semconv.Options{}, semconv.MissingRequired, semconv.MissingRecommended)
	for _, m := range facts().Metrics {
		out[m.Name] = ""
		right := scene{signal: semconv.SignalMetric, name: m.Name, unit: m.Unit, instrument: m.Instrument}
		r := e.run(right)
		if m.Deprecated != nil {
			want := "deprecated_metric"
			if m.Deprecated.moved() {
				want = ""
			}
			if got := strings.ReplaceAll(r.rules(m.Name), " unconvertible_metric", ""); got != want {
				out.fail(m.Name, "found %q, not %q", got, want)
			}
			continue
		}
		want := "not_stable"
		if m.Stability == "stable" {
			want = ""
		}
		if got := r.rules(m.Name); got != want || r.metric.Name() != m.Name || instrumentOf(r.metric) != m.Instrument || r.metric.Unit() != m.Unit {
			out.fail(m.Name, "as it should be, found %q", got)
		}
		near := right
		near.name += "x"
		if r := e.run(near); len(r.about(near.name)) > 0 {
			out.fail(m.Name, "%s is taken for it", near.name)
		}
		m.wrongUnits(out, e, right)
		m.wrongInstruments(out, e, right)
	}
	return out
}

// wrongUnits: a unit that says something else is reported and kept. None at all, and another count, say nothing else.
func (m *metric) wrongUnits(out proof, e *engine, at scene) {
	for _, unit := range []string{"ms", "s", "By", "KiBy", "Hz", "mm", "%", "{acme}", "1", ""} {
		at.unit = unit
		r := e.run(at)
		same := unit == m.Unit || unit == "" || isCount(unit) && isCount(m.Unit)
		found := slices.DeleteFunc(r.about(m.Name), func(f seen) bool { return f.rule != semconv.UnitMismatch })
		if same != (len(found) == 0) || len(found) > 0 && found[0].detail != m.Unit || r.metric.Unit() != unit {
			out.fail(m.Name, "unit %q: found %v, became %q", unit, found, r.metric.Unit())
		}
	}
}

func isCount(unit string) bool { return unit == "1" || strings.HasPrefix(unit, "{") }

// wrongInstruments: another instrument is reported. Only where a receiver of the collector is known to use it, it is put right.
func (m *metric) wrongInstruments(out proof, e *engine, at scene) {
	for _, is := range []string{"counter", "updowncounter", "gauge", "histogram", "exponential_histogram", "summary"} {
		at.instrument = is
		r := e.run(at)
		same := is == m.Instrument || is == "exponential_histogram" && m.Instrument == "histogram"
		found := slices.DeleteFunc(r.about(m.Name), func(f seen) bool { return f.rule != semconv.UnexpectedInstrument })
		if same != (len(found) == 0) || len(found) > 0 && found[0].detail != m.Instrument {
			out.fail(m.Name, "%s instead of %s: found %v", is, m.Instrument, found)
		}
		if fixed := len(found) > 0 && found[0].fixed; !fixed && instrumentOf(r.metric) != is || fixed && instrumentOf(r.metric) != m.Instrument || fixed != receives(m.Name, is) {
			out.fail(m.Name, "%s became %s", is, instrumentOf(r.metric))
		}
	}
}

// receives tells whether a receiver of the collector writes the current metric as this instrument.
func receives(to, instrument string) bool {
	return slices.ContainsFunc(facts().Renames.Receivers, func(r metricRename) bool {
		return r.From == to && r.To == to && r.FromInstrument == instrument && r.ToInstrument != instrument
	})
}
