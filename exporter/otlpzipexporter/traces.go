package otlpzipexporter

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.uber.org/zap"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpzip"
	"github.com/otelcol-plus/otelcol-plus/internal/tracezip"
)

// Why a trace request went as OTLP.
const (
	reasonUnsupported = "unsupported" // the peer just said it does not speak tracezip
	reasonNotTried    = "not_tried"   // it said so before
	reasonRejected    = "rejected"    // the peer could not read the frame
	reasonTooLarge    = "too_large"   // one span alone is too large a frame for the peer
	reasonEncoding    = "encoding"    // the encoder refused the batch
)

var fallbackReasons = []string{reasonUnsupported, reasonNotTried, reasonRejected, reasonTooLarge, reasonEncoding}

// tracePusher sends traces: as a frame where the peer takes frames, else as OTLP.
type tracePusher struct {
	link     link
	peer     *negotiator
	tel      *telemetry
	logger   *zap.Logger
	config   ZipConfig
	epochs   *otlpzip.Epochs // nil without dictionaries
	encoders *otlpzip.FreeList[*tracezip.Encoder]
	// tellOnce logs that the peer is a plain OTLP one, upgraded that it no longer is; the metric counts every batch.
	tellOnce, upgraded sync.Once
	told               atomic.Bool
	buffers            *bufferPool
	reports            *reporter // nil without zip::report_interval
}

func newTracePusher(l link, peer *negotiator, tel *telemetry, buffers *bufferPool, logger *zap.Logger, cfg ZipConfig) *tracePusher {
	p := &tracePusher{
		link: l, peer: peer, tel: tel, logger: logger, config: cfg, buffers: buffers,
		encoders: otlpzip.NewFreeList(tracezip.NewEncoder), reports: tel.reports,
	}
	if cfg.Dictionary.Enabled {
		p.epochs = otlpzip.NewEpochs(cfg.Dictionary.MaxBytes, p.dictionaryEvent)
	}
	return p
}

// dictionaryEvent tells the operator what has been decided about dictionaries.
func (p *tracePusher) dictionaryEvent(e otlpzip.Event) {
	switch e.Kind {
	case otlpzip.EventAdopted:
		id := e.Dictionary.ID()
		p.logger.Debug("New dictionary", zap.String("id", hex.EncodeToString(id[:])),
			zap.Int("memory_bytes", e.Dictionary.MemoryBytes()), zap.Int("transfer_bytes", e.TransferBytes))
	case otlpzip.EventOff:
		p.logger.Info("Frames go without dictionaries for a while", zap.String("reason", e.Reason), zap.Duration("for", e.For))
	case otlpzip.EventOn:
		p.logger.Info("Dictionaries are tried again")
	}
}

// push is one attempt. It only reads td.
func (p *tracePusher) push(ctx context.Context, td ptrace.Traces) error {
	err := p.send(ctx, td)
	var part *partial
	if errors.As(err, &part) {
		return consumererror.NewTraces(part.err, part.rest)
	}
	return err
}

func (p *tracePusher) send(ctx context.Context, td ptrace.Traces) error {
	spans := td.SpanCount()
	if p.config.Fallback && !p.peer.wantsFrames() {
		return p.sendOTLP(ctx, td, spans, reasonNotTried)
	}
	return p.sendFrame(ctx, td, spans, p.epochs.Plan())
}

