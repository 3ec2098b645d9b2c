package tracezipprocessor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpfile"
	"github.com/otelcol-plus/otelcol-plus/processor/tracezipprocessor/internal/metadatatest"
)

const sample = "../../testdata/sample.traces.otlp.pb.zst"

func newTestDedup(t testing.TB, next consumer.Traces, change ...func(*Config)) *dedup {
	cfg := createDefaultConfig().(*Config)
	cfg.MaxEntries = 10_000
	for _, f := range change {
		f(cfg)
	}
	d, err := newDedup(componenttest.NewNopTelemetrySettings(), cfg, next)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, d.Shutdown(context.Background())) })
	return d
}

// spanIn appends a span, described by its trace, id and name, to a scope.
func spanIn(ss ptrace.ScopeSpans, trace, id byte, name string) ptrace.Span {
	s := ss.Spans().AppendEmpty()
	s.SetTraceID(pcommon.TraceID{trace, 15: 1})
	s.SetSpanID(pcommon.SpanID{id, 7: 1})
	s.SetName(name)
	return s
}

func scopeIn(td ptrace.Traces, service, scope string) ptrace.ScopeSpans {
	rs := td.ResourceSpans().AppendEmpty()
	rs.Resource().Attributes().PutStr("service.name", service)
	ss := rs.ScopeSpans().AppendEmpty()
	ss.Scope().SetName(scope)
	return ss
}

func oneSpan(trace, id byte, name string) ptrace.Traces {
	td := ptrace.NewTraces()
	spanIn(scopeIn(td, "shop", "lib"), trace, id, name)
	return td
}

// inventory counts the spans, each with everything that is said of it, as bytes.
func inventory(t testing.TB, batches ...ptrace.Traces) map[string]int {
	found := map[string]int{}
	var m ptrace.ProtoMarshaler
	for _, td := range batches {
		for _, rs := range td.ResourceSpans().All() {
			for _, ss := range rs.ScopeSpans().All() {
				for _, span := range ss.Spans().All() {
					alone := ptrace.NewTraces()
					r := alone.ResourceSpans().AppendEmpty()
					rs.Resource().CopyTo(r.Resource())
					r.SetSchemaUrl(rs.SchemaUrl())
					s := r.ScopeSpans().AppendEmpty()
					ss.Scope().CopyTo(s.Scope())
					s.SetSchemaUrl(ss.SchemaUrl())
					span.CopyTo(s.Spans().AppendEmpty())
					b, err := m.MarshalTraces(alone)
					require.NoError(t, err)
					found[string(b)]++
				}
			}
		}
	}
	return found
}

func copyOf(td ptrace.Traces) ptrace.Traces {
	c := ptrace.NewTraces()
	td.CopyTo(c)
	return c
}

func names(td ptrace.Traces) (all [][][]string) {
	for _, rs := range td.ResourceSpans().All() {
		var scopes [][]string
		for _, ss := range rs.ScopeSpans().All() {
			var spans []string
			for _, s := range ss.Spans().All() {
				spans = append(spans, s.Name())
			}
			scopes = append(scopes, spans)
		}
		all = append(all, scopes)
	}
	return all
}

func TestRedeliveryIsDropped(t *testing.T) {
	sink := new(consumertest.TracesSink)
	d := newTestDedup(t, sink)
	require.NoError(t, d.ConsumeTraces(t.Context(), oneSpan(1, 1, "a")))
	require.NoError(t, d.ConsumeTraces(t.Context(), oneSpan(1, 1, "a")))
	require.Len(t, sink.AllTraces(), 1, "nothing left to hand on")
	require.NoError(t, d.ConsumeTraces(t.Context(), oneSpan(1, 1, "b")))
	require.Equal(t, [][][]string{{{"b"}}}, names(sink.AllTraces()[1]), "other content is kept")

	td := oneSpan(1, 1, "a")
	spanIn(td.ResourceSpans().At(0).ScopeSpans().At(0), 1, 2, "new")
	require.NoError(t, d.ConsumeTraces(t.Context(), td))
	require.Equal(t, [][][]string{{{"new"}}}, names(sink.AllTraces()[2]))
}

