package e2e

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Generous, for machines under load; nothing waits this long when it works.
const (
	startTimeout = 60 * time.Second
	stopTimeout  = 30 * time.Second
)

// process is one running collector.
type process struct {
	t    *testing.T
	name string
	cmd  *exec.Cmd
	log  *logBuffer
	done chan struct{}
	err  error
}

// start runs the binary with a configuration and waits until every address accepts connections.
func start(t *testing.T, name, config string, addrs ...string) *process {
	t.Helper()
	path := filepath.Join(t.TempDir(), name+".yaml")
	require.NoError(t, os.WriteFile(path, []byte(config), 0o600))
	p := launch(t, name, "--config", path)
	for _, addr := range addrs {
		p.listening(addr)
	}
	return p
}

// listening waits until the address accepts connections.
func (p *process) listening(addr string) {
	p.t.Helper()
	p.waitFor(func() bool {
		conn, err := net.DialTimeout("tcp", addr, time.Second)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	}, "listening on "+addr)
}

// launch runs the binary with arguments; it is killed at the end of the test if it still runs.
func launch(t *testing.T, name string, args ...string) *process {
	t.Helper()
	p := &process{t: t, name: name, cmd: exec.Command(binary, args...), log: &logBuffer{}, done: make(chan struct{})}
	p.cmd.Dir = t.TempDir()
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	require.NoError(t, p.cmd.Start())
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("log of %s:\n%s", p.name, p.log.tail(40))
		}
	})
	return p
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// stop sends the signal and returns what the process ended with.
func (p *process) stop(sig os.Signal) error {
	p.t.Helper()
	require.NoError(p.t, p.cmd.Process.Signal(sig))
	select {
	case <-p.done:
		return p.err
	case <-time.After(stopTimeout):
		p.t.Fatalf("%s did not end within %v of %v", p.name, stopTimeout, sig)
		return nil
	}
}

// waitFor polls a condition that another process brings about.
func (p *process) waitFor(ready func() bool, what string) {
	p.t.Helper()
	deadline := time.After(startTimeout)
	for !ready() {
		select {
		case <-p.done:
			p.t.Fatalf("%s ended before %s: %v", p.name, what, p.err)
		case <-deadline:
			p.t.Fatalf("%s: not %s within %v", p.name, what, startTimeout)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// logBuffer collects the output of a process.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func (b *logBuffer) tail(lines int) string {
	all := strings.Split(strings.TrimSpace(b.String()), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// freeAddr is a loopback address that nothing listened on a moment ago.
func freeAddr(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	return ln.Addr().String()
}
