package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const (
	readyTimeout = 30 * time.Second
	stopTimeout  = 10 * time.Second
	// readyLine is what a collector logs when every component has started: its receivers listen.
	readyLine = "Everything is ready"
	// keptLines of the log are shown when a collector ends unexpectedly.
	keptLines = 5
)

// collector is one running process of the binary under test.
type collector struct {
	cmd    *exec.Cmd
	ready  time.Duration // from exec to readyLine
	exited chan error
}

// startCollector starts bin with the given --config values in dir and waits until it is ready.
func startCollector(ctx context.Context, bin, dir string, configs ...string) (*collector, error) {
	var args []string
	for _, c := range configs {
		args = append(args, "--config", c)
	}
	bin, err := filepath.Abs(bin)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, bin, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "OTELPLUS_DATA_DIR="+dir)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = stopTimeout
	stderr, w := io.Pipe()
	cmd.Stderr = w
	begin := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	c := &collector{cmd: cmd, exited: make(chan error, 1)}
	go func() {
		err := cmd.Wait()
		w.Close()
		c.exited <- err
	}()
	ready, ended := make(chan struct{}), make(chan []string, 1)
	go watchLog(stderr, ready, ended)
	select {
	case <-ready:
		c.ready = time.Since(begin)
		return c, nil
	case last := <-ended:
		<-c.exited
		return nil, fmt.Errorf("%s %s: %v:\n%s", bin, strings.Join(args, " "), cmd.ProcessState, strings.Join(last, "\n"))
	case <-time.After(readyTimeout):
		c.stop()
		return nil, fmt.Errorf("%s %s: not ready after %v", bin, strings.Join(args, " "), readyTimeout)
	}
}

// watchLog closes ready at the ready line, reads on so that the process never blocks, and hands over the last lines.
func watchLog(r io.Reader, ready chan<- struct{}, ended chan<- []string) {
	var last []string
	lines := bufio.NewReader(r)
	for seen := false; ; {
		line, err := lines.ReadString('\n')
		if !seen && strings.Contains(line, readyLine) {
			seen = true
			close(ready)
		}
		if line != "" {
			last = append(last, strings.TrimSpace(line))
			last = last[max(0, len(last)-keptLines):]
		}
		if err != nil {
			ended <- last
			return
		}
	}
}

func (c *collector) pid() int { return c.cmd.Process.Pid }

// stop asks the process to end and waits for it, with force after stopTimeout.
func (c *collector) stop() {
	_ = c.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-c.exited:
	case <-time.After(stopTimeout):
		_ = c.cmd.Process.Kill()
		<-c.exited
	}
}
