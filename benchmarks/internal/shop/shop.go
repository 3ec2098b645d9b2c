// Package shop makes traces of a shop of twelve services, the same at every call, for measuring how codecs take to
// redundancy: High repeats nearly all its values, Low carries users, requests, orders and literals in its attributes.
//
// It is no recording: real services are less regular. Spans of a trace reach the collector as SDKs send them, one request
// a service and interval.
package shop

import (
	"math/rand/v2"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// Redundancy says how much of the attributes repeats.
type Redundancy bool

const (
	High Redundancy = true
	Low  Redundancy = false
)

// Generate returns at least so many spans in requests of one service each.
func Generate(r Redundancy, spans int) []ptrace.Traces {
	g := generator{
		random:     rand.New(rand.NewPCG(12, 2026)),
		redundancy: r,
		queues:     map[string]ptrace.Traces{},
		now:        1_780_000_000_000_000_000,
	}
	for g.made < spans {
		for range 100 { // traces in an interval
			g.trace()
		}
		g.flush()
	}
	return g.out
}

type generator struct {
	random     *rand.Rand
	redundancy Redundancy
	now        int64
	queues     map[string]ptrace.Traces // by service, until the next flush
	made       int
	out        []ptrace.Traces
}

func (g *generator) flush() {
	for _, s := range services {
		if td, ok := g.queues[s.name]; ok {
			g.out = append(g.out, td)
			delete(g.queues, s.name)
		}
	}
}

func (g *generator) trace() {
	g.now += g.random.Int64N(2e6)
	entry := entries[g.skewed(len(entries))]
	t := trace{id: g.traceID(), order: g.uuid(), user: g.uuid(), request: g.uuid()}
	g.serve(&t, entry, pcommon.SpanID{}, g.now)
}

// trace is what the spans of one trace share.
type trace struct {
	id                   pcommon.TraceID
	order, user, request string
}

// serve makes the server's span of an operation and all that it calls, and returns when it ended.
func (g *generator) serve(t *trace, name string, parent pcommon.SpanID, start int64) (end int64) {
	op := operations[name]
	id := g.spanID()
	at := start + g.took(40e3)
	for _, call := range op.calls {
		if g.random.IntN(100) < 15 {
			continue // from a cache
		}
		at = g.call(t, op.service, call, id, at) + g.took(20e3)
	}
	end = at + g.took(300e3)
	s := g.span(op.service, t.id, id, parent, start, end)
	s.SetKind(ptrace.SpanKindServer)
	s.SetName(name)
	g.describeServer(s, t, op, name)
	if g.random.IntN(100) == 0 {
		g.fail(s, t, end)
	}
	return end
}

// call makes the caller's span: of a database, or of another service's operation with all that follows.
func (g *generator) call(t *trace, service, callee string, parent pcommon.SpanID, start int64) (end int64) {
	id := g.spanID()
	if q, ok := queries[callee]; ok {
		end = start + g.took(700e3)
		s := g.span(service, t.id, id, parent, start, end)
		s.SetKind(ptrace.SpanKindClient)
		s.SetName(callee)
		g.describeQuery(s, t, q)
		return end
	}
	end = g.serve(t, callee, id, start+g.took(150e3)) + g.took(150e3)
	s := g.span(service, t.id, id, parent, start, end)
	s.SetKind(ptrace.SpanKindClient)
	s.SetName(callee)
	g.describeClient(s, callee)
	return end
}

// span appends a span to what its service sends next. Times are in the unit of the service's clock.
func (g *generator) span(name string, trace pcommon.TraceID, id, parent pcommon.SpanID, start, end int64) ptrace.Span {
	g.made++
	service := find(name)
	td, ok := g.queues[name]
	if !ok {
		td = ptrace.NewTraces()
		service.describe(td.ResourceSpans().AppendEmpty())
		g.queues[name] = td
	}
	s := td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().AppendEmpty()
	s.SetTraceID(trace)
	s.SetSpanID(id)
	s.SetParentSpanID(parent)
	s.SetFlags(1)
	s.SetStartTimestamp(pcommon.Timestamp(start - start%service.clock))
	s.SetEndTimestamp(pcommon.Timestamp(end - end%service.clock))
	return s
}

// took is a time of this mean in nanoseconds.
func (g *generator) took(mean float64) int64 { return int64(g.random.ExpFloat64() * mean) }

// skewed picks one of n, the first ones more often.
func (g *generator) skewed(n int) int { return min(g.random.IntN(n), g.random.IntN(n)) }
