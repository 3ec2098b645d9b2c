package main

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// signal is what a set consists of.
type signal string

const (
	traces  signal = "traces"
	metrics signal = "metrics"
	logs    signal = "logs"
)

// item is what a figure is divided by: the items of a signal are spans, points and records.
func (s signal) item() string {
	return map[signal]string{traces: "span", metrics: "point", logs: "record"}[s]
}

// batch is one request of one signal.
type batch struct {
	signal  signal
	traces  ptrace.Traces
	metrics pmetric.Metrics
	logs    plog.Logs
}

// decode reads an OTLP request, so that no two items share a string.
func decode(s signal, body []byte) (batch, error) {
	b, err := batch{signal: s}, error(nil)
	switch s {
	case traces:
		b.traces, err = new(ptrace.ProtoUnmarshaler).UnmarshalTraces(body)
	case metrics:
		b.metrics, err = new(pmetric.ProtoUnmarshaler).UnmarshalMetrics(body)
	case logs:
		b.logs, err = new(plog.ProtoUnmarshaler).UnmarshalLogs(body)
	default:
		err = fmt.Errorf("no signal %q", s)
	}
	return b, err
}

func (b batch) encode() ([]byte, error) {
	switch b.signal {
	case traces:
		return new(ptrace.ProtoMarshaler).MarshalTraces(b.traces)
	case metrics:
		return new(pmetric.ProtoMarshaler).MarshalMetrics(b.metrics)
	default:
		return new(plog.ProtoMarshaler).MarshalLogs(b.logs)
	}
}

func (b batch) count() int {
	switch b.signal {
	case traces:
		return b.traces.SpanCount()
	case metrics:
		return b.metrics.DataPointCount()
	default:
		return b.logs.LogRecordCount()
	}
}

// described is what has a schema_url: resources and scopes.
type described interface {
	SchemaUrl() string
	SetSchemaUrl(string)
}

// described goes through all that have a schema_url, resources first.
func (b batch) described(visit func(d described, isScope bool)) {
	switch b.signal {
	case traces:
		for _, r := range b.traces.ResourceSpans().All() {
			visit(r, false)
			for _, s := range r.ScopeSpans().All() {
				visit(s, true)
			}
		}
	case metrics:
		for _, r := range b.metrics.ResourceMetrics().All() {
			visit(r, false)
			for _, s := range r.ScopeMetrics().All() {
				visit(s, true)
			}
		}
	case logs:
		for _, r := range b.logs.ResourceLogs().All() {
			visit(r, false)
			for _, s := range r.ScopeLogs().All() {
				visit(s, true)
			}
		}
	}
}

// relabel makes every schema_url one of the family at base, an URL without the version. A resource without one gets the
// version that is assumed.
func (b batch) relabel(base, assumed string) {
	b.described(func(d described, isScope bool) {
		version := d.SchemaUrl()[strings.LastIndexByte(d.SchemaUrl(), '/')+1:]
		switch {
		case version != "":
			d.SetSchemaUrl(base + version)
		case !isScope:
			d.SetSchemaUrl(base + assumed)
		}
	})
}

// item is a span, a point or a record with what tells where it stands.
type item struct {
	attrs   pcommon.Map
	version string // of the conventions, by the schema_url
	server  bool   // a span of kind SERVER
	metric  string // name of the metric that the point belongs to
	unit    string
}

// items goes through a batch in its order.
func (b batch) items() iter.Seq[item] {
	version := func(of ...string) string {
		for _, url := range of {
			if url != "" {
				return url[strings.LastIndexByte(url, '/')+1:]
			}
		}
		return ""
	}
	return func(yield func(item) bool) {
		switch b.signal {
		case traces:
			for _, r := range b.traces.ResourceSpans().All() {
				for _, s := range r.ScopeSpans().All() {
					for _, span := range s.Spans().All() {
						if !yield(item{attrs: span.Attributes(), version: version(s.SchemaUrl(), r.SchemaUrl()), server: span.Kind() == ptrace.SpanKindServer}) {
							return
						}
					}
				}
			}
		case metrics:
			for _, r := range b.metrics.ResourceMetrics().All() {
				for _, s := range r.ScopeMetrics().All() {
					for _, m := range s.Metrics().All() {
						for attrs := range points(m) {
							if !yield(item{attrs: attrs, version: version(s.SchemaUrl(), r.SchemaUrl()), metric: m.Name(), unit: m.Unit()}) {
								return
							}
						}
					}
				}
			}
		case logs:
			for _, r := range b.logs.ResourceLogs().All() {
				for _, s := range r.ScopeLogs().All() {
					for _, l := range s.LogRecords().All() {
						if !yield(item{attrs: l.Attributes(), version: version(s.SchemaUrl(), r.SchemaUrl())}) {
							return
						}
					}
				}
			}
		}
	}
}

func points(m pmetric.Metric) iter.Seq[pcommon.Map] {
	return func(yield func(pcommon.Map) bool) {
		switch m.Type() {
		case pmetric.MetricTypeGauge:
			each(m.Gauge().DataPoints(), yield)
		case pmetric.MetricTypeSum:
			each(m.Sum().DataPoints(), yield)
		case pmetric.MetricTypeHistogram:
			each(m.Histogram().DataPoints(), yield)
		case pmetric.MetricTypeExponentialHistogram:
			each(m.ExponentialHistogram().DataPoints(), yield)
		case pmetric.MetricTypeSummary:
			each(m.Summary().DataPoints(), yield)
		}
	}
}

func each[P interface{ Attributes() pcommon.Map }](list interface {
	Len() int
	At(int) P
}, yield func(pcommon.Map) bool) {
	for i := range list.Len() {
		if !yield(list.At(i).Attributes()) {
			return
		}
	}
}

// consume hands a batch to a processor.
func (c *contender) consume(ctx context.Context, b batch) error {
	switch b.signal {
	case traces:
		return c.traces.ConsumeTraces(ctx, b.traces)
	case metrics:
		return c.metrics.ConsumeMetrics(ctx, b.metrics)
	default:
		return c.logs.ConsumeLogs(ctx, b.logs)
	}
}
