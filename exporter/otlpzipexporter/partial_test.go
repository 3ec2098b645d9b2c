package otlpzipexporter_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
	"google.golang.org/grpc"
	"google.golang.org/grpc/mem"

	"github.com/otelcol-plus/otelcol-plus/exporter/otlpzipexporter"
	"github.com/otelcol-plus/otelcol-plus/internal/otlpzip"
	"github.com/otelcol-plus/otelcol-plus/internal/otlpzip/otlpziptest"
)

// partialServer takes every frame but for 3 of its spans, and counts them.
type partialServer struct {
	requests atomic.Int64
	answer   []byte
	says     otlpzip.Capability
}

func newPartialServer(t *testing.T) *partialServer {
	t.Helper()
	resp := ptraceotlp.NewExportResponse()
	resp.PartialSuccess().SetRejectedSpans(3)
	resp.PartialSuccess().SetErrorMessage("three are too old")
	answer, err := resp.MarshalProto()
	require.NoError(t, err)
	return &partialServer{answer: answer, says: otlpzip.Capability{MaxFrameBytes: 1 << 20}}
}

func (s *partialServer) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	s.requests.Add(1)
	s.says.SetHeader(w.Header())
	w.Header().Set("Content-Type", "application/x-protobuf")
	_, _ = w.Write(s.answer)
}

func (s *partialServer) handle(_ any, stream grpc.ServerStream) error {
	var request []byte
	if err := stream.RecvMsg(&request); err != nil {
		return err
	}
	s.requests.Add(1)
	if err := stream.SetHeader(s.says.Metadata()); err != nil {
		return err
	}
	return stream.SendMsg(&s.answer)
}

func (s *partialServer) serve(t *testing.T, protocol string) (addr string) {
	t.Helper()
	if protocol == "http" {
		server := httptest.NewServer(s)
		t.Cleanup(server.Close)
		return strings.TrimPrefix(server.URL, "http://")
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := grpc.NewServer(grpc.ForceServerCodecV2(bytesCodec{}), grpc.UnknownServiceHandler(s.handle))
	done := make(chan error, 1)
	go func() { done <- server.Serve(ln) }()
	t.Cleanup(func() {
		server.Stop()
		require.NoError(t, <-done)
	})
	return ln.Addr().String()
}

// bytesCodec passes messages on as they are.
type bytesCodec struct{}

func (bytesCodec) Name() string { return "proto" }

func (bytesCodec) Marshal(v any) (mem.BufferSlice, error) {
	return mem.BufferSlice{mem.SliceBuffer(*v.(*[]byte))}, nil
}

func (bytesCodec) Unmarshal(data mem.BufferSlice, v any) error {
	*v.(*[]byte) = data.Materialize()
	return nil
}

// TestPartialSuccess of a frame is logged and not retried, as the specification wants.
func TestPartialSuccess(t *testing.T) {
	for _, protocol := range protocols {
		t.Run(protocol, func(t *testing.T) {
			server := newPartialServer(t)
			set, tel := telemetrySettings(t)
			core, logs := observer.New(zap.WarnLevel)
			set.Logger = zap.New(core)
			exp, err := otlpzipexporter.NewFactory().CreateTraces(context.Background(), set,
				exporterConfig(t, protocol, server.serve(t, protocol), Map{"retry_on_failure": retrying}))
			require.NoError(t, err)
			start(t, exp)
			require.NoError(t, exp.ConsumeTraces(context.Background(), otlpziptest.Traces(10)))
			assert.EqualValues(t, 1, server.requests.Load())
			entries := logs.FilterMessage("Partial success response").All()
			require.Len(t, entries, 1)
			assert.Equal(t, map[string]any{"message": "three are too old", "dropped_spans": int64(3)}, entries[0].ContextMap())
			assert.EqualValues(t, 1, otlpziptest.Sum(t, tel, "otelcol_exporter_otlpzip_frames"))
		})
	}
}
