package tracezipprocessor

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"

	"github.com/otelcol-plus/otelcol-plus/processor/tracezipprocessor/internal/metadatatest"
)

func withFold(minRun int) func(*Config) {
	return func(c *Config) { c.Fold = configoptional.Some(FoldConfig{MinRun: minRun}) }
}

// folded sends a copy of td through a processor of its own.
func folded(t testing.TB, minRun int, td ptrace.Traces) ptrace.Traces {
	sink := new(consumertest.TracesSink)
	d := newTestDedup(t, sink, withFold(minRun))
	require.NoError(t, d.ConsumeTraces(t.Context(), copyOf(td)))
	require.Len(t, sink.AllTraces(), 1)
	return sink.AllTraces()[0]
}

// withoutFold is what the same processor makes of td when it does not fold: the same but for order.
func withoutFold(t testing.TB, td ptrace.Traces) ptrace.Traces {
	sink := new(consumertest.TracesSink)
	require.NoError(t, newTestDedup(t, sink).ConsumeTraces(t.Context(), copyOf(td)))
	return sink.AllTraces()[0]
}

// loop is a parent with n database calls of 1, 2, … ms, one after the other.
func loop(n int) ptrace.Traces {
	td := ptrace.NewTraces()
	ss := scopeIn(td, "shop", "lib")
	spanIn(ss, 1, 200, "handler")
	at := pcommon.Timestamp(1_000_000_000)
	for i := range n {
		s := spanIn(ss, 1, byte(i+1), "SELECT item")
		s.SetParentSpanID(pcommon.SpanID{200, 7: 1})
		s.SetKind(ptrace.SpanKindClient)
		s.SetStartTimestamp(at)
		at += pcommon.Timestamp(i+1) * 1_000_000
		s.SetEndTimestamp(at)
		s.Attributes().PutStr("db.system.name", "postgresql")
		s.Attributes().PutInt("row", int64(i))
		s.Attributes().PutBool("cached", false)
	}
	return td
}

func spansOf(td ptrace.Traces) (all []ptrace.Span) {
	for _, rs := range td.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			for _, s := range ss.Spans().All() {
				all = append(all, s)
			}
		}
	}
	return all
}

func TestLoopIsFolded(t *testing.T) {
	in := loop(12)
	got := spansOf(folded(t, 10, in))
	require.Len(t, got, 4)
	before := spansOf(in)
	first, fold, last := got[1], got[2], got[3]
	assert.Equal(t, before[1], first)
	assert.Equal(t, before[12], last)
	assert.Equal(t, before[2].TraceID(), fold.TraceID())
	assert.Equal(t, before[2].ParentSpanID(), fold.ParentSpanID())
	assert.False(t, fold.SpanID().IsEmpty())
	for _, s := range before {
		assert.NotEqual(t, s.SpanID(), fold.SpanID())
	}
	assert.Equal(t, "SELECT item", fold.Name())
	assert.Equal(t, ptrace.SpanKindClient, fold.Kind())
	assert.Equal(t, before[2].StartTimestamp(), fold.StartTimestamp())
	assert.Equal(t, before[11].EndTimestamp(), fold.EndTimestamp())
	want := map[string]any{ // spans of 2 to 11 ms
		"db.system.name":                "postgresql",
		"cached":                        false,
		"tracezip.fold.count":           int64(10),
		"tracezip.fold.duration.min":    int64(2_000_000),
		"tracezip.fold.duration.max":    int64(11_000_000),
		"tracezip.fold.duration.sum":    int64(65_000_000),
		"tracezip.fold.duration.counts": []any{0: int64(0), 7: int64(1), 8: int64(3), 9: int64(5), 10: int64(1), 19: int64(0)},
		"tracezip.fold.keys_dropped":    []any{"row"},
	}
	for i, v := range want["tracezip.fold.duration.counts"].([]any) {
		if v == nil {
			want["tracezip.fold.duration.counts"].([]any)[i] = int64(0)
		}
	}
	attrs := fold.Attributes().AsRaw()
	bounds := attrs["tracezip.fold.duration.bounds"].([]any)
	assert.Len(t, bounds, 19)
	assert.Equal(t, int64(10_000), bounds[0])
	delete(attrs, "tracezip.fold.duration.bounds")
	assert.Equal(t, want, attrs)
}

func TestMinRunIsTheShortestRun(t *testing.T) {
	for n, want := range map[int]int{9: 10, 10: 4, 11: 4} {
		assert.Equal(t, want, folded(t, 10, loop(n)).SpanCount(), n)
	}
	assert.Equal(t, 4, folded(t, minMinRun, loop(minMinRun)).SpanCount())
}

