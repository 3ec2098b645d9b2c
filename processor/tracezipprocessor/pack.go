package tracezipprocessor

import (
	"context"
	"slices"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpzip"
	"github.com/otelcol-plus/otelcol-plus/internal/tracezip"
	"github.com/otelcol-plus/otelcol-plus/processor/tracezipprocessor/internal/metadata"
)

// maxFrameOTLP bounds what one frame holds, by its size as OTLP. Decoding is charged at about four times that, eight times for
// the smallest batches, so a reader with default limits can open any frame.
const maxFrameOTLP = 4 << 20

// maxKeptFrame is the largest frame buffer that is kept.
const maxKeptFrame = 1 << 20

// packer is the mode pack. It only reads its input and hands on new requests; a request that it cannot make smaller goes on
// as it came.
type packer struct {
	maxFrame  int
	writers   *otlpzip.FreeList[*frameWriter]
	sizer     ptrace.ProtoMarshaler
	telemetry *metadata.TelemetryBuilder
	logger    *zap.Logger
}

// frameWriter is an encoder and where it writes.
type frameWriter struct {
	encoder *tracezip.Encoder
	buf     []byte
}

// Why spans were left as they are.
var (
	packedAlready = skipReason("packed")
	notSmaller    = skipReason("not_smaller")
	tooLarge      = skipReason("too_large")
	notEncoded    = skipReason("encoding")
)

func skipReason(name string) metric.MeasurementOption {
	return metric.WithAttributeSet(attribute.NewSet(attribute.String("reason", name)))
}

func newPacker(set component.TelemetrySettings, cfg PackConfig) (*packer, error) {
	telemetry, err := metadata.NewTelemetryBuilder(set)
	if err != nil {
		return nil, err
	}
	return &packer{
		maxFrame: cfg.MaxFrameBytes,
		writers: otlpzip.NewFreeList(func() *frameWriter {
			return &frameWriter{encoder: tracezip.NewEncoder()}
		}),
		telemetry: telemetry,
		logger:    set.Logger,
	}, nil
}

func (p *packer) shutdown(context.Context) error {
	p.telemetry.Shutdown()
	return nil
}

func (p *packer) processTraces(ctx context.Context, td ptrace.Traces) (ptrace.Traces, error) {
	already := countEnvelopes(td)
	if already > 0 {
		p.telemetry.ProcessorTracezipPackSkipped.Add(ctx, int64(already), packedAlready)
	}
	if td.SpanCount() == already {
		return td, nil
	}
	out, rest := ptrace.NewTraces(), td
	if already > 0 {
		out, rest = separate(td)
	}
	if !p.pack(ctx, rest, out) {
		return td, nil
	}
	return out, nil
}

// pack appends td to out, in one envelope or several. What does not fit an envelope is appended as it is. It reports whether
// there is an envelope at all; if not, out is of no use.
func (p *packer) pack(ctx context.Context, td, out ptrace.Traces) bool {
	parts := []ptrace.Traces{td}
	whole, packed := true, false
	for len(parts) > 0 {
		part := parts[0]
		parts = parts[1:]
		switch cuts := p.packPart(ctx, part, out); {
		case cuts == 0:
			packed = true
		case cuts > 1:
			perPart := (part.SpanCount() + cuts - 1) / cuts
			parts = slices.Concat(cut(part, perPart), parts)
			whole = false
		case !whole: // a copy of ours
			part.ResourceSpans().MoveAndAppendTo(out.ResourceSpans())
		}
	}
	return packed
}

// packPart appends td to out as one envelope and returns 0; or it says into how many parts td should be cut; 1 means that it
// should be left as it is.
func (p *packer) packPart(ctx context.Context, td, out ptrace.Traces) (cuts int) {
	spans, otlpBytes := td.SpanCount(), p.sizer.TracesSize(td)
	skip := func(reason metric.MeasurementOption) int {
		p.telemetry.ProcessorTracezipPackSkipped.Add(ctx, int64(spans), reason)
		return 1
	}
	if otlpBytes > maxFrameOTLP {
		if spans > 1 {
			return min(spans, 1+otlpBytes/maxFrameOTLP)
		}
		return skip(tooLarge)
	}
	w := p.writers.Get()
	if !p.write(w, td) {
		return skip(notEncoded)
	}
	defer func() {
		if cap(w.buf) > maxKeptFrame {
			w.buf = nil
		}
		p.writers.Put(w)
	}()
	if len(w.buf) > p.maxFrame {
		if spans > 1 {
			return 2
		}
		return skip(tooLarge)
	}
	envelope := newEnvelope(td, spans, otlpBytes, w.buf)
	envelopeBytes := p.sizer.TracesSize(envelope)
	if envelopeBytes >= otlpBytes {
		return skip(notSmaller)
	}
	envelope.ResourceSpans().MoveAndAppendTo(out.ResourceSpans())
	p.telemetry.ProcessorTracezipPackFrames.Add(ctx, 1)
	p.telemetry.ProcessorTracezipPackSpans.Add(ctx, int64(spans))
	p.telemetry.ProcessorTracezipPackOtlpBytes.Add(ctx, int64(otlpBytes))
	p.telemetry.ProcessorTracezipPackEnvelopeBytes.Add(ctx, int64(envelopeBytes))
	return 0
}

// write encodes td and reports whether that worked. A panic of the encoder must not end the process. A writer that failed
// must not be used again.
func (p *packer) write(w *frameWriter, td ptrace.Traces) (ok bool) {
	const failed = "Failed to encode a tracezip frame, please report this; the batch goes on as it is"
	defer func() {
		if r := recover(); r != nil {
			p.logger.Error(failed, zap.Any("panic", r), zap.Stack("stack"))
		}
	}()
	var err error
	if w.buf, err = w.encoder.AppendFrame(w.buf[:0], td); err != nil {
		p.logger.Error(failed, zap.Error(err))
	}
	return err == nil
}
