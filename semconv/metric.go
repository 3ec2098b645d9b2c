package semconv

import "go.opentelemetry.io/collector/pdata/pmetric"

// Metric is a metric of the conventions.
type Metric struct {
	Name string
	// Unit is in UCUM: s, By, {request}, 1.
	Unit       string
	Instrument Instrument
}

// Instrument is what records a metric.
type Instrument uint8

// The instruments.
const (
	Counter Instrument = iota + 1
	UpDownCounter
	Gauge
	Histogram
)

var instrumentNames = [...]string{"none", "counter", "updowncounter", "gauge", "histogram"}

// String is the word of the conventions.
func (i Instrument) String() string {
	if int(i) >= len(instrumentNames) {
		i = 0
	}
	return instrumentNames[i]
}

// Init turns m into this metric without points: name, unit and the kind of data that the instrument makes. Gauges have no
// temporality.
func (x Metric) Init(m pmetric.Metric, temporality pmetric.AggregationTemporality) {
	m.SetName(x.Name)
	m.SetUnit(x.Unit)
	switch x.Instrument {
	case Counter, UpDownCounter:
		sum := m.SetEmptySum()
		sum.SetIsMonotonic(x.Instrument == Counter)
		sum.SetAggregationTemporality(temporality)
	case Gauge:
		m.SetEmptyGauge()
	case Histogram:
		m.SetEmptyHistogram().SetAggregationTemporality(temporality)
	}
}
