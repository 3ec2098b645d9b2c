package e2e

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpfile"
)

// packConfig takes OTLP/HTTP on listen, packs, and hands everything to one exporter, given as YAML in flow style.
func packConfig(listen, name, exporter string) string {
	return fmt.Sprintf(`
receivers: {otlp: {protocols: {http: {endpoint: %q}}}}
processors: {tracezip: {mode: pack}}
exporters: {%s: %s}
service:
  telemetry: {metrics: {level: none}}
  pipelines: {traces: {receivers: [otlp], processors: [tracezip], exporters: [%[2]s]}}
`, listen, name, exporter)
}

// unpackConfig takes OTLP over both transports, unpacks, and acknowledges when the backend has the data.
func unpackConfig(grpc, http, backend string) string {
	return fmt.Sprintf(`
receivers: {otlp: {protocols: {grpc: {endpoint: %q}, http: {endpoint: %q}}}}
processors: {tracezip: {mode: unpack}}
exporters: {otlp_grpc: {endpoint: %q, compression: none, tls: {insecure: true}, sending_queue: {enabled: false}}}
service:
  telemetry: {metrics: {level: none}}
  pipelines: {traces: {receivers: [otlp], processors: [tracezip], exporters: [otlp_grpc]}}
`, grpc, http, backend)
}

// hopConfig is somebody else's collector between ours.
func hopConfig(listen, to string) string {
	return fmt.Sprintf(`
receivers: {otlp: {protocols: {grpc: {endpoint: %q}}}}
exporters: {otlp_http: {endpoint: %q, encoding: json}}
service:
  telemetry: {metrics: {level: none}}
  pipelines: {traces: {receivers: [otlp], exporters: [otlp_http]}}
`, listen, "http://"+to)
}

func TestPackedBatchesCrossOrdinaryHops(t *testing.T) {
	b := startBackend(t)
	agentAddr, hopAddr, grpcAddr, httpAddr := freeAddr(t), freeAddr(t), freeAddr(t), freeAddr(t)
	start(t, "gateway", unpackConfig(grpcAddr, httpAddr, b.addr), grpcAddr, httpAddr)
	hop := start(t, "hop", hopConfig(hopAddr, httpAddr), hopAddr)
	agent := start(t, "agent", packConfig(agentAddr, "otlp_grpc", fmt.Sprintf("{endpoint: %q, tls: {insecure: true}}", hopAddr)), agentAddr)
	all := requests(t, otlpfile.Traces)
	sendAll(t, agentAddr, otlpfile.Traces, all)
	require.NoError(t, agent.stop(os.Interrupt))
	require.NoError(t, hop.stop(os.Interrupt))
	assertSame(t, count(all), b.received())
}

func TestPackedBatchesLieInFiles(t *testing.T) {
	for format, f := range map[string]struct {
		split func(*testing.T, []byte) [][]byte
		kind  string
	}{
		"json":  {lines, "application/json"},
		"proto": {prefixed, "application/x-protobuf"},
	} {
		t.Run(format, func(t *testing.T) {
			b := startBackend(t)
			agentAddr, grpcAddr, httpAddr := freeAddr(t), freeAddr(t), freeAddr(t)
			file := filepath.Join(t.TempDir(), "traces")
			agent := start(t, "agent", packConfig(agentAddr, "file", fmt.Sprintf("{path: %q, format: %s}", file, format)), agentAddr)
			all := requests(t, otlpfile.Traces)
			sendAll(t, agentAddr, otlpfile.Traces, all)
			require.NoError(t, agent.stop(os.Interrupt))

			data, err := os.ReadFile(file)
			require.NoError(t, err)
			written := f.split(t, data)
			require.Len(t, written, len(all))
			require.Equal(t, len(all), bytes.Count(data, []byte("tracezip.frame")), "every batch is packed")
			start(t, "gateway", unpackConfig(grpcAddr, httpAddr, b.addr), grpcAddr, httpAddr)
			for _, request := range written {
				code, answer := post(t, httpAddr, "/v1/traces", f.kind, request)
				require.Equal(t, 200, code, answer)
			}
			assertSame(t, count(all), b.received())
			t.Logf("%d bytes in the file, %d as OTLP protobuf", len(data), len(bytes.Join(all, nil)))
		})
	}
}

// lines are the requests of the file exporter's JSON format.
func lines(t *testing.T, data []byte) (requests [][]byte) {
	for line := range bytes.Lines(data) {
		var u ptrace.JSONUnmarshaler
		_, err := u.UnmarshalTraces(line)
		require.NoError(t, err)
		requests = append(requests, line)
	}
	return requests
}

// prefixed are the requests of its protobuf format: each after its length in four bytes.
func prefixed(t *testing.T, data []byte) (requests [][]byte) {
	for len(data) > 0 {
		require.GreaterOrEqual(t, len(data), 4)
		n := int(data[0])<<24 | int(data[1])<<16 | int(data[2])<<8 | int(data[3])
		require.GreaterOrEqual(t, len(data), 4+n)
		requests = append(requests, data[4:4+n])
		data = data[4+n:]
	}
	return requests
}
