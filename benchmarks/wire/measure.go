package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-plus/otelcol-plus/benchmarks/internal/host"
)

// cut is one dataset in requests of one size, each freshly unmarshalled: no two spans share a string, as when they have
// just come over a wire.
type cut struct {
	requests []ptrace.Traces
	spans    []int   // of each request
	steady   int     // the first request of the steady state, which is the later half
	garbage  float64 // what collecting an allocated byte costs, in ns
}

func newCut(requests []ptrace.Traces) (*cut, error) {
	c := &cut{steady: len(requests) / 2}
	var m ptrace.ProtoMarshaler
	var u ptrace.ProtoUnmarshaler
	for _, td := range requests {
		b, err := m.MarshalTraces(td)
		if err != nil {
			return nil, err
		}
		fresh, err := u.UnmarshalTraces(b)
		if err != nil {
			return nil, err
		}
		c.requests = append(c.requests, fresh)
		c.spans = append(c.spans, fresh.SpanCount())
	}
	return c, c.priceGarbage()
}

// priceGarbage finds what a collection costs with the requests alive, as in a collector with a queue, and as much garbage. With
// GOGC at 100 there is one whenever as many bytes were allocated as are live, which makes it a price for each byte.
func (c *cut) priceGarbage() error {
	var m ptrace.ProtoMarshaler
	var u ptrace.ProtoUnmarshaler
	var prices []float64
	for range 9 {
		for _, td := range c.requests {
			b, err := m.MarshalTraces(td)
			if err != nil {
				return err
			}
			if _, err := u.UnmarshalTraces(b); err != nil {
				return err
			}
		}
		start := host.CPU()
		runtime.GC()
		cost := host.CPU() - start
		var live runtime.MemStats
		runtime.ReadMemStats(&live)
		prices = append(prices, float64(cost.Nanoseconds())/float64(live.HeapAlloc))
	}
	c.garbage = median(prices)
	return nil
}

// spansFrom counts the spans of request i and all later ones.
func (c *cut) spansFrom(i int) int {
	n := 0
	for _, s := range c.spans[i:] {
		n += s
	}
	return n
}

// measured is what one contender did with one cut.
type measured struct {
	contender
	failed     error
	frames     [][]byte // of the last round
	dictionary []int    // bytes of each frame that define a dictionary
	encode     pass
	decode     pass
	state      [2]uint64 // bytes the encoder and the decoder keep after the last request
}

// pass is one direction, one entry a round: the CPU time of each request without garbage collection, the objects and bytes that
// the steady requests allocated, and the bytes of all.
type pass struct {
	cpu                   [][]time.Duration
	allocs, steady, whole []uint64
}

// measure lets the contenders take turns: each round encodes and decodes everything once per contender. A first round only
// grows the buffers that later rounds write to.
func measure(c *cut, entrants []contender, rounds int) []*measured {
	var all []*measured
	for _, e := range entrants {
		all = append(all, &measured{contender: e, frames: make([][]byte, len(c.requests)), dictionary: make([]int, len(c.requests))})
	}
	for r := range rounds + 1 {
		for i := range all {
			m := all[(i+r)%len(all)] // not always after the same neighbour
			m.attempt(func() error { return m.round(c) })
			if r == 0 {
				m.encode, m.decode = pass{}, pass{}
			}
		}
	}
	for _, m := range all {
		m.attempt(func() error { return m.weigh(c) })
	}
	return all
}

// attempt keeps the first failure; a contender that failed is not asked again. Peers panic on data they cannot hold.
func (m *measured) attempt(do func() error) {
	if m.failed != nil {
		return
	}
	defer func() {
		if p := recover(); p != nil {
			m.failed = fmt.Errorf("panic: %v", p)
		}
	}()
	m.failed = do()
}

func (m *measured) round(c *cut) error {
	enc, err := m.encoder()
	if err != nil {
		return err
	}
	err = m.encode.run(c, func(i int) (err error) {
		m.frames[i], m.dictionary[i], err = enc(m.frames[i][:0], c.requests[i])
		return err
	})
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	dec, err := m.decoder()
	if err != nil {
		return err
	}
	err = m.decode.run(c, func(i int) error {
		_, err := dec(m.frames[i])
		return err
	})
	if err != nil {
		return fmt.Errorf("decode: %w", err)
	}
	return nil
}

// run does every request once. Collections are too rare to happen in each pass: whether one falls into it would be chance. So
// none happens meanwhile; cost adds their price for each byte.
func (p *pass) run(c *cut, do func(i int) error) error {
	var begin, steady, end runtime.MemStats
	cpu := make([]time.Duration, len(c.requests))
	runtime.GC()
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	runtime.ReadMemStats(&begin)
	for i := range c.requests {
		if i == c.steady {
			runtime.ReadMemStats(&steady)
		}
		start := host.CPU()
		err := do(i)
		cpu[i] = host.CPU() - start
		if err != nil {
			return fmt.Errorf("request %d: %w", i+1, err)
		}
	}
	runtime.ReadMemStats(&end)
	p.cpu = append(p.cpu, cpu)
	p.allocs = append(p.allocs, end.Mallocs-steady.Mallocs)
	p.steady = append(p.steady, end.TotalAlloc-steady.TotalAlloc)
	p.whole = append(p.whole, end.TotalAlloc-begin.TotalAlloc)
	return nil
}

// weigh finds what both ends keep: the live heap with them less that without.
func (m *measured) weigh(c *cut) error {
	enc, err := m.encoder()
	if err != nil {
		return err
	}
	dec, err := m.decoder()
	if err != nil {
		return err
	}
	for i, td := range c.requests {
		if m.frames[i], _, err = enc(m.frames[i][:0], td); err != nil {
			return err
		}
		if _, err := dec(m.frames[i]); err != nil {
			return err
		}
	}
	both := liveHeap()
	runtime.KeepAlive(enc)
	decoderOnly := liveHeap()
	runtime.KeepAlive(dec)
	m.state = [2]uint64{less(both, decoderOnly), less(decoderOnly, liveHeap())}
	return nil
}

func less(a, b uint64) uint64 { return a - min(a, b) }

func liveHeap() uint64 {
	runtime.GC()
	runtime.GC() // pools keep what they hold through one collection
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.HeapAlloc
}
