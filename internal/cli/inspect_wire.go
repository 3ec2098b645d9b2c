package cli

import (
	"github.com/klauspost/compress/zstd"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpzip"
	"github.com/otelcol-plus/otelcol-plus/internal/tracezip"
)

// wire makes frames as the exporter does towards one peer that takes everything.
type wire struct {
	encoder        *tracezip.Encoder
	epochs         *otlpzip.Epochs // nil without dictionaries
	grouped        bool
	frame, scratch []byte
}

// dictionaryBytes is the exporter's default of zip::dictionary::max_bytes.
const dictionaryBytes = 256 << 10

var wirePeer = otlpzip.Capability{Tracezip: true, MaxDictionaryBytes: 1 << 20, Instance: "peer"}

func newWire(f inspectFlags) *wire {
	w := &wire{encoder: tracezip.NewEncoder(), grouped: f.order == "grouped"}
	if f.dictionary {
		w.epochs = otlpzip.NewEpochs(dictionaryBytes, func(otlpzip.Event) {})
		w.epochs.Heard(wirePeer)
	}
	return w
}

// send returns the frame of a batch, which is valid until the next call.
func (w *wire) send(td ptrace.Traces) ([]byte, error) {
	plan := w.epochs.Plan()
	plan.Options.Grouped = w.grouped
	var err error
	if w.frame, err = w.encoder.Append(w.frame[:0], td, plan.Options); err != nil {
		w.epochs.Failed(plan)
		return nil, err
	}
	w.epochs.Heard(wirePeer)
	w.epochs.Delivered(plan, len(w.frame), wirePeer.Instance, func(o tracezip.FrameOptions) (int, error) {
		o.Grouped = w.grouped
		var err error
		w.scratch, err = w.encoder.Append(w.scratch[:0], td, o)
		return len(w.scratch), err
	})
	return w.frame, nil
}

// compressor is zstd as the stock exporters use it, at the default level.
type compressor struct {
	enc *zstd.Encoder
	out []byte
}

func newCompressor() (*compressor, error) {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	return &compressor{enc: enc}, err
}

func (c *compressor) size(raw []byte) int {
	c.out = c.enc.EncodeAll(raw, c.out[:0])
	return len(c.out)
}

// batcher cuts requests into batches of equal size. Blocks stay blocks; one is split where a batch ends.
type batcher struct {
	size  int // 0 leaves requests as they are
	emit  func(ptrace.Traces) error
	batch ptrace.Traces
	spans int
}

// add takes td over.
func (b *batcher) add(td ptrace.Traces) error {
	if b.size == 0 {
		if td.SpanCount() == 0 {
			return nil
		}
		return b.emit(td)
	}
	for _, from := range td.ResourceSpans().All() {
		rs, opened := ptrace.ResourceSpans{}, false
		for _, scope := range from.ScopeSpans().All() {
			ss, fresh := ptrace.ScopeSpans{}, true
			for _, span := range scope.Spans().All() {
				if b.spans == 0 || !opened {
					rs, opened, fresh = b.resource(from), true, true
				}
				if fresh {
					ss, fresh = rs.ScopeSpans().AppendEmpty(), false
					scope.Scope().CopyTo(ss.Scope())
					ss.SetSchemaUrl(scope.SchemaUrl())
				}
				span.MoveTo(ss.Spans().AppendEmpty())
				if b.spans++; b.spans == b.size {
					if err := b.flush(); err != nil {
						return err
					}
				}
			}
		}
	}
	return nil
}

// resource begins a block in the batch, which may be new.
func (b *batcher) resource(from ptrace.ResourceSpans) ptrace.ResourceSpans {
	if b.spans == 0 {
		b.batch = ptrace.NewTraces()
	}
	rs := b.batch.ResourceSpans().AppendEmpty()
	from.Resource().CopyTo(rs.Resource())
	rs.SetSchemaUrl(from.SchemaUrl())
	return rs
}

// flush emits what has been gathered.
func (b *batcher) flush() error {
	if b.spans == 0 {
		return nil
	}
	b.spans = 0
	return b.emit(b.batch)
}
