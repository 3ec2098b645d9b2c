package stef

import (
	"github.com/splunk/stef/go/otel/otelstef"
	"github.com/splunk/stef/go/pkg"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// rawConverter writes ids as bytes; an id that is not set is the empty string, as upstream has it.
type rawConverter struct{}

func (rawConverter) Convert(td ptrace.Traces, w *otelstef.SpansWriter) error {
	for _, rs := range td.ResourceSpans().All() {
		resource := w.Record.Resource()
		resource.SetSchemaURL(rs.SchemaUrl())
		putMap(resource.Attributes(), rs.Resource().Attributes())
		resource.SetDroppedAttributesCount(uint64(rs.Resource().DroppedAttributesCount()))
		for _, ss := range rs.ScopeSpans().All() {
			scope := w.Record.Scope()
			scope.SetSchemaURL(ss.SchemaUrl())
			scope.SetName(ss.Scope().Name())
			scope.SetVersion(ss.Scope().Version())
			putMap(scope.Attributes(), ss.Scope().Attributes())
			scope.SetDroppedAttributesCount(uint64(ss.Scope().DroppedAttributesCount()))
			for _, s := range ss.Spans().All() {
				putSpan(w.Record.Span(), s)
				if err := w.Write(); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func putSpan(dst *otelstef.Span, s ptrace.Span) {
	dst.SetTraceID(rawTraceID(s.TraceID()))
	dst.SetSpanID(rawSpanID(s.SpanID()))
	dst.SetParentSpanID(rawSpanID(s.ParentSpanID()))
	dst.SetName(s.Name())
	dst.SetFlags(uint64(s.Flags()))
	dst.SetStartTimeUnixNano(uint64(s.StartTimestamp()))
	dst.SetEndTimeUnixNano(uint64(s.EndTimestamp()))
	dst.SetKind(otelstef.SpanKind(s.Kind()))
	dst.SetTraceState(s.TraceState().AsRaw())
	putMap(dst.Attributes(), s.Attributes())
	dst.SetDroppedAttributesCount(uint64(s.DroppedAttributesCount()))
	dst.Status().SetCode(uint64(s.Status().Code()))
	dst.Status().SetMessage(s.Status().Message())
	dst.Events().EnsureLen(s.Events().Len())
	for i, e := range s.Events().All() {
		event := dst.Events().At(i)
		event.SetName(e.Name())
		event.SetTimeUnixNano(uint64(e.Timestamp()))
		putMap(event.Attributes(), e.Attributes())
		event.SetDroppedAttributesCount(uint64(e.DroppedAttributesCount()))
	}
	dst.Links().EnsureLen(s.Links().Len())
	for i, l := range s.Links().All() {
		link := dst.Links().At(i)
		link.SetTraceID(rawTraceID(l.TraceID()))
		link.SetSpanID(rawSpanID(l.SpanID()))
		link.SetTraceState(l.TraceState().AsRaw())
		link.SetFlags(uint64(l.Flags()))
		putMap(link.Attributes(), l.Attributes())
		link.SetDroppedAttributesCount(uint64(l.DroppedAttributesCount()))
	}
}

func rawTraceID(id pcommon.TraceID) pkg.Bytes {
	if id.IsEmpty() {
		return ""
	}
	return pkg.Bytes(id[:])
}

func rawSpanID(id pcommon.SpanID) pkg.Bytes {
	if id.IsEmpty() {
		return ""
	}
	return pkg.Bytes(id[:])
}

func putMap(dst *otelstef.Attributes, m pcommon.Map) {
	dst.EnsureLen(m.Len())
	i := 0
	for k, v := range m.All() {
		dst.SetKey(i, k)
		putValue(dst.At(i).Value(), v)
		i++
	}
}

func putValue(dst *otelstef.AnyValue, v pcommon.Value) {
	switch v.Type() {
	case pcommon.ValueTypeStr:
		dst.SetString(v.Str())
	case pcommon.ValueTypeBool:
		dst.SetBool(v.Bool())
	case pcommon.ValueTypeInt:
		dst.SetInt64(v.Int())
	case pcommon.ValueTypeDouble:
		dst.SetFloat64(v.Double())
	case pcommon.ValueTypeBytes:
		dst.SetBytes(pkg.Bytes(v.Bytes().AsRaw()))
	case pcommon.ValueTypeSlice:
		dst.SetType(otelstef.AnyValueTypeArray)
		dst.Array().EnsureLen(v.Slice().Len())
		for i, x := range v.Slice().All() {
			putValue(dst.Array().At(i), x)
		}
	case pcommon.ValueTypeMap:
		dst.SetType(otelstef.AnyValueTypeKVList)
		list := dst.KVList()
		list.EnsureLen(v.Map().Len())
		i := 0
		for k, x := range v.Map().All() {
			list.SetKey(i, k)
			putValue(list.At(i).Value(), x)
			i++
		}
	case pcommon.ValueTypeEmpty:
		dst.SetType(otelstef.AnyValueTypeNone)
	}
}
