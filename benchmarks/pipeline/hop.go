package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"
)

// hop is a contender at work: its agent, the proxy, its gateway.
type hop struct {
	contender
	agent, gateway *collector
	proxy          *proxy
	url            string
	client         *http.Client
	rounds         []round
	peak           [2]uint64 // of agent and gateway, bytes
}

// round is what one contender needed for one load.
type round struct {
	spans                int
	otlpBytes            int // of the load itself, uncompressed
	forth, back          int64
	agentCPU, gatewayCPU time.Duration
	elapsed              time.Duration
}

func measureHops(ctx context.Context, o options, recording []ptrace.Traces, dir string) (hops []*hop, err error) {
	if len(recording) == 0 {
		return nil, errors.New("the recording is empty")
	}
	s, err := startSink()
	if err != nil {
		return nil, err
	}
	defer s.stop()
	defer func() {
		for _, h := range hops {
			h.stop()
		}
	}()
	for _, name := range o.contenders {
		h, err := startHop(ctx, o, name, s, dir)
		if err != nil {
			return hops, err
		}
		hops = append(hops, h)
	}
	var pass uint64
	// Round 0 warms up: connections, pools, heap sizes. It is checked but not counted.
	for i := range o.rounds + 1 {
		l, err := newLoad(recording, o.spans, &pass)
		if err != nil {
			return hops, err
		}
		for j := range hops {
			h := hops[(i+j)%len(hops)] // another first one each round
			r, err := h.measure(ctx, l, s, o.senders)
			if err != nil {
				return hops, fmt.Errorf("%s: %w", h.name, err)
			}
			if i > 0 {
				h.rounds = append(h.rounds, r)
			}
			fmt.Fprintf(os.Stderr, "round %d of %d: %s\n", i, o.rounds, h.name)
		}
	}
	for _, h := range hops {
		if err := h.readPeaks(); err != nil {
			return hops, err
		}
	}
	return hops, nil
}

func startHop(ctx context.Context, o options, name string, s *sink, dir string) (*hop, error) {
	c, err := find(name)
	if err != nil {
		return nil, err
	}
	h := &hop{contender: c, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: o.senders}}}
	if err := h.start(ctx, o.bin, dir, s); err != nil {
		h.stop()
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return h, nil
}

func (h *hop) start(ctx context.Context, bin, dir string, s *sink) error {
	ports, err := freeAddrs(2)
	if err != nil {
		return err
	}
	listenAgent, listenGateway := ports[0], ports[1]
	run := func(role, yaml string) (*collector, error) {
		path := filepath.Join(dir, h.name+"-"+role+".yaml")
		if err := os.WriteFile(path, []byte(yaml), 0o600); err != nil {
			return nil, err
		}
		return startCollector(ctx, bin, dir, path)
	}
	if h.gateway, err = run("gateway", h.gatewayConfig(listenGateway, s.url(h.name))); err != nil {
		return err
	}
	if h.proxy, err = startProxy(listenGateway); err != nil {
		return err
	}
	h.url = "http://" + listenAgent + "/v1/traces"
	h.agent, err = run("agent", h.agentConfig(listenAgent, h.proxy.addr()))
	return err
}

// stop ends what was started, agent first.
func (h *hop) stop() {
	for _, c := range []*collector{h.agent, h.gateway} {
		if c != nil {
			c.stop()
		}
	}
	if h.proxy != nil {
		h.proxy.stop()
	}
	h.client.CloseIdleConnections()
}

// measure sends a load through the hop. Every request is answered only when the sink has it, so when send returns the
// work is done.
func (h *hop) measure(ctx context.Context, l load, s *sink, senders int) (round, error) {
	before, err := h.read()
	if err != nil {
		return round{}, err
	}
	begin := time.Now()
	if err := l.send(ctx, h.client, h.url, senders); err != nil {
		return round{}, err
	}
	elapsed := time.Since(begin)
	after, err := h.read()
	if err != nil {
		return round{}, err
	}
	if got := s.take(h.name); got.spans != l.tally.spans {
		return round{}, fmt.Errorf("%d spans were sent and %d arrived", l.tally.spans, got.spans)
	} else if got.digest != l.tally.digest {
		return round{}, errors.New("all spans arrived, but not all unchanged")
	}
	return round{
		spans: l.tally.spans, otlpBytes: l.bytes, elapsed: elapsed,
		forth: after.forth - before.forth, back: after.back - before.back,
		agentCPU: after.agentCPU - before.agentCPU, gatewayCPU: after.gatewayCPU - before.gatewayCPU,
	}, nil
}

// read returns the counters as they stand.
func (h *hop) read() (round, error) {
	agent, errAgent := cpuTime(h.agent.pid())
	gateway, errGateway := cpuTime(h.gateway.pid())
	r := round{agentCPU: agent, gatewayCPU: gateway, forth: h.proxy.forth.Load(), back: h.proxy.back.Load()}
	return r, errors.Join(errAgent, errGateway)
}

func (h *hop) readPeaks() error {
	for i, c := range []*collector{h.agent, h.gateway} {
		m, err := readMemory(c.pid())
		if err != nil {
			return err
		}
		h.peak[i] = m.peak
	}
	return nil
}

// freeAddrs asks the kernel for loopback addresses nobody listens on; all are held until all are known.
func freeAddrs(n int) ([]string, error) {
	var addrs []string
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close()
		addrs = append(addrs, l.Addr().String())
	}
	return addrs, nil
}
