package tracezipprocessor

import (
	"context"
	"fmt"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// BenchmarkPack is the way to a request that can be marshalled, beside marshalling the batch itself. B/span is the size of
// the request as protobuf; zstd-B/span the same after zstd at its default, as an exporter or a broker would compress it.
//
//	go test -run '^$' -bench 'Pack|Unpack' -count 6 -benchtime 20x ./processor/tracezipprocessor
func BenchmarkPack(b *testing.B) {
	p := newTestPacker(b)
	var m ptrace.ProtoMarshaler
	for _, n := range []int{100, 1000, 5000} {
		batches := recut(b, n)
		otlp := func(td ptrace.Traces) []byte {
			out, err := m.MarshalTraces(td)
			require.NoError(b, err)
			return out
		}
		b.Run(fmt.Sprintf("plain/%d", n), func(b *testing.B) { perSpan(b, batches, otlp) })
		b.Run(fmt.Sprintf("pack/%d", n), func(b *testing.B) {
			perSpan(b, batches, func(td ptrace.Traces) []byte {
				out, err := p.processTraces(context.Background(), td)
				require.NoError(b, err)
				return otlp(out)
			})
		})
	}
}

// BenchmarkUnpack is the way from the bytes to a batch, beside that of the batch itself.
func BenchmarkUnpack(b *testing.B) {
	p, u := newTestPacker(b), newTestUnpacker(b)
	var m ptrace.ProtoUnmarshaler
	for _, n := range []int{100, 1000, 5000} {
		var plain, packed [][]byte
		for _, td := range recut(b, n) {
			plain = append(plain, marshal(b, td))
			packed = append(packed, marshal(b, readOnlyStep(b, p.processTraces, td)))
		}
		for name, requests := range map[string][][]byte{"plain": plain, "unpack": packed} {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				b.ReportAllocs()
				i := 0
				for b.Loop() {
					td, err := m.UnmarshalTraces(requests[i%len(requests)])
					require.NoError(b, err)
					_, err = u.processTraces(context.Background(), td)
					require.NoError(b, err)
					i++
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/span")
			})
		}
	}
}

func perSpan(b *testing.B, batches []ptrace.Traces, f func(ptrace.Traces) []byte) {
	b.ReportAllocs()
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	require.NoError(b, err)
	spans, size, compressed := 0, 0, 0
	for _, td := range batches {
		out := f(td)
		spans += td.SpanCount()
		size += len(out)
		compressed += len(enc.EncodeAll(out, nil))
	}
	b.ResetTimer()
	i, done := 0, 0
	for b.Loop() {
		td := batches[i%len(batches)]
		f(td)
		done += td.SpanCount()
		i++
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(done), "ns/span")
	b.ReportMetric(float64(size)/float64(spans), "B/span")
	b.ReportMetric(float64(compressed)/float64(spans), "zstd-B/span")
}

// BenchmarkFold is dedup with and without fold over a batch of 1,000 spans: the recording, which has little to fold, and one
// in which every span but a parent is part of a run. "copy" is the copy that every turn needs, to be subtracted.
//
//	go test -run '^$' -bench Fold -count 6 -benchtime 200x ./processor/tracezipprocessor
func BenchmarkFold(b *testing.B) {
	const n = 1000
	loops := ptrace.NewTraces()
	for i := range 5 {
		td := loop(199)
		for _, s := range spansOf(td) {
			id := s.TraceID()
			id[1] = byte(i)
			s.SetTraceID(id)
		}
		td.ResourceSpans().MoveAndAppendTo(loops.ResourceSpans())
	}
	for name, td := range map[string]ptrace.Traces{"recording": recut(b, n)[0], "loops": loops} {
		b.Run(name+"/copy", func(b *testing.B) {
			for b.Loop() {
				copyOf(td)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/span")
		})
		for _, minRun := range []int{0, 10} {
			b.Run(fmt.Sprintf("%s/min_run %d", name, minRun), func(b *testing.B) {
				// A window of one span, so that no turn is a re-delivery of the one before.
				d := newTestDedup(b, consumertest.NewNop(), func(c *Config) {
					c.MaxEntries = 1
					if minRun > 0 {
						c.Fold = configoptional.Some(FoldConfig{MinRun: minRun})
					}
				})
				b.ReportAllocs()
				for b.Loop() {
					_ = d.ConsumeTraces(context.Background(), copyOf(td))
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/span")
			})
		}
	}
}
