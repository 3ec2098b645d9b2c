package profilingreceiver

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"

	"github.com/otelcol-plus/otelcol-plus/internal/pprofscrape"
)

// puller asks the targets for their profiles, each in a goroutine of its own and one profile after the other: a target
// that is slow delays only itself.
type puller struct {
	*outlet
	targets []Target
	cancel  context.CancelFunc
	wg      sync.WaitGroup
}

func (p *puller) Start(ctx context.Context, host component.Host) error {
	background, cancel := context.WithCancel(context.Background())
	p.cancel = cancel
	for i := range p.targets {
		t := &p.targets[i]
		client, err := t.ClientConfig.ToClient(ctx, host.GetExtensions(), p.set.TelemetrySettings)
		if err != nil {
			return errors.Join(err, p.Shutdown(ctx))
		}
		client.CheckRedirect = pprofscrape.Refuse
		client.Timeout = 0 // a request's own depends on what is asked for
		pull := &pull{puller: p, target: t, client: client, resource: t.resource(), deltas: map[string]*pprofscrape.Deltas{}, asked: map[string]time.Time{}}
		// Targets of one interval take turns.
		delay := t.Interval * time.Duration(i) / time.Duration(len(p.targets))
		p.wg.Go(func() { pull.run(background, delay) })
	}
	return nil
}

func (p *puller) Shutdown(context.Context) error {
	if p.cancel != nil {
		p.cancel() // which ends requests
		p.wg.Wait()
	}
	return nil
}

func (t *Target) resource() pcommon.Map {
	m := pcommon.NewMap()
	m.PutStr("service.name", t.Service)
	if t.Service == "" {
		m.PutStr("service.name", t.instance())
	}
	m.PutStr("service.instance.id", t.instance())
	for key, value := range t.Attributes {
		m.PutStr(key, value)
	}
	return m
}

// pull is one target's work. deltas and asked hold, for each of its profiles, what the last one counted and when it was.
type pull struct {
	*puller
	target   *Target
	client   *http.Client
	resource pcommon.Map
	deltas   map[string]*pprofscrape.Deltas
	asked    map[string]time.Time
	failing  bool
}

func (p *pull) run(ctx context.Context, delay time.Duration) {
	defer p.client.CloseIdleConnections()
	timer := time.NewTimer(delay)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		next := time.Now().Add(p.target.Interval)
		for _, name := range p.target.profiles() {
			p.profile(ctx, name)
		}
		timer.Reset(max(0, time.Until(next)))
	}
}

// profile pulls one profile and counts how that ended.
func (p *pull) profile(ctx context.Context, name string) {
	outcome, err := p.pull(ctx, name)
	if ctx.Err() != nil {
		return // it was us who ended it
	}
	p.telemetry.ReceiverProfilingPulls.Add(ctx, 1, metric.WithAttributes(attribute.String("outcome", outcome)))
	// A state that changes is told once, however often it is met.
	switch {
	case err != nil && !p.failing:
		p.set.Logger.Warn("Profiles of a target cannot be pulled", zap.String("target", p.target.instance()), zap.String("profile", name), zap.Error(err))
	case err == nil && p.failing:
		p.set.Logger.Info("Profiles of a target are pulled again", zap.String("target", p.target.instance()))
	}
	p.failing = err != nil
}

func (p *pull) pull(ctx context.Context, name string) (outcome string, err error) {
	limit := p.target.ClientConfig.Timeout
	if name == cpuProfile {
		limit += p.target.CPUDuration
	}
	asking, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	got, err := pprofscrape.Fetch(asking, p.client, p.target.address(name), p.target.MaxBytes)
	if err != nil {
		return reason(err), err
	}
	now := time.Now()
	pprofscrape.Keep(got, name)
	deltas := p.deltas[name]
	if deltas == nil {
		deltas = pprofscrape.NewDeltas()
	}
	after := *deltas // what was known stays known until this profile has been taken over
	change := after.Apply(got)
	if change.Cumulative && !change.First {
		got.TimeNanos, got.DurationNanos = p.asked[name].UnixNano(), now.Sub(p.asked[name]).Nanoseconds()
	}
	if got.TimeNanos <= 0 {
		got.TimeNanos = now.UnixNano()
	}
	if len(got.Sample) > 0 {
		if err := p.send(ctx, p.resource, got); err != nil {
			return "refused", err
		}
	}
	p.telemetry.ReceiverProfilingStacksUntracked.Add(ctx, int64(change.Untracked))
	p.deltas[name], p.asked[name] = &after, now
	return "ok", nil
}

// reason is a failure in a word.
func reason(err error) string {
	var timeout net.Error
	switch {
	case errors.Is(err, pprofscrape.ErrStatus):
		return "status"
	case errors.Is(err, pprofscrape.ErrTooLarge):
		return "too_large"
	case errors.Is(err, pprofscrape.ErrMalformed):
		return "malformed"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "timeout"
	}
	return "unreachable"
}
