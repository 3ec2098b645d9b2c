package tracezipprocessor

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpzip"
	"github.com/otelcol-plus/otelcol-plus/internal/tracezip"
	"github.com/otelcol-plus/otelcol-plus/processor/tracezipprocessor/internal/metadatatest"
)

// envelopeSpan is the first span of a request.
func envelopeSpan(td ptrace.Traces) ptrace.Span {
	return td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0)
}

func frameIn(td ptrace.Traces) []byte {
	v, _ := envelopeSpan(td).Attributes().Get(frameKey)
	return v.Bytes().AsRaw()
}

func setFrame(td ptrace.Traces, frame []byte) {
	envelopeSpan(td).Attributes().PutEmptyBytes(frameKey).FromRaw(frame)
}

func TestOrdinaryRequestsAreUntouched(t *testing.T) {
	u := newTestUnpacker(t)
	for _, td := range append(readSample(t, sample), ptrace.NewTraces()) {
		td.MarkReadOnly()
		out, err := u.processTraces(t.Context(), td)
		require.NoError(t, err)
		require.Equal(t, td, out, "the very same request")
	}
}

// damages are what can happen to an envelope on its way, by the reason it is counted under.
var damages = []struct {
	name, reason string
	do           func(ptrace.Traces)
}{
	{"truncated", "corrupt", func(td ptrace.Traces) { f := frameIn(td); setFrame(td, f[:len(f)/2]) }},
	{"empty frame", "corrupt", func(td ptrace.Traces) { setFrame(td, nil) }},
	{"bit flipped", "corrupt", func(td ptrace.Traces) { f := frameIn(td); f[len(f)-1] ^= 4; setFrame(td, f) }},
	{"not a frame", "corrupt", func(td ptrace.Traces) { setFrame(td, []byte("something else altogether")) }},
	{"frame gone", "no_frame", func(td ptrace.Traces) { envelopeSpan(td).Attributes().Remove(frameKey) }},
	{"frame as text", "no_frame", func(td ptrace.Traces) { envelopeSpan(td).Attributes().PutStr(frameKey, string(frameIn(td))) }},
	{"newer frame", "version", func(td ptrace.Traces) { f := frameIn(td); f[4] = 99; setFrame(td, f) }},
	{"newer envelope", "version", func(td ptrace.Traces) {
		td.ResourceSpans().At(0).ScopeSpans().At(0).Scope().SetVersion("2")
	}},
	{"larger than allowed", "too_large", func(td ptrace.Traces) { setFrame(td, make([]byte, 4<<20+1)) }},
}

func TestDamagedEnvelopesGoOnAndAreCounted(t *testing.T) {
	p := newTestPacker(t)
	batches := cut(allSpans(t, sample), 200)
	for _, damage := range damages {
		t.Run(damage.name, func(t *testing.T) {
			u, tel := newMeteredUnpacker(t)
			bad := readOnlyStep(t, p.processTraces, batches[0])
			damage.do(bad)
			assertEqual(t, bad, readOnlyStep(t, u.processTraces, bad))

			// Beside good ones it hurts nobody.
			good := readOnlyStep(t, p.processTraces, batches[1])
			request := copyOf(good)
			copyOf(bad).ResourceSpans().MoveAndAppendTo(request.ResourceSpans())
			copyOf(good).ResourceSpans().MoveAndAppendTo(request.ResourceSpans())
			want := copyOf(batches[1])
			copyOf(bad).ResourceSpans().MoveAndAppendTo(want.ResourceSpans())
			copyOf(batches[1]).ResourceSpans().MoveAndAppendTo(want.ResourceSpans())
			assertEqual(t, want, readOnlyStep(t, u.processTraces, request))

			assertRefused(t, tel, map[string]int64{damage.reason: 2})
		})
	}
}

// An envelope that was damaged in a block of three stays in its place.
func TestDamagedEnvelopeBetweenGoodOnes(t *testing.T) {
	p, u := newTestPacker(t), newTestUnpacker(t)
	batches := cut(allSpans(t, sample), 200)
	block := readOnlyStep(t, p.processTraces, batches[0])
	spans := block.ResourceSpans().At(0).ScopeSpans().At(0).Spans()
	for _, td := range batches[1:4] {
		envelopeSpan(readOnlyStep(t, p.processTraces, td)).CopyTo(spans.AppendEmpty())
	}
	for i := 1; i < 3; i++ {
		spans.At(i).Attributes().Remove(frameKey)
	}
	got := readOnlyStep(t, u.processTraces, block)
	want := copyOf(batches[0])
	rs := copyResource(block.ResourceSpans().At(0), want)
	ss := copyScope(block.ResourceSpans().At(0).ScopeSpans().At(0), rs)
	spans.At(1).CopyTo(ss.Spans().AppendEmpty())
	spans.At(2).CopyTo(ss.Spans().AppendEmpty())
	copyOf(batches[3]).ResourceSpans().MoveAndAppendTo(want.ResourceSpans())
	assertEqual(t, want, got)
}

