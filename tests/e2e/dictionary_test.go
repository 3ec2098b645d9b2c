package e2e

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpfile"
	"github.com/otelcol-plus/otelcol-plus/internal/otlpzip/otlpziptest"
)

// smallRequests are the recorded spans in requests small enough that dictionaries are made for them.
func smallRequests(t *testing.T) (all [][]byte) {
	t.Helper()
	recording := otlpziptest.Recording(t, filepath.Join("..", "..", "testdata", "sample.traces.otlp.pb.zst"))
	for _, td := range otlpziptest.Cut(recording, 50) {
		request, err := ptraceotlp.NewExportRequestFromTraces(td).MarshalProto()
		require.NoError(t, err)
		all = append(all, canonical(t, otlpfile.Traces, request))
	}
	return all
}

// Both ends are killed while frames name dictionaries that the other end is going to have forgotten: first the gateway, then the
// agent with a queue on disk, and after that both begin anew.
func TestBothKilledWhileDictionariesAreInUse(t *testing.T) {
	for name, l := range map[string]link{"gRPC": ours, "HTTP": oursHTTP} {
		t.Run(name, func(t *testing.T) {
			b := startBackend(t)
			agentAddr, gatewayAddr := freeAddr(t), freeAddr(t)
			l.extra += "sending_queue: {storage: file_storage}, "
			config := agentConfig(agentAddr, gatewayAddr, l) +
				fmt.Sprintf("  extensions: [file_storage]\nextensions: {file_storage: {directory: %q}}\n", t.TempDir())
			// The agent tells at debug level when it makes a dictionary.
			config = strings.Replace(config, "metrics: {level: none}", "metrics: {level: none}, logs: {level: debug}", 1)
			const made = "New dictionary"
			all := smallRequests(t)
			quarter := len(all) / 4

			gateway := start(t, "gateway", gatewayConfig(gatewayAddr, b.addr, l), gatewayAddr)
			agent := start(t, "agent", config, agentAddr)
			sendAll(t, agentAddr, otlpfile.Traces, all[:quarter])
			agent.waitFor(func() bool { return b.distinct() >= len(count(all[:quarter])) }, "the first quarter at the backend")
			require.Contains(t, agent.log.String(), made)

			gateway.kill()
			gateway = start(t, "gateway", gatewayConfig(gatewayAddr, b.addr, l), gatewayAddr)
			sendAll(t, agentAddr, otlpfile.Traces, all[quarter:2*quarter])
			agent.waitFor(func() bool { return b.distinct() >= len(count(all[:2*quarter])) }, "the second quarter at the backend")

			gateway.kill()
			sendAll(t, agentAddr, otlpfile.Traces, all[2*quarter:3*quarter])
			agent.kill()
			agent = start(t, "agent", config, agentAddr)
			start(t, "gateway", gatewayConfig(gatewayAddr, b.addr, l), gatewayAddr)
			sendAll(t, agentAddr, otlpfile.Traces, all[3*quarter:])
			assertArrivesAtLeastOnce(t, agent, b, all)
			require.Contains(t, agent.log.String(), made)
		})
	}
}
