package profilingreceiver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/consumer/xconsumer"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"

	"github.com/otelcol-plus/otelcol-plus/internal/perfevent"
	"github.com/otelcol-plus/otelcol-plus/receiver/profilingreceiver/internal/metadata"
)

// profiler is the receiver. Two goroutines work: one drains the rings and
// gathers samples, the other names, encodes and sends what was gathered, and
// may be held up by the pipeline without a sample being lost.
type profiler struct {
	config    *Config
	set       receiver.Settings
	next      xconsumer.Profiles
	telemetry *metadata.TelemetryBuilder
	perf      *perfevent.Sampler
	period    time.Duration      // that one sample stands for
	cancel    context.CancelFunc // stops sampling
	abandon   context.CancelFunc // gives up sending
	wg        sync.WaitGroup
	host      component.Host
	windows   chan *window
	fresh     chan freshFile
}

type freshFile struct {
	ref fileRef
	via opener
}

const (
	ringPages     = 32                     // 128 KiB for each CPU: seconds of samples
	drainInterval = 500 * time.Millisecond // also how soon a new program's files are opened
	upkeep        = 5 * time.Second
)

func newProfiler(set receiver.Settings, cfg *Config, next xconsumer.Profiles) (*profiler, error) {
	tb, err := metadata.NewTelemetryBuilder(set.TelemetrySettings)
	if err != nil {
		return nil, err
	}
	return &profiler{config: cfg, set: set, next: next, telemetry: tb, windows: make(chan *window, 1), fresh: make(chan freshFile, 64)}, nil
}

// Start begins to sample as much as is allowed. What is not allowed is logged
// and reported as the component's status; it never stops the collector.
func (p *profiler) Start(_ context.Context, host component.Host) error {
	perf, refused, err := perfevent.Open(perfevent.Settings{Frequency: p.config.Frequency, RingPages: ringPages})
	mode := perfevent.ModeNone
	if err == nil {
		mode = perf.Mode()
	}
	p.host = host
	p.report(mode, refused)
	p.recordFrequency(mode)
	if err != nil {
		return nil
	}
	p.perf, p.period = perf, perf.Period()
	var ctx, sendCtx context.Context
	ctx, p.cancel = context.WithCancel(context.Background())
	sendCtx, p.abandon = context.WithCancel(context.Background())
	p.wg.Go(func() { p.sample(ctx) })
	p.wg.Go(func() { p.send(sendCtx) })
	return nil
}

// report says what is sampled, what is not, and how to change that.
func (p *profiler) report(mode perfevent.Mode, refused []perfevent.Refusal) {
	limits := perfevent.ReadPrivileges(os.DirFS("/proc")).Limits(mode)
	fields := []zap.Field{zap.Stringer("mode", mode), zap.String("sampling", mode.Describe()), zap.Int("frequency", p.config.Frequency)}
	if len(limits) > 0 {
		fields = append(fields, zap.Strings("limits", limits))
	}
	if len(refused) == 0 {
		if len(limits) > 0 {
			p.set.Logger.Warn("Profiling started, but some functions will have no names", fields...)
			return
		}
		p.set.Logger.Info("Profiling started", fields...)
		return
	}
	why := make([]string, 0, len(refused))
	for _, r := range refused {
		if text := fmt.Sprintf("%s: %s", r.Mode.Describe(), r.Why); len(why) == 0 || !strings.HasSuffix(why[len(why)-1], r.Why) {
			why = append(why, text)
		}
	}
	err := fmt.Errorf("profiling is limited to %s (%s)", mode.Describe(), strings.Join(why, "; "))
	if mode == perfevent.ModeNone {
		err = fmt.Errorf("profiling is off (%s)", strings.Join(why, "; "))
		p.set.Logger.Warn("Profiling is off: nothing may be sampled. The collector carries on without it.", append(fields, zap.Strings("why", why))...)
		componentstatus.ReportStatus(p.host, componentstatus.NewPermanentErrorEvent(err))
		return
	}
	p.set.Logger.Warn("Profiling is limited", append(fields, zap.Strings("why", why))...)
	componentstatus.ReportStatus(p.host, componentstatus.NewRecoverableErrorEvent(err))
}

func (p *profiler) recordFrequency(mode perfevent.Mode) {
	f := int64(p.config.Frequency)
	if mode == perfevent.ModeNone {
		f = 0
	}
	p.telemetry.ReceiverProfilingFrequency.Record(context.Background(), f, metric.WithAttributes(attribute.String("mode", mode.String())))
}

