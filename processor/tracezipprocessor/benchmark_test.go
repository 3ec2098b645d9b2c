package tracezipprocessor

import (
	"context"
	"encoding/binary"
	"hash/maphash"
	"os"
	"path/filepath"
	"testing"

	"github.com/cespare/xxhash/v2"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"
	"github.com/zeebo/xxh3"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-plus/otelcol-plus/internal/simd"
)

// recording is what the benchmarks read: the sample, or the file named by OTELPLUS_TRACES.
func recording() string {
	if path := os.Getenv("OTELPLUS_TRACES"); path != "" {
		return path
	}
	return sample
}

// recut brings the recording into batches of n spans in the order they came: resource blocks are cut, never joined, as a
// batch of requests from several senders looks before this processor.
func recut(tb testing.TB, n int) (batches []ptrace.Traces) {
	td := ptrace.NewTraces()
	left := n
	for _, in := range readSample(tb, recording()) {
		for _, rs := range in.ResourceSpans().All() {
			for _, ss := range rs.ScopeSpans().All() {
				var to ptrace.SpanSlice
				open := false
				for _, span := range ss.Spans().All() {
					if !open {
						r := td.ResourceSpans().AppendEmpty()
						rs.Resource().CopyTo(r.Resource())
						r.SetSchemaUrl(rs.SchemaUrl())
						s := r.ScopeSpans().AppendEmpty()
						ss.Scope().CopyTo(s.Scope())
						s.SetSchemaUrl(ss.SchemaUrl())
						to, open = s.Spans(), true
					}
					span.MoveTo(to.AppendEmpty())
					if left--; left == 0 {
						batches = append(batches, td)
						td, left, open = ptrace.NewTraces(), n, false
					}
				}
			}
		}
	}
	return batches
}

// BenchmarkConsume is the time of a batch of 1,000 spans that are all new, with a full window, beside handing it on. Every turn
// puts new ids into the spans, as otherwise the second turn were all duplicates; "ids" is that work alone, to be subtracted
// from "new".
//
//	go test -run '^$' -bench Consume -count 10 -benchtime 3ms ./processor/tracezipprocessor
func BenchmarkConsume(b *testing.B) {
	const n = 1000
	nop := consumertest.NewNop()
	renumber := func(td ptrace.Traces, turn uint64) {
		for _, rs := range td.ResourceSpans().All() {
			for _, ss := range rs.ScopeSpans().All() {
				for _, span := range ss.Spans().All() {
					id := span.SpanID()
					binary.BigEndian.PutUint64(id[:], binary.BigEndian.Uint64(id[:])+turn)
					span.SetSpanID(id)
				}
			}
		}
	}
	run := func(name string, f func(turn uint64, td ptrace.Traces)) {
		b.Run(name, func(b *testing.B) {
			batches := recut(b, n)
			b.ReportAllocs()
			turn := uint64(0)
			for b.Loop() {
				f(turn, batches[turn%uint64(len(batches))])
				turn++
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/span")
		})
	}
	run("pass-through", func(_ uint64, td ptrace.Traces) { _ = nop.ConsumeTraces(context.Background(), td) })
	run("ids", func(turn uint64, td ptrace.Traces) { renumber(td, turn+1) })
	d := newTestDedup(b, nop, func(c *Config) { c.MaxEntries = 1 << 18 })
	run("new", func(turn uint64, td ptrace.Traces) {
		renumber(td, turn+1)
		_ = d.ConsumeTraces(context.Background(), td)
	})
}

// BenchmarkPhases is what the parts of the path cost.
//
//	go test -run '^$' -bench Phases -count 10 -benchtime 3ms ./processor/tracezipprocessor
//	OTELPLUS_SIMD=off go test -run '^$' -bench Phases/ids -count 10 -benchtime 3ms ./processor/tracezipprocessor
func BenchmarkPhases(b *testing.B) {
	const n = 1000
	td := recut(b, n)[0]
	h := newHasher()
	seed := simd.NewSeed()
	s := newScratchPool([2]uint64{0x1234567890abcdef, 0xfedcba0987654321}).get(n)
	perSpan := func(name string, f func()) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/span")
		})
	}
	s.read(td, h) // merges
	perSpan("read", func() { s.read(td, h) })
	perSpan("encode", func() {
		for _, rs := range td.ResourceSpans().All() {
			for _, ss := range rs.ScopeSpans().All() {
				for _, span := range ss.Spans().All() {
					s.span.reset()
					s.span.span(span, digest{}, digest{})
				}
			}
		}
	})
	perSpan("ids", func() { simd.HashIDs(s.ids, s.first, s.last, s.spanID, &seed) })
	w := newWindow(1<<18, 1<<40)
	perSpan("window", func() {
		for i := range s.ids {
			s.ids[i] += 0x9E3779B97F4A7C15
		}
		t, _ := w.admit(s.ids, s.contents, s.skip, s.verdicts)
		w.settle(t)
	})
	perSpan("number", func() { s.group.number(s.first, s.last) })
}

