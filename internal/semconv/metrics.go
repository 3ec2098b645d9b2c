package semconv

import (
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
)

// metricNames is what PlanMetrics knows of the names in one scope.
type metricNames struct {
	// claims are the new names that old metrics of the scope ask for, each by the first of them in the order of the facts.
	claims map[string]*MetricRecord
	// taken are claimed names that a metric of the scope already has.
	taken map[string]bool
}

// PlanMetrics looks at the names of all metrics of a scope, before [Worker.Metric] changes any. A name that a metric of the scope
// already has is taken; of several old names for one new name the first in the facts' order gets it, whatever their order here.
// Parts of one metric, as batches that were merged have them, share its fate.
func (w *Worker) PlanMetrics(metrics pmetric.MetricSlice) {
	n := &w.metricNames
	clear(n.claims)
	clear(n.taken)
	for _, m := range metrics.All() {
		record := w.reg.Metric(m.Name())
		if record == nil || !record.Renamable(instrumentOf(m), m.Unit()) {
			continue
		}
		if n.claims == nil {
			n.claims, n.taken = map[string]*MetricRecord{}, map[string]bool{}
		}
		if first := n.claims[record.To]; first == nil || record.Rank < first.Rank {
			n.claims[record.To] = record
		}
	}
	if len(n.claims) == 0 {
		return
	}
	for _, m := range metrics.All() {
		if n.claims[m.Name()] != nil {
			n.taken[m.Name()] = true
		}
	}
}

// Metric puts name, unit and instrument of a metric right.
func (w *Worker) Metric(m pmetric.Metric) {
	record := w.reg.Metric(m.Name())
	if record == nil {
		return
	}
	if record.Deprecated {
		w.count(DeprecatedMetric, SignalMetric, record.area)
	}
	switch {
	case record.To == "" || !record.Renamable(instrumentOf(m), m.Unit()):
	case w.metricNames.taken[record.To] || w.metricNames.claims[record.To] != record:
		w.count(Conflict, SignalMetric, record.area)
	case !w.opts.Observe:
		m.SetName(record.To)
		w.counts.ops[OpRenameMetric]++
	}
}

func instrumentOf(m pmetric.Metric) Instrument {
	switch m.Type() {
	case pmetric.MetricTypeGauge:
		return Gauge
	case pmetric.MetricTypeSum:
		if m.Sum().IsMonotonic() {
			return Counter
		}
		return UpDownCounter
	case pmetric.MetricTypeHistogram, pmetric.MetricTypeExponentialHistogram:
		return Histogram
	default:
		return 0
	}
}

// Points puts the points of one metric right.
type Points struct {
	w *Worker
	p place
}

// Points prepares for the points of a metric, whose name is still the one it came with.
func (w *Worker) Points(m pmetric.Metric) Points {
	plan := w.reg.Plan(m.Name(), w.reg.Metric(m.Name()))
	p := place{SignalMetric, lookAlways, plan}
	if len(plan.scoped) > 0 {
		p.mask |= flagScoped
	}
	return Points{w, p}
}

// Point puts the attributes of a point right.
func (p Points) Point(m pcommon.Map) { p.w.attributes(m, p.p) }

// Exemplar puts the filtered attributes of an exemplar right.
func (p Points) Exemplar(m pcommon.Map) { p.w.attributes(m, p.p) }
