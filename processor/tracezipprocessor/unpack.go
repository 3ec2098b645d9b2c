package tracezipprocessor

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.uber.org/zap"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpzip"
	"github.com/otelcol-plus/otelcol-plus/internal/tracezip"
	"github.com/otelcol-plus/otelcol-plus/processor/tracezipprocessor/internal/metadata"
)

// unpacker is the mode unpack. It only reads its input. A request without envelopes goes on as it came; in others the batch
// of every envelope takes its place. An envelope that cannot be opened stays where it is and is counted: the backend then
// shows it, and a later unpack can still open it.
type unpacker struct {
	limits    UnpackConfig
	decoders  *otlpzip.FreeList[*tracezip.Decoder]
	refusals  refusals
	telemetry *metadata.TelemetryBuilder
	logger    *zap.Logger
	panicked  sync.Once // further ones are only counted
}

func newUnpacker(set component.TelemetrySettings, cfg UnpackConfig) (*unpacker, error) {
	telemetry, err := metadata.NewTelemetryBuilder(set)
	if err != nil {
		return nil, err
	}
	return &unpacker{
		limits: cfg,
		decoders: otlpzip.NewFreeList(func() *tracezip.Decoder {
			return tracezip.NewDecoder(tracezip.Limits{MaxFrameBytes: cfg.MaxFrameBytes, MaxDecodedBytes: cfg.MaxDecodedBytes})
		}),
		refusals:  newRefusals(telemetry, set.Logger),
		telemetry: telemetry,
		logger:    set.Logger,
	}, nil
}

func (u *unpacker) shutdown(context.Context) error {
	u.telemetry.Shutdown()
	return nil
}

// allowance is what is left to one request of the work that its envelopes may cause, in decoded bytes. A frame that is opened,
// or found damaged, takes from it what it was charged. One that ends at a limit, or in a panic, may have cost all that is
// left, and takes half of that: its work is paid for, twice the configured bytes are the most a request can cause, and one
// giant does not keep the others packed.
type allowance int

func (a *allowance) charge(n int)   { *a -= allowance(n) }
func (a *allowance) chargeFailure() { *a -= (*a + 1) / 2 }

func (u *unpacker) processTraces(ctx context.Context, td ptrace.Traces) (ptrace.Traces, error) {
	if countEnvelopes(td) == 0 {
		return td, nil
	}
	out := ptrace.NewTraces()
	left := allowance(u.limits.MaxDecodedBytes)
	opened := 0
	for _, rs := range td.ResourceSpans().All() {
		if envelopesOf(rs) == 0 {
			rs.CopyTo(out.ResourceSpans().AppendEmpty())
			continue
		}
		opened += u.unpackResource(ctx, rs, out, &left)
	}
	if opened == 0 {
		return td, nil
	}
	return out, nil
}

// unpackResource appends to out what is in rs, with the batches of the envelopes in their places, and returns how many
// envelopes those were.
func (u *unpacker) unpackResource(ctx context.Context, rs ptrace.ResourceSpans, out ptrace.Traces, left *allowance) (opened int) {
	rest := remainder{rs: rs, out: out}
	for _, ss := range rs.ScopeSpans().All() {
		if !isEnvelope(ss) {
			ss.CopyTo(rest.resource().ScopeSpans().AppendEmpty())
			continue
		}
		for _, span := range ss.Spans().All() {
			batch, err := u.open(ctx, ss.Scope().Version(), span, left)
			if err != nil {
				u.refusals.add(ctx, err)
				span.CopyTo(rest.scope(ss).Spans().AppendEmpty())
				continue
			}
			batch.ResourceSpans().MoveAndAppendTo(out.ResourceSpans())
			rest.close()
			opened++
		}
		rest.closeScope()
	}
	return opened
}

// remainder copies what is left of a resource block, in as many blocks as the batches between it make necessary.
type remainder struct {
	rs                     ptrace.ResourceSpans
	out                    ptrace.Traces
	block                  ptrace.ResourceSpans
	spans                  ptrace.ScopeSpans
	inResource, inEnvelope bool
}

func (r *remainder) resource() ptrace.ResourceSpans {
	if !r.inResource {
		r.block, r.inResource = copyResource(r.rs, r.out), true
	}
	return r.block
}

func (r *remainder) scope(ss ptrace.ScopeSpans) ptrace.ScopeSpans {
	if !r.inEnvelope {
		r.spans, r.inEnvelope = copyScope(ss, r.resource()), true
	}
	return r.spans
}

func (r *remainder) closeScope() { r.inEnvelope = false }
func (r *remainder) close()      { r.inResource, r.inEnvelope = false, false }

// open returns the batch in an envelope.
func (u *unpacker) open(ctx context.Context, version string, span ptrace.Span, left *allowance) (ptrace.Traces, error) {
	if version != envelopeVersion {
		return ptrace.Traces{}, fmt.Errorf("%w: %q", errEnvelopeVersion, version)
	}
	value, ok := span.Attributes().Get(frameKey)
	if !ok || value.Type() != pcommon.ValueTypeBytes {
		return ptrace.Traces{}, errNoFrame
	}
	size := value.Bytes().Len()
	switch {
	case size > u.limits.MaxFrameBytes:
		return ptrace.Traces{}, fmt.Errorf("%w: %d bytes, unpack::max_frame_bytes is %d", errFrameBytes, size, u.limits.MaxFrameBytes)
	case *left <= 0:
		return ptrace.Traces{}, fmt.Errorf("%w: unpack::max_decoded_bytes is %d", errRequestBytes, u.limits.MaxDecodedBytes)
	}
	td, err := u.decode(value.Bytes().AsRaw(), left)
	if err != nil {
		return td, err
	}
	u.telemetry.ProcessorTracezipUnpackFrames.Add(ctx, 1)
	u.telemetry.ProcessorTracezipUnpackSpans.Add(ctx, int64(td.SpanCount()))
	u.telemetry.ProcessorTracezipUnpackFrameBytes.Add(ctx, int64(size))
	return td, nil
}

// decode reads a frame and takes what that cost from the allowance. A panic of the decoder becomes the refusal of one frame,
// as frames come from outside; the decoder it happened in is not used again.
func (u *unpacker) decode(frame []byte, left *allowance) (td ptrace.Traces, err error) {
	defer func() {
		if p := recover(); p != nil {
			left.chargeFailure()
			u.panicked.Do(func() {
				u.logger.Error("Panic in the tracezip decoder, please report this", zap.Any("panic", p), zap.Stack("stack"))
			})
			err = errDecoder
		}
	}()
	d := u.decoders.Get()
	d.SetMaxDecodedBytes(int(*left))
	td, err = d.Decode(frame)
	if errors.Is(err, tracezip.ErrLimit) {
		left.chargeFailure()
	} else {
		left.charge(d.DecodedBytes())
	}
	u.decoders.Put(d)
	return td, err
}
