package tracezipprocessor

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor/processortest"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpzip"
	"github.com/otelcol-plus/otelcol-plus/internal/tracezip"
)

func newTestPacker(t testing.TB, change ...func(*PackConfig)) *packer {
	cfg := createDefaultConfig().(*Config).Pack
	for _, f := range change {
		f(&cfg)
	}
	p, err := newPacker(componenttest.NewNopTelemetrySettings(), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.shutdown(context.Background())) })
	return p
}

func newTestUnpacker(t testing.TB, change ...func(*UnpackConfig)) *unpacker {
	cfg := createDefaultConfig().(*Config).Unpack
	for _, f := range change {
		f(&cfg)
	}
	u, err := newUnpacker(componenttest.NewNopTelemetrySettings(), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, u.shutdown(context.Background())) })
	return u
}

// readOnlyStep runs a mode on a batch that must not be written to.
func readOnlyStep(t testing.TB, f func(context.Context, ptrace.Traces) (ptrace.Traces, error), td ptrace.Traces) ptrace.Traces {
	t.Helper()
	in := copyOf(td)
	in.MarkReadOnly()
	out, err := f(context.Background(), in)
	require.NoError(t, err)
	return out
}

func marshal(t testing.TB, td ptrace.Traces) []byte {
	t.Helper()
	b, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(td)
	require.NoError(t, err)
	return b
}

// assertEqual compares as OTLP, without printing megabytes.
func assertEqual(t testing.TB, want, got ptrace.Traces) {
	t.Helper()
	if a, b := marshal(t, want), marshal(t, got); string(a) != string(b) {
		t.Fatalf("%d spans in %d bytes came back as %d spans in %d bytes", want.SpanCount(), len(a), got.SpanCount(), len(b))
	}
}

// throughProto and throughJSON are what an OTLP hop does to a request.
func throughProto(t testing.TB, td ptrace.Traces) ptrace.Traces {
	out, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(marshal(t, td))
	require.NoError(t, err)
	return out
}

func throughJSON(t testing.TB, td ptrace.Traces) ptrace.Traces {
	b, err := (&ptrace.JSONMarshaler{}).MarshalTraces(td)
	require.NoError(t, err)
	out, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(b)
	require.NoError(t, err)
	return out
}

func committedRecordings(t testing.TB) []string {
	paths, err := filepath.Glob("../../internal/tracezip/testdata/*.traces.otlp.pb.zst")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	return append(paths, sample)
}

// allSpans brings the batches of a recording into one.
func allSpans(t testing.TB, path string) ptrace.Traces {
	all := ptrace.NewTraces()
	for _, td := range readSample(t, path) {
		td.ResourceSpans().MoveAndAppendTo(all.ResourceSpans())
	}
	return all
}

func TestRecordingsComeBackByteByByte(t *testing.T) {
	p, u := newTestPacker(t), newTestUnpacker(t)
	for _, path := range committedRecordings(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			batches := cut(allSpans(t, path), 1000)
			merged := ptrace.NewTraces()
			for _, td := range batches {
				packed := readOnlyStep(t, p.processTraces, td)
				require.Equal(t, 1, packed.SpanCount())
				require.Equal(t, 1, countEnvelopes(packed))
				assertEqual(t, td, readOnlyStep(t, u.processTraces, throughProto(t, packed)))
				assertEqual(t, td, readOnlyStep(t, u.processTraces, throughJSON(t, packed)))
				packed.ResourceSpans().MoveAndAppendTo(merged.ResourceSpans())
			}
			// A batch processor merges the requests, an exporter cuts them again.
			everything := ptrace.NewTraces()
			for _, td := range batches {
				copyOf(td).ResourceSpans().MoveAndAppendTo(everything.ResourceSpans())
			}
			assertEqual(t, everything, readOnlyStep(t, u.processTraces, merged))
			for i, one := range cut(merged, 1) {
				assertEqual(t, batches[i], readOnlyStep(t, u.processTraces, one))
			}
		})
	}
}