// sample drains the rings until ctx is done, and hands on a window for every
// interval.
func (p *profiler) sample(ctx context.Context) {
	defer close(p.windows)
	clock := perfevent.ReadClock()
	s := &sampler{
		config: p.config, tracker: newTracker(os.DirFS("/proc"), func(t uint64) uint64 { return clock.Boot(t) }),
		wall: func(t uint64) uint64 { return clock.Wall(t) }, window: newWindow(uint64(time.Now().UnixNano())), fresh: p.openSoon,
	}
	s.tracker.scan()
	flush, maintain := time.Now().Add(p.config.FlushInterval), time.Now().Add(upkeep)
	for ctx.Err() == nil {
		if err := p.perf.Wait(ctx, min(drainInterval, max(time.Until(flush), 0))); err != nil {
			p.set.Logger.Error("Waiting for samples failed, profiling ends", zap.Error(err))
			componentstatus.ReportStatus(p.host, componentstatus.NewPermanentErrorEvent(err))
			break
		}
		clock = perfevent.ReadClock()
		p.perf.Drain(s.record)
		if now := time.Now(); !now.Before(maintain) {
			maintain = now.Add(upkeep)
			if err := p.perf.Maintain(s.record); err != nil {
				p.set.Logger.Warn("Some CPUs or threads cannot be sampled", zap.Error(err))
			}
			s.tracker.prune()
		}
		if now := time.Now(); !now.Before(flush) || s.window.full() {
			flush = now.Add(p.config.FlushInterval)
			p.handOn(s)
		}
	}
	clock = perfevent.ReadClock()
	p.perf.Drain(s.record)
	p.handOn(s)
}

// handOn ends the window. If the one before still waits, the pipeline has been
// stuck for an interval and the older one is given up.
func (p *profiler) handOn(s *sampler) {
	ctx := context.Background()
	w := s.window
	w.end = uint64(time.Now().UnixNano())
	s.window = newWindow(w.end)
	p.telemetry.ReceiverProfilingProcesses.Record(ctx, int64(len(s.tracker.procs)))
	p.telemetry.ReceiverProfilingThreadsUnattached.Record(ctx, int64(p.perf.Unattached()))
	p.telemetry.ReceiverProfilingStacksFolded.Add(ctx, int64(w.folded))
	p.lose("ring", int(s.lost))
	p.lose("malformed", int(p.perf.Malformed()-s.malformed))
	s.lost, s.malformed = 0, p.perf.Malformed()
	for {
		select {
		case p.windows <- w:
			return
		default:
		}
		select {
		case old := <-p.windows:
			p.lose("backlog", old.samples)
		default:
		}
	}
}

func (p *profiler) lose(reason string, n int) {
	if n > 0 {
		p.telemetry.ReceiverProfilingSamplesLost.Add(context.Background(), int64(n), metric.WithAttributes(attribute.String("reason", reason)))
	}
}

// openSoon asks for a file to be opened while its process lives; when the
// other goroutine is busy the file waits until its window is sent.
func (p *profiler) openSoon(ref fileRef, via opener) {
	select {
	case p.fresh <- freshFile{ref, via}:
	default:
	}
}

// send names, encodes and sends windows until there are no more.
func (p *profiler) send(ctx context.Context) {
	n := newNamer()
	for {
		select {
		case f := <-p.fresh:
			n.prepare(f.ref, f.via)
		case w, ok := <-p.windows:
			if !ok {
				n.closeFiles()
				return
			}
			p.sendWindow(ctx, n, w)
		}
	}
}

func (p *profiler) sendWindow(ctx context.Context, n *namer, w *window) {
	if w.samples == 0 {
		n.closeFiles()
		return
	}
	n.learn(w)
	pd, stats := encode(w, n, int64(p.period), p.set.BuildInfo.Version)
	n.closeFiles()
	p.telemetry.ReceiverProfilingSymbolCacheBytes.Record(ctx, int64(n.bytes()))
	if err := p.next.ConsumeProfiles(ctx, pd); err != nil {
		p.lose("refused", stats.samples)
		p.set.Logger.Warn("The pipeline refused profiles", zap.Error(err), zap.Int("samples", stats.samples))
		return
	}
	p.telemetry.ReceiverProfilingSamples.Add(ctx, int64(stats.samples))
	p.telemetry.ReceiverProfilingFrames.Add(ctx, int64(stats.frames))
	p.telemetry.ReceiverProfilingFramesUnnamed.Add(ctx, int64(stats.unnamed))
}

// Shutdown sends what was gathered, as long as ctx allows, and releases every
// descriptor and mapping.
func (p *profiler) Shutdown(ctx context.Context) error {
	if p.perf == nil {
		p.telemetry.Shutdown()
		return nil
	}
	p.cancel()
	stop := context.AfterFunc(ctx, p.abandon)
	p.wg.Wait()
	stop()
	p.abandon()
	err := p.perf.Close()
	p.perf = nil
	p.telemetry.Shutdown()
	if ctx.Err() != nil {
		err = errors.Join(err, ctx.Err())
	}
	return err
}