// sendFrame sends a frame as planned and settles the plan.
func (p *tracePusher) sendFrame(ctx context.Context, td ptrace.Traces, spans int, plan otlpzip.Plan) error {
	frame, err := p.encode(td, plan.Options)
	if err != nil {
		p.buffers.Put(frame)
		p.epochs.Failed(plan)
		return p.orOTLP(ctx, td, spans, reasonEncoding, fmt.Errorf("failed to encode a tracezip frame: %w", err))
	}
	if plan.Options.Dictionary != nil && !tracezip.NamesDictionary(*frame) {
		// The batch went into the frame as protobuf: it neither uses the dictionary nor brings it.
		p.epochs.Failed(plan)
		plan = otlpzip.Plan{}
	}
	size := len(*frame) // the link takes the buffer over
	limit := p.peer.maxFrameBytes()
	if limit > 0 && size > limit && (spans > 1 || plan.Options.Define) {
		p.buffers.Put(frame)
		return p.sendOtherwise(ctx, td, spans, plan, size-plan.DefinitionBytes() <= limit)
	}
	if sample := p.reports.sample(*frame, plan); sample != nil {
		defer p.report(sample, plan.Options.Dictionary)
	}
	counted, sent := countSends(ctx)
	r := p.link.frame(counted, frame)
	p.tel.weighFrame(ctx, td, sent.Load())
	p.epochs.Heard(r.peer)
	switch r.verdict {
	case delivered:
		p.tel.acceptedFrame(ctx, spans, plan)
		if p.told.Load() {
			p.upgraded.Do(func() { p.logger.Info("The peer, or one of several, speaks tracezip now") })
		}
		p.delivered(td, plan, size, r.peer.Instance)
		return nil
	case missing:
		if plan.Options.Dictionary == nil {
			// It says that of a frame which names none.
			p.epochs.Failed(plan)
			return p.orOTLP(ctx, td, spans, reasonRejected, r.err)
		}
		p.tel.missedDictionary(ctx)
		return p.sendFrame(ctx, td, spans, p.epochs.Missing(plan, size, r.peer))
	case tooLarge:
		return p.sendSmaller(ctx, td, spans, plan, size, r.err)
	case rejected:
		p.epochs.Refused(plan, size)
		return p.orOTLP(ctx, td, spans, reasonRejected, r.err)
	case unsupported:
		p.epochs.Failed(plan)
		p.tellOnce.Do(p.tellUnsupported)
		return p.orOTLP(ctx, td, spans, reasonUnsupported, r.err)
	default:
		p.epochs.Failed(plan)
		return r.err
	}
}

// tellUnsupported says what a peer without tracezip means.
func (p *tracePusher) tellUnsupported() {
	p.told.Store(true)
	if p.config.Fallback {
		p.logger.Info("The peer does not speak tracezip; traces go as OTLP and tracezip is tried again from time to time")
		return
	}
	p.logger.Warn("The peer does not speak tracezip and zip::fallback is false: traces are dropped; set zip::fallback to true to send them as OTLP")
}

// sendOtherwise goes on with a batch whose frame was not sent because it is too large for the peer: without the definition in it if
// it fits then or cannot be cut, else in halves, which may have room for the definition.
func (p *tracePusher) sendOtherwise(ctx context.Context, td ptrace.Traces, spans int, plan otlpzip.Plan, fits bool) error {
	if plan.Options.Define && (fits || spans == 1) {
		p.epochs.Unsent(plan)
		return p.sendFrame(ctx, td, spans, otlpzip.Plan{})
	}
	p.epochs.Failed(plan)
	return p.sendHalves(ctx, td, spans)
}

// sendSmaller goes on with a batch whose frame the peer found too large: without the dictionary if that may help, else in
// halves, else as OTLP.
func (p *tracePusher) sendSmaller(ctx context.Context, td ptrace.Traces, spans int, plan otlpzip.Plan, size int, err error) error {
	if plan.Options.Define || plan.Options.Dictionary != nil && spans == 1 {
		p.epochs.Refused(plan, size)
		return p.sendFrame(ctx, td, spans, otlpzip.Plan{})
	}
	p.epochs.Failed(plan)
	if spans > 1 {
		return p.sendHalves(ctx, td, spans)
	}
	return p.orOTLP(ctx, td, spans, reasonTooLarge, err)
}

// delivered settles the plan of an acknowledged frame. What is learnt from it is for later frames, so a panic there must not
// end the agent.
func (p *tracePusher) delivered(td ptrace.Traces, plan otlpzip.Plan, size int, instance string) {
	defer func() {
		if r := recover(); r != nil {
			p.logger.Error("Failed to make a dictionary, please report this", zap.Any("panic", r), zap.Stack("stack"))
		}
	}()
	p.epochs.Delivered(plan, size, instance, func(o tracezip.FrameOptions) (int, error) {
		frame, err := p.encode(td, o)
		defer p.buffers.Put(frame)
		return len(*frame), err
	})
}

// report looks into a frame that was sent. A failure is no business of the batch.
func (p *tracePusher) report(sample []byte, dict *tracezip.Dictionary) {
	defer func() {
		if r := recover(); r != nil {
			p.logger.Error("Failed to inspect a frame, please report this", zap.Any("panic", r), zap.Stack("stack"))
		}
	}()
	if err := p.reports.take(sample, dict, p.tel.exporter); err != nil {
		p.logger.Warn("A frame could not be inspected; the metrics of zip::report_interval stay as they are", zap.Error(err))
	}
}

