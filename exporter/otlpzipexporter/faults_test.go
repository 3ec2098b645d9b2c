package otlpzipexporter_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"go.opentelemetry.io/collector/pipeline"
	"go.opentelemetry.io/otel/attribute"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/otelcol-plus/otelcol-plus/exporter/otlpzipexporter"
	"github.com/otelcol-plus/otelcol-plus/internal/otlpzip"
	"github.com/otelcol-plus/otelcol-plus/internal/otlpzip/otlpziptest"
	"github.com/otelcol-plus/otelcol-plus/internal/tracezip"
)

// requireEach checks that each of the spans 0 to n-1 arrived once.
func requireEach(t *testing.T, n int, batches []ptrace.Traces) {
	t.Helper()
	numbers := otlpziptest.Numbers(batches)
	slices.Sort(numbers)
	require.Len(t, numbers, n)
	for i, number := range numbers {
		require.EqualValues(t, i, number)
	}
}

// TestSplit sends batches that are too large for the peer: before the exporter knows the limit, and after.
func TestSplit(t *testing.T) {
	for _, protocol := range []string{"grpc", "http"} {
		t.Run(protocol, func(t *testing.T) {
			var sink otlpziptest.Sink
			server := serve(t, ours, protocol, nil, Map{"max_frame_bytes": 1024}, &sink)
			exp, tel := startTraces(t, protocol, otlpziptest.NewFront(t, server.Socket).Addr, Map{"zip": Map{"dictionary": Map{"enabled": false}}})
			require.NoError(t, exp.ConsumeTraces(context.Background(), otlpziptest.Traces(2000)))
			requireEach(t, 2000, sink.Traces.AllTraces())
			assert.Positive(t, otlpziptest.Sum(t, tel, "otelcol_exporter_otlpzip_splits"))
			assert.Zero(t, otlpziptest.Sum(t, tel, "otelcol_exporter_otlpzip_fallbacks"))
			assert.EqualValues(t, 2000, otlpziptest.Sum(t, tel, "otelcol_exporter_otlpzip_spans", asFrame))

			sink.Traces.Reset()
			frames := otlpziptest.Sum(t, tel, "otelcol_exporter_otlpzip_frames")
			require.NoError(t, exp.ConsumeTraces(context.Background(), otlpziptest.Traces(2000)))
			requireEach(t, 2000, sink.Traces.AllTraces())
			assert.Equal(t, frames, otlpziptest.Sum(t, tel, "otelcol_exporter_otlpzip_frames")-frames)
		})
	}
}

// TestSplitWithDictionaries: a frame that only its dictionary makes too large goes without it.
func TestSplitWithDictionaries(t *testing.T) {
	for _, protocol := range protocols {
		t.Run(protocol, func(t *testing.T) {
			var sink otlpziptest.Sink
			server := serve(t, ours, protocol, nil, Map{"max_frame_bytes": 1500, "max_decoded_bytes": 60_000}, &sink)
			exp, tel := startTraces(t, protocol, otlpziptest.NewFront(t, server.Socket).Addr, nil)
			s := newStream(t, 100)
			s.send(exp, 100)
			sent := 0
			for batch, n := range s.sent {
				td, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces([]byte(batch))
				require.NoError(t, err)
				sent += n * td.SpanCount()
			}
			assert.Equal(t, sent, sink.Traces.SpanCount())
			assert.Zero(t, otlpziptest.Sum(t, tel, "otelcol_exporter_otlpzip_fallbacks"))
			assert.Positive(t, otlpziptest.Sum(t, tel, "otelcol_exporter_otlpzip_splits"))
			t.Logf("%d hits, %d definitions, %d splits", hits(t, tel), definitions(t, tel), otlpziptest.Sum(t, tel, "otelcol_exporter_otlpzip_splits"))
		})
	}
}

