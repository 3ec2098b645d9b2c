package otlpfile

import (
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pprofile"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// Guess tells what signal a request in protobuf is probably of, for error messages: the first as which it can be read and is not
// empty. It is "" when there is none.
func Guess(request []byte) Signal {
	if td, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(request); err == nil && td.SpanCount() > 0 {
		return Traces
	}
	if ld, err := (&plog.ProtoUnmarshaler{}).UnmarshalLogs(request); err == nil && ld.LogRecordCount() > 0 {
		return Logs
	}
	if md, err := (&pmetric.ProtoUnmarshaler{}).UnmarshalMetrics(request); err == nil && md.DataPointCount() > 0 {
		return Metrics
	}
	if pd, err := (&pprofile.ProtoUnmarshaler{}).UnmarshalProfiles(request); err == nil && pd.SampleCount() > 0 {
		return Profiles
	}
	return ""
}
