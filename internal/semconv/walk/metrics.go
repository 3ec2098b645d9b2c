package walk

import (
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
)

// scopeMetrics goes through the metrics of a scope: points first, then name, unit and instrument.
func (w *Walker) scopeMetrics(metrics pmetric.MetricSlice) {
	w.worker.PlanMetrics(metrics)
	each(w, metrics, func(m pmetric.Metric) bool {
		w.at.Item = m.Name()
		wasEmpty := w.hooks.Done != nil && empty(m)
		w.points(m)
		w.worker.Metric(m)
		if v := w.worker.Violations(); v != w.violations { // a wrong unit is wrong for every point
			w.violating, w.violations = w.violating+1, v
		}
		return w.done(ItemMetric, m.Metadata()) || w.hooks.Done != nil && !wasEmpty && empty(m)
	})
}

func (w *Walker) points(m pmetric.Metric) {
	points := w.worker.Points(m)
	number := func(p pmetric.NumberDataPoint) bool {
		points.Point(p.Attributes())
		exemplars(points.Exemplar, p.Exemplars())
		w.item()
		return w.done(ItemPoint, p.Attributes())
	}
	switch m.Type() {
	case pmetric.MetricTypeGauge:
		each(w, m.Gauge().DataPoints(), number)
	case pmetric.MetricTypeSum:
		each(w, m.Sum().DataPoints(), number)
	case pmetric.MetricTypeHistogram:
		each(w, m.Histogram().DataPoints(), func(p pmetric.HistogramDataPoint) bool {
			points.Point(p.Attributes())
			exemplars(points.Exemplar, p.Exemplars())
			w.item()
			return w.done(ItemPoint, p.Attributes())
		})
	case pmetric.MetricTypeExponentialHistogram:
		each(w, m.ExponentialHistogram().DataPoints(), func(p pmetric.ExponentialHistogramDataPoint) bool {
			points.Point(p.Attributes())
			exemplars(points.Exemplar, p.Exemplars())
			w.item()
			return w.done(ItemPoint, p.Attributes())
		})
	case pmetric.MetricTypeSummary:
		each(w, m.Summary().DataPoints(), func(p pmetric.SummaryDataPoint) bool {
			points.Point(p.Attributes())
			w.item()
			return w.done(ItemPoint, p.Attributes())
		})
	}
}

func exemplars(look func(pcommon.Map), list pmetric.ExemplarSlice) {
	for i := range list.Len() {
		look(list.At(i).FilteredAttributes())
	}
}

// empty tells whether all points of a metric were removed.
func empty(m pmetric.Metric) bool {
	switch m.Type() {
	case pmetric.MetricTypeGauge:
		return m.Gauge().DataPoints().Len() == 0
	case pmetric.MetricTypeSum:
		return m.Sum().DataPoints().Len() == 0
	case pmetric.MetricTypeHistogram:
		return m.Histogram().DataPoints().Len() == 0
	case pmetric.MetricTypeExponentialHistogram:
		return m.ExponentialHistogram().DataPoints().Len() == 0
	case pmetric.MetricTypeSummary:
		return m.Summary().DataPoints().Len() == 0
	default:
		return false
	}
}