func TestBlocksEmptiedByDroppingAreRemoved(t *testing.T) {
	sink := new(consumertest.TracesSink)
	d := newTestDedup(t, sink)
	require.NoError(t, d.ConsumeTraces(t.Context(), oneSpan(1, 1, "a")))
	td := oneSpan(1, 1, "a")
	spanIn(scopeIn(td, "other", "lib"), 1, 2, "b")
	scopeIn(td, "empty before", "lib")
	require.NoError(t, d.ConsumeTraces(t.Context(), td))
	require.Equal(t, [][][]string{{{"b"}}, {nil}}, names(sink.AllTraces()[1]), "what came empty stays")
}

func TestSameIDsElsewhereAreNoDuplicates(t *testing.T) {
	f := func(name string, change func(rs ptrace.ResourceSpans)) {
		t.Run(name, func(t *testing.T) {
			sink := new(consumertest.TracesSink)
			d := newTestDedup(t, sink)
			require.NoError(t, d.ConsumeTraces(t.Context(), oneSpan(1, 1, "a")))
			td := oneSpan(1, 1, "a")
			change(td.ResourceSpans().At(0))
			require.NoError(t, d.ConsumeTraces(t.Context(), td))
			require.Equal(t, 2, sink.SpanCount())
		})
	}
	f("resource", func(rs ptrace.ResourceSpans) { rs.Resource().Attributes().PutStr("service.name", "other") })
	f("resource's schema", func(rs ptrace.ResourceSpans) { rs.SetSchemaUrl("x") })
	f("scope", func(rs ptrace.ResourceSpans) { rs.ScopeSpans().At(0).Scope().SetVersion("2") })
	f("scope's schema", func(rs ptrace.ResourceSpans) { rs.ScopeSpans().At(0).SetSchemaUrl("x") })
	f("trace", func(rs ptrace.ResourceSpans) {
		rs.ScopeSpans().At(0).Spans().At(0).SetTraceID(pcommon.TraceID{9, 15: 1})
	})
	f("id", func(rs ptrace.ResourceSpans) { rs.ScopeSpans().At(0).Spans().At(0).SetSpanID(pcommon.SpanID{9, 7: 1}) })
}

func TestSpansWithoutIdentityAreKept(t *testing.T) {
	sink := new(consumertest.TracesSink)
	d := newTestDedup(t, sink)
	f := func(change func(ptrace.Span)) {
		sink.Reset()
		for range 3 {
			td := oneSpan(1, 1, "a")
			change(td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0))
			require.NoError(t, d.ConsumeTraces(t.Context(), td))
		}
		require.Equal(t, 3, sink.SpanCount())
	}
	f(func(s ptrace.Span) { s.SetTraceID(pcommon.TraceID{}) })
	f(func(s ptrace.Span) { s.SetSpanID(pcommon.SpanID{}) })
	f(func(s ptrace.Span) { // deeper than the comparison goes
		v := s.Attributes().PutEmptySlice("deep")
		for range maxDepth + 1 {
			v = v.AppendEmpty().SetEmptySlice()
		}
	})
}

// flaky answers every batch with what answer returns, and keeps those it accepted.
type flaky struct {
	consumertest.TracesSink
	answer func() error
}

func (f *flaky) ConsumeTraces(ctx context.Context, td ptrace.Traces) error {
	if err := f.answer(); err != nil {
		return err
	}
	return f.TracesSink.ConsumeTraces(ctx, td)
}

