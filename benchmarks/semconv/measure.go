package main

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"github.com/otelcol-plus/otelcol-plus/benchmarks/internal/host"
)

// measured is what one contender did with one set. Times are nanoseconds an item, one entry a round.
type measured struct {
	*contender
	failed error
	// The items of a whole set wait in memory, the collector runs as it does by default.
	cpu, wall []float64
	// Each request is processed when it was just decoded, as behind a receiver. What the contender throws away is not collected.
	fresh         []float64
	allocs, bytes []float64
	agreement     agreement
}

// measure lets the contenders take turns: each round gives every one of them the whole set twice, decoded anew. A first round
// warms them up and is not counted.
func measure(ctx context.Context, set dataset, family string, entrants []*contender, rounds int) []*measured {
	var all []*measured
	for _, c := range entrants {
		all = append(all, &measured{contender: c})
	}
	for r := range rounds + 1 {
		for i := range all {
			m := all[(i+r)%len(all)] // not always after the same neighbour
			if m.failed == nil {
				m.failed = m.round(ctx, set, family)
			}
			if r == 0 {
				m.cpu, m.wall, m.fresh, m.allocs, m.bytes = nil, nil, nil, nil, nil
			}
		}
	}
	return all
}

func (m *measured) round(ctx context.Context, set dataset, family string) error {
	if err := m.waiting(ctx, set, family); err != nil {
		return err
	}
	return m.justDecoded(ctx, set, family)
}

// waiting has everything decoded beforehand. The collection before leaves a heap of live data only, so that every one that
// follows is due to what the contender allocates.
func (m *measured) waiting(ctx context.Context, set dataset, family string) error {
	all, err := prepareAll(set, family)
	if err != nil {
		return err
	}
	again, err := prepareAll(set, family)
	if err != nil {
		return err
	}
	if err := m.warm(ctx, again); err != nil {
		return err
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	wall, cpu := time.Now(), host.CPU()
	for _, b := range all {
		if err := m.consume(ctx, b); err != nil {
			return err
		}
	}
	usedCPU, usedWall := host.CPU()-cpu, time.Since(wall)
	runtime.ReadMemStats(&after)
	n := float64(set.items)
	m.cpu, m.wall = append(m.cpu, float64(usedCPU.Nanoseconds())/n), append(m.wall, float64(usedWall.Nanoseconds())/n)
	m.allocs = append(m.allocs, float64(after.Mallocs-before.Mallocs)/n)
	m.bytes = append(m.bytes, float64(after.TotalAlloc-before.TotalAlloc)/n)
	return nil
}

// warmth is how long a contender gets to be at work again after the others. What it keeps in pools did not survive their garbage,
// but survives one collection.
const warmth = 50 * time.Millisecond

func (m *measured) warm(ctx context.Context, batches []batch) error {
	end := time.Now().Add(warmth)
	for _, b := range batches {
		if err := m.consume(ctx, b); err != nil {
			return err
		}
		if time.Now().After(end) {
			break
		}
	}
	return nil
}

// enough is how much memory a pass without collections may take, in bytes; peers that throw away more are collected then.
const enough = 1 << 30

func (m *measured) justDecoded(ctx context.Context, set dataset, family string) error {
	runtime.GC()
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(enough))
	var used time.Duration
	for _, body := range set.requests {
		b, err := prepare(set, body, family)
		if err != nil {
			return err
		}
		start := host.CPU()
		err = m.consume(ctx, b)
		used += host.CPU() - start
		if err != nil {
			return err
		}
	}
	m.fresh = append(m.fresh, float64(used.Nanoseconds())/float64(set.items))
	return nil
}

func prepareAll(set dataset, family string) ([]batch, error) {
	var all []batch
	for _, body := range set.requests {
		b, err := prepare(set, body, family)
		if err != nil {
			return nil, err
		}
		all = append(all, b)
	}
	return all, nil
}

// prepare decodes a request and gives it the schema URLs of the family.
func prepare(set dataset, body []byte, family string) (batch, error) {
	b, err := decode(set.signal, body)
	if err != nil {
		return b, fmt.Errorf("%s: %w", set.name, err)
	}
	b.relabel(family, assumed)
	return b, nil
}

func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	v := slices.Sorted(slices.Values(values))
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}
