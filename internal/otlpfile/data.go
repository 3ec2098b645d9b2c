package otlpfile

import (
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pprofile"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// Data is one request, decoded. Only the field that Signal names is there; an empty request is of no signal and has none.
type Data struct {
	Signal   Signal
	Traces   ptrace.Traces
	Metrics  pmetric.Metrics
	Logs     plog.Logs
	Profiles pprofile.Profiles
}

// Decode reads a request in protobuf that is known to be of a signal.
func Decode(signal Signal, request []byte) (d Data, err error) {
	switch d.Signal = signal; signal {
	case Traces:
		d.Traces, err = (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(request)
	case Metrics:
		d.Metrics, err = (&pmetric.ProtoUnmarshaler{}).UnmarshalMetrics(request)
	case Logs:
		d.Logs, err = (&plog.ProtoUnmarshaler{}).UnmarshalLogs(request)
	case Profiles:
		d.Profiles, err = (&pprofile.ProtoUnmarshaler{}).UnmarshalProfiles(request)
	}
	return d, err
}

func decodeJSON(signal Signal, request []byte) (d Data, err error) {
	switch d.Signal = signal; signal {
	case Traces:
		d.Traces, err = (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(request)
	case Metrics:
		d.Metrics, err = (&pmetric.JSONUnmarshaler{}).UnmarshalMetrics(request)
	case Logs:
		d.Logs, err = (&plog.JSONUnmarshaler{}).UnmarshalLogs(request)
	case Profiles:
		d.Profiles, err = (&pprofile.JSONUnmarshaler{}).UnmarshalProfiles(request)
	}
	return d, err
}

// Proto is the request as protobuf.
func (d Data) Proto() ([]byte, error) {
	switch d.Signal {
	case Traces:
		return (&ptrace.ProtoMarshaler{}).MarshalTraces(d.Traces)
	case Metrics:
		return (&pmetric.ProtoMarshaler{}).MarshalMetrics(d.Metrics)
	case Logs:
		return (&plog.ProtoMarshaler{}).MarshalLogs(d.Logs)
	case Profiles:
		return (&pprofile.ProtoMarshaler{}).MarshalProfiles(d.profiles())
	default:
		return nil, nil
	}
}

// JSON is the request as OTLP JSON, in one line without its end.
func (d Data) JSON() ([]byte, error) {
	switch d.Signal {
	case Traces:
		return (&ptrace.JSONMarshaler{}).MarshalTraces(d.Traces)
	case Metrics:
		return (&pmetric.JSONMarshaler{}).MarshalMetrics(d.Metrics)
	case Logs:
		return (&plog.JSONMarshaler{}).MarshalLogs(d.Logs)
	case Profiles:
		return (&pprofile.JSONMarshaler{}).MarshalProfiles(d.profiles())
	default:
		return []byte("{}"), nil
	}
}

// profiles is a copy to marshal, which turns the strings of resources into references that no accessor sees.
func (d Data) profiles() pprofile.Profiles {
	pd := pprofile.NewProfiles()
	d.Profiles.CopyTo(pd)
	return pd
}

// Items counts spans, data points, log records or samples.
func (d Data) Items() int {
	switch d.Signal {
	case Traces:
		return d.Traces.SpanCount()
	case Metrics:
		return d.Metrics.DataPointCount()
	case Logs:
		return d.Logs.LogRecordCount()
	case Profiles:
		return d.Profiles.SampleCount()
	default:
		return 0
	}
}