func TestFoldIsOffByDefault(t *testing.T) {
	in := loop(100)
	assertEqual(t, in, withoutFold(t, in))
}

// Each of these changes makes the fifth of twelve siblings stay out of the run, whole.
func TestWhatIsNeverFolded(t *testing.T) {
	for name, change := range map[string]func(ptrace.Span){
		"failed":                func(s ptrace.Span) { s.Status().SetCode(ptrace.StatusCodeError) },
		"unknown status":        func(s ptrace.Span) { s.Status().SetCode(7) },
		"other status":          func(s ptrace.Span) { s.Status().SetCode(ptrace.StatusCodeOk) },
		"other message":         func(s ptrace.Span) { s.Status().SetMessage("x") },
		"with an exception":     func(s ptrace.Span) { s.Events().AppendEmpty().SetName("exception") },
		"with a link":           func(s ptrace.Span) { s.Links().AppendEmpty() },
		"dropped attributes":    func(s ptrace.Span) { s.SetDroppedAttributesCount(1) },
		"dropped events":        func(s ptrace.Span) { s.SetDroppedEventsCount(1) },
		"dropped links":         func(s ptrace.Span) { s.SetDroppedLinksCount(1) },
		"other parent":          func(s ptrace.Span) { s.SetParentSpanID(pcommon.SpanID{99}) },
		"no parent":             func(s ptrace.Span) { s.SetParentSpanID(pcommon.SpanID{}) },
		"no id":                 func(s ptrace.Span) { s.SetSpanID(pcommon.SpanID{}) },
		"other trace":           func(s ptrace.Span) { s.SetTraceID(pcommon.TraceID{99}) },
		"no trace":              func(s ptrace.Span) { s.SetTraceID(pcommon.TraceID{}) },
		"other name":            func(s ptrace.Span) { s.SetName("INSERT") },
		"other kind":            func(s ptrace.Span) { s.SetKind(ptrace.SpanKindInternal) },
		"other flags":           func(s ptrace.Span) { s.SetFlags(1) },
		"other state":           func(s ptrace.Span) { s.TraceState().FromRaw("a=b") },
		"other keys":            func(s ptrace.Span) { s.Attributes().PutStr("more", "x") },
		"other types":           func(s ptrace.Span) { s.Attributes().PutStr("row", "4") },
		"ends before it starts": func(s ptrace.Span) { s.SetEndTimestamp(s.StartTimestamp() - 1) },
		"without an end":        func(s ptrace.Span) { s.SetEndTimestamp(0) },
		"lasts for months":      func(s ptrace.Span) { s.SetEndTimestamp(s.StartTimestamp() + maxFoldDuration + 1) },
		"a fold":                func(s ptrace.Span) { s.Attributes().PutInt(foldCount, 5) },
	} {
		t.Run(name, func(t *testing.T) {
			in := loop(12)
			change(spansOf(in)[5])
			out := folded(t, 10, in)
			assert.Equal(t, 5, out.SpanCount())
			whole := func(td ptrace.Traces) map[string]int { return inventory(t, td) }
			alone := ptrace.NewTraces()
			ss := scopeIn(alone, "shop", "lib")
			spansOf(in)[5].CopyTo(ss.Spans().AppendEmpty())
			for key := range whole(alone) {
				assert.Equal(t, 1, whole(out)[key])
			}
		})
	}
}

func TestWhatOthersReferToIsNotFolded(t *testing.T) {
	for name, refer := range map[string]func(ptrace.Traces, pcommon.SpanID){
		"parent": func(td ptrace.Traces, id pcommon.SpanID) {
			spanIn(scopeIn(td, "elsewhere", "lib"), 1, 100, "child").SetParentSpanID(id)
		},
		"link": func(td ptrace.Traces, id pcommon.SpanID) {
			spanIn(scopeIn(td, "elsewhere", "lib"), 2, 100, "follower").Links().AppendEmpty().SetSpanID(id)
		},
	} {
		t.Run(name, func(t *testing.T) {
			in := loop(12)
			id := spansOf(in)[5].SpanID()
			refer(in, id)
			out := spansOf(folded(t, 10, in))
			assert.Len(t, out, 6)
			assert.True(t, slices.ContainsFunc(out, func(s ptrace.Span) bool { return s.SpanID() == id }))
		})
	}
}

