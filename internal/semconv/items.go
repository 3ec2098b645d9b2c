package semconv

import (
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// OnFinding gives each finding to a function as well as counting it. nil only counts, which is cheaper.
func (w *Worker) OnFinding(report func(*Finding)) { w.report = report }

// Use makes the worker follow other rules from here on; nil goes back to its own.
func (w *Worker) Use(rules *Ruleset) {
	if rules != nil {
		w.rules = rules
	}
}

// Resource puts the attributes of a resource right.
func (w *Worker) Resource(r pcommon.Resource) {
	w.attributes(r.Attributes(), place{SignalResource, lookAlways, &kindPlans[KindNone]})
}

// Scope puts the attributes of an instrumentation scope right.
func (w *Worker) Scope(s pcommon.InstrumentationScope) {
	w.attributes(s.Attributes(), place{SignalScope, lookAlways, &kindPlans[KindNone]})
}

// Span puts a span right, its events and its links. Links describe another span, whose kind is not known.
func (w *Worker) Span(span ptrace.Span) {
	w.attributes(span.Attributes(), place{SignalSpan, lookAlways, &kindPlans[kindOf(span.Kind())]})
	for _, event := range span.Events().All() {
		w.spanEvent(event)
	}
	for _, link := range span.Links().All() {
		w.attributes(link.Attributes(), place{SignalSpanLink, lookAlways, &kindPlans[KindNone]})
	}
}

func kindOf(k ptrace.SpanKind) Kind {
	switch k {
	case ptrace.SpanKindServer:
		return KindServer
	case ptrace.SpanKindClient:
		return KindClient
	case ptrace.SpanKindProducer:
		return KindProducer
	case ptrace.SpanKindConsumer:
		return KindConsumer
	default:
		return KindOther
	}
}

func (w *Worker) spanEvent(event ptrace.SpanEvent) {
	p := place{SignalSpanEvent, lookAlways, &kindPlans[KindNone]}
	if event.Name() == "message" || event.Name() == "rpc.message" {
		p.mask |= flagMessage
	}
	w.attributes(event.Attributes(), p)
}

// Log puts a log record right.
func (w *Worker) Log(r plog.LogRecord) {
	w.attributes(r.Attributes(), place{SignalLog, lookAlways, &kindPlans[KindNone]})
}