// A re-batcher that knows equal resources and scopes may put envelopes side by side into one block.
func TestEnvelopesInOneBlock(t *testing.T) {
	p, u := newTestPacker(t), newTestUnpacker(t)
	want, merged := ptrace.NewTraces(), ptrace.NewTraces()
	sink := new(consumertest.TracesSink)
	d := newTestDedup(t, sink)
	for _, td := range cut(allSpans(t, sample), 500)[:3] {
		readOnlyStep(t, p.processTraces, td).ResourceSpans().MoveAndAppendTo(merged.ResourceSpans())
		td.ResourceSpans().MoveAndAppendTo(want.ResourceSpans())
	}
	require.NoError(t, d.ConsumeTraces(t.Context(), copyOf(merged)))
	require.Len(t, names(sink.AllTraces()[0]), 1)
	assertEqual(t, want, readOnlyStep(t, u.processTraces, sink.AllTraces()[0]))
	require.NoError(t, d.ConsumeTraces(t.Context(), copyOf(merged)))
	require.Len(t, sink.AllTraces(), 1, "envelopes delivered twice are dropped like other spans")
}

// What a person sees who looks at an envelope in a backend.
func TestEnvelopeIsAnOrdinarySpan(t *testing.T) {
	td := cut(allSpans(t, sample), 1000)[0]
	packed := readOnlyStep(t, newTestPacker(t).processTraces, td)
	rs := packed.ResourceSpans().At(0)
	ss := rs.ScopeSpans().At(0)
	span := ss.Spans().At(0)
	assert.Equal(t, map[string]any{"service.name": "tracezip"}, rs.Resource().Attributes().AsRaw())
	assert.Equal(t, "github.com/otelcol-plus/tracezip", ss.Scope().Name())
	assert.Equal(t, "1", ss.Scope().Version())
	assert.Equal(t, "tracezip frame", span.Name())
	assert.False(t, span.TraceID().IsEmpty())
	assert.False(t, span.SpanID().IsEmpty())
	assert.True(t, span.ParentSpanID().IsEmpty())
	attrs := span.Attributes().AsRaw()
	assert.EqualValues(t, 1000, attrs["tracezip.spans"])
	assert.EqualValues(t, len(marshal(t, td)), attrs["tracezip.otlp_bytes"])
	assert.Equal(t, "TRZ\xf1", string(attrs["tracezip.frame"].([]byte)[:4]))
	start, end := period(td)
	assert.NotZero(t, start)
	assert.Equal(t, start, span.StartTimestamp())
	assert.Equal(t, end, span.EndTimestamp())
	for _, rs := range td.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			for _, s := range ss.Spans().All() {
				assert.LessOrEqual(t, start, s.StartTimestamp())
				assert.GreaterOrEqual(t, end, s.EndTimestamp())
			}
		}
	}
	again := readOnlyStep(t, newTestPacker(t).processTraces, td)
	assertEqual(t, packed, again)
}

func TestPackLeavesAloneWhatItCannotMakeSmaller(t *testing.T) {
	p := newTestPacker(t)
	f := func(name string, td ptrace.Traces) {
		t.Run(name, func(t *testing.T) {
			td.MarkReadOnly()
			out, err := p.processTraces(t.Context(), td)
			require.NoError(t, err)
			require.Equal(t, td, out, "the very same request")
		})
	}
	f("empty", ptrace.NewTraces())
	blocks := ptrace.NewTraces()
	scopeIn(blocks, "shop", "lib")
	f("without spans", blocks)
	f("one small span", oneSpan(1, 1, "a"))
	f("packed already", readOnlyStep(t, p.processTraces, cut(allSpans(t, sample), 100)[0]))
	huge := ptrace.NewTraces()
	spanIn(scopeIn(huge, "shop", "lib"), 1, 1, "a").Attributes().PutStr("k", strings.Repeat("x", maxFrameOTLP))
	f("a span beyond any frame", huge)
	random := oneSpan(1, 1, "a")
	noise := make([]byte, 1<<20)
	for i := range noise {
		noise[i] = byte(rand.Uint32())
	}
	random.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).Attributes().PutEmptyBytes("k").FromRaw(noise)
	f("a span that fills more than a frame", random)
}

