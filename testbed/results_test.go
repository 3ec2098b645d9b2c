package testbed

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/testbed/testbed"
	"github.com/shirou/gopsutil/v4/cpu"
)

// results is the table of one run: a row for every process of every scenario.
type results struct {
	dir  string
	rows []row
}

type row struct {
	scenario, process, verdict string
	used                       *testbed.ResourceConsumption
	sent, received             uint64
}

// Init, Add and Save make results a testbed.TestResultsSummary.
func (r *results) Init(dir string) { r.dir = dir }

func (r *results) Add(_ string, result any) { r.rows = append(r.rows, result.(row)) }

func (r *results) Save() {
	var b strings.Builder
	fmt.Fprintf(&b, "# Testbed results\n\n%s, %d CPUs (%s), one run of `make testbed`. CPU is per cent of one core, memory is resident, MiB.\n\n",
		time.Now().UTC().Format("2006-01-02 15:04 UTC"), runtime.NumCPU(), cpuModel())
	b.WriteString("| scenario | process | result | CPU avg | CPU max | CPU limit | RAM avg | RAM max | RAM limit | sent | received |\n")
	b.WriteString("|---|---|---|--:|--:|--:|--:|--:|--:|--:|--:|\n")
	for _, x := range r.rows {
		fmt.Fprintf(&b, "| %s | %s | %s | %.1f | %.1f | %.0f | %d | %d | %d | %d | %d |\n", x.scenario, x.process, x.verdict,
			x.used.CPUPercentAvg, x.used.CPUPercentMax, x.used.CPUPercentLimit,
			x.used.RAMMiBAvg, x.used.RAMMiBMax, x.used.RAMMiBLimit, x.sent, x.received)
	}
	path := filepath.Join(r.dir, "RESULTS.md")
	if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	fmt.Printf("%s\n%s", path, b.String())
}

func cpuModel() string {
	info, err := cpu.Info()
	if err != nil || len(info) == 0 {
		return "unknown model"
	}
	return info[0].ModelName
}

// validator demands that everything sent has arrived, and writes the rows.
type validator struct {
	t       *testing.T
	chain   *chain
	results *results
}

func (v *validator) Validate(tc *testbed.TestCase) {
	sent, received := tc.LoadGenerator.DataItemsSent(), tc.MockBackend.DataItemsReceived()
	if sent == 0 || sent != received {
		v.t.Errorf("sent %d items, received %d", sent, received)
	}
	if n := tc.LoadGenerator.PermanentErrors(); n != 0 {
		v.t.Errorf("the agent refused %d items for good", n)
	}
}

// RecordResults runs when both processes have stopped.
func (v *validator) RecordResults(tc *testbed.TestCase) {
	if err := v.chain.failure(); err != nil {
		v.t.Error(err)
	}
	verdict := "pass"
	if v.t.Failed() {
		verdict = "FAIL"
	}
	for _, p := range []struct {
		name   string
		runner testbed.OtelcolRunner
	}{{"agent", v.chain.agent}, {"gateway", v.chain.gateway}} {
		v.results.Add(v.t.Name(), row{
			scenario: strings.TrimPrefix(v.t.Name(), "Test"), process: p.name, verdict: verdict,
			used: p.runner.GetTotalConsumption(),
			sent: tc.LoadGenerator.DataItemsSent(), received: tc.MockBackend.DataItemsReceived(),
		})
	}
}
