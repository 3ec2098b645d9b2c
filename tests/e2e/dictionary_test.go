package e2e

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strconv"
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
			agentAddr, gatewayAddr, metricsAddr := freeAddr(t), freeAddr(t), freeAddr(t)
			l.extra += "sending_queue: {storage: file_storage}, "
			config := agentConfig(agentAddr, gatewayAddr, l) +
				fmt.Sprintf("  extensions: [file_storage]\nextensions: {file_storage: {directory: %q}}\n", t.TempDir())
			config = strings.Replace(config, "metrics: {level: none}", "metrics: "+readAt(t, metricsAddr), 1)
			named := func() int { return counter(t, metricsAddr, "otelcol_exporter_otlpzip_dictionary_hits") }
			missed := func() int { return counter(t, metricsAddr, "otelcol_exporter_otlpzip_dictionary_misses") }
			all := smallRequests(t)
			quarter := len(all) / 4

			gateway := start(t, "gateway", gatewayConfig(gatewayAddr, b.addr, l), gatewayAddr)
			agent := start(t, "agent", config, agentAddr, metricsAddr)
			sendAll(t, agentAddr, otlpfile.Traces, all[:quarter])
			agent.waitFor(func() bool { return b.distinct() >= len(count(all[:quarter])) }, "the first quarter at the backend")
			agent.waitFor(func() bool { return named() > 0 }, "naming a dictionary")
			require.Zero(t, missed())

			gateway.kill()
			before := named()
			gateway = start(t, "gateway", gatewayConfig(gatewayAddr, b.addr, l), gatewayAddr)
			sendAll(t, agentAddr, otlpfile.Traces, all[quarter:2*quarter])
			agent.waitFor(func() bool { return b.distinct() >= len(count(all[:2*quarter])) }, "the second quarter at the backend")
			agent.waitFor(func() bool { return named() > before }, "naming a dictionary to the new gateway")
			require.Positive(t, missed(), "the new gateway was sent the name of a dictionary that it cannot have")

			gateway.kill()
			sendAll(t, agentAddr, otlpfile.Traces, all[2*quarter:3*quarter])
			agent.kill()
			agent = start(t, "agent", config, agentAddr, metricsAddr)
			start(t, "gateway", gatewayConfig(gatewayAddr, b.addr, l), gatewayAddr)
			sendAll(t, agentAddr, otlpfile.Traces, all[3*quarter:])
			agent.waitFor(func() bool { return b.distinct() >= len(count(all)) }, "everything at the backend")
			agent.waitFor(func() bool { return named() > 0 }, "naming a dictionary after the restart of both")
			require.Zero(t, missed(), "both have begun anew")
			assertArrivesAtLeastOnce(t, agent, b, all)
		})
	}
}

// readAt is a telemetry setting that lets metrics be read at an address.
func readAt(t *testing.T, addr string) string {
	t.Helper()
	host, port, err := net.SplitHostPort(addr)
	require.NoError(t, err)
	return fmt.Sprintf("{readers: [{pull: {exporter: {prometheus: {host: %q, port: %s}}}}]}", host, port)
}

// counter is the value of a counter of a process whose metrics are read at that address.
func counter(t *testing.T, addr, name string) int {
	t.Helper()
	resp, err := http.Get("http://" + addr + "/metrics")
	require.NoError(t, err)
	defer resp.Body.Close()
	total, found := 0, false
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		if line := lines.Text(); strings.HasPrefix(line, name) {
			value, err := strconv.ParseFloat(line[strings.LastIndexByte(line, ' ')+1:], 64)
			require.NoError(t, err, line)
			total, found = total+int(value), true
		}
	}
	require.True(t, found, "no metric %s at %s", name, addr)
	return total
}
