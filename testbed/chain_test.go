package testbed

import (
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/open-telemetry/opentelemetry-collector-contrib/testbed/testbed"
	"github.com/shirou/gopsutil/v4/process"
)

// chain runs an agent and the gateway behind it, two processes of one binary, as the one collector that a test case
// knows. Both are watched, each against the same limits.
type chain struct {
	agent, gateway testbed.OtelcolRunner

	mu  sync.Mutex
	err error // the first breach of a limit or bad exit
}

func newChain(t *testing.T, binary string, c configs) *chain {
	ch := &chain{
		agent:   testbed.NewChildProcessCollector(testbed.WithAgentExePath(binary)),
		gateway: testbed.NewChildProcessCollector(testbed.WithAgentExePath(binary)),
	}
	for runner, config := range map[testbed.OtelcolRunner]string{ch.agent: c.agent, ch.gateway: c.gateway} {
		cleanup, err := runner.PrepareConfig(t, config)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(cleanup)
	}
	return ch
}

// PrepareConfig is not used: newChain knows both configurations.
func (c *chain) PrepareConfig(*testing.T, string) (func(), error) {
	return nil, errors.New("a chain is configured when it is made")
}

func (c *chain) Start(params testbed.StartParams) error {
	dir := filepath.Dir(params.LogFilePath)
	params.Name, params.LogFilePath = "gateway", filepath.Join(dir, "gateway.log")
	errGateway := c.gateway.Start(params)
	params.Name, params.LogFilePath = "agent", filepath.Join(dir, "agent.log")
	err := errors.Join(errGateway, c.agent.Start(params))
	c.fail(err)
	return err
}

// Stop ends the agent first: what it still holds goes to the gateway.
func (c *chain) Stop() (bool, error) {
	stoppedAgent, errAgent := c.agent.Stop()
	stoppedGateway, errGateway := c.gateway.Stop()
	err := errors.Join(errAgent, errGateway)
	c.fail(err)
	return stoppedAgent || stoppedGateway, err
}

func (c *chain) WatchResourceConsumption() error {
	var watchers sync.WaitGroup
	var errAgent, errGateway error
	watchers.Go(func() { errAgent = c.agent.WatchResourceConsumption(); c.fail(errAgent) })
	watchers.Go(func() { errGateway = c.gateway.WatchResourceConsumption(); c.fail(errGateway) })
	watchers.Wait()
	return errors.Join(errAgent, errGateway)
}

// fail keeps the first error: the test case itself only logs what exceeds a limit.
func (c *chain) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil {
		c.err = err
	}
}

func (c *chain) failure() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

func (c *chain) GetProcessMon() *process.Process { return c.agent.GetProcessMon() }

// GetTotalConsumption is the agent's; the results have a row for each process.
func (c *chain) GetTotalConsumption() *testbed.ResourceConsumption {
	return c.agent.GetTotalConsumption()
}

func (c *chain) GetResourceConsumption() string {
	return strings.Join([]string{c.agent.GetResourceConsumption(), c.gateway.GetResourceConsumption()}, ", ")
}