// bomb is an envelope of a few hundred bytes that decodes to megabytes: equal spans without ids cost nearly nothing each.
func bomb(t testing.TB, spans int) ptrace.Traces {
	td := ptrace.NewTraces()
	ss := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty()
	for range spans {
		ss.Spans().AppendEmpty()
	}
	frame, err := tracezip.NewEncoder().AppendFrame(nil, td)
	require.NoError(t, err)
	require.Less(t, len(frame), spans/5)
	return newEnvelope(td, spans, 0, frame)
}

// The limit is on all that one request decodes to, not on each of its frames.
func TestRequestsAreBounded(t *testing.T) {
	const perBomb = 10_000
	one := bomb(t, perBomb)
	request := ptrace.NewTraces()
	for range 100 {
		copyOf(one).ResourceSpans().MoveAndAppendTo(request.ResourceSpans())
	}
	const limit = 20 << 20
	u := newTestUnpacker(t, func(c *UnpackConfig) { c.MaxDecodedBytes = limit })
	got := readOnlyStep(t, u.processTraces, request)
	left := countEnvelopes(got)
	opened := 100 - left
	assert.Equal(t, opened*perBomb+left, got.SpanCount(), "nothing is lost")
	assert.Positive(t, opened)
	assert.LessOrEqual(t, opened*perBomb*300, limit, "spans take about that much")

	// What was left packed can be unpacked by the next.
	again := readOnlyStep(t, newTestUnpacker(t, func(c *UnpackConfig) { c.MaxDecodedBytes = 1 << 30 }).processTraces, got)
	assert.Equal(t, 100*perBomb, again.SpanCount())
}

// A giant among small ones stays packed and keeps nobody else from being unpacked; many giants end the request.
func TestGiantsAmongOthers(t *testing.T) {
	giant := bomb(t, 1_000_000)
	p := newTestPacker(t)
	small := cut(allSpans(t, sample), 200)[0]
	packed := readOnlyStep(t, p.processTraces, small)
	f := func(giants, leftPacked, spans int, refused map[string]int64) {
		t.Helper()
		u, tel := newMeteredUnpacker(t)
		td := ptrace.NewTraces()
		for range giants {
			copyOf(giant).ResourceSpans().MoveAndAppendTo(td.ResourceSpans())
		}
		copyOf(packed).ResourceSpans().MoveAndAppendTo(td.ResourceSpans())
		got := readOnlyStep(t, u.processTraces, td)
		assert.Equal(t, leftPacked, countEnvelopes(got))
		assert.Equal(t, spans, got.SpanCount())
		assertRefused(t, tel, refused)
	}
	f(4, 4, 4+200, map[string]int64{"too_large": 4})
	// The default of 64 MiB can be halved 27 times. What comes then is not tried, the small one neither.
	f(100, 101, 101, map[string]int64{"too_large": 27, "allowance": 74})
}

// A decoder that panics costs a request its allowance as a giant does, and the process nothing.
func TestPanicsOfTheDecoder(t *testing.T) {
	packed := readOnlyStep(t, newTestPacker(t).processTraces, cut(allSpans(t, sample), 200)[0])
	request := ptrace.NewTraces()
	for range 100 {
		copyOf(packed).ResourceSpans().MoveAndAppendTo(request.ResourceSpans())
	}
	u, tel := newMeteredUnpacker(t)
	u.decoders = otlpzip.NewFreeList(func() *tracezip.Decoder { return nil })
	core, logs := observer.New(zap.InfoLevel)
	u.logger = zap.New(core)
	assertEqual(t, request, readOnlyStep(t, u.processTraces, request))
	assertRefused(t, tel, map[string]int64{"failure": 27, "allowance": 73})
	assert.Equal(t, 1, logs.FilterMessageSnippet("Panic").Len())
}

func newMeteredUnpacker(t *testing.T) (*unpacker, *componenttest.Telemetry) {
	tel := componenttest.NewTelemetry()
	u, err := newUnpacker(metadatatest.NewSettings(tel).TelemetrySettings, createDefaultConfig().(*Config).Unpack)
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, u.shutdown(context.Background()))
		require.NoError(t, tel.Shutdown(context.Background()))
	})
	return u, tel
}

// assertRefused checks how many envelopes were refused for which reasons.
func assertRefused(t *testing.T, tel *componenttest.Telemetry, want map[string]int64) {
	t.Helper()
	var points []metricdata.DataPoint[int64]
	for reason, n := range want {
		points = append(points, metricdata.DataPoint[int64]{Value: n, Attributes: attribute.NewSet(attribute.String("reason", reason))})
	}
	metadatatest.AssertEqualProcessorTracezipUnpackRefused(t, tel, points, metricdatatest.IgnoreTimestamp())
}

