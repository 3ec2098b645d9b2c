package e2e

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/status"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpfile"
	"github.com/otelcol-plus/otelcol-plus/internal/otlpzip"
	"github.com/otelcol-plus/otelcol-plus/internal/tracezip"
)

func TestMalformedFramesAreRefusedAndTheProcessLives(t *testing.T) {
	b := startBackend(t)
	grpcAddr, httpAddr := freeAddr(t), freeAddr(t)
	both := link{receiver: "otlpzip", protocol: "http"}
	config := gatewayConfig(httpAddr, b.addr, both) + "receivers::otlpzip::protocols::grpc::endpoint: " + grpcAddr + "\n"
	gateway := start(t, "gateway", config, grpcAddr, httpAddr)

	good := frame(t)
	for name, bad := range map[string][]byte{
		"empty":       {},
		"garbage":     []byte("this is no frame"),
		"truncated":   good[:len(good)/2],
		"bit flipped": flip(good, len(good)/2),
	} {
		t.Run(name, func(t *testing.T) {
			err := export(t, grpcAddr, bad)
			assert.Equal(t, codes.InvalidArgument, status.Code(err), "%v", err)
			assert.NotEmpty(t, status.Convert(err).Message())
			code, answer := post(t, httpAddr, "/v1/traces", tracezip.ContentType, bad)
			assert.Equal(t, http.StatusBadRequest, code, answer)
		})
	}
	require.NoError(t, export(t, grpcAddr, good))
	code, answer := post(t, httpAddr, "/v1/traces", tracezip.ContentType, good)
	require.Equal(t, http.StatusOK, code, answer)
	assert.Equal(t, 1, b.distinct(), "only the good frame, sent twice, reached the backend")
	assert.NotContains(t, gateway.log.String(), "panic")
}

func frame(t *testing.T) []byte {
	t.Helper()
	req := ptraceotlp.NewExportRequest()
	require.NoError(t, req.UnmarshalProto(requests(t, otlpfile.Traces)[0]))
	f, err := tracezip.NewEncoder().AppendFrame(nil, req.Traces())
	require.NoError(t, err)
	return f
}

func flip(good []byte, at int) []byte {
	bad := append([]byte(nil), good...)
	bad[at] ^= 0x10
	return bad
}

// export calls the tracezip service with the given bytes as frame.
func export(t *testing.T, addr string, frame []byte) error {
	t.Helper()
	conn, err := grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	defer conn.Close()
	body := append([]byte(nil), frame...)
	_, err = otlpzip.ExportFrame(context.Background(), conn, &body, mem.NopBufferPool{})
	return err
}
