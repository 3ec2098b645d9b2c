package e2e

import (
	"context"
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
	"go.opentelemetry.io/collector/pdata/pprofile/pprofileotlp"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/grpc"
	_ "google.golang.org/grpc/encoding/gzip"
)

// backend is an OTLP/gRPC server that keeps what it is sent, as canonical requests.
type backend struct {
	addr string
	mu   sync.Mutex
	got  map[string]int
}

func startBackend(t *testing.T) *backend {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	b := &backend{addr: ln.Addr().String(), got: map[string]int{}}
	server := grpc.NewServer(grpc.MaxRecvMsgSize(64 << 20))
	ptraceotlp.RegisterGRPCServer(server, &traceBackend{backend: b})
	pmetricotlp.RegisterGRPCServer(server, &metricBackend{backend: b})
	plogotlp.RegisterGRPCServer(server, &logBackend{backend: b})
	pprofileotlp.RegisterGRPCServer(server, &profileBackend{backend: b})
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(ln)
	}()
	t.Cleanup(func() {
		server.Stop()
		<-served
	})
	return b
}

func (b *backend) keep(request []byte, err error) error {
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.got[string(request)]++
	return nil
}

// received is how often each request came.
func (b *backend) received() map[string]int {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make(map[string]int, len(b.got))
	for k, v := range b.got {
		out[k] = v
	}
	return out
}

func (b *backend) distinct() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.got)
}

type (
	traceBackend struct {
		ptraceotlp.UnimplementedGRPCServer
		*backend
	}
	metricBackend struct {
		pmetricotlp.UnimplementedGRPCServer
		*backend
	}
	logBackend struct {
		plogotlp.UnimplementedGRPCServer
		*backend
	}
	profileBackend struct {
		pprofileotlp.UnimplementedGRPCServer
		*backend
	}
)

func (b traceBackend) Export(_ context.Context, req ptraceotlp.ExportRequest) (ptraceotlp.ExportResponse, error) {
	return ptraceotlp.NewExportResponse(), b.keep(req.MarshalProto())
}

func (b metricBackend) Export(_ context.Context, req pmetricotlp.ExportRequest) (pmetricotlp.ExportResponse, error) {
	return pmetricotlp.NewExportResponse(), b.keep(req.MarshalProto())
}

func (b logBackend) Export(_ context.Context, req plogotlp.ExportRequest) (plogotlp.ExportResponse, error) {
	return plogotlp.NewExportResponse(), b.keep(req.MarshalProto())
}

func (b profileBackend) Export(_ context.Context, req pprofileotlp.ExportRequest) (pprofileotlp.ExportResponse, error) {
	return pprofileotlp.NewExportResponse(), b.keep(req.MarshalProto())
}