// Packing what has been packed is somebody else's mistake; one pass opens one layer, so that layers are no bomb.
func TestOneLayerAPass(t *testing.T) {
	p, u := newTestPacker(t), newTestUnpacker(t)
	small := cut(allSpans(t, sample), 200)[0]
	inner := readOnlyStep(t, p.processTraces, small)
	frame, err := tracezip.NewEncoder().AppendFrame(nil, inner)
	require.NoError(t, err)
	outer := newEnvelope(inner, 1, 0, frame)
	got := readOnlyStep(t, u.processTraces, outer)
	assertEqual(t, inner, got)
	assertEqual(t, small, readOnlyStep(t, u.processTraces, got))
}

func TestPackMetrics(t *testing.T) {
	tel := componenttest.NewTelemetry()
	set := metadatatest.NewSettings(tel).TelemetrySettings
	p, err := newPacker(set, createDefaultConfig().(*Config).Pack)
	require.NoError(t, err)
	u, err := newUnpacker(set, createDefaultConfig().(*Config).Unpack)
	require.NoError(t, err)
	td := cut(allSpans(t, sample), 200)[0]
	packed := readOnlyStep(t, p.processTraces, td)
	readOnlyStep(t, p.processTraces, packed)
	readOnlyStep(t, p.processTraces, oneSpan(1, 1, "a"))
	readOnlyStep(t, u.processTraces, packed)

	value := func(n int, attrs ...attribute.KeyValue) []metricdata.DataPoint[int64] {
		return []metricdata.DataPoint[int64]{{Value: int64(n), Attributes: attribute.NewSet(attrs...)}}
	}
	ignore := metricdatatest.IgnoreTimestamp()
	metadatatest.AssertEqualProcessorTracezipPackFrames(t, tel, value(1), ignore)
	metadatatest.AssertEqualProcessorTracezipPackSpans(t, tel, value(200), ignore)
	metadatatest.AssertEqualProcessorTracezipPackOtlpBytes(t, tel, value(len(marshal(t, td))), ignore)
	metadatatest.AssertEqualProcessorTracezipPackEnvelopeBytes(t, tel, value(len(marshal(t, packed))), ignore)
	metadatatest.AssertEqualProcessorTracezipPackSkipped(t, tel, append(
		value(1, attribute.String("reason", "packed")), value(1, attribute.String("reason", "not_smaller"))...), ignore)
	metadatatest.AssertEqualProcessorTracezipUnpackFrames(t, tel, value(1), ignore)
	metadatatest.AssertEqualProcessorTracezipUnpackSpans(t, tel, value(200), ignore)
	metadatatest.AssertEqualProcessorTracezipUnpackFrameBytes(t, tel, value(len(frameIn(packed))), ignore)
	require.NoError(t, p.shutdown(t.Context()))
	require.NoError(t, u.shutdown(t.Context()))
	require.NoError(t, tel.Shutdown(t.Context()))
}

// FuzzUnpack: whatever request comes, unpack neither panics nor loses a span, and what it hands on is a request.
func FuzzUnpack(f *testing.F) {
	p, u := newTestPacker(f), newTestUnpacker(f, func(c *UnpackConfig) { c.MaxDecodedBytes = 1 << 20 })
	small := cut(allSpans(f, sample), 20)[0]
	packed := readOnlyStep(f, p.processTraces, small)
	f.Add(marshal(f, packed))
	f.Add(marshal(f, oneSpan(1, 1, "a")))
	mixed := copyOf(packed)
	copyOf(packed).ResourceSpans().MoveAndAppendTo(mixed.ResourceSpans())
	oneSpan(1, 1, "a").ResourceSpans().MoveAndAppendTo(mixed.ResourceSpans())
	f.Add(marshal(f, mixed))
	for _, damage := range damages {
		if damage.reason != "too_large" {
			bad := copyOf(packed)
			damage.do(bad)
			f.Add(marshal(f, bad))
		}
	}
	f.Fuzz(func(t *testing.T, request []byte) {
		td, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(request)
		if err != nil {
			return
		}
		envelopes := countEnvelopes(td)
		others := td.SpanCount() - envelopes
		td.MarkReadOnly()
		out, err := u.processTraces(context.Background(), td)
		if err != nil {
			t.Fatal(err)
		}
		if out.SpanCount() < others {
			t.Fatalf("%d spans of %d besides envelopes", out.SpanCount(), others)
		}
		if envelopes == 0 {
			assertEqual(t, td, out)
		}
		marshal(t, out)
	})
}
