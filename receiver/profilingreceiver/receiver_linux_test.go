package profilingreceiver

import (
	"context"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/consumer/xconsumer"
	"go.opentelemetry.io/collector/pdata/pprofile"
	"go.opentelemetry.io/collector/receiver/receivertest"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/otelcol-plus/otelcol-plus/internal/perfevent"
	"github.com/otelcol-plus/otelcol-plus/receiver/profilingreceiver/internal/metadata"
)

// burnLeaf has a frame of its own. The caller of a function without one is
// invisible to frame pointers.
//
//go:noinline
func burnLeaf(n int) (s int) {
	var frame [64]int
	for i := range n {
		frame[i&63] += i ^ n
	}
	for _, v := range frame {
		s += v
	}
	return s
}

//go:noinline
func burnRoot(until time.Time) (s int) {
	for time.Now().Before(until) {
		s += burnLeaf(100000)
	}
	return s
}

// collect runs the receiver until a batch satisfies enough, burning CPU.
func collect(t *testing.T, enough func(pprofile.Profiles) bool) {
	t.Helper()
	got := make(chan pprofile.Profiles, 16)
	next, err := xconsumer.NewProfiles(func(_ context.Context, pd pprofile.Profiles) error { got <- pd; return nil }, consumer.WithCapabilities(consumer.Capabilities{}))
	require.NoError(t, err)
	set := receivertest.NewNopSettings(metadata.Type)
	core, logs := observer.New(zap.InfoLevel)
	set.Logger = zap.New(core)
	cfg := createDefaultConfig().(*Config)
	cfg.Frequency, cfg.FlushInterval = 199, time.Second
	p, err := newProfiler(set, cfg, next)
	require.NoError(t, err)
	require.NoError(t, p.Start(context.Background(), componenttest.NewNopHost()))
	defer func() { require.NoError(t, p.Shutdown(context.Background())) }()
	if p.perf == nil {
		t.Skipf("SKIPPED, nothing may be sampled here: %v", logs.All())
	}
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		burnRoot(time.Now().Add(100 * time.Millisecond))
		select {
		case pd := <-got:
			assert.Empty(t, invalid(pd))
			pd.MarkReadOnly()
			if enough(pd) {
				return
			}
		default:
		}
	}
	t.Error("no batch was good enough")
}

// stacks calls f with the frames of each sample of a process, as "kind:name".
func stacks(pd pprofile.Profiles, pid int, f func(frames []string, n int)) {
	d := pd.Dictionary()
	str := func(i int32) string { return d.StringTable().At(int(i)) }
	for _, rp := range pd.ResourceProfiles().All() {
		if v, _ := rp.Resource().Attributes().Get("process.pid"); v.Int() != int64(pid) {
			continue
		}
		for _, s := range rp.ScopeProfiles().At(0).Profiles().At(0).Samples().All() {
			var frames []string
			for _, l := range d.StackTable().At(int(s.StackIndex())).LocationIndices().All() {
				loc := d.LocationTable().At(int(l))
				name := d.AttributeTable().At(int(loc.AttributeIndices().At(0))).Value().AsString() + ":"
				if loc.Lines().Len() > 0 {
					name += str(d.FunctionTable().At(int(loc.Lines().At(0).FunctionIndex())).NameStrindex())
				}
				frames = append(frames, name)
			}
			f(frames, s.TimestampsUnixNano().Len())
		}
	}
}

func TestProfilesThisProcess(t *testing.T) {
	collect(t, func(pd pprofile.Profiles) bool {
		whole, samples := 0, 0
		stacks(pd, os.Getpid(), func(frames []string, n int) {
			samples += n
			s := strings.Join(frames, "\n")
			if strings.Contains(s, "go:github.com/otelcol-plus/otelcol-plus/receiver/profilingreceiver.burnLeaf") &&
				strings.Contains(s, "profilingreceiver.burnRoot") && strings.HasSuffix(s, "go:runtime.goexit") {
				whole += n
			}
		})
		t.Logf("%d samples of this process, %d from leaf to root", samples, whole)
		return samples >= 30 && whole*10 >= samples*8
	})
}

func TestKernelFramesHaveNames(t *testing.T) {
	priv := perfevent.ReadPrivileges(os.DirFS("/proc"))
	if os.Geteuid() != 0 || len(priv.Limits(perfevent.ModeSystem)) > 0 {
		t.Skipf("SKIPPED, kernel names are not to be had: %v", priv.Limits(perfevent.ModeSystem))
	}
	done := make(chan struct{})
	var wg sync.WaitGroup
	defer wg.Wait()
	defer close(done)
	wg.Go(func() { // in and out of the kernel
		for buf := make([]byte, 1<<20); ; runtime.Gosched() {
			select {
			case <-done:
				return
			default:
				f, err := os.Open("/dev/zero")
				if err != nil {
					return
				}
				f.Read(buf)
				f.Close()
			}
		}
	})
	collect(t, func(pd pprofile.Profiles) bool {
		named, all := 0, 0
		stacks(pd, os.Getpid(), func(frames []string, n int) {
			for _, f := range frames {
				if name, ok := strings.CutPrefix(f, "kernel:"); ok {
					all++
					if name != "" {
						named++
					}
				}
			}
		})
		t.Logf("%d kernel frames, %d named", all, named)
		return all > 0 && named*100 >= all*95
	})
}

func TestShutdownReleasesEverything(t *testing.T) {
	cycle := func() {
		p, err := newProfiler(receivertest.NewNopSettings(metadata.Type), createDefaultConfig().(*Config), consumertest.NewNop())
		require.NoError(t, err)
		require.NoError(t, p.Start(context.Background(), componenttest.NewNopHost()))
		require.NoError(t, p.Shutdown(context.Background()))
		require.NoError(t, p.Shutdown(context.Background()), "a second time")
	}
	count := func() int {
		d, err := os.ReadDir("/proc/self/fd")
		require.NoError(t, err)
		return len(d)
	}
	cycle()
	before := count()
	for range 5 {
		cycle()
	}
	assert.Equal(t, before, count(), "descriptors")
}

func TestShutdownGivesUpOnAStuckPipeline(t *testing.T) {
	stuck := make(chan struct{})
	next, err := xconsumer.NewProfiles(func(ctx context.Context, _ pprofile.Profiles) error {
		close(stuck)
		<-ctx.Done()
		return ctx.Err()
	})
	require.NoError(t, err)
	cfg := createDefaultConfig().(*Config)
	cfg.Frequency = 199
	p, err := newProfiler(receivertest.NewNopSettings(metadata.Type), cfg, next)
	require.NoError(t, err)
	require.NoError(t, p.Start(context.Background(), componenttest.NewNopHost()))
	if p.perf == nil {
		t.Skip("SKIPPED, nothing may be sampled here")
	}
	burnRoot(time.Now().Add(200 * time.Millisecond))
	ctx, cancel := context.WithCancel(context.Background())
	go func() { <-stuck; cancel() }()
	assert.ErrorIs(t, p.Shutdown(ctx), context.Canceled)
}