// TestSplitDecodedSize: the frame is small, what it decodes to is not.
func TestSplitDecodedSize(t *testing.T) {
	for _, protocol := range []string{"grpc", "http"} {
		t.Run(protocol, func(t *testing.T) {
			var sink otlpziptest.Sink
			server := serve(t, ours, protocol, nil, Map{"max_decoded_bytes": 20_000}, &sink)
			exp, tel := startTraces(t, protocol, otlpziptest.NewFront(t, server.Socket).Addr, nil)
			require.NoError(t, exp.ConsumeTraces(context.Background(), otlpziptest.Traces(500)))
			requireEach(t, 500, sink.Traces.AllTraces())
			assert.Positive(t, otlpziptest.Sum(t, tel, "otelcol_exporter_otlpzip_splits"))
		})
	}
}

// TestSplitOTLP: the stock receiver has limits too, and a batch that fell back can be over them.
func TestSplitOTLP(t *testing.T) {
	for protocol, limit := range map[string]Map{"grpc": {"max_recv_msg_size_mib": 1}, "http": {"max_request_body_size": 1 << 20}} {
		t.Run(protocol, func(t *testing.T) {
			var sink otlpziptest.Sink
			server := serve(t, stock, protocol, limit, nil, &sink)
			exp, tel := startTraces(t, protocol, otlpziptest.NewFront(t, server.Socket).Addr, nil)
			td := otlpziptest.Traces(300)
			for _, rs := range td.ResourceSpans().All() {
				rs.Resource().Attributes().PutStr("long", strings.Repeat("x", 100_000))
			}
			require.NoError(t, exp.ConsumeTraces(context.Background(), td))
			requireEach(t, 300, sink.Traces.AllTraces())
			assert.Positive(t, otlpziptest.Sum(t, tel, "otelcol_exporter_otlpzip_splits"))
		})
	}
}

// TestOneSpanTooLarge: a span that is too large a frame goes as OTLP, whose limit may be another.
func TestOneSpanTooLarge(t *testing.T) {
	var sink otlpziptest.Sink
	server := serve(t, ours, "grpc", nil, Map{"max_decoded_bytes": 10_000}, &sink)
	exp, tel := startTraces(t, "grpc", otlpziptest.NewFront(t, server.Socket).Addr, nil)
	td := otlpziptest.Traces(1)
	td.ResourceSpans().At(0).Resource().Attributes().PutStr("long", strings.Repeat("x", 100_000))
	require.NoError(t, exp.ConsumeTraces(context.Background(), td))
	requireEach(t, 1, sink.Traces.AllTraces())
	assert.EqualValues(t, 1, otlpziptest.Sum(t, tel, "otelcol_exporter_otlpzip_fallbacks", attribute.String("reason", "too_large")))
}

// TestPartialRetry: when one half is delivered and the other is not, only the other is retried.
func TestPartialRetry(t *testing.T) {
	for _, protocol := range []string{"grpc", "http"} {
		t.Run(protocol, func(t *testing.T) {
			var calls atomic.Int64
			sink := otlpziptest.Sink{OnTraces: func(context.Context, ptrace.Traces) error {
				if calls.Add(1)%3 == 0 {
					return errors.New("not now")
				}
				return nil
			}}
			server := serve(t, ours, protocol, nil, Map{"max_frame_bytes": 1024}, &sink)
			exp, _ := startTraces(t, protocol, otlpziptest.NewFront(t, server.Socket).Addr,
				Map{"retry_on_failure": Map{"enabled": true, "initial_interval": "1ms", "max_interval": "2ms"}})
			td := otlpziptest.Traces(1000)
			td.MarkReadOnly()
			require.NoError(t, exp.ConsumeTraces(context.Background(), td))
			requireEach(t, 1000, sink.Traces.AllTraces())
		})
	}
}

// TestSplitPermanent: one half is refused for good. The other is delivered and the refusal reported.
func TestSplitPermanent(t *testing.T) {
	var refused atomic.Int64
	sink := otlpziptest.Sink{OnTraces: func(_ context.Context, td ptrace.Traces) error {
		if slices.Contains(otlpziptest.Numbers([]ptrace.Traces{td}), 7) {
			refused.Store(int64(td.SpanCount()))
			return consumererror.NewPermanent(errors.New("span 7 is bad"))
		}
		return nil
	}}
	server := serve(t, ours, "grpc", nil, Map{"max_frame_bytes": 1024}, &sink)
	exp, _ := startTraces(t, "grpc", otlpziptest.NewFront(t, server.Socket).Addr, nil)
	err := exp.ConsumeTraces(context.Background(), otlpziptest.Traces(500))
	require.ErrorContains(t, err, "span 7 is bad")
	require.True(t, consumererror.IsPermanent(err))
	require.Len(t, otlpziptest.Numbers(sink.Traces.AllTraces()), 500-int(refused.Load()))
}

