package otlpfile

import (
	"unicode/utf8"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pprofile"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// Guess tells what signal a request in protobuf is probably of. It is "" when there is none, or nothing in it.
func Guess(request []byte) Signal {
	if d, ok := Detect(request); ok && d.Items() > 0 {
		return d.Signal
	}
	return ""
}

// Detect decodes a request in protobuf as the signal it is of, which only its content tells: all signals have resources in
// field 1, scopes in field 2 of those, and items in field 2 of those. The fields of items differ, but not by much. A gauge of
// the name system.cpu.count, for one, is also a span with these 16 bytes for a trace id, whose name is the gauge's points. So a
// signal has to make sense besides: spans have ids and times, metrics have names, profiles have a dictionary. What makes sense as none is of the first signal
// as which it has items at all, or, without items, of the first as which nothing in it is unknown. It is false when there is none.
func Detect(request []byte) (Data, bool) {
	if len(request) == 0 {
		return Data{}, true
	}
	if !isTag(request[0]) {
		return Data{}, false
	}
	var first, empty Data
	for _, signal := range Signals {
		d, err := Decode(signal, request)
		switch {
		case err != nil:
		case d.makesSense():
			return d, true
		case d.Items() > 0 && first.Signal == "":
			first = d
		case d.Items() == 0 && empty.Signal == "" && d.size() == len(request):
			empty = d
		}
	}
	if first.Signal == "" {
		first = empty
	}
	return first, first.Signal != ""
}

// makesSense looks at the first item.
func (d Data) makesSense() bool {
	switch d.Signal {
	case Traces:
		for _, rs := range d.Traces.ResourceSpans().All() {
			for _, ss := range rs.ScopeSpans().All() {
				for _, span := range ss.Spans().All() {
					return !span.SpanID().IsEmpty() && !span.TraceID().IsEmpty() && span.StartTimestamp() != 0
				}
			}
		}
	case Metrics:
		for _, rm := range d.Metrics.ResourceMetrics().All() {
			for _, sm := range rm.ScopeMetrics().All() {
				for _, m := range sm.Metrics().All() {
					return m.Name() != "" && utf8.ValidString(m.Name()) && m.Type() != pmetric.MetricTypeEmpty
				}
			}
		}
	case Logs: // too unlike the rest to be taken for it
		return d.Items() > 0
	case Profiles: // the dictionary is nobody else's
		return d.Items() > 0 || d.Profiles.Dictionary().StringTable().Len() > 0
	}
	return false
}

// size is the length of the request as protobuf, in bytes.
func (d Data) size() int {
	switch d.Signal {
	case Traces:
		return (&ptrace.ProtoMarshaler{}).TracesSize(d.Traces)
	case Metrics:
		return (&pmetric.ProtoMarshaler{}).MetricsSize(d.Metrics)
	case Logs:
		return (&plog.ProtoMarshaler{}).LogsSize(d.Logs)
	default:
		return (&pprofile.ProtoMarshaler{}).ProfilesSize(d.Profiles)
	}
}