func TestRetryAfterAFailureIsNotDropped(t *testing.T) {
	full := errors.New("queue is full")
	var err error
	next := &flaky{answer: func() error { return err }}
	d := newTestDedup(t, next)
	err = full
	for range 3 {
		require.ErrorIs(t, d.ConsumeTraces(t.Context(), oneSpan(1, 1, "a")), full)
	}
	err = nil
	require.NoError(t, d.ConsumeTraces(t.Context(), oneSpan(1, 1, "a")))
	require.Equal(t, 1, next.SpanCount())
	require.NoError(t, d.ConsumeTraces(t.Context(), oneSpan(1, 1, "a")))
	require.Equal(t, 1, next.SpanCount())
}

func TestCopyIsNotAcknowledgedOnTheStrengthOfOneThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan error)
		next := &flaky{answer: func() error { return <-release }}
		d := newTestDedup(t, next)
		results := make(chan error, 2)
		for range 2 {
			go func() { results <- d.ConsumeTraces(t.Context(), oneSpan(1, 1, "a")) }()
			synctest.Wait() // until it waits for the answer
		}
		lost := errors.New("connection lost")
		release <- lost
		require.ErrorIs(t, <-results, lost)
		release <- nil
		require.NoError(t, <-results)
		require.Equal(t, 1, next.SpanCount())
	})
}

// Many senders deliver the same spans again and again to a consumer that fails now and then. Whatever was acknowledged must
// have been delivered by then.
func TestNothingAcknowledgedIsLostUnderConcurrency(t *testing.T) {
	var mu sync.Mutex
	delivered := map[string]int{}
	next, err := consumer.NewTraces(func(_ context.Context, td ptrace.Traces) error {
		if rand.IntN(3) == 0 {
			return errors.New("not now")
		}
		mu.Lock()
		defer mu.Unlock()
		for key, n := range inventory(t, td) {
			delivered[key] += n
		}
		return nil
	})
	require.NoError(t, err)
	d := newTestDedup(t, next, func(c *Config) { c.MaxEntries = 300 })
	var senders sync.WaitGroup
	for sender := range 8 {
		senders.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(sender), 0))
			for range 150 {
				td := ptrace.NewTraces()
				ss := scopeIn(td, "shop", "lib")
				for range 1 + rnd.IntN(20) {
					spanIn(ss, byte(rnd.IntN(4)), byte(rnd.IntN(100)), "a")
				}
				want := inventory(t, td)
				if d.ConsumeTraces(context.Background(), td) != nil {
					continue
				}
				mu.Lock()
				for key := range want {
					assert.NotZero(t, delivered[key], "acknowledged, but not delivered")
				}
				mu.Unlock()
			}
		})
	}
	senders.Wait()
}

func TestWindowOfTheProcessorExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := new(consumertest.TracesSink)
		d := newTestDedup(t, sink, func(c *Config) { c.Window = time.Minute })
		for _, want := range []int{1, 1, 2} {
			require.NoError(t, d.ConsumeTraces(t.Context(), oneSpan(1, 1, "a")))
			require.Equal(t, want, sink.SpanCount())
			time.Sleep(30 * time.Second)
		}
	})
}

func TestEqualBlocksAreMergedAndTracesGrouped(t *testing.T) {
	sink := new(consumertest.TracesSink)
	d := newTestDedup(t, sink)
	td := ptrace.NewTraces()
	a1 := scopeIn(td, "a", "lib")
	spanIn(a1, 1, 1, "1a")
	spanIn(a1, 2, 2, "2a")
	b := scopeIn(td, "b", "lib")
	spanIn(b, 1, 3, "1b")
	a2 := scopeIn(td, "a", "lib")
	spanIn(a2, 3, 4, "3a")
	spanIn(a2, 1, 5, "1a'")
	spanIn(a2, 2, 6, "2a'")
	other := scopeIn(td, "a", "other lib")
	spanIn(other, 1, 7, "1o")
	spanIn(other, 1, 7, "1o") // twice in one batch
	require.NoError(t, d.ConsumeTraces(t.Context(), td))
	require.Equal(t, [][][]string{{{"1a", "1a'", "2a", "2a'", "3a"}, {"1o"}}, {{"1b"}}}, names(sink.AllTraces()[0]))
}

