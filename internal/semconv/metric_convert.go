package semconv

import (
	"math"
	"slices"

	"go.opentelemetry.io/collector/pdata/pmetric"
)

// conversion is what it takes to bring the numbers of an old metric under its new name.
type conversion struct {
	factor     float64
	instrument Instrument // 0: as it is
}

// conversion says how the metric becomes its successor, and false when it cannot without loss: an unknown unit, another kind of
// instrument, or the buckets of an exponential histogram, which another unit would move.
func (r *MetricRecord) conversion(m pmetric.Metric) (c conversion, ok bool) {
	if r.To == "" {
		return c, false
	}
	c.factor, ok = r.factor(m.Unit())
	if !ok {
		return c, false
	}
	if c.factor != 1 && m.Type() == pmetric.MetricTypeExponentialHistogram {
		return c, false
	}
	is := instrumentOf(m)
	switch {
	case m.Type() == pmetric.MetricTypeEmpty, m.Type() == pmetric.MetricTypeSummary, r.instrument == 0, is == r.instrument:
		return c, true
	case slices.Contains(r.convert, is):
		c.instrument = r.instrument
		return c, true
	default:
		return c, false
	}
}

// factor is what numbers in a unit are multiplied by. Where the old and the new unit differ, a metric without a unit could be in
// either.
func (r *MetricRecord) factor(unit string) (float64, bool) {
	for _, s := range r.scale {
		if s.Unit == unit {
			return s.Factor, true
		}
	}
	switch {
	case len(r.scale) > 0:
		return 1, unit == r.unit
	case slices.Contains(r.units, unit):
		return 1, true
	default:
		return 1, sameUnit(unit, r.unit)
	}
}

// apply changes unit, numbers and instrument; it says whether any of them changed.
func (c conversion) apply(m pmetric.Metric, r *MetricRecord) bool {
	converted := c.factor != 1 || c.instrument != 0
	if c.factor != 1 {
		scaleMetric(m, c.factor)
	}
	if m.Unit() != "" && (c.factor != 1 || !sameUnit(m.Unit(), r.unit)) {
		m.SetUnit(r.unit)
		converted = true
	}
	if c.instrument != 0 {
		changeInstrument(m, c.instrument)
	}
	return converted
}

// changeInstrument makes a gauge a sum, or one kind of sum the other. The numbers stay what they are.
func changeInstrument(m pmetric.Metric, to Instrument) {
	if m.Type() == pmetric.MetricTypeGauge {
		points := pmetric.NewNumberDataPointSlice()
		m.Gauge().DataPoints().MoveAndAppendTo(points)
		sum := m.SetEmptySum()
		sum.SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
		points.MoveAndAppendTo(sum.DataPoints())
	}
	m.Sum().SetIsMonotonic(to == Counter)
}

// scale multiplies x by a factor. One like 0.001 is the reciprocal of a whole number, by which dividing rounds once instead of
// twice: 75 ms are 0.075 s and not 0.07500000000000001 s.
func scale(x, factor float64) float64 {
	if factor < 1 {
		return x / math.Round(1/factor)
	}
	return x * factor
}

func scaleMetric(m pmetric.Metric, factor float64) {
	switch m.Type() {
	case pmetric.MetricTypeGauge:
		scaleNumbers(m.Gauge().DataPoints(), factor)
	case pmetric.MetricTypeSum:
		scaleNumbers(m.Sum().DataPoints(), factor)
	case pmetric.MetricTypeHistogram:
		for _, p := range m.Histogram().DataPoints().All() {
			scaleHistogram(p, factor)
		}
	case pmetric.MetricTypeSummary:
		for _, p := range m.Summary().DataPoints().All() {
			p.SetSum(scale(p.Sum(), factor))
			for _, q := range p.QuantileValues().All() {
				q.SetValue(scale(q.Value(), factor))
			}
		}
	}
}

// scaleNumbers turns integers into doubles: a count of milliseconds need not be a whole number of seconds.
func scaleNumbers(points pmetric.NumberDataPointSlice, factor float64) {
	for _, p := range points.All() {
		switch p.ValueType() {
		case pmetric.NumberDataPointValueTypeInt:
			p.SetDoubleValue(scale(float64(p.IntValue()), factor))
		case pmetric.NumberDataPointValueTypeDouble:
			p.SetDoubleValue(scale(p.DoubleValue(), factor))
		}
		scaleExemplars(p.Exemplars(), factor)
	}
}

func scaleHistogram(p pmetric.HistogramDataPoint, factor float64) {
	if p.HasSum() {
		p.SetSum(scale(p.Sum(), factor))
	}
	if p.HasMin() {
		p.SetMin(scale(p.Min(), factor))
	}
	if p.HasMax() {
		p.SetMax(scale(p.Max(), factor))
	}
	bounds := p.ExplicitBounds()
	for i := range bounds.Len() {
		bounds.SetAt(i, scale(bounds.At(i), factor))
	}
	scaleExemplars(p.Exemplars(), factor)
}

func scaleExemplars(exemplars pmetric.ExemplarSlice, factor float64) {
	for _, e := range exemplars.All() {
		switch e.ValueType() {
		case pmetric.ExemplarValueTypeInt:
			e.SetDoubleValue(scale(float64(e.IntValue()), factor))
		case pmetric.ExemplarValueTypeDouble:
			e.SetDoubleValue(scale(e.DoubleValue(), factor))
		}
	}
}
