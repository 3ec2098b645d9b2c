package testbed

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/testbed/testbed"
)

// itemsPerSecond is the load of every scenario: spans, data points, log records.
const itemsPerSecond = 10_000

// drainTimeout bounds the wait for the last items after the load has stopped.
const drainTimeout = 20 * time.Second

const host = "127.0.0.1"

var summary = &results{}

func TestMain(m *testing.M) {
	if os.Getenv("RUN_TESTBED") == "" {
		fmt.Println("SKIPPED: every testbed scenario. They start processes and take minutes: set RUN_TESTBED=1, or run `make testbed`.")
		os.Exit(m.Run())
	}
	if err := testbed.Start(summary); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	testbed.SaveResults(summary)
	os.Exit(code)
}

func TestTraces10kSpansPerSecond(t *testing.T) {
	binary, p := requireBinary(t), freePorts(t)
	run(t, binary, "traces", p, testbed.NewOTLPTraceDataSender(host, p.agent), testbed.LoadOptions{
		DataItemsPerSecond: itemsPerSecond,
		ItemsPerBatch:      100,
	})
}

func TestMetrics10kPointsPerSecond(t *testing.T) {
	// The generator makes seven data points for every item it is asked for.
	const pointsPerItem = 7
	binary, p := requireBinary(t), freePorts(t)
	run(t, binary, "metrics", p, testbed.NewOTLPMetricDataSender(host, p.agent), testbed.LoadOptions{
		DataItemsPerSecond: itemsPerSecond / pointsPerItem,
		ItemsPerBatch:      20,
	})
}

func TestLogs10kRecordsPerSecond(t *testing.T) {
	binary, p := requireBinary(t), freePorts(t)
	run(t, binary, "logs", p, testbed.NewOTLPLogsDataSender(host, p.agent), testbed.LoadOptions{
		DataItemsPerSecond: itemsPerSecond,
		ItemsPerBatch:      100,
	})
}

// requireBinary returns the collector under test: OTELPLUS_BINARY, or where `make build` puts it.
func requireBinary(t *testing.T) string {
	t.Helper()
	if os.Getenv("RUN_TESTBED") == "" {
		t.Skip("SKIPPED: set RUN_TESTBED=1, or run `make testbed`")
	}
	path := os.Getenv("OTELPLUS_BINARY")
	if path == "" {
		path = filepath.Join("..", "bin", "otelcol-plus")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("no collector to test: %v (build it, or set OTELPLUS_BINARY)", err)
	}
	return path
}

// run sends the load through agent and gateway for the duration of a test case and demands every item at the backend.
func run(t *testing.T, binary, signal string, p ports, sender testbed.DataSender, load testbed.LoadOptions) {
	load.Parallel = 1
	load.Attributes = map[string]string{"service.name": "testbed", "deployment.environment.name": "test"}
	c := newChain(t, binary, newConfigs(signal, p))
	v := &validator{t: t, chain: c, results: summary}
	tc := testbed.NewTestCase(t, testbed.NewPerfTestDataProvider(load), sender, testbed.NewOTLPDataReceiver(p.backend), c,
		v, summary, testbed.WithResourceLimits(limits))
	t.Cleanup(tc.Stop)

	tc.StartBackend()
	tc.StartAgent()
	tc.StartLoad(load)
	tc.WaitFor(func() bool { return tc.LoadGenerator.DataItemsSent() > 0 }, "the first item sent")
	tc.Sleep(tc.Duration)
	tc.StopLoad()
	tc.WaitForN(func() bool { return tc.LoadGenerator.DataItemsSent() == tc.MockBackend.DataItemsReceived() },
		drainTimeout, "the last item received")
	v.Validate(tc) // not tc.ValidateData, which says nothing once a process has failed
	if want := uint64(itemsPerSecond * tc.Duration.Seconds() / 2); tc.LoadGenerator.DataItemsSent() < want {
		t.Errorf("the generator sent %d items, less than half of what was asked for", tc.LoadGenerator.DataItemsSent())
	}
}

// limits hold for each of the two processes; a breach fails the scenario.
var limits = testbed.ResourceSpec{ExpectedMaxCPU: 40, ExpectedMaxRAM: 200}
