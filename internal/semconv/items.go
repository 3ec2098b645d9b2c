package semconv

import (
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-plus/otelcol-plus/internal/semconv/internal/values"
)

// OnFinding gives each finding to a function as well as counting it. nil only counts, which is cheaper.
func (w *Worker) OnFinding(report func(*Finding)) { w.report = report }

// Resource puts the attributes of a resource right. scopes lists the scopes under it; it is asked only when an attribute belongs
// there, and may be nil.
func (w *Worker) Resource(r pcommon.Resource, scopes func() []pcommon.InstrumentationScope) {
	w.SkipResource(r)
	w.scopes = scopes
	w.attributes(r.Attributes(), w.placeOf(SignalResource, KindNone))
}

// SkipResource only takes from a resource what the items below it need.
func (w *Worker) SkipResource(r pcommon.Resource) {
	w.language, w.scopes, w.scope = "", nil, pcommon.InstrumentationScope{}
	if v, ok := r.Attributes().Get("telemetry.sdk.language"); ok && v.Type() == pcommon.ValueTypeStr {
		w.language = v.Str()
	}
}

// Scope puts the attributes of an instrumentation scope right. The items that follow belong to it.
func (w *Worker) Scope(s pcommon.InstrumentationScope) {
	w.scope = s
	w.field(SignalScope, "scope.name", s.Name(), s.SetName)
	w.field(SignalScope, "scope.version", s.Version(), s.SetVersion)
	w.attributes(s.Attributes(), w.placeOf(SignalScope, KindNone))
}

// Span puts a span right, its events and its links. Links describe another span, whose kind is not known.
func (w *Worker) Span(span ptrace.Span) {
	w.span = span
	w.field(SignalSpan, "span.name", span.Name(), span.SetName)
	w.field(SignalSpan, "span.status.message", span.Status().Message(), span.Status().SetMessage)
	w.field(SignalSpan, "span.trace_state", span.TraceState().AsRaw(), span.TraceState().FromRaw)
	p := w.placeOf(SignalSpan, kindOf(span.Kind()))
	p.failed = span.Status().Code() == ptrace.StatusCodeError
	w.attributes(span.Attributes(), p)
	for _, event := range span.Events().All() {
		w.spanEvent(event)
	}
	for _, link := range span.Links().All() {
		w.field(SignalSpanLink, "span_link.trace_state", link.TraceState().AsRaw(), link.TraceState().FromRaw)
		w.attributes(link.Attributes(), w.placeOf(SignalSpanLink, KindNone))
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
	w.field(SignalSpanEvent, "event.name", event.Name(), event.SetName)
	p := w.placeOf(SignalSpanEvent, KindNone)
	switch name := event.Name(); name {
	case "message", "rpc.message":
		p.mask |= flagMessage
	default:
		p.group = w.reg.demands.events[name]
	}
	w.attributes(event.Attributes(), p)
}

// Log puts a log record right.
func (w *Worker) Log(r plog.LogRecord) {
	w.log = r
	w.field(SignalLog, "log.event_name", r.EventName(), r.SetEventName)
	w.field(SignalLog, "log.severity_text", r.SeverityText(), r.SetSeverityText)
	w.body(r.Body())
	p := w.placeOf(SignalLog, KindNone)
	p.group = w.reg.demands.events[r.EventName()]
	w.attributes(r.Attributes(), p)
}

// body repairs the texts of a record's body. Its meaning belongs to the sender.
func (w *Worker) body(v pcommon.Value) {
	if validNested(v) {
		return
	}
	w.found(InvalidUTF8, SignalLog, spot{name: "log.body"}, "", w.changing(0))
	if w.changing(0) {
		repairNested(v)
		w.counts.ops[OpRepairUTF8]++
	}
}

// field repairs a text that is no attribute.
func (w *Worker) field(s Signal, name, text string, set func(string)) {
	if values.ValidUTF8(text) {
		return
	}
	w.found(InvalidUTF8, s, spot{name: name}, "", w.changing(0))
	if w.changing(0) {
		set(values.RepairUTF8(text))
		w.counts.ops[OpRepairUTF8]++
	}
}

// changing tells whether the attribute with this id may be changed.
func (w *Worker) changing(id uint16) bool { return !w.rules.observe && !w.rules.frozen[id] }
