package otlpfile

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pprofile"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// The requests that can be read as another signal too.
func TestDetectTheAmbiguous(t *testing.T) {
	f := func(name string, want Signal, request []byte, err error) {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, err)
			d, ok := Detect(request)
			require.True(t, ok)
			assert.Equal(t, want, d.Signal)
			again, err := d.Proto()
			require.NoError(t, err)
			assert.Equal(t, request, again)
		})
	}
	// A trace id, a span id, and a name of any bytes.
	md := pmetric.NewMetrics()
	m := md.ResourceMetrics().AppendEmpty().ScopeMetrics().AppendEmpty().Metrics().AppendEmpty()
	m.SetName("system.cpu.count")
	m.SetDescription("CPU load")
	m.SetEmptyGauge().DataPoints().AppendEmpty().SetIntValue(4)
	request, err := (&pmetric.ProtoMarshaler{}).MarshalMetrics(md)
	require.NoError(t, err)
	td, err := Decode(Traces, request)
	require.NoError(t, err, "or this test is about nothing")
	require.Equal(t, 1, td.Items())
	f("gauge with a name of 16 bytes", Metrics, request, nil)

	// Only field 5: a span's name, a metric's gauge. pdata writes more fields than a sender has to.
	request = message(1, message(2, message(2, message(5, message(1, []byte("text"))))))
	_, err = Decode(Traces, request)
	require.NoError(t, err, "or this test is about nothing")
	d, ok := Detect(request)
	require.True(t, ok)
	assert.Equal(t, Logs, d.Signal)

	bare := ptrace.NewTraces()
	bare.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty().SetName("GET /")
	request, err = (&ptrace.ProtoMarshaler{}).MarshalTraces(bare)
	require.NoError(t, err)
	d, ok = Detect(request)
	require.True(t, ok)
	assert.Equal(t, 1, d.Items(), "a span that is a name alone is something")

	empty := ptrace.NewTraces()
	empty.ResourceSpans().AppendEmpty().Resource().Attributes().PutStr("service.name", "shop")
	request, err = (&ptrace.ProtoMarshaler{}).MarshalTraces(empty)
	f("a resource without items", Traces, request, err)
	pd := pprofile.NewProfiles()
	pd.ResourceProfiles().AppendEmpty().Resource().Attributes().PutStr("service.name", "shop")
	pd.Dictionary().StringTable().Append("")
	request, err = Data{Signal: Profiles, Profiles: pd}.Proto()
	f("profiles without samples", Profiles, request, err)
	name, ok := pd.ResourceProfiles().At(0).Resource().Attributes().Get("service.name")
	assert.True(t, ok && name.Str() == "shop", "marshalling changes nothing")
	f("nothing", "", nil, nil)
}

func TestDetectRefuses(t *testing.T) {
	for _, request := range []string{"hello, world", "\xff", "\x0a\x05abc", "x\x00"} {
		_, ok := Detect([]byte(request))
		assert.False(t, ok, "%q", request)
	}
}

// message is a field of a message of less than 128 bytes.
func message(field byte, content []byte) []byte {
	return append([]byte{field<<3 | 2, byte(len(content))}, content...)
}
