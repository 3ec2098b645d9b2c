//go:build !purego

package tracezip

import (
	"bytes"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"testing"
	"time"
	_ "unsafe" // for linkname

	"go.opentelemetry.io/collector/pdata/ptrace"
)

// useAVX2 chooses the form of the kernel; only a comparison within one process needs to switch it.
//
//go:linkname useAVX2 github.com/otelcol-plus/otelcol-plus/internal/simd.useAVX2
var useAVX2 bool

// BenchmarkKernels compares encoding and decoding with simd.MoveToFront and with its portable twin, in turns on the same
// batches, so that whatever else the machine does hits both. It reports medians of CPU time and of the ratio of neighbouring
// turns:
//
//	GOMAXPROCS=1 OTELPLUS_DATA=folder go test -run '^$' -bench Kernels -benchtime 100x ./internal/tracezip
func BenchmarkKernels(b *testing.B) {
	if !useAVX2 {
		b.Skip("SKIPPED: no AVX2, or OTELPLUS_SIMD=off")
	}
	b.Cleanup(func() { useAVX2 = true })
	for _, path := range recordings(b) {
		all := readRecording(b, path)
		for _, size := range []int{1000, 5000} {
			batches := cutBatches(all, size, benchSpans)
			e, d := NewEncoder(), NewDecoder(Limits{})
			var frames [][]byte
			spans := 0
			for _, td := range batches {
				frame, err := e.AppendFrame(nil, td)
				if err != nil {
					b.Fatal(err)
				}
				frames = append(frames, frame)
				spans += td.SpanCount()
			}
			name := fmt.Sprintf("%s/%d", recordingName(path), size)
			b.Run("encode/"+name, func(b *testing.B) {
				var frame []byte
				inTurns(b, spans, func() {
					for i, td := range batches {
						if frame, _ = e.AppendFrame(frame[:0], td); !bytes.Equal(frame, frames[i]) {
							b.Fatal("the forms make different frames")
						}
					}
				})
			})
			b.Run("decode/"+name, func(b *testing.B) {
				var last ptrace.Traces
				inTurns(b, spans, func() {
					for _, frame := range frames {
						last, _ = d.Decode(frame)
					}
				})
				if last.SpanCount() != batches[len(batches)-1].SpanCount() {
					b.Fatal("spans are missing")
				}
			})
		}
	}
}

func inTurns(b *testing.B, spans int, work func()) {
	// The collector's work does not depend on the form, but when it happens is chance.
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	var times [2][]float64
	var ratios []float64
	for b.Loop() {
		var turn [2]time.Duration
		for form := range turn {
			// The first of a pair is the other one each time.
			form = (form + len(ratios)) % 2
			useAVX2 = form == 1
			runtime.GC()
			before := cpuTime()
			work()
			turn[form] = cpuTime() - before
			times[form] = append(times[form], float64(turn[form].Nanoseconds())/float64(spans))
		}
		ratios = append(ratios, float64(turn[1])/float64(turn[0]))
	}
	b.ReportMetric(median(times[0]), "portable-ns/span")
	b.ReportMetric(median(times[1]), "kernel-ns/span")
	b.ReportMetric(median(ratios), "ratio")
}

func median(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
}
