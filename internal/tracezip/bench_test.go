package tracezip

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// BenchmarkEncode and BenchmarkDecode put frames beside OTLP with general compressors, in one run on the same batches:
//
//	GOMAXPROCS=1 OTELPLUS_DATA=folder go test -run '^$' -bench . -benchtime 300x -count 5 ./internal/tracezip
//
// Without OTELPLUS_DATA only the committed sample is used. B/span is the size on the wire, cpu-ns/span CPU time
// with garbage collection.

var benchSizes = []int{100, 1000, 5000}

const benchSpans = 20000

type contender struct {
	name   string
	encode func(td ptrace.Traces) []byte
	decode func(b []byte) ptrace.Traces
}

// contenders keep their buffers and states, as an exporter would.
func contenders(b *testing.B, batches []ptrace.Traces) []contender {
	must := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	var m ptrace.ProtoMarshaler
	var u ptrace.ProtoUnmarshaler
	unmarshal := func(raw []byte) ptrace.Traces {
		td, err := u.UnmarshalTraces(raw)
		must(err)
		return td
	}
	zdec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	must(err)
	b.Cleanup(zdec.Close)
	var raw, out []byte
	withZstd := func(name string, level zstd.EncoderLevel) contender {
		enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(level), zstd.WithEncoderConcurrency(1))
		must(err)
		return contender{name, func(td ptrace.Traces) []byte {
			raw, err := m.MarshalTraces(td)
			must(err)
			out = enc.EncodeAll(raw, out[:0])
			return out
		}, func(b []byte) ptrace.Traces {
			raw, err = zdec.DecodeAll(b, raw[:0])
			must(err)
			return unmarshal(raw)
		}}
	}
	var zipped bytes.Buffer
	zw := gzip.NewWriter(&zipped)
	zr := new(gzip.Reader)
	e, d := NewEncoder(), NewDecoder(Limits{})
	var frame []byte
	steady := FrameOptions{Dictionary: trained(b, batches)}
	dicts := memoryDictionaries{}
	if steady.Dictionary != nil {
		dicts.Define(steady.Dictionary)
	}
	return []contender{
		{"otlp", func(td ptrace.Traces) []byte {
			raw, err := m.MarshalTraces(td)
			must(err)
			return raw
		}, unmarshal},
		{"otlp+gzip", func(td ptrace.Traces) []byte {
			raw, err := m.MarshalTraces(td)
			must(err)
			zipped.Reset()
			zw.Reset(&zipped)
			_, err = zw.Write(raw)
			must(err)
			must(zw.Close())
			return zipped.Bytes()
		}, func(b []byte) ptrace.Traces {
			must(zr.Reset(bytes.NewReader(b)))
			var out bytes.Buffer
			_, err := out.ReadFrom(zr)
			must(err)
			return unmarshal(out.Bytes())
		}},
		withZstd("otlp+zstd-fastest", zstd.SpeedFastest),
		withZstd("otlp+zstd-default", zstd.SpeedDefault),
		{"tracezip", func(td ptrace.Traces) []byte {
			frame, err = e.AppendFrame(frame[:0], td)
			must(err)
			return frame
		}, func(b []byte) ptrace.Traces {
			td, err := d.Decode(b)
			must(err)
			return td
		}},
		{"tracezip+dictionary", func(td ptrace.Traces) []byte {
			frame, err = e.Append(frame[:0], td, steady)
			must(err)
			return frame
		}, func(b []byte) ptrace.Traces {
			td, err := d.DecodeWith(b, dicts)
			must(err)
			return td
		}},
	}
}

// trained returns the dictionary that a sender has after these batches.
func trained(t testing.TB, batches []ptrace.Traces) *Dictionary {
	s := newSender(t)
	for _, td := range batches {
		s.send(td)
	}
	return s.dict
}

func benchmarkAll(b *testing.B, run func(b *testing.B, c contender, batches []ptrace.Traces, spans int)) {
	for _, path := range recordings(b) {
		all := readRecording(b, path)
		for _, size := range benchSizes {
			batches := cutBatches(all, size, benchSpans)
			for i, td := range batches { // as it comes off the wire: no shared strings
				var u ptrace.ProtoUnmarshaler
				fresh, err := u.UnmarshalTraces(marshal(b, td))
				if err != nil {
					b.Fatal(err)
				}
				batches[i] = fresh
			}
			spans := 0
			for _, td := range batches {
				spans += td.SpanCount()
			}
			for _, c := range contenders(b, batches) {
				b.Run(fmt.Sprintf("%s/%d/%s", recordingName(path), size, c.name), func(b *testing.B) {
					run(b, c, batches, spans)
				})
			}
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	benchmarkAll(b, func(b *testing.B, c contender, batches []ptrace.Traces, spans int) {
		b.ReportAllocs()
		total, before := 0, cpuTime()
		for b.Loop() {
			total = 0
			for _, td := range batches {
				total += len(c.encode(td))
			}
		}
		report(b, spans, total, cpuTime()-before)
	})
}

func BenchmarkDecode(b *testing.B) {
	benchmarkAll(b, func(b *testing.B, c contender, batches []ptrace.Traces, spans int) {
		var frames [][]byte
		for _, td := range batches {
			frames = append(frames, bytes.Clone(c.encode(td)))
		}
		b.ReportAllocs()
		total, before := 0, cpuTime()
		for b.Loop() {
			total = 0
			for _, f := range frames {
				total += len(f)
				c.decode(f)
			}
		}
		report(b, spans, total, cpuTime()-before)
	})
}

func report(b *testing.B, spans, bytes int, cpu time.Duration) {
	b.ReportMetric(float64(bytes)/float64(spans), "B/span")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(spans), "ns/span")
	b.ReportMetric(float64(cpu.Nanoseconds())/float64(b.N)/float64(spans), "cpu-ns/span")
}

// BenchmarkLearn is what dictionaries cost beside the frames: a sample of a frame, learning from it, making a dictionary.
func BenchmarkLearn(b *testing.B) {
	for _, path := range recordings(b) {
		batches := cutBatches(readRecording(b, path), 1000, 4000)
		e := NewEncoder()
		samples := make([]*Sample, len(batches))
		take := func(i int) {
			samples[i] = new(Sample)
			if _, err := e.Append(nil, batches[i], FrameOptions{Sample: samples[i]}); err != nil {
				b.Fatal(err)
			}
		}
		for i := range batches {
			take(i)
		}
		b.Run(recordingName(path)+"/frame", func(b *testing.B) {
			var frame []byte
			for b.Loop() {
				frame, _ = e.AppendFrame(frame[:0], batches[0])
			}
		})
		b.Run(recordingName(path)+"/frame+sample", func(b *testing.B) {
			for b.Loop() {
				take(0)
			}
		})
		b.Run(recordingName(path)+"/observe", func(b *testing.B) {
			for b.Loop() {
				t := NewTrainer(256 << 10)
				for _, s := range samples {
					t.Observe(s)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(samples)), "us/sample")
		})
		b.Run(recordingName(path)+"/build", func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				t := NewTrainer(256 << 10)
				for _, s := range samples {
					t.Observe(s)
				}
				b.StartTimer()
				if len(samples) > 1 && t.Build(nil) == nil {
					b.Fatal("no dictionary")
				}
			}
		})
	}
}