// TestNoFallback: zip::fallback false makes a peer without tracezip a permanent error.
func TestNoFallback(t *testing.T) {
	for _, protocol := range []string{"grpc", "http"} {
		t.Run(protocol, func(t *testing.T) {
			var sink, zipSink otlpziptest.Sink
			front := otlpziptest.NewFront(t, serve(t, stock, protocol, nil, nil, &sink).Socket)
			exp, tel := startTraces(t, protocol, front.Addr, Map{"zip": Map{"fallback": false}})
			for range 3 {
				err := exp.ConsumeTraces(context.Background(), otlpziptest.Traces(5))
				require.ErrorContains(t, err, "zip::fallback")
				require.True(t, consumererror.IsPermanent(err))
			}
			assert.Zero(t, sink.Traces.SpanCount())
			assert.Zero(t, otlpziptest.Sum(t, tel, "otelcol_exporter_otlpzip_fallbacks"))

			front.Point(serve(t, ours, protocol, nil, nil, &zipSink).Socket)
			require.Eventually(t, func() bool {
				return exp.ConsumeTraces(context.Background(), otlpziptest.Traces(5)) == nil
			}, waitFor, tick)
			assert.Equal(t, 5, zipSink.Traces.SpanCount())
		})
	}
}

// oddServer is a gRPC server whose tracezip service answers with err and whose OTLP service works.
type oddServer struct {
	ptraceotlp.UnimplementedGRPCServer
	err    error
	frames atomic.Int64
	spans  atomic.Int64
}

func (s *oddServer) ExportFrame(context.Context, []byte) error {
	s.frames.Add(1)
	return s.err
}

func (s *oddServer) Export(_ context.Context, req ptraceotlp.ExportRequest) (ptraceotlp.ExportResponse, error) {
	s.spans.Add(int64(req.Traces().SpanCount()))
	return ptraceotlp.NewExportResponse(), nil
}

func (s *oddServer) serve(t *testing.T) string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := grpc.NewServer()
	otlpzip.RegisterFrameServer(server, s)
	ptraceotlp.RegisterGRPCServer(server, s)
	done := make(chan error, 1)
	go func() { done <- server.Serve(ln) }()
	t.Cleanup(func() {
		server.Stop()
		require.NoError(t, <-done)
	})
	return ln.Addr().String()
}

func frameError(kind error) error {
	st, _ := otlpzip.FrameStatus(&tracezip.Error{Kind: kind, Section: "ids", Reason: "test"})
	return st.Err()
}

// TestFrameRefused: what a peer that speaks tracezip says about a frame, and what is done then.
func TestFrameRefused(t *testing.T) {
	for _, tt := range []struct {
		name      string
		err       error
		wantErr   string
		permanent bool
		frames    int64 // of two batches
		spans     int64 // as OTLP
	}{
		{"damaged on the way", frameError(tracezip.ErrCorrupt), "", false, 2, 20},
		{"no dictionary although none is named", frameError(tracezip.ErrDictionary), "", false, 2, 20},
		{"version not known", frameError(tracezip.ErrVersion), "", false, 1, 20},
		{"overloaded", status.Error(codes.Unavailable, "busy"), "busy", false, 2, 0},
		{"pipeline refuses", status.Error(codes.InvalidArgument, "bad"), "bad", true, 2, 0},
		{"quota", status.Error(codes.ResourceExhausted, "quota"), "quota", true, 2, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server := &oddServer{err: tt.err}
			exp, _ := startTraces(t, "grpc", server.serve(t), nil)
			for range 2 {
				err := exp.ConsumeTraces(context.Background(), otlpziptest.Traces(10))
				if tt.wantErr == "" {
					require.NoError(t, err)
					continue
				}
				require.ErrorContains(t, err, tt.wantErr)
				require.Equal(t, tt.permanent, consumererror.IsPermanent(err))
			}
			assert.Equal(t, tt.frames, server.frames.Load())
			assert.Equal(t, tt.spans, server.spans.Load())
		})
	}
}