// encode turns a panic of the encoder into an error, so that the batch goes as OTLP: what cannot be encoded must not
// end the agent. The encoder it happened in is not used again.
func (p *tracePusher) encode(td ptrace.Traces, options tracezip.FrameOptions) (buf *[]byte, err error) {
	buf = p.buffers.Get(0)
	defer func() {
		if r := recover(); r != nil {
			p.logger.Error("Failed to encode a tracezip frame, please report this", zap.Any("panic", r), zap.Stack("stack"))
			err = fmt.Errorf("encoder failure: %v", r)
		}
	}()
	enc := p.encoders.Get()
	options.Grouped = p.config.Order == OrderGrouped
	frame, err := enc.Append(*buf, td, options)
	p.encoders.Put(enc)
	*buf = frame
	p.buffers.last.Store(int64(min(len(frame), maxIdleBuffer)))
	return buf, err
}

// orOTLP sends as OTLP what could not go as a frame, unless the configuration insists on frames.
func (p *tracePusher) orOTLP(ctx context.Context, td ptrace.Traces, spans int, reason string, err error) error {
	if !p.config.Fallback {
		return consumererror.NewPermanent(fmt.Errorf("the peer did not take a tracezip frame (%s) and zip::fallback is off: %w", reason, err))
	}
	return p.sendOTLP(ctx, td, spans, reason)
}

func (p *tracePusher) sendOTLP(ctx context.Context, td ptrace.Traces, spans int, reason string) error {
	p.tel.fellBack(ctx, reason)
	r := p.link.traces(ctx, td)
	p.epochs.Heard(r.peer)
	switch {
	case r.verdict == delivered:
		p.tel.acceptedOTLP(ctx, spans)
		return nil
	case r.verdict == tooLarge && spans > 1:
		return p.sendHalves(ctx, td, spans)
	default:
		return r.err
	}
}

// partial is the error of a batch of which a part is done with: it is about rest only, to be retried or, when err is
// permanent, refused.
type partial struct {
	err  error
	rest ptrace.Traces
}

func (e *partial) Error() string { return e.err.Error() }
func (e *partial) Unwrap() error { return e.err }

// sendHalves cuts a batch that is too large for the peer in two.
func (p *tracePusher) sendHalves(ctx context.Context, td ptrace.Traces, spans int) error {
	p.tel.split(ctx)
	first, second := halve(td, spans/2)
	errFirst := p.send(ctx, first)
	if errFirst != nil && !consumererror.IsPermanent(errFirst) {
		// The peer is not well now: keep the second half for the retry too.
		return &partial{err: errFirst, rest: merge(remaining(errFirst, first), second)}
	}
	errSecond := p.send(ctx, second)
	switch {
	case errFirst == nil && errSecond == nil:
		return nil
	case errFirst == nil:
		return &partial{err: errSecond, rest: remaining(errSecond, second)}
	case errSecond == nil:
		return &partial{err: errFirst, rest: remaining(errFirst, first)}
	}
	rest := merge(remaining(errFirst, first), remaining(errSecond, second))
	if consumererror.IsPermanent(errSecond) {
		return &partial{err: errors.Join(errFirst, errSecond), rest: rest}
	}
	// One part is refused for good, the other to be retried, and only one of the two can be returned. Retry both: the
	// refused part stays in the request until it is alone, and is then reported as what it is.
	return &partial{err: errSecond, rest: rest}
}

// remaining is what of a failed send was not delivered.
func remaining(err error, sent ptrace.Traces) ptrace.Traces {
	var part *partial
	if errors.As(err, &part) {
		return part.rest
	}
	return sent
}

// bufferPool lends buffers for frames. It is a mem.BufferPool, so that gRPC gives a buffer back when its transport has
// written it.
type bufferPool struct {
	idle *otlpzip.FreeList[*[]byte]
	// last is the size of the last frame, the best guess for the next.
	last atomic.Int64
}

// maxIdleBuffer is the largest buffer that is kept.
const maxIdleBuffer = 1 << 20

func newBufferPool() *bufferPool {
	p := &bufferPool{}
	p.idle = otlpzip.NewFreeList(func() *[]byte {
		b := make([]byte, 0, p.last.Load()*5/4)
		return &b
	})
	return p
}

// Get returns an empty buffer with room for at least length bytes.
func (p *bufferPool) Get(length int) *[]byte {
	b := p.idle.Get()
	if cap(*b) < length {
		*b = make([]byte, 0, length)
	}
	*b = (*b)[:0]
	return b
}

// Put takes a buffer back.
func (p *bufferPool) Put(b *[]byte) {
	if cap(*b) <= maxIdleBuffer {
		p.idle.Put(b)
	}
}