// BenchmarkDigest compares hashes for the content of a span, on real encodings. Chosen: xxh3 128.
//
//	go test -run '^$' -bench Digest -count 10 -benchtime 3ms ./processor/tracezipprocessor
func BenchmarkDigest(b *testing.B) {
	var encodings [][]byte
	for _, td := range recut(b, 1000)[:1] {
		for _, rs := range td.ResourceSpans().All() {
			for _, ss := range rs.ScopeSpans().All() {
				for _, span := range ss.Spans().All() {
					var e encoder
					e.span(span, digest{}, digest{})
					encodings = append(encodings, e.buf)
				}
			}
		}
	}
	var sink uint64
	run := func(name string, f func([]byte)) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				for _, e := range encodings {
					f(e)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(encodings)), "ns/span")
		})
	}
	a, z := maphash.MakeSeed(), maphash.MakeSeed()
	run("maphash 64", func(e []byte) { sink += maphash.Bytes(a, e) })
	run("maphash twice", func(e []byte) { sink += maphash.Bytes(a, e) ^ maphash.Bytes(z, e) })
	run("xxh3 64", func(e []byte) { sink += xxh3.HashSeed(e, 42) })
	run("xxh3 128", func(e []byte) { sink += xxh3.Hash128Seed(e, 42).Lo })
	run("xxhash 64", func(e []byte) { sink += xxhash.Sum64(e) })
}

// TestGroupingMakesBatchesSmaller measures what merging and grouping do for a compressing exporter.
//
//	OTELPLUS_TRACES=recording.traces.otlp.pb.zst go test -v -run GroupingMakesBatchesSmaller ./processor/tracezipprocessor
func TestGroupingMakesBatchesSmaller(t *testing.T) {
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedDefault))
	require.NoError(t, err)
	size := func(batches []ptrace.Traces) (plain, compressed int) {
		var m ptrace.ProtoMarshaler
		for _, td := range batches {
			b, err := m.MarshalTraces(td)
			require.NoError(t, err)
			plain += len(b)
			compressed += len(encoder.EncodeAll(b, nil))
		}
		return plain, compressed
	}
	batches := recut(t, 1000)
	plain, compressed := size(batches)
	spans := 1000 * len(batches)
	sink := new(consumertest.TracesSink)
	d := newTestDedup(t, sink, func(c *Config) { c.MaxEntries = 1 << 18 })
	for _, td := range batches {
		require.NoError(t, d.ConsumeTraces(t.Context(), td))
	}
	plainAfter, compressedAfter := size(sink.AllTraces())
	t.Logf("%s: OTLP %.1f -> %.1f, OTLP+zstd %.2f -> %.2f bytes a span (%+.1f %%)", filepath.Base(recording()),
		float64(plain)/float64(spans), float64(plainAfter)/float64(spans),
		float64(compressed)/float64(spans), float64(compressedAfter)/float64(spans),
		100*float64(compressedAfter-compressed)/float64(compressed))
	require.Less(t, plainAfter, plain)
	require.Less(t, compressedAfter, compressed)
}
