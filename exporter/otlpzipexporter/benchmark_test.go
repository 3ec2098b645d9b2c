package otlpzipexporter_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.opentelemetry.io/collector/exporter/otlpexporter"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/mem"

	"github.com/otelcol-plus/otelcol-plus/exporter/otlpzipexporter"
	"github.com/otelcol-plus/otelcol-plus/internal/otlpzip"
	"github.com/otelcol-plus/otelcol-plus/internal/otlpzip/otlpziptest"
)

// discard is a server that takes everything and decodes nothing, so that what is measured is the sender. It says that it keeps
// dictionaries.
func discard(b *testing.B) string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(b, err)
	says := otlpzip.Capability{MaxFrameBytes: 4 << 20, MaxDictionaryBytes: 1 << 20, Instance: "one"}.Metadata()
	server := grpc.NewServer(grpc.ForceServerCodecV2(emptyCodec{}), grpc.UnknownServiceHandler(func(_ any, stream grpc.ServerStream) error {
		if err := stream.RecvMsg(nil); err != nil && err != io.EOF {
			return err
		}
		if err := stream.SetHeader(says); err != nil {
			return err
		}
		return stream.SendMsg(nil)
	}))
	done := make(chan error, 1)
	go func() { done <- server.Serve(ln) }()
	b.Cleanup(func() {
		server.Stop()
		require.NoError(b, <-done)
	})
	return ln.Addr().String()
}

type emptyCodec struct{}

func (emptyCodec) Marshal(any) (mem.BufferSlice, error) { return nil, nil }
func (emptyCodec) Unmarshal(mem.BufferSlice, any) error { return nil }
func (emptyCodec) Name() string                         { return "proto" }

// cpu is the user and system time of the process.
func cpu(b *testing.B) time.Duration {
	var usage syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// BenchmarkExport sends the sample in batches of about 1,000 spans. cpu-ns/span is the process's CPU time, the server's
// reading of bytes included, which is the same work for all but the number of bytes (the zstd contender's server
// decompresses too).
//
//	go test -run '^$' -bench Export -benchtime 3s ./exporter/otlpzipexporter
func BenchmarkExport(b *testing.B) {
	batches, spans := batchesOf(b, 1000)
	for _, bb := range []struct {
		name     string
		factory  exporter.Factory
		settings Map
	}{
		{"otlp none", otlpexporter.NewFactory(), Map{"compression": "none"}},
		{"otlp zstd", otlpexporter.NewFactory(), Map{"compression": "zstd"}},
		{"otlp gzip", otlpexporter.NewFactory(), Map{"compression": "gzip"}},
		{"otlpzip", otlpzipexporter.NewFactory(), nil},
		{"otlpzip without dictionaries", otlpzipexporter.NewFactory(), Map{"zip": Map{"dictionary": Map{"enabled": false}}}},
		{"otlpzip grouped", otlpzipexporter.NewFactory(), Map{"zip": Map{"order": "grouped"}}},
	} {
		b.Run(bb.name, func(b *testing.B) {
			exp := startBenchmarked(b, bb.factory, bb.settings)
			require.NoError(b, exp.ConsumeTraces(context.Background(), batches[0]))
			b.ReportAllocs()
			before := cpu(b)
			for b.Loop() {
				for _, td := range batches {
					if err := exp.ConsumeTraces(context.Background(), td); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(cpu(b)-before)/float64(b.N*spans), "cpu-ns/span")
		})
	}
}

// startBenchmarked starts an exporter that sends to a server of its own, which discards everything.
func startBenchmarked(b *testing.B, factory exporter.Factory, extra Map) exporter.Traces {
	settings := Map{"endpoint": discard(b), "tls": Map{"insecure": true}, "sending_queue": Map{"enabled": false}}
	for k, v := range extra {
		settings[k] = v
	}
	exp, err := factory.CreateTraces(context.Background(), exportertest.NewNopSettings(factory.Type()), otlpziptest.Config(b, factory, settings))
	require.NoError(b, err)
	require.NoError(b, exp.Start(context.Background(), componenttest.NewNopHost()))
	b.Cleanup(func() { require.NoError(b, exp.Shutdown(context.Background())) })
	return exp
}

// BenchmarkThousandBatches sends 1,000 batches of n spans, one after the other, to an exporter that has just started. heap-MB is
// what the live heap has grown by, the server's side of the connection included; p50-ms, p99-ms and max-ms are how long a push
// took.
//
//	go test -run '^$' -bench ThousandBatches -benchtime 1x ./exporter/otlpzipexporter
func BenchmarkThousandBatches(b *testing.B) {
	for _, n := range []int{100, 1000} {
		batches := otlpziptest.Cut(otlpziptest.Recording(b, "../../testdata/sample.traces.otlp.pb.zst"), n)
		for _, bb := range []struct {
			name     string
			factory  exporter.Factory
			settings Map
		}{
			{"otlp zstd", otlpexporter.NewFactory(), Map{"compression": "zstd"}},
			{"otlpzip", otlpzipexporter.NewFactory(), nil},
			{"otlpzip without dictionaries", otlpzipexporter.NewFactory(), Map{"zip": Map{"dictionary": Map{"enabled": false}}}},
		} {
			b.Run(fmt.Sprintf("%s %d", bb.name, n), func(b *testing.B) {
				for b.Loop() {
					before := liveHeap()
					exp := startBenchmarked(b, bb.factory, bb.settings)
					took := make([]time.Duration, 1000)
					for i := range took {
						start := time.Now()
						require.NoError(b, exp.ConsumeTraces(context.Background(), batches[i%len(batches)]))
						took[i] = time.Since(start)
					}
					b.ReportMetric(float64(liveHeap()-before)/1e6, "heap-MB")
					slices.Sort(took)
					for name, i := range map[string]int{"p50-ms": 499, "p99-ms": 989, "max-ms": 999} {
						b.ReportMetric(took[i].Seconds()*1e3, name)
					}
				}
			})
		}
	}
}

// liveHeap is the size of what the garbage collector keeps.
func liveHeap() int64 {
	runtime.GC()
	runtime.GC() // the first one only empties the sync.Pools into their victims
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

// batchesOf joins the sample's requests to batches of at least n spans.
func batchesOf(b *testing.B, n int) (batches []ptrace.Traces, spans int) {
	current := ptrace.NewTraces()
	for _, td := range otlpziptest.Recording(b, "../../testdata/sample.traces.otlp.pb.zst") {
		td.ResourceSpans().MoveAndAppendTo(current.ResourceSpans())
		if current.SpanCount() >= n {
			batches, spans = append(batches, current), spans+current.SpanCount()
			current = ptrace.NewTraces()
		}
	}
	require.NotEmpty(b, batches)
	return batches, spans
}
