package otlpzipexporter

import (
	"bytes"
	"context"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/klauspost/compress/zstd"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpzip"
	"github.com/otelcol-plus/otelcol-plus/internal/tracezip"
)

// reporter looks into one frame now and then and keeps what it spends its bytes on, for metrics. The gauges are asynchronous:
// they show what is in the last report, so a key that is not is gone.
type reporter struct {
	interval time.Duration
	start    time.Time
	due      atomic.Int64 // after start
	latest   atomic.Pointer[frameReport]
}

// frameReport is one report as it is observed.
type frameReport struct{ parts, keys, zstd []observation }

type observation struct {
	perSpan float64
	labels  metric.MeasurementOption
}

const (
	// maxReportedKeys bounds the label values of one report whatever names arrive; the rest goes under otherKeys.
	maxReportedKeys = 20
	otherKeys       = "_other"
	// maxReportedName is the longest key, in bytes, that becomes a label value.
	maxReportedName = 128
	// maxReportedFrame is the largest frame that is looked into: it is copied, and unpacked in memory.
	maxReportedFrame = 4 << 20
	maxReportMemory  = 64 << 20
)

// newReporter returns nil, which never reports, for interval 0.
func newReporter(interval time.Duration) *reporter {
	if interval == 0 {
		return nil
	}
	return &reporter{interval: interval, start: time.Now()}
}

// sample returns a copy of a frame that is to be looked into, or nil: a report is due only every interval, and a frame that
// defines its dictionary by the difference to another cannot be read without that one.
func (r *reporter) sample(frame []byte, plan otlpzip.Plan) []byte {
	o := plan.Options
	if r == nil || len(frame) > maxReportedFrame || o.Define && o.Known != (tracezip.DictionaryID{}) {
		return nil
	}
	now := time.Since(r.start)
	due := r.due.Load()
	if int64(now) < due || !r.due.CompareAndSwap(due, int64(now+r.interval)) {
		return nil
	}
	return bytes.Clone(frame)
}

// take makes a report of a sample.
func (r *reporter) take(sample []byte, dict *tracezip.Dictionary, name attribute.KeyValue) error {
	i := tracezip.NewInspector(tracezip.Limits{MaxDecodedBytes: maxReportMemory})
	if err := i.Add(sample, oneDictionary{dict}); err != nil {
		return err
	}
	report := i.Report()
	if report.Spans == 0 {
		return nil
	}
	weight, err := zstdBytes(sample, dict)
	if err != nil {
		return err
	}
	r.latest.Store(newFrameReport(report, weight, name))
	return nil
}

// zstdBytes is what the traces of a frame weigh as the stock exporters send them: OTLP with zstd at its default level.
func zstdBytes(frame []byte, dict *tracezip.Dictionary) (int, error) {
	td, err := tracezip.NewDecoder(tracezip.Limits{MaxDecodedBytes: maxReportMemory}).DecodeWith(frame, oneDictionary{dict})
	if err != nil {
		return 0, err
	}
	raw, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(td)
	if err != nil {
		return 0, err
	}
	w, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return 0, err
	}
	return len(w.EncodeAll(raw, nil)), nil
}

func newFrameReport(r *tracezip.Report, asZstd int, name attribute.KeyValue) *frameReport {
	f := &frameReport{}
	observe := func(bytes int64, labels ...attribute.KeyValue) observation {
		return observation{
			perSpan: float64(bytes) / float64(r.Spans),
			labels:  metric.WithAttributeSet(attribute.NewSet(append(labels, name)...)),
		}
	}
	for _, p := range r.Parts {
		f.parts = append(f.parts, observe(p.Bytes, attribute.String("part", p.Part)))
	}
	rest := int64(0)
	for _, k := range r.Keys {
		if len(f.keys) == maxReportedKeys || len(k.Key) > maxReportedName || k.Key == otherKeys || !utf8.ValidString(k.Key) {
			rest += k.Bytes
			continue
		}
		f.keys = append(f.keys, observe(k.Bytes, attribute.String("class", k.Class), attribute.String("key", k.Key)))
	}
	f.keys = append(f.keys, observe(rest, attribute.String("class", otherKeys), attribute.String("key", otherKeys)))
	f.zstd = append(f.zstd, observe(int64(asZstd)))
	return f
}

// parts, keys and zstd observe the last report.
func (r *reporter) parts(_ context.Context, o metric.Float64Observer) error {
	if f := r.latest.Load(); f != nil {
		observeAll(o, f.parts)
	}
	return nil
}

func (r *reporter) keys(_ context.Context, o metric.Float64Observer) error {
	if f := r.latest.Load(); f != nil {
		observeAll(o, f.keys)
	}
	return nil
}

func (r *reporter) zstd(_ context.Context, o metric.Float64Observer) error {
	if f := r.latest.Load(); f != nil {
		observeAll(o, f.zstd)
	}
	return nil
}

func observeAll(o metric.Float64Observer, all []observation) {
	for _, x := range all {
		o.Observe(x.perSpan, x.labels)
	}
}

// oneDictionary is what the reader of a frame needs whose dictionary is known.
type oneDictionary struct{ dict *tracezip.Dictionary }

func (d oneDictionary) Dictionary(id tracezip.DictionaryID) *tracezip.Dictionary {
	if d.dict == nil || d.dict.ID() != id {
		return nil
	}
	return d.dict
}

func (oneDictionary) Define(*tracezip.Dictionary) {}
