package main

import (
	"slices"
	"time"

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
	TimedFrom   int     `json:"timed_from_request"`
	Floor       parts   `json:"floor"`
	SteadyFloor parts   `json:"floor_steady"`
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

// cost is of one direction, a span; but State is what one end keeps.
type cost struct {
	CPU    float64   `json:"cpu_us"`
	Rounds []float64 `json:"cpu_us_rounds"`
	Allocs float64   `json:"allocs"`
	Bytes  float64   `json:"alloc_bytes"`
	State  uint64    `json:"state_bytes"`
}

func newResult(dataset string, size int, c *cut, all []*measured) result {
	spans, steadySpans := c.spansFrom(0), c.spansFrom(c.steady)
	frames := floor.Estimate(c.requests)
	r := result{
		Dataset: dataset, SpansPer: size, Requests: len(c.requests), Spans: spans,
		SteadyFrom: c.steady + 1, TimedFrom: c.warm + 1,
		Floor: perSpan(frames, spans), SteadyFloor: perSpan(frames[c.steady:], steadySpans),
	}
	for _, m := range all {
		r.Contenders = append(r.Contenders, newEntry(c, m))
	}
	zstd := slices.IndexFunc(r.Contenders, func(e entry) bool { return e.Name == "otlp+zstd" })
	for i := range r.Contenders {
		e := &r.Contenders[i]
		e.OfFloor = e.Steady / r.SteadyFloor.Total
		if zstd >= 0 {
			e.OfZstd = e.Steady / r.Contenders[zstd].Steady
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
	timed := c.spansFrom(c.warm)
	e.Encode, e.Decode = m.encode.cost(timed, m.state[0]), m.decode.cost(timed, m.state[1])
	e.P99 = percentile99(m.encode.requests, m.decode.requests)
	return e
}

func (p pass) cost(spans int, state uint64) cost {
	c := cost{State: state}
	for _, d := range p.cpu {
		c.Rounds = append(c.Rounds, float64(d.Nanoseconds())/1e3/float64(spans))
	}
	c.CPU = median(c.Rounds)
	c.Allocs = median(p.allocs) / float64(spans)
	c.Bytes = median(p.alloced) / float64(spans)
	return c
}

func median[T uint64 | float64](values []T) float64 {
	v := slices.Sorted(slices.Values(values))
	return (float64(v[(len(v)-1)/2]) + float64(v[len(v)/2])) / 2
}

// percentile99 is of the CPU time that a request takes at both ends, in milliseconds: its latency on a machine that has
// nothing else to do.
func percentile99(encode, decode []time.Duration) float64 {
	var both []time.Duration
	for i := range encode {
		both = append(both, encode[i]+decode[i])
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