// Calls to other processes have children there, in other batches. Calls to databases have none.
func TestCallsToOtherProcessesAreNotFolded(t *testing.T) {
	for kind, want := range map[ptrace.SpanKind]int{
		ptrace.SpanKindClient: 13, ptrace.SpanKindProducer: 13,
		ptrace.SpanKindInternal: 4, ptrace.SpanKindServer: 4, ptrace.SpanKindConsumer: 4, ptrace.SpanKindUnspecified: 4,
	} {
		in := loop(12)
		for _, s := range spansOf(in) {
			s.SetKind(kind)
			s.Attributes().Remove("db.system.name")
		}
		assert.Equal(t, want, folded(t, 10, in).SpanCount(), kind)
	}
}

func TestValuesNestedTooDeepAreDropped(t *testing.T) {
	in := loop(12)
	for _, s := range spansOf(in)[1:] {
		v := s.Attributes().PutEmptySlice("deep")
		for range maxDepth + 1 {
			v = v.AppendEmpty().SetEmptySlice()
		}
	}
	fold := spansOf(folded(t, 10, in))[2]
	dropped, _ := fold.Attributes().Get(foldDropped)
	assert.Equal(t, []any{"row", "deep"}, dropped.Slice().AsRaw())
}

// randomFamilies are traces in which runs, errors, children and links occur by chance.
func randomFamilies(rnd *rand.Rand) ptrace.Traces {
	td := ptrace.NewTraces()
	for service := range 1 + rnd.IntN(2) {
		ss := scopeIn(td, fmt.Sprint("service", service), "lib")
		for i := range rnd.IntN(60) {
			s := spanIn(ss, byte(rnd.IntN(2)+1), byte(i+1), fmt.Sprint("n", rnd.IntN(2)))
			if rnd.IntN(10) > 0 {
				s.SetParentSpanID(pcommon.SpanID{byte(200 + rnd.IntN(2)), 7: 1})
			}
			if rnd.IntN(10) == 0 {
				s.SetParentSpanID(pcommon.SpanID{byte(1 + rnd.IntN(60)), 7: 1})
			}
			s.SetStartTimestamp(pcommon.Timestamp(1000 + rnd.IntN(20)*1000))
			s.SetEndTimestamp(s.StartTimestamp() + pcommon.Timestamp(rnd.Int64N(1<<rnd.IntN(36))))
			s.Attributes().PutInt("k", int64(rnd.IntN(2)))
			s.Attributes().PutStr("constant", "x")
			switch rnd.IntN(15) {
			case 0:
				s.Status().SetCode(ptrace.StatusCodeError)
			case 1:
				s.Events().AppendEmpty().SetName("exception")
			case 2:
				s.Links().AppendEmpty().SetSpanID(pcommon.SpanID{byte(1 + rnd.IntN(60)), 7: 1})
			}
		}
	}
	return td
}

// totals are what folding must not change.
type totals struct {
	spans, duration, errors, events, links int64
	start, end                             pcommon.Timestamp
}

func totalsOf(td ptrace.Traces) (sum totals) {
	sum.start, sum.end = period(td)
	for _, s := range spansOf(td) {
		if s.Status().Code() == ptrace.StatusCodeError {
			sum.errors++
		}
		sum.events += int64(s.Events().Len())
		sum.links += int64(s.Links().Len())
		if count, ok := s.Attributes().Get(foldCount); ok {
			duration, _ := s.Attributes().Get(foldSum)
			sum.spans += count.Int()
			sum.duration += duration.Int()
			continue
		}
		sum.spans++
		sum.duration += int64(s.EndTimestamp() - s.StartTimestamp())
	}
	return sum
}

func TestFoldInvariants(t *testing.T) {
	folds := 0
	for seed := range uint64(300) {
		in := randomFamilies(rand.New(rand.NewPCG(seed, 4)))
		if in.SpanCount() == 0 {
			continue
		}
		once := folded(t, minMinRun, in)
		require.Equal(t, totalsOf(in), totalsOf(once), "seed %d", seed)
		assertEqual(t, once, folded(t, minMinRun, in))   // equal input, equal output
		assertEqual(t, once, folded(t, minMinRun, once)) // twice is once
		before := inventory(t, in)
		for _, s := range spansOf(once) {
			count, ok := s.Attributes().Get(foldCount)
			if !ok {
				continue
			}
			folds++
			n := int64(0)
			counts, _ := s.Attributes().Get(foldCounts)
			for _, c := range counts.Slice().All() {
				n += c.Int()
			}
			require.Equal(t, count.Int(), n, "the histogram counts every span")
			require.GreaterOrEqual(t, n, int64(2))
		}
		after := inventory(t, once)
		kept := 0
		for key := range after {
			if before[key] > 0 {
				kept++
			}
		}
		require.Equal(t, len(after)-kept, foldsIn(once), "what is no fold is as it was")
		ids := map[pcommon.SpanID]bool{}
		for _, s := range spansOf(once) {
			ids[s.SpanID()] = true
		}
		for _, s := range spansOf(in) {
			for _, other := range spansOf(in) {
				if other.ParentSpanID() == s.SpanID() {
					require.True(t, ids[s.SpanID()], "seed %d: a parent was folded", seed)
				}
			}
		}
	}
	require.Greater(t, folds, 200)
}

