package semconv

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/pmetric"
)

func TestInit(t *testing.T) {
	const delta = pmetric.AggregationTemporalityDelta
	m := pmetric.NewMetric()

	MetricHTTPServerRequestDuration.Init(m, delta)
	assert.Equal(t, "http.server.request.duration", m.Name())
	assert.Equal(t, "s", m.Unit())
	assert.Equal(t, delta, m.Histogram().AggregationTemporality())

	MetricHTTPServerActiveRequests.Init(m, delta) // whatever m was before is gone
	assert.Equal(t, "{request}", m.Unit())
	assert.False(t, m.Sum().IsMonotonic())
	assert.Equal(t, delta, m.Sum().AggregationTemporality())

	MetricProcessCPUTime.Init(m, pmetric.AggregationTemporalityCumulative)
	assert.True(t, m.Sum().IsMonotonic())
	assert.Equal(t, pmetric.AggregationTemporalityCumulative, m.Sum().AggregationTemporality())

	MetricProcessCPUUtilization.Init(m, delta)
	assert.Equal(t, pmetric.MetricTypeGauge, m.Type())
}

func TestInstruments(t *testing.T) {
	for i, want := range map[Instrument]string{
		0: "none", Counter: "counter", UpDownCounter: "updowncounter", Gauge: "gauge", Histogram: "histogram", 200: "none",
	} {
		assert.Equal(t, want, i.String())
	}
}