func TestMixedRequests(t *testing.T) {
	p, u := newTestPacker(t), newTestUnpacker(t)
	batches := cut(allSpans(t, sample), 300)[:3]
	mixed, want := ptrace.NewTraces(), ptrace.NewTraces()
	copyOf(batches[0]).ResourceSpans().MoveAndAppendTo(mixed.ResourceSpans())
	readOnlyStep(t, p.processTraces, batches[1]).ResourceSpans().MoveAndAppendTo(mixed.ResourceSpans())
	copyOf(batches[2]).ResourceSpans().MoveAndAppendTo(mixed.ResourceSpans())
	for _, td := range batches {
		copyOf(td).ResourceSpans().MoveAndAppendTo(want.ResourceSpans())
	}
	assertEqual(t, want, readOnlyStep(t, u.processTraces, mixed))

	// The ordinary spans of a mixed request are packed, its envelopes are not packed again.
	packed := readOnlyStep(t, p.processTraces, mixed)
	require.Equal(t, 2, packed.SpanCount())
	require.Equal(t, 2, countEnvelopes(packed))
	got := readOnlyStep(t, u.processTraces, packed)
	require.True(t, maps.Equal(inventory(t, want), inventory(t, got)))

	// Envelopes and ordinary scopes under one resource.
	rs := mixed.ResourceSpans().At(0)
	ordinary := rs.ScopeSpans().Len()
	envelope := readOnlyStep(t, p.processTraces, batches[1])
	envelope.ResourceSpans().At(0).ScopeSpans().At(0).CopyTo(rs.ScopeSpans().AppendEmpty())
	got = readOnlyStep(t, u.processTraces, mixed)
	require.Equal(t, ordinary, got.ResourceSpans().At(0).ScopeSpans().Len())
	require.Equal(t, want.SpanCount()+300, got.SpanCount())
	packed = readOnlyStep(t, p.processTraces, mixed)
	require.Equal(t, countEnvelopes(packed), packed.SpanCount())
	require.True(t, maps.Equal(inventory(t, got), inventory(t, readOnlyStep(t, u.processTraces, packed))))
}

func TestLargeBatchesAreCut(t *testing.T) {
	u := newTestUnpacker(t)
	all := allSpans(t, sample)
	f := func(name string, p *packer, td ptrace.Traces) {
		t.Run(name, func(t *testing.T) {
			packed := readOnlyStep(t, p.processTraces, td)
			require.Greater(t, countEnvelopes(packed), 1)
			for _, one := range cut(packed, 1) {
				if countEnvelopes(one) == 0 {
					continue
				}
				frame, _ := one.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).Attributes().Get(frameKey)
				require.LessOrEqual(t, frame.Bytes().Len(), p.maxFrame)
			}
			got := readOnlyStep(t, u.processTraces, packed)
			require.Zero(t, countEnvelopes(got))
			require.True(t, maps.Equal(inventory(t, td), inventory(t, got)))
		})
	}
	f("by frame", newTestPacker(t, func(c *PackConfig) { c.MaxFrameBytes = 20_000 }), all)
	f("into single spans", newTestPacker(t, func(c *PackConfig) { c.MaxFrameBytes = 1024 }), cut(all, 50)[0])
	wide := ptrace.NewTraces()
	ss := scopeIn(wide, "shop", "lib")
	for i := range 100 {
		spanIn(ss, byte(i), byte(i>>1), "a").Attributes().PutStr("k", fmt.Sprint(i)+strings.Repeat("y", 100_000))
	}
	f("by size as OTLP", newTestPacker(t), wide)
	// One span too many for any frame goes as it is, beside the envelope of the others.
	p := newTestPacker(t)
	huge := cut(all, 100)[0]
	spanIn(scopeIn(huge, "shop", "lib"), 1, 1, "a").Attributes().PutStr("k", strings.Repeat("x", maxFrameOTLP))
	packed := readOnlyStep(t, p.processTraces, huge)
	require.Equal(t, 1, packed.SpanCount()-countEnvelopes(packed))
	require.True(t, maps.Equal(inventory(t, huge), inventory(t, readOnlyStep(t, u.processTraces, packed))))
}

