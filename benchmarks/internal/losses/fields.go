package losses

import (
	"slices"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-plus/otelcol-plus/benchmarks/internal/canon"
)

func (d differences) span(want, have place) {
	d.field("resource schema URL", want.resource.SchemaUrl() == have.resource.SchemaUrl())
	d.field("resource dropped_attributes_count", want.resource.Resource().DroppedAttributesCount() == have.resource.Resource().DroppedAttributesCount())
	d.attributes("resource", want.resource.Resource().Attributes(), have.resource.Resource().Attributes())
	a, b := want.scope.Scope(), have.scope.Scope()
	d.field("scope schema URL", want.scope.SchemaUrl() == have.scope.SchemaUrl())
	d.field("scope name or version", a.Name() == b.Name() && a.Version() == b.Version())
	d.field("scope dropped_attributes_count", a.DroppedAttributesCount() == b.DroppedAttributesCount())
	d.attributes("scope", a.Attributes(), b.Attributes())

	s, t := want.span, have.span
	d.field("parent_span_id", s.ParentSpanID() == t.ParentSpanID())
	d.field("trace_state", s.TraceState().AsRaw() == t.TraceState().AsRaw())
	d.field("flags", s.Flags() == t.Flags())
	d.field("kind", s.Kind() == t.Kind())
	d.field("start time", s.StartTimestamp() == t.StartTimestamp())
	d.field("end time", s.EndTimestamp() == t.EndTimestamp())
	d.field("status", s.Status().Code() == t.Status().Code() && s.Status().Message() == t.Status().Message())
	d.field("dropped_attributes_count", s.DroppedAttributesCount() == t.DroppedAttributesCount())
	d.field("dropped_events_count", s.DroppedEventsCount() == t.DroppedEventsCount())
	d.field("dropped_links_count", s.DroppedLinksCount() == t.DroppedLinksCount())
	d.attributes("span", s.Attributes(), t.Attributes())
	d.list("events", texts(s.Events().All(), event), texts(t.Events().All(), event))
	d.list("links", texts(s.Links().All(), link), texts(t.Links().All(), link))
}

func (d differences) field(name string, same bool) {
	if !same {
		d.lost[name] = true
	}
}

// attributes names the values that are missing by their type, so that a reader sees what a codec has no place for.
func (d differences) attributes(owner string, want, have pcommon.Map) {
	a, b := attributeTexts(want), attributeTexts(have)
	if missing, extra := subtract(a, b), subtract(b, a); len(missing)+len(extra) == 0 {
		if !slices.EqualFunc(a, b, sameOrdered) {
			d.reordered[owner+" attributes"] = true
		}
		return
	} else if len(missing) == 0 {
		d.lost[owner+" attributes that were not sent"] = true
	} else {
		for _, m := range missing {
			d.lost[owner+" attribute ("+m.kind+")"] = true
		}
	}
}

// list compares events or links: first the things themselves, then their order, then that of their attributes.
func (d differences) list(name string, a, b []text) {
	if len(subtract(a, b))+len(subtract(b, a)) > 0 {
		d.lost[name] = true
	} else if !slices.EqualFunc(a, b, same) {
		d.reordered[name] = true
	} else if !slices.EqualFunc(a, b, sameOrdered) {
		d.reordered[name+"' attributes"] = true
	}
}

func same(a, b text) bool { return a.bytes == b.bytes }

func sameOrdered(a, b text) bool { return a.ordered == b.ordered }

// subtract returns those of a that b does not have, counting repetitions.
func subtract(a, b []text) []text {
	count := map[string]int{}
	for _, t := range b {
		count[t.bytes]++
	}
	var out []text
	for _, t := range a {
		if count[t.bytes]--; count[t.bytes] < 0 {
			out = append(out, t)
		}
	}
	return out
}

func event(e ptrace.SpanEvent) text {
	b := canon.AppendNumber(nil, uint64(e.Timestamp()))
	b = canon.AppendNumber(b, uint64(e.DroppedAttributesCount()))
	return withAttributes(canon.AppendString(b, e.Name()), e.Attributes())
}

func link(l ptrace.SpanLink) text {
	trace, span := l.TraceID(), l.SpanID()
	b := append(append([]byte(nil), trace[:]...), span[:]...)
	b = canon.AppendNumber(b, uint64(l.Flags()))
	b = canon.AppendNumber(b, uint64(l.DroppedAttributesCount()))
	return withAttributes(canon.AppendString(b, l.TraceState().AsRaw()), l.Attributes())
}
