package e2e

import (
	"fmt"
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpfile"
)

// link is how agent and gateway are joined.
type link struct {
	exporter, receiver string // component types
	protocol           string // grpc or http
	extra              string // further exporter keys, YAML flow style, each ending with ", "
}

const service = `
service:
  telemetry: {metrics: {level: none}}
  pipelines:
    traces: {receivers: [%[1]s], exporters: [%[2]s]}
    metrics: {receivers: [%[1]s], exporters: [%[2]s]}
    logs: {receivers: [%[1]s], exporters: [%[2]s]}
    profiles: {receivers: [%[1]s], exporters: [%[2]s]}
`

// agentConfig takes OTLP/HTTP on listen and exports to the gateway.
func agentConfig(listen, gateway string, l link) string {
	if l.protocol == "http" {
		gateway = "http://" + gateway
	}
	return fmt.Sprintf(`
receivers: {otlp: {protocols: {http: {endpoint: %q}}}}
exporters:
  %s: {%sendpoint: %q, tls: {insecure: true}, retry_on_failure: {initial_interval: 50ms, max_interval: 500ms, max_elapsed_time: 0s}}
`, listen, l.exporter, l.extra, gateway) + fmt.Sprintf(service, "otlp", l.exporter)
}

// gatewayConfig has no queue, so that its acknowledgement means that the backend has the data.
func gatewayConfig(listen, backend string, l link) string {
	return fmt.Sprintf(`
receivers: {%s: {protocols: {%s: {endpoint: %q}}}}
exporters:
  otlp_grpc: {endpoint: %q, compression: none, tls: {insecure: true}, sending_queue: {enabled: false}}
`, l.receiver, l.protocol, listen, backend) + fmt.Sprintf(service, l.receiver, "otlp_grpc")
}

var (
	ours     = link{exporter: "otlpzip", receiver: "otlpzip", protocol: "grpc"}
	oursHTTP = link{exporter: "otlpzip", receiver: "otlpzip", protocol: "http", extra: "protocol: http, "}
)

func TestWhatLeavesTheGatewayIsWhatEnteredTheAgent(t *testing.T) {
	for name, l := range map[string]link{
		"ours over gRPC":                     ours,
		"ours over HTTP":                     oursHTTP,
		"our exporter, stock receiver":       {exporter: "otlpzip", receiver: "otlp", protocol: "grpc"},
		"our exporter, stock receiver, HTTP": {exporter: "otlpzip", receiver: "otlp", protocol: "http", extra: "protocol: http, "},
		"stock exporter, our receiver":       {exporter: "otlp_grpc", receiver: "otlpzip", protocol: "grpc"},
		"stock exporter, our receiver, HTTP": {exporter: "otlp_http", receiver: "otlpzip", protocol: "http"},
	} {
		t.Run(name, func(t *testing.T) {
			b := startBackend(t)
			agentAddr, gatewayAddr := freeAddr(t), freeAddr(t)
			start(t, "gateway", gatewayConfig(gatewayAddr, b.addr, l), gatewayAddr)
			agent := start(t, "agent", agentConfig(agentAddr, gatewayAddr, l), agentAddr)
			want := map[string]int{}
			for _, signal := range otlpfile.Signals {
				all := requests(t, signal)
				require.NotEmpty(t, all)
				sendAll(t, agentAddr, signal, all)
				for request, n := range count(all) {
					want[request] += n
				}
			}
			// An orderly stop drains the queue.
			require.NoError(t, agent.stop(os.Interrupt))
			assertSame(t, want, b.received())
		})
	}
}

// assertSame compares multisets of requests without printing megabytes.
func assertSame(t *testing.T, want, got map[string]int) {
	t.Helper()
	missing, surplus := 0, 0
	for request, n := range want {
		if got[request] != n {
			missing++
		}
	}
	for request := range got {
		if want[request] == 0 {
			surplus++
		}
	}
	assert.Zero(t, missing, "requests that did not arrive as sent, of %d", len(want))
	assert.Zero(t, surplus, "requests that arrived but were not sent like that")
}