func TestCutKeepsEverything(t *testing.T) {
	for seed := range uint64(200) {
		rnd := rand.New(rand.NewPCG(seed, 2))
		td := randomBatch(rnd)
		n := 1 + rnd.IntN(10)
		parts := cut(td, n)
		for i, part := range parts {
			require.LessOrEqual(t, part.SpanCount(), n)
			require.True(t, part.SpanCount() == n || i == len(parts)-1)
		}
		require.Equal(t, inventory(t, td), inventory(t, parts...), "seed %d", seed)
		if td.SpanCount() < n && td.ResourceSpans().Len() > 0 {
			assertEqual(t, td, parts[0])
		}
	}
}

func TestOdditiesSurvivePacking(t *testing.T) {
	p, u := newTestPacker(t), newTestUnpacker(t)
	for seed := range uint64(200) {
		td := randomBatch(rand.New(rand.NewPCG(seed, 3)))
		for _, rs := range td.ResourceSpans().All() { // enough to be worth packing
			rs.Resource().Attributes().PutStr("padding", strings.Repeat("z", 500))
		}
		packed := readOnlyStep(t, p.processTraces, td)
		require.Equal(t, td.SpanCount() > 0, countEnvelopes(packed) > 0)
		assertEqual(t, td, readOnlyStep(t, u.processTraces, throughJSON(t, packed)))
	}
}

func TestTimesThatAreNotSetDoNotCount(t *testing.T) {
	td := ptrace.NewTraces()
	start, end := period(td)
	assert.Zero(t, start)
	assert.Zero(t, end)
	ss := scopeIn(td, "shop", "lib")
	spanIn(ss, 1, 1, "no times")
	s := spanIn(ss, 1, 2, "late start")
	s.SetStartTimestamp(pcommon.Timestamp(9))
	s.SetEndTimestamp(pcommon.Timestamp(7))
	start, end = period(td)
	assert.EqualValues(t, 9, start)
	assert.EqualValues(t, 9, end)
}

func TestWhoMutates(t *testing.T) {
	for mode, mutates := range map[Mode]bool{ModeDedup: true, ModePack: false, ModeUnpack: false} {
		cfg := createDefaultConfig().(*Config)
		cfg.Mode = mode
		sink := new(consumertest.TracesSink)
		p, err := NewFactory().CreateTraces(t.Context(), processortest.NewNopSettings(typ), cfg, sink)
		require.NoError(t, err)
		require.NoError(t, p.Start(t.Context(), componenttest.NewNopHost()))
		assert.Equal(t, mutates, p.Capabilities().MutatesData, mode)
		td := cut(allSpans(t, sample), 1000)[0]
		if !mutates {
			td.MarkReadOnly()
		}
		require.NoError(t, p.ConsumeTraces(t.Context(), td))
		require.Len(t, sink.AllTraces(), 1)
		require.NoError(t, p.Shutdown(t.Context()))
	}
}

// A codec that panics costs one batch its packing, and nobody the process.
func TestCodecFailures(t *testing.T) {
	p, u := newTestPacker(t), newTestUnpacker(t)
	td := cut(allSpans(t, sample), 100)[0]
	packed := readOnlyStep(t, p.processTraces, td)
	p.writers = otlpzip.NewFreeList(func() *frameWriter { return &frameWriter{} })
	assertEqual(t, td, readOnlyStep(t, p.processTraces, td))
	u.decoders = otlpzip.NewFreeList(func() *tracezip.Decoder { return nil })
	assertEqual(t, packed, readOnlyStep(t, u.processTraces, packed))
}

// Many batches at once share encoders and decoders.
func TestPackConcurrently(t *testing.T) {
	p, u := newTestPacker(t), newTestUnpacker(t)
	var senders sync.WaitGroup
	for _, td := range cut(allSpans(t, sample), 300) {
		senders.Go(func() {
			for range 5 {
				packed, err := p.processTraces(context.Background(), td)
				if !assert.NoError(t, err) {
					return
				}
				got, err := u.processTraces(context.Background(), packed)
				if assert.NoError(t, err) {
					assert.True(t, bytes.Equal(marshal(t, td), marshal(t, got)))
				}
			}
		})
	}
	senders.Wait()
}
