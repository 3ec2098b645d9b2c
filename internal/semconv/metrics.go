package semconv

import (
	"slices"

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
		if record == nil || record.To == "" {
			continue
		}
		if _, ok := record.conversion(m); !ok {
			continue
		}
		if n.claims == nil {
			n.claims, n.taken = map[string]*MetricRecord{}, map[string]bool{}
		}
		if first := n.claims[record.To]; first == nil || record.rank < first.rank {
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

// Metric puts name, unit and instrument of a metric right. Its numbers are scaled when the unit changes.
func (w *Worker) Metric(m pmetric.Metric) {
	w.field(SignalMetric, "metric.name", m.Name(), m.SetName)
	w.field(SignalMetric, "metric.description", m.Description(), m.SetDescription)
	w.field(SignalMetric, "metric.unit", m.Unit(), m.SetUnit)
	record := w.reg.Metric(m.Name())
	switch {
	case record == nil:
	case record.deprecated:
		w.oldMetric(m, record)
	case record.current:
		w.currentMetric(m, record)
	}
}

func (w *Worker) oldMetric(m pmetric.Metric, record *MetricRecord) {
	conv, ok := record.conversion(m)
	taken := ok && (w.metricNames.taken[record.To] || w.metricNames.claims[record.To] != record)
	changing := w.changingMetric(m.Name())
	w.foundMetric(DeprecatedMetric, record, m.Name(), record.To, ok && !taken && changing)
	switch {
	case record.To == "":
	case !ok:
		w.foundMetric(UnconvertibleMetric, record, m.Name(), record.To, false)
	case taken:
		w.foundMetric(Conflict, record, m.Name(), record.To, false)
	case changing:
		m.SetName(record.To)
		w.counts.ops[OpRenameMetric]++
		if conv.apply(m, record) {
			w.counts.ops[OpConvertMetric]++
		}
	}
}

func (w *Worker) currentMetric(m pmetric.Metric, record *MetricRecord) {
	if record.unstable {
		w.foundMetric(NotStable, record, m.Name(), "", false)
	}
	if m.Type() == pmetric.MetricTypeEmpty {
		return
	}
	if !sameUnit(m.Unit(), record.unit) {
		w.foundMetric(UnitMismatch, record, m.Name(), record.unit, false)
	}
	if is := instrumentOf(m); record.instrument != 0 && is != record.instrument {
		fixes := slices.Contains(record.convert, is)
		changing := w.changingMetric(m.Name())
		w.foundMetric(UnexpectedInstrument, record, m.Name(), record.instrument.String(), fixes && changing)
		if fixes && changing {
			changeInstrument(m, record.instrument)
			w.counts.ops[OpConvertMetric]++
		}
	}
}

func (w *Worker) foundMetric(rule Rule, record *MetricRecord, name, detail string, fixed bool) {
	if level := w.rules.metricLevel(rule, name); level != Off {
		w.add(rule, level, SignalMetric, record.area, spot{name: name}, detail, fixed)
	}
}

func (w *Worker) changingMetric(name string) bool {
	return !w.rules.observe && !w.rules.frozenMetrics[name]
}

// instrumentOf is the instrument that makes metrics of this type, 0 for summaries, which the conventions do not use.
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
	record := w.reg.Metric(m.Name())
	plan := w.reg.Plan(m.Name(), record)
	p := place{signal: SignalMetric, mask: lookAlways | w.look, plan: plan}
	if len(plan.scoped) > 0 {
		p.mask |= flagScoped
	}
	if record != nil && len(record.group.required)+len(record.group.recommended) > 0 {
		p.metric = record
	}
	return Points{w, p}
}

// Point puts the attributes of a point right.
func (p Points) Point(m pcommon.Map) { p.w.attributes(m, p.p) }

// Exemplar puts the filtered attributes of an exemplar right. The metric's demands are on the point.
func (p Points) Exemplar(m pcommon.Map) {
	p.p.metric = nil
	p.w.attributes(m, p.p)
}
