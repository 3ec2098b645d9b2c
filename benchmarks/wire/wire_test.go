// Package wire compares codecs in one process: what a request weighs and what making and reading it costs, from pdata to
// wire bytes and back, without any transport.
//
// Bytes are those of one request after another, each on its own. The pdata side is the same for all, so differences are
// the codecs'. Time is the CPU's, garbage collection included, so that a busy machine does not count. Compare within one
// run. From benchmarks/, interleaved by -count:
//
//	go test ./wire -run '^$' -bench . -cpu 1 -count 5 -data ../../testdata/sample.traces.otlp.pb.zst
package wire

import (
	"flag"
	"fmt"
	"syscall"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-plus/otelcol-plus/benchmarks/internal/batches"
)

var (
	data     = flag.String("data", "../../testdata/sample.traces.otlp.pb.zst", "recorded traces; a relative path starts at benchmarks/wire")
	maxSpans = flag.Int("spans", 20_000, "how much of the recording is used")
)

// sizes are the spans of a request.
var sizes = []int{100, 1000, 10_000}

// requests returns the start of the recording cut to n spans each. A batch that the recording cannot fill is left out.
func requests(tb testing.TB, n int) []ptrace.Traces {
	tb.Helper()
	all, err := batches.Read(*data, n)
	if err != nil {
		tb.Fatal(err)
	}
	if len(all) > 1 && all[len(all)-1].SpanCount() < n {
		all = all[:len(all)-1]
	}
	return all[:min(len(all), max(1, *maxSpans/n))]
}

// encodeAll returns every request on the wire.
func encodeAll(tb testing.TB, c codec, in []ptrace.Traces) (wire [][]byte, bytes int) {
	tb.Helper()
	for _, td := range in {
		b, err := c.encode(nil, td)
		if err != nil {
			tb.Fatal(err)
		}
		wire = append(wire, b)
		bytes += len(b)
	}
	return wire, bytes
}

func BenchmarkEncode(b *testing.B) {
	forEach(b, func(b *testing.B, c codec, in []ptrace.Traces) {
		_, bytes := encodeAll(b, c, in)
		spans := batches.Spans(in)
		var buf []byte
		b.ReportAllocs()
		begin := cpuTime()
		for b.Loop() {
			for _, td := range in {
				var err error
				if buf, err = c.encode(buf[:0], td); err != nil {
					b.Fatal(err)
				}
			}
		}
		perSpan(b, begin, spans)
		b.ReportMetric(float64(bytes)/float64(spans), "B/span")
	})
}

func BenchmarkDecode(b *testing.B) {
	forEach(b, func(b *testing.B, c codec, in []ptrace.Traces) {
		wire, _ := encodeAll(b, c, in)
		b.ReportAllocs()
		begin := cpuTime()
		for b.Loop() {
			for _, frame := range wire {
				if _, err := c.decode(frame); err != nil {
					b.Fatal(err)
				}
			}
		}
		perSpan(b, begin, batches.Spans(in))
	})
}

func forEach(b *testing.B, run func(*testing.B, codec, []ptrace.Traces)) {
	for _, n := range sizes {
		in := requests(b, n)
		for _, c := range codecs() {
			b.Run(fmt.Sprintf("spans=%d/%s", n, c.name), func(b *testing.B) { run(b, c, in) })
		}
	}
}

func perSpan(b *testing.B, begin time.Duration, spans int) {
	b.ReportMetric(float64((cpuTime()-begin).Nanoseconds())/float64(b.N)/float64(spans), "cpu-ns/span")
}

// cpuTime is what this process has used so far, user and system.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err) // cannot fail for the process itself
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