func TestAttributeOrderAndDuplicateKeysKeepBlocksApart(t *testing.T) {
	sink := new(consumertest.TracesSink)
	d := newTestDedup(t, sink)
	td := ptrace.NewTraces()
	for i, keys := range [][]string{{"x", "y"}, {"y", "x"}, {"x", "x"}} {
		// From the wire, as no setter makes duplicate keys.
		one := ptrace.NewTraces()
		spanIn(one.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty(), 1, byte(i+1), "s")
		m := one.ResourceSpans().At(0).Resource().Attributes()
		m.PutInt("x", 0)
		m.PutInt("y", 0)
		b, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(one)
		require.NoError(t, err)
		replaced := 0
		for j := range b {
			if replaced < 2 && (b[j] == 'x' || b[j] == 'y') {
				b[j] = keys[replaced][0]
				replaced++
			}
		}
		one, err = (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(b)
		require.NoError(t, err)
		one.ResourceSpans().MoveAndAppendTo(td.ResourceSpans())
	}
	require.NoError(t, d.ConsumeTraces(t.Context(), td))
	require.Equal(t, 3, sink.AllTraces()[0].ResourceSpans().Len())
}

func TestEmptyBatchPasses(t *testing.T) {
	sink := new(consumertest.TracesSink)
	d := newTestDedup(t, sink)
	td := ptrace.NewTraces()
	scopeIn(td, "a", "lib")
	require.NoError(t, d.ConsumeTraces(t.Context(), td))
	require.Len(t, sink.AllTraces(), 1)
	require.True(t, d.Capabilities().MutatesData)
}

// Every span that goes in comes out once, or is a copy of one that came out; nothing is changed and nothing is invented.
func TestConservation(t *testing.T) {
	for seed := range uint64(200) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		sink := new(consumertest.TracesSink)
		d := newTestDedup(t, sink)
		want := map[string]int{}
		for range 5 {
			td := randomBatch(rnd)
			maps.Copy(want, inventory(t, td))
			require.NoError(t, d.ConsumeTraces(t.Context(), td))
		}
		for key := range want {
			want[key] = 1
		}
		require.Equal(t, want, inventory(t, sink.AllTraces()...), "seed %d", seed)
	}
}

func randomBatch(rnd *rand.Rand) ptrace.Traces {
	td := ptrace.NewTraces()
	for range rnd.IntN(5) {
		scopeIn(td, fmt.Sprint("service", rnd.IntN(2)), fmt.Sprint("lib", rnd.IntN(2)))
		for range rnd.IntN(3) {
			ss := td.ResourceSpans().At(td.ResourceSpans().Len() - 1).ScopeSpans().AppendEmpty()
			ss.Scope().SetName(fmt.Sprint("lib", rnd.IntN(2)))
			for range rnd.IntN(10) {
				s := spanIn(ss, byte(rnd.IntN(4)), byte(rnd.IntN(8)), "n")
				s.Attributes().PutInt("k", int64(rnd.IntN(2)))
				if rnd.IntN(4) == 0 {
					s.Events().AppendEmpty().SetName("e")
				}
			}
		}
	}
	return td
}

func readSample(t testing.TB, path string) (batches []ptrace.Traces) {
	r, err := otlpfile.Open(path)
	require.NoError(t, err)
	defer func() { require.NoError(t, r.Close()) }()
	for {
		b, err := r.Next()
		if errors.Is(err, io.EOF) {
			return batches
		}
		require.NoError(t, err)
		req := ptraceotlp.NewExportRequest()
		require.NoError(t, req.UnmarshalProto(b))
		batches = append(batches, req.Traces())
	}
}

