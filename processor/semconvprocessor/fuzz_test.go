package semconvprocessor

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pprofile"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor/processortest"

	"github.com/otelcol-plus/otelcol-plus/processor/semconvprocessor/internal/metadata"
)

// FuzzRequests feeds whole OTLP requests: nothing panics, no item disappears, and running twice equals running once. Observing the
// same request changes not one byte of it.
func FuzzRequests(f *testing.F) {
	traces, _ := (&ptrace.ProtoMarshaler{}).MarshalTraces(oldTraces())
	metrics, _ := (&pmetric.ProtoMarshaler{}).MarshalMetrics(oldMetrics())
	logs, _ := (&plog.ProtoMarshaler{}).MarshalLogs(oldLogs())
	profiles, _ := (&pprofile.ProtoMarshaler{}).MarshalProfiles(oldProfiles())
	for _, seed := range [][]byte{traces, metrics, logs, profiles} {
		for choice := range byte(4 * len(fuzzedConfigs())) {
			f.Add(choice, seed)
		}
	}
	set := processortest.NewNopSettings(metadata.Type)
	var processors []*semconvProcessor
	for _, cfg := range fuzzedConfigs() {
		require.NoError(f, cfg.Validate())
		p, err := newProcessor(set, cfg)
		require.NoError(f, err)
		processors = append(processors, p)
	}
	observing := createDefaultConfig().(*Config)
	observing.Mode = ModeObserve
	observer, err := newProcessor(set, observing)
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, signal byte, data []byte) {
		p := processors[int(signal/4)%len(processors)]
		switch signal % 4 {
		case 0:
			fuzzTraces(t, p, observer, data)
		case 1:
			fuzzMetrics(t, p, observer, data)
		case 2:
			fuzzLogs(t, p, observer, data)
		default:
			fuzzProfiles(t, p, observer, data)
		}
	})
}

// fuzzedConfigs are the defaults, everything that changes more than they do, and enforcement that drops nothing.
func fuzzedConfigs() []*Config {
	plain, eager, kept, strict := createDefaultConfig().(*Config), createDefaultConfig().(*Config), createDefaultConfig().(*Config), createDefaultConfig().(*Config)
	eager.Derive, eager.DropObsolete, eager.SanitizeQuery, eager.MaxValueBytes = true, true, true, 16
	eager.RedactQueryKeys = []string{"token"}
	kept.KeepDeprecated, kept.Coerce, kept.Redact = true, CoerceOff, false
	strict.Mode, strict.Enforce.DryRun, strict.ForeignSchema = ModeEnforce, false, ForeignSkip
	strict.Enforce.Rules = map[string]Action{"missing_required": ActionTag, "conflict": ActionRoute, "type_mismatch": ActionTag}
	strict.Rules = map[string]string{"unknown_attribute": "information", "not_stable": "information", "missing_recommended": "information"}
	return []*Config{plain, eager, kept, strict}
}

func fuzzTraces(t *testing.T, p, observer *semconvProcessor, data []byte) {
	td, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(data)
	if err != nil {
		return
	}
	run := func(p *semconvProcessor) []byte {
		before := td.SpanCount()
		_, err := p.processTraces(context.Background(), td)
		require.NoError(t, err)
		require.Equal(t, before, td.SpanCount())
		out, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(td)
		require.NoError(t, err)
		return out
	}
	same, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(td)
	require.NoError(t, err)
	require.Equal(t, same, run(observer))
	once := run(p)
	require.Equal(t, once, run(p))
}

func fuzzMetrics(t *testing.T, p, observer *semconvProcessor, data []byte) {
	md, err := (&pmetric.ProtoUnmarshaler{}).UnmarshalMetrics(data)
	if err != nil {
		return
	}
	run := func(p *semconvProcessor) []byte {
		before := md.DataPointCount()
		_, err := p.processMetrics(context.Background(), md)
		require.NoError(t, err)
		require.Equal(t, before, md.DataPointCount())
		out, err := (&pmetric.ProtoMarshaler{}).MarshalMetrics(md)
		require.NoError(t, err)
		return out
	}
	same, err := (&pmetric.ProtoMarshaler{}).MarshalMetrics(md)
	require.NoError(t, err)
	require.Equal(t, same, run(observer))
	once := run(p)
	require.Equal(t, once, run(p))
}

func fuzzLogs(t *testing.T, p, observer *semconvProcessor, data []byte) {
	ld, err := (&plog.ProtoUnmarshaler{}).UnmarshalLogs(data)
	if err != nil {
		return
	}
	run := func(p *semconvProcessor) []byte {
		before := ld.LogRecordCount()
		_, err := p.processLogs(context.Background(), ld)
		require.NoError(t, err)
		require.Equal(t, before, ld.LogRecordCount())
		out, err := (&plog.ProtoMarshaler{}).MarshalLogs(ld)
		require.NoError(t, err)
		return out
	}
	same, err := (&plog.ProtoMarshaler{}).MarshalLogs(ld)
	require.NoError(t, err)
	require.Equal(t, same, run(observer))
	once := run(p)
	require.Equal(t, once, run(p))
}

func fuzzProfiles(t *testing.T, p, observer *semconvProcessor, data []byte) {
	pd, err := (&pprofile.ProtoUnmarshaler{}).UnmarshalProfiles(data)
	if err != nil {
		return
	}
	// The marshaler turns names into references in what it is given, so it is given a copy.
	marshal := func() []byte {
		frozen := pprofile.NewProfiles()
		pd.CopyTo(frozen)
		out, err := (&pprofile.ProtoMarshaler{}).MarshalProfiles(frozen)
		require.NoError(t, err)
		return out
	}
	run := func(p *semconvProcessor) []byte {
		before := pd.SampleCount()
		_, err := p.processProfiles(context.Background(), pd)
		require.NoError(t, err)
		require.Equal(t, before, pd.SampleCount())
		return marshal()
	}
	same := marshal()
	require.Equal(t, same, run(observer))
	once := run(p)
	require.Equal(t, once, run(p))
}