func TestGatewayKilledHalfWayLosesNothing(t *testing.T) {
	b := startBackend(t)
	agentAddr, gatewayAddr := freeAddr(t), freeAddr(t)
	config := gatewayConfig(gatewayAddr, b.addr, ours)
	gateway := start(t, "gateway", config, gatewayAddr)
	agent := start(t, "agent", agentConfig(agentAddr, gatewayAddr, ours), agentAddr)
	all := requests(t, otlpfile.Traces)

	sendAll(t, agentAddr, otlpfile.Traces, all[:len(all)/2])
	agent.waitFor(func() bool { return b.distinct() > 0 }, "first spans at the backend")
	gateway.kill()
	sendAll(t, agentAddr, otlpfile.Traces, all[len(all)/2:])
	start(t, "gateway", config, gatewayAddr)

	assertArrivesAtLeastOnce(t, agent, b, all)
}

func TestAgentKilledWithAQueueOnDiskLosesNothing(t *testing.T) {
	b := startBackend(t)
	agentAddr, gatewayAddr := freeAddr(t), freeAddr(t)
	l := ours
	l.extra = "sending_queue: {storage: file_storage}, "
	config := agentConfig(agentAddr, gatewayAddr, l) + fmt.Sprintf("  extensions: [file_storage]\nextensions: {file_storage: {directory: %q}}\n", t.TempDir())
	agent := start(t, "agent", config, agentAddr)
	all := requests(t, otlpfile.Traces)
	sendAll(t, agentAddr, otlpfile.Traces, all) // no gateway yet: everything waits on disk
	agent.kill()

	start(t, "gateway", gatewayConfig(gatewayAddr, b.addr, ours), gatewayAddr)
	agent = start(t, "agent", config, agentAddr)
	assertArrivesAtLeastOnce(t, agent, b, all)
}

// In builtin:standalone the gateway's receiver stops before the agent's exporter: what is still under way waits on disk.
func TestStandaloneStoppedAtOnceLosesNothing(t *testing.T) {
	b := startBackend(t)
	grpcAddr, httpAddr, gatewayAddr := freeAddr(t), freeAddr(t), freeAddr(t)
	t.Setenv("OTELPLUS_DATA_DIR", t.TempDir())
	_, metricsPort, err := net.SplitHostPort(freeAddr(t))
	require.NoError(t, err)
	t.Setenv("OTELPLUS_METRICS_PORT", metricsPort)
	overlay := fmt.Sprintf(`yaml:
receivers:
  otlpzip: {protocols: {grpc: {endpoint: %q}, http: {endpoint: %q}}}
  otlpzip/gateway: {protocols: {grpc: {endpoint: %q}}}
exporters:
  otlpzip: {endpoint: %q, sending_queue: {batch: {min_size: 0}}}
  otlp_grpc/backend: {endpoint: %q, compression: none, tls: {insecure: true}, sending_queue: {enabled: false}}
extensions: {console: {endpoint: "127.0.0.1:0"}}
processors: {semconv: {mode: observe}}
service:
  pipelines:
    logs/gateway: {exporters: [otlp_grpc/backend]}
`, grpcAddr, httpAddr, gatewayAddr, gatewayAddr, b.addr)
	all := requests(t, otlpfile.Logs)
	run := func() *process {
		p := launch(t, "standalone", "--config", "builtin:standalone", "--config", overlay)
		p.listening(httpAddr)
		return p
	}
	p := run()
	sendAll(t, httpAddr, otlpfile.Logs, all)
	require.NoError(t, p.stop(syscall.SIGTERM))
	p = run()
	assertArrivesAtLeastOnce(t, p, b, all)
}

// assertArrivesAtLeastOnce waits for every acknowledged request; what a killed process had not acknowledged may come twice.
func assertArrivesAtLeastOnce(t *testing.T, agent *process, b *backend, all [][]byte) {
	t.Helper()
	want := count(all)
	agent.waitFor(func() bool { return b.distinct() >= len(want) }, "all spans at the backend")
	got := b.received()
	for request := range want {
		got[request] = min(got[request], want[request])
	}
	assertSame(t, want, got)
	require.NoError(t, agent.stop(syscall.SIGTERM))
}
