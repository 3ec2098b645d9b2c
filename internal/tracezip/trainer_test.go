package tracezip

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"strconv"
	"testing"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// randomText is a text that compresses badly.
func randomText(random *rand.Rand, size int) string {
	var text []byte
	for len(text) < size {
		text = strconv.AppendUint(text, random.Uint64(), 36)
	}
	return string(text[:size])
}

// learnt is what a Trainer learns from traces.
func learnt(t *testing.T, td ptrace.Traces) *Sample {
	t.Helper()
	s := new(Sample)
	if _, err := NewEncoder().Append(nil, td, FrameOptions{Sample: s}); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestDictionaryFits: a dictionary takes no more than it may, the stored form of its segments included, and uses most of that.
func TestDictionaryFits(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	var batches []ptrace.Traces
	for i := range 200 {
		td := ptrace.NewTraces()
		rs := td.ResourceSpans().AppendEmpty()
		rs.Resource().Attributes().PutStr("process.command_line", randomText(random, 4000))
		rs.ScopeSpans().AppendEmpty().Spans().AppendEmpty().SetSpanID(pcommon.SpanID{1, byte(i)})
		batches = append(batches, td)
	}
	trainer := NewTrainer(1 << 20)
	var last *Dictionary
	for _, limit := range []int{48_000, 80_000, 82_000, 128_000, 300_000, 80_000} {
		for _, base := range []*Dictionary{last, nil} {
			for _, td := range batches {
				trainer.Observe(learnt(t, td))
			}
			trainer.Limit(limit)
			d := trainer.Build(base)
			if d == nil {
				t.Fatalf("no dictionary of up to %d bytes", limit)
			}
			if got := d.MemoryBytes(); got > limit || got < limit*6/10 {
				t.Errorf("a dictionary of up to %d bytes takes %d", limit, got)
			}
			last = d
		}
	}
}

// TestTrainerMemory: a Trainer counts about what it takes, and no more than it may.
func TestTrainerMemory(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	const maxBytes = 64 << 10
	rows := func(put func(a pcommon.Map, key string)) func(ptrace.Traces) {
		return func(td ptrace.Traces) {
			for range 20 {
				rs := td.ResourceSpans().AppendEmpty()
				for k := range 10 {
					put(rs.Resource().Attributes(), fmt.Sprint("key", k))
				}
				rs.ScopeSpans().AppendEmpty().Spans().AppendEmpty().SetSpanID(pcommon.SpanID{1})
			}
		}
	}
	spans := func(fill func(span ptrace.Span, key string)) func(ptrace.Traces) {
		return func(td ptrace.Traces) {
			spans := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans()
			for range 6 {
				span := spans.AppendEmpty()
				span.SetName("name")
				for k := range 10 {
					fill(span, fmt.Sprint("key", k))
				}
			}
		}
	}
	for name, fill := range map[string]func(ptrace.Traces){
		"texts of resources":   rows(func(a pcommon.Map, key string) { a.PutStr(key, randomText(random, 12)) }),
		"numbers of resources": rows(func(a pcommon.Map, key string) { a.PutInt(key, random.Int64()) }),
		"shapes": spans(func(span ptrace.Span, key string) {
			span.SetName(randomText(random, 12))
			span.Attributes().PutStr(key, "value")
		}),
		"values of spans": spans(func(span ptrace.Span, key string) { span.Attributes().PutStr(key, randomText(random, 12)) }),
	} {
		t.Run(name, func(t *testing.T) {
			trainer := NewTrainer(maxBytes)
			for range 400 {
				td := ptrace.NewTraces()
				fill(td)
				trainer.Observe(learnt(t, td))
			}
			counted, with := trainer.bytes, heap()
			runtime.KeepAlive(trainer)
			trainer = nil
			took := with - heap()
			t.Logf("counted %d, took %d", counted, took)
			if counted > trainerFactor*maxBytes || counted < trainerFactor*maxBytes/2 {
				t.Errorf("counted %d of %d", counted, trainerFactor*maxBytes)
			}
			if took > counted*5/4 || took < counted*3/4 {
				t.Errorf("counted %d, took %d", counted, took)
			}
		})
	}
}

// heap is the size of what the garbage collector keeps.
func heap() int {
	runtime.GC()
	runtime.GC() // the first one only empties the sync.Pools into their victims
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int(stats.HeapAlloc)
}