func foldsIn(td ptrace.Traces) (n int) {
	for _, s := range spansOf(td) {
		if _, ok := s.Attributes().Get(foldCount); ok {
			n++
		}
	}
	return n
}

// Batches that hold nothing to fold leave as they do without fold, byte by byte.
func TestFoldLeavesTheRestAlone(t *testing.T) {
	for _, td := range cut(allSpans(t, sample), 1000) {
		require.Equal(t, 0, foldsIn(folded(t, 1000, td)))
		assertEqual(t, withoutFold(t, td), folded(t, 1000, td))
	}
}

func TestRecordingsKeepTheirTotals(t *testing.T) {
	folds := 0
	for _, path := range committedRecordings(t) {
		for _, td := range cut(allSpans(t, path), 1000) {
			once := folded(t, minMinRun, td)
			require.Equal(t, totalsOf(withoutFold(t, td)), totalsOf(once))
			folds += foldsIn(once)
		}
	}
	t.Log(folds, "folds")
}

// A re-delivered batch is known by its spans as they came, not by the folds made of them; after a failure it folds to the same.
func TestFoldAndRedelivery(t *testing.T) {
	sink := new(consumertest.TracesSink)
	d := newTestDedup(t, sink, withFold(10))
	for range 3 {
		require.NoError(t, d.ConsumeTraces(t.Context(), loop(50)))
	}
	require.Len(t, sink.AllTraces(), 1)

	full := errors.New("queue is full")
	next := &flaky{answer: func() error { return full }}
	d = newTestDedup(t, next, withFold(10))
	refused := loop(50)
	require.ErrorIs(t, d.ConsumeTraces(t.Context(), refused), full)
	next.answer = func() error { return nil }
	require.NoError(t, d.ConsumeTraces(t.Context(), loop(50)))
	assertEqual(t, refused, next.AllTraces()[0])
	assertEqual(t, sink.AllTraces()[0], next.AllTraces()[0])
}

func TestFoldMetrics(t *testing.T) {
	tel := componenttest.NewTelemetry()
	cfg := createDefaultConfig().(*Config)
	withFold(10)(cfg)
	d, err := newDedup(metadatatest.NewSettings(tel).TelemetrySettings, cfg, consumertest.NewNop())
	require.NoError(t, err)
	require.NoError(t, d.ConsumeTraces(t.Context(), loop(50)))
	value := func(n int64) []metricdata.DataPoint[int64] { return []metricdata.DataPoint[int64]{{Value: n}} }
	metadatatest.AssertEqualProcessorTracezipFolds(t, tel, value(1), metricdatatest.IgnoreTimestamp())
	metadatatest.AssertEqualProcessorTracezipSpansFolded(t, tel, value(48), metricdatatest.IgnoreTimestamp())
	require.NoError(t, d.Shutdown(t.Context()))
	require.NoError(t, tel.Shutdown(t.Context()))
}

// FuzzFold: whatever request comes, folding neither panics nor changes the totals, and folding twice is folding once.
func FuzzFold(f *testing.F) {
	f.Add(marshal(f, loop(12)))
	for seed := range uint64(10) {
		f.Add(marshal(f, randomFamilies(rand.New(rand.NewPCG(seed, 5)))))
	}
	h := hasher{}
	f.Fuzz(func(t *testing.T, request []byte) {
		td, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(request)
		if err != nil {
			return
		}
		once := copyOf(td)
		folder := newFolder()
		folder.refer(once)
		runs, spans := folder.fold(once, 4, h)
		if foldsBefore := foldsIn(td); foldsIn(once) != foldsBefore+runs || once.SpanCount() != td.SpanCount()-spans+runs {
			t.Fatalf("%d runs of %d spans made %d folds of %d, and %d spans of %d", runs, spans, foldsIn(once), foldsBefore, once.SpanCount(), td.SpanCount())
		}
		if runs == 0 {
			assertEqual(t, td, once)
		}
		twice := copyOf(once)
		folder.refer(twice)
		folder.fold(twice, 4, h)
		assertEqual(t, once, twice)
	})
}
