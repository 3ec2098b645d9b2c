package perfevent

import (
	"context"
	"os"
	"testing"
	"time"
)

func openSystem(t *testing.T, set Settings) *Sampler {
	t.Helper()
	s, refused, err := Open(set)
	if err != nil || s.Mode() != ModeSystem {
		if s != nil {
			s.Close()
		}
		t.Skipf("SKIPPED, not allowed to sample the whole system: %v %v", refused, err)
	}
	return s
}

func descriptors(t *testing.T) int {
	t.Helper()
	d, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(d)
}

// startPoller makes the runtime open the descriptors of its poller, which stay.
func startPoller(t *testing.T) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	w.Close()
}

//go:noinline
func burn(until time.Time) (n int) {
	for time.Now().Before(until) {
		for i := range 100000 {
			n += i ^ n
		}
	}
	return n
}

func TestSystemSamplesThisProcess(t *testing.T) {
	startPoller(t)
	before := descriptors(t)
	s := openSystem(t, Settings{Frequency: 997, RingPages: 16})
	var samples, mine, userChain int
	var last uint64
	count := func(r *Record) {
		if r.Time < last {
			t.Errorf("record of %d after %d: not in the order of time", r.Time, last)
		}
		last = r.Time
		if r.Kind != KindSample {
			return
		}
		samples++
		if int(r.PID) != os.Getpid() {
			return
		}
		mine++
		for i, a := range r.Chain {
			if a == ContextUser && len(r.Chain) > i+3 {
				userChain++
			}
		}
	}
	for end := time.Now().Add(10 * time.Second); mine < 100 && time.Now().Before(end); {
		burn(time.Now().Add(50 * time.Millisecond))
		if err := s.Wait(context.Background(), time.Millisecond); err != nil {
			t.Fatal(err)
		}
		last = 0
		s.Drain(count)
	}
	if mine < 100 || userChain < mine/2 {
		t.Errorf("%d samples, %d of this process, %d with a user chain", samples, mine, userChain)
	}
	if s.Malformed() != 0 {
		t.Errorf("%d malformed records", s.Malformed())
	}
	if err := s.Maintain(count); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if after := descriptors(t); after != before {
		t.Errorf("%d descriptors before, %d after", before, after)
	}
}

func TestWaitEndsWithContext(t *testing.T) {
	s := openSystem(t, Settings{Frequency: 1, RingPages: 16})
	defer s.Close()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	done := make(chan error)
	go func() { done <- s.Wait(ctx, time.Hour) }()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("still waiting")
	}
}