// TestServerThatTakesAnything: 200 for a frame from a server that never heard of frames must not lose the batch.
func TestServerThatTakesAnything(t *testing.T) {
	var otlp, other atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Content-Type") == "application/x-protobuf" {
			otlp.Add(1)
		} else {
			other.Add(1)
		}
	}))
	t.Cleanup(server.Close)
	exp, _ := startTraces(t, "http", strings.TrimPrefix(server.URL, "http://"), nil)
	for range 3 {
		require.NoError(t, exp.ConsumeTraces(context.Background(), otlpziptest.Traces(5)))
	}
	assert.EqualValues(t, 3, otlp.Load())
	assert.EqualValues(t, 1, other.Load())
}

// TestWireBytes compares the metric with what a server really got.
func TestWireBytes(t *testing.T) {
	var got [2]atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		if r.Header.Get("Content-Type") == tracezip.ContentType {
			got[0].Add(n)
			w.WriteHeader(http.StatusUnsupportedMediaType)
			return
		}
		got[1].Add(n)
	}))
	t.Cleanup(server.Close)
	exp, tel := startTraces(t, "http", strings.TrimPrefix(server.URL, "http://"), nil)
	raw := 0
	for n := 10; n < 100; n += 30 {
		td := otlpziptest.Traces(n)
		raw += (&ptrace.ProtoMarshaler{}).TracesSize(td)
		require.NoError(t, exp.ConsumeTraces(context.Background(), td))
	}
	assert.Positive(t, got[0].Load())
	assert.Equal(t, got[0].Load(), otlpziptest.Sum(t, tel, "otelcol_exporter_otlpzip_wire_bytes", asFrame))
	assert.Equal(t, got[1].Load(), otlpziptest.Sum(t, tel, "otelcol_exporter_otlpzip_wire_bytes", asOTLP))
	assert.EqualValues(t, raw, otlpziptest.Sum(t, tel, "otelcol_exporter_otlpzip_otlp_bytes", asOTLP))
	assert.Less(t, got[1].Load(), int64(raw), "zstd is the default")
}

// TestContract runs the collector's own check of exporter and receiver under random errors.
func TestContract(t *testing.T) {
	for _, signal := range []pipeline.Signal{pipeline.SignalTraces, pipeline.SignalMetrics, pipeline.SignalLogs} {
		t.Run(signal.String(), func(t *testing.T) {
			socket := otlpziptest.SocketPath(t)
			retry := Map{"enabled": true, "initial_interval": "1ms", "max_interval": "1ms", "multiplier": 1.1, "randomization_factor": 0.0}
			exportertest.CheckConsumeContract(exportertest.CheckConsumeContractParams{
				T: t, NumberOfTestElements: 10, Signal: signal,
				ExporterFactory: otlpzipexporter.NewFactory(),
				ExporterConfig: otlpziptest.Config(t, otlpzipexporter.NewFactory(), Map{
					"endpoint": "unix://" + socket, "tls": Map{"insecure": true},
					"sending_queue": Map{"enabled": false}, "retry_on_failure": retry,
				}),
				ReceiverFactory: ours,
				ReceiverConfig:  otlpziptest.Config(t, ours, Map{"protocols": Map{"grpc": Map{"endpoint": socket, "transport": "unix"}}}),
			})
		})
	}
}

// TestBytesOfAnOutage: what never went out counts neither on the wire nor as what it would have been.
func TestBytesOfAnOutage(t *testing.T) {
	for _, protocol := range protocols {
		t.Run(protocol, func(t *testing.T) {
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			require.NoError(t, err)
			addr := listener.Addr().String()
			require.NoError(t, listener.Close())
			exp, tel := startTraces(t, protocol, addr, Map{"retry_on_failure": Map{"enabled": false}})
			require.Error(t, exp.ConsumeTraces(context.Background(), otlpziptest.Traces(5)))
			assert.Zero(t, otlpziptest.Sum(t, tel, "otelcol_exporter_otlpzip_otlp_bytes"))
			assert.Zero(t, otlpziptest.Sum(t, tel, "otelcol_exporter_otlpzip_wire_bytes"))
		})
	}
}
