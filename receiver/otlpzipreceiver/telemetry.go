package otlpzipreceiver

import (
	"context"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/otelcol-plus/otelcol-plus/receiver/otlpzipreceiver/internal/metadata"
)

// cacheMetrics is what the dictionary cache reports. Its requests have contexts, but what happens to the cache is not theirs.
type cacheMetrics struct {
	builder *metadata.TelemetryBuilder
	attrs   metric.MeasurementOption
	reason  map[string]metric.MeasurementOption
}

func newCacheMetrics(builder *metadata.TelemetryBuilder, id component.ID) *cacheMetrics {
	receiver := attribute.String("receiver", id.String())
	m := &cacheMetrics{
		builder: builder,
		attrs:   metric.WithAttributeSet(attribute.NewSet(receiver)),
		reason:  map[string]metric.MeasurementOption{},
	}
	for _, reason := range []string{evictedMemory, evictedTenants} {
		m.reason[reason] = metric.WithAttributeSet(attribute.NewSet(receiver, attribute.String("reason", reason)))
	}
	return m
}

// held adds to the number of dictionaries and their memory.
func (m *cacheMetrics) held(dictionaries, bytes int) {
	m.builder.ReceiverOtlpzipDictionaries.Add(context.Background(), int64(dictionaries), m.attrs)
	m.builder.ReceiverOtlpzipDictionaryMemory.Add(context.Background(), int64(bytes), m.attrs)
}

func (m *cacheMetrics) evicted(reason string) {
	m.builder.ReceiverOtlpzipDictionariesEvicted.Add(context.Background(), 1, m.reason[reason])
}

func (m *cacheMetrics) defined() {
	m.builder.ReceiverOtlpzipDictionariesDefined.Add(context.Background(), 1, m.attrs)
}

func (m *cacheMetrics) hit() {
	m.builder.ReceiverOtlpzipDictionaryHits.Add(context.Background(), 1, m.attrs)
}

func (m *cacheMetrics) missed() {
	m.builder.ReceiverOtlpzipDictionaryMisses.Add(context.Background(), 1, m.attrs)
}