func TestRecordedTraffic(t *testing.T) {
	batches := readSample(t, sample)
	want := inventory(t, batches...)
	sink := new(consumertest.TracesSink)
	d := newTestDedup(t, sink, func(c *Config) { c.MaxEntries = 1 << 18 })
	for range 2 { // the second round is a re-delivery of everything
		for _, td := range batches {
			require.NoError(t, d.ConsumeTraces(t.Context(), copyOf(td)))
		}
	}
	for _, n := range want {
		require.Equal(t, 1, n, "the recording repeats no span")
	}
	require.Equal(t, want, inventory(t, sink.AllTraces()...))
}

func TestMetrics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tel := componenttest.NewTelemetry()
		cfg := createDefaultConfig().(*Config)
		cfg.MaxEntries, cfg.Window = 2, time.Minute
		d, err := newDedup(metadatatest.NewSettings(tel).TelemetrySettings, cfg, consumertest.NewNop())
		require.NoError(t, err)
		td := oneSpan(1, 1, "a")
		oneSpan(1, 1, "a").ResourceSpans().MoveAndAppendTo(td.ResourceSpans())
		require.NoError(t, d.ConsumeTraces(t.Context(), td))
		require.NoError(t, d.ConsumeTraces(t.Context(), oneSpan(1, 1, "b")))
		require.NoError(t, d.ConsumeTraces(t.Context(), oneSpan(1, 3, "c")))
		require.NoError(t, d.ConsumeTraces(t.Context(), oneSpan(1, 3, "c")))

		value := func(n int64, attrs ...attribute.KeyValue) []metricdata.DataPoint[int64] {
			return []metricdata.DataPoint[int64]{{Value: n, Attributes: attribute.NewSet(attrs...)}}
		}
		ignore := metricdatatest.IgnoreTimestamp()
		full := value(1, attribute.String("reason", "full"))
		metadatatest.AssertEqualProcessorTracezipSpansDuplicate(t, tel, value(2), ignore)
		metadatatest.AssertEqualProcessorTracezipSpansConflicting(t, tel, value(1), ignore)
		metadatatest.AssertEqualProcessorTracezipResourcesMerged(t, tel, value(1), ignore)
		metadatatest.AssertEqualProcessorTracezipScopesMerged(t, tel, value(1), ignore)
		metadatatest.AssertEqualProcessorTracezipWindowEntries(t, tel, value(2), ignore)
		metadatatest.AssertEqualProcessorTracezipWindowEvictions(t, tel, full, ignore)
		time.Sleep(time.Minute)
		metadatatest.AssertEqualProcessorTracezipWindowEntries(t, tel, value(0), ignore)
		metadatatest.AssertEqualProcessorTracezipWindowEvictions(t, tel,
			append(full, value(2, attribute.String("reason", "expired"))...), ignore)
		require.NoError(t, d.Shutdown(t.Context()))
		require.NoError(t, d.Shutdown(t.Context()))
		require.NoError(t, tel.Shutdown(t.Context()))
	})
}

// A window of a million spans, filled several times over by the processor itself.
func TestMemoryBound(t *testing.T) {
	const entries = 1 << 16
	d := newTestDedup(t, consumertest.NewNop(), func(c *Config) { c.MaxEntries = entries })
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		td := ptrace.NewTraces()
		ss := scopeIn(td, "a", "lib")
		for range 1000 {
			s := ss.Spans().AppendEmpty()
			var traceID pcommon.TraceID
			var spanID pcommon.SpanID
			for i := range 8 {
				traceID[i], spanID[i] = byte(rnd.Uint32()), byte(rnd.Uint32())
			}
			s.SetTraceID(traceID)
			s.SetSpanID(spanID)
		}
		require.NoError(t, d.ConsumeTraces(t.Context(), td))
	}
	live, _ := d.window.size()
	assert.Equal(t, entries, live)
	assert.Equal(t, entries*32+2*entries*8, len(d.window.ring)*32+len(d.window.index)*8)
}
