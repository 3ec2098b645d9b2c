package tracezip

import (
	"fmt"
	"testing"

	"go.opentelemetry.io/collector/pdata/ptrace"
)

// BenchmarkSteps measures the steps that internal/simd and the bit packing are about, alone, on the columns and strings of
// real frames (see BenchmarkEncode for OTELPLUS_DATA). What the whole costs is in BenchmarkEncode and BenchmarkDecode.
func BenchmarkSteps(b *testing.B) {
	for _, path := range recordings(b) {
		all := readRecording(b, path)
		for _, size := range []int{1000, 5000} {
			frames, spans := stepInputs(b, cutBatches(all, size, benchSpans))
			run := func(step string, f func(in *stepInput)) {
				b.Run(fmt.Sprintf("%s/%s/%d", step, recordingName(path), size), func(b *testing.B) {
					for b.Loop() {
						for i := range frames {
							f(&frames[i])
						}
					}
					b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(spans), "ns/span")
				})
			}
			var m mantissas
			var classes [3][]byte
			var packed []byte
			run("packNumbers", func(in *stepInput) {
				m.reset()
				for i, column := range in.numbers {
					for _, v := range column {
						m.add(v)
					}
					classes[i] = m.finish(classes[i][:0])
				}
				packed = m.appendTo(packed[:0])
			})
			var r mantissaReader
			var numbers []int64
			run("unpackNumbers", func(in *stepInput) {
				r.reset(in.mantissas)
				for _, c := range in.classes {
					numbers = r.read(numbers[:0], c)
				}
				if err := r.end(); err != nil {
					b.Fatal(err)
				}
			})
			run("findHex", func(in *stepInput) {
				for _, s := range in.strings {
					for end, mark := 0, byte(1); mark != 0; {
						_, end, mark = findHex(s, end)
					}
				}
			})
		}
	}
}

// stepInput is what the steps of one frame work on.
type stepInput struct {
	numbers   [3][]int64
	classes   [3][]byte
	mantissas []byte
	strings   []string
}

func stepInputs(b *testing.B, batches []ptrace.Traces) (frames []stepInput, spans int) {
	e, d := NewEncoder(), NewDecoder(Limits{})
	for _, td := range batches {
		spans += td.SpanCount()
		frame, err := e.AppendFrame(nil, td)
		if err != nil {
			b.Fatal(err)
		}
		d.budget = budget{left: d.limits.MaxDecodedBytes}
		h, err := d.open(frame, noDictionaries{})
		if err == nil {
			err = d.decodeColumns(h.spans)
		}
		if err != nil {
			b.Fatal(err)
		}
		var in stepInput
		for i, s := range []int{secStarts, secDurations, secNumbers} {
			in.classes[i] = append(in.classes[i], d.sections[s]...)
			in.numbers[i] = append(in.numbers[i], [][]int64{d.starts, d.durations, d.nums}[i]...)
		}
		in.mantissas = append(in.mantissas, d.sections[secMantissas]...)
		for _, s := range d.strings {
			in.strings = append(in.strings, d.all[s.start:s.end])
		}
		frames = append(frames, in)
		d.release()
	}
	return frames, spans
}
