package semconvprocessor

import (
	"context"

	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-plus/otelcol-plus/internal/semconv"
)

func (p *semconvProcessor) processMetrics(ctx context.Context, md pmetric.Metrics) (pmetric.Metrics, error) {
	w := p.worker()
	defer p.finish(ctx, w)
	for _, rm := range md.ResourceMetrics().All() {
		w.Resource(rm.Resource().Attributes())
		for _, sm := range rm.ScopeMetrics().All() {
			w.Scope(sm.Scope().Attributes())
			p.processScope(w, sm.Metrics())
		}
	}
	return md, nil
}

// processScope puts the points right, then the names. The plan of the points comes from the name the metric arrived with; it is
// the same after the rename, so a second run finds the same plan.
func (p *semconvProcessor) processScope(w *semconv.Worker, metrics pmetric.MetricSlice) {
	renames := false
	for _, m := range metrics.All() {
		record := p.registry.Metric(m.Name())
		if record != nil && record.Deprecated {
			w.Metric(record)
			renames = renames || record.To != ""
		}
		processPoints(w, m, p.registry.Plan(m.Name(), record))
	}
	if renames {
		p.renameMetrics(w, metrics)
	}
}

// renameMetrics gives old metrics of one scope their new names. A name that a metric of the scope already has is taken; of
// several old names for one new name the first in the facts' order gets it, whatever their order here. Parts of one metric, as
// batches that were merged have them, share its fate.
func (p *semconvProcessor) renameMetrics(w *semconv.Worker, metrics pmetric.MetricSlice) {
	claims := map[string]*semconv.MetricRecord{}
	for _, m := range metrics.All() {
		record := p.registry.Metric(m.Name())
		if record == nil || !record.Renamable(instrumentOf(m), m.Unit()) {
			continue
		}
		if first := claims[record.To]; first == nil || record.Rank < first.Rank {
			claims[record.To] = record
		}
	}
	taken := map[string]bool{}
	for _, m := range metrics.All() {
		if claims[m.Name()] != nil {
			taken[m.Name()] = true
		}
	}
	for _, m := range metrics.All() {
		record := p.registry.Metric(m.Name())
		switch {
		case record == nil || !record.Renamable(instrumentOf(m), m.Unit()):
		case taken[record.To] || claims[record.To] != record:
			w.MetricConflict(record)
		case !p.observe:
			m.SetName(record.To)
			w.MetricRenamed()
		}
	}
}

func instrumentOf(m pmetric.Metric) semconv.Instrument {
	switch m.Type() {
	case pmetric.MetricTypeGauge:
		return semconv.Gauge
	case pmetric.MetricTypeSum:
		if m.Sum().IsMonotonic() {
			return semconv.Counter
		}
		return semconv.UpDownCounter
	case pmetric.MetricTypeHistogram, pmetric.MetricTypeExponentialHistogram:
		return semconv.Histogram
	default:
		return 0
	}
}

func processPoints(w *semconv.Worker, m pmetric.Metric, plan *semconv.Plan) {
	switch m.Type() {
	case pmetric.MetricTypeGauge:
		processNumbers(w, m.Gauge().DataPoints(), plan)
	case pmetric.MetricTypeSum:
		processNumbers(w, m.Sum().DataPoints(), plan)
	case pmetric.MetricTypeHistogram:
		for _, point := range m.Histogram().DataPoints().All() {
			w.Point(point.Attributes(), plan)
			processExemplars(w, point.Exemplars(), plan)
		}
	case pmetric.MetricTypeExponentialHistogram:
		for _, point := range m.ExponentialHistogram().DataPoints().All() {
			w.Point(point.Attributes(), plan)
			processExemplars(w, point.Exemplars(), plan)
		}
	case pmetric.MetricTypeSummary:
		for _, point := range m.Summary().DataPoints().All() {
			w.Point(point.Attributes(), plan)
		}
	}
}

func processNumbers(w *semconv.Worker, points pmetric.NumberDataPointSlice, plan *semconv.Plan) {
	for _, point := range points.All() {
		w.Point(point.Attributes(), plan)
		processExemplars(w, point.Exemplars(), plan)
	}
}

func processExemplars(w *semconv.Worker, exemplars pmetric.ExemplarSlice, plan *semconv.Plan) {
	for _, exemplar := range exemplars.All() {
		w.Point(exemplar.FilteredAttributes(), plan)
	}
}
