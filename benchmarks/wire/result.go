package main

import (
	"slices"
	"time"

	"github.com/otelcol-plus/otelcol-plus/benchmarks/internal/batches"
	"github.com/otelcol-plus/otelcol-plus/benchmarks/internal/floor"
	"github.com/otelcol-plus/otelcol-plus/benchmarks/internal/losses"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// result is one dataset at one request size. Sizes are bytes a span.
type result struct {
	Dataset     string  `json:"dataset"`
	SpansPer    int     `json:"spans_per_request"`
	Requests    int     `json:"requests"`
	Spans       int     `json:"spans"`
	SteadyFrom  int     `json:"steady_from_request"`
	Floor       parts   `json:"floor"`
	SteadyFloor parts   `json:"floor_steady"`
	OneFloor    parts   `json:"floor_as_one_request"`             // what a stream that remembers every id cannot go below
	Collection  float64 `json:"collection_ns_per_allocated_byte"` // the same for all
	Contenders  []entry `json:"contenders"`
}

type parts struct {
	Total     float64 `json:"total"`
	IDs       float64 `json:"ids"`
	Times     float64 `json:"times"`
	Structure float64 `json:"structure"`
	Values    float64 `json:"values"`
	Text      float64 `json:"text"`
}

// entry is what one contender did.
type entry struct {
	Name       string  `json:"name"`
	Driven     string  `json:"driven"`
	Failed     string  `json:"failed,omitempty"`
	All        float64 `json:"bytes_per_span"`            // from the first request on, dictionaries included
	Steady     float64 `json:"bytes_per_span_steady"`     // of the later half, dictionaries not included
	Dictionary float64 `json:"dictionary_bytes_per_span"` // how much of All was that
	OfZstd     float64 `json:"steady_to_otlp_zstd,omitempty"`
	OfFloor    float64 `json:"steady_to_floor"`
	Encode     cost    `json:"encode"`
	Decode     cost    `json:"decode"`
	P99        float64 `json:"encode_and_decode_cpu_p99_ms"`
	Lossless   bool    `json:"lossless"`
	Exact      bool    `json:"exact"`
	Verdict    string  `json:"verdict"`
}

// cost is of one direction, a span, in the steady state; but FromCold is of all requests, with what it takes to get there, and
// State is what one end keeps.
type cost struct {
	CPU      float64   `json:"cpu_us"`
	Rounds   []float64 `json:"cpu_us_rounds"`
	FromCold float64   `json:"cpu_us_from_cold"`
	Allocs   float64   `json:"allocs"`
	Bytes    float64   `json:"alloc_bytes"`
	State    uint64    `json:"state_bytes"`
}

func newResult(dataset string, size int, c *cut, all []*measured) result {
	spans, steadySpans := c.spansFrom(0), c.spansFrom(c.steady)
	frames := floor.Estimate(c.requests)
	r := result{
		Dataset: dataset, SpansPer: size, Requests: len(c.requests), Spans: spans,
		SteadyFrom: c.steady + 1, Collection: c.garbage,
		Floor: perSpan(frames, spans), SteadyFloor: perSpan(frames[c.steady:], steadySpans),
		OneFloor: perSpan(floor.Estimate(batches.Recut(c.requests, spans)), spans),
	}
	for _, m := range all {
		r.Contenders = append(r.Contenders, newEntry(c, m))
	}
	zstd := r.find("otlp+zstd")
	for i := range r.Contenders {
		e := &r.Contenders[i]
		e.OfFloor = e.Steady / r.SteadyFloor.Total
		if zstd != nil && zstd.Failed == "" {
			e.OfZstd = e.Steady / zstd.Steady
		}
	}
	return r
}

func perSpan(requests []floor.Parts, spans int) parts {
	s, n := floor.Sum(requests), float64(spans)
	return parts{s.Total() / n, s.IDs / n, s.Times / n, s.Structure / n, s.Values / n, s.Text / n}
}

func newEntry(c *cut, m *measured) entry {
	e := entry{Name: m.name, Driven: m.driven}
	if m.failed == nil {
		m.attempt(func() error {
			v, err := m.compare(c.requests)
			e.Lossless, e.Exact, e.Verdict = v.Lossless(), v.Exact(), v.String()
			return err
		})
	}
	if m.failed != nil {
		e.Failed = m.failed.Error()
		return e
	}
	var all, steady, dictionary int
	for i, f := range m.frames {
		all += len(f)
		dictionary += m.dictionary[i]
		if i >= c.steady {
			steady += len(f) - m.dictionary[i]
		}
	}
	spans := float64(c.spansFrom(0))
	e.All, e.Dictionary = float64(all)/spans, float64(dictionary)/spans
	e.Steady = float64(steady) / float64(c.spansFrom(c.steady))
	e.Encode, e.Decode = m.encode.cost(c, m.state[0]), m.decode.cost(c, m.state[1])
	e.P99 = percentile99(c, m)
	return e
}

// cost adds the collection of what was allocated.
func (p pass) cost(c *cut, state uint64) cost {
	spans := float64(c.spansFrom(c.steady))
	out := cost{State: state, Allocs: median(p.allocs) / spans, Bytes: median(p.steady) / spans}
	var fromCold []float64
	for r, requests := range p.cpu {
		out.Rounds = append(out.Rounds, (microseconds(requests[c.steady:])+c.garbage/1e3*float64(p.steady[r]))/spans)
		fromCold = append(fromCold, (microseconds(requests)+c.garbage/1e3*float64(p.whole[r]))/float64(c.spansFrom(0)))
	}
	out.CPU, out.FromCold = median(out.Rounds), median(fromCold)
	return out
}

func microseconds(times []time.Duration) float64 {
	var sum time.Duration
	for _, t := range times {
		sum += t
	}
	return float64(sum.Nanoseconds()) / 1e3
}

func median[T uint64 | float64](values []T) float64 {
	v := slices.Sorted(slices.Values(values))
	return (float64(v[(len(v)-1)/2]) + float64(v[len(v)/2])) / 2
}

// percentile99 is of the CPU time that a steady request takes at both ends, in milliseconds: its latency on a machine that has
// nothing else to do. Collection is spread evenly.
func percentile99(c *cut, m *measured) float64 {
	var both []time.Duration
	for r := range m.encode.cpu {
		share := time.Duration(c.garbage * float64(m.encode.steady[r]+m.decode.steady[r]) / float64(len(c.requests)-c.steady))
		for i := c.steady; i < len(c.requests); i++ {
			both = append(both, m.encode.cpu[r][i]+m.decode.cpu[r][i]+share)
		}
	}
	slices.Sort(both)
	return both[(len(both)*99+99)/100-1].Seconds() * 1e3
}

// compare decodes the frames of the last round once more.
func (m *measured) compare(sent []ptrace.Traces) (losses.Verdict, error) {
	dec, err := m.decoder()
	if err != nil {
		return losses.Verdict{}, err
	}
	var got []ptrace.Traces
	for _, f := range m.frames {
		td, err := dec(f)
		if err != nil {
			return losses.Verdict{}, err
		}
		got = append(got, td)
	}
	return losses.Compare(sent, got), nil
}
