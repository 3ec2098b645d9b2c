package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"go.opentelemetry.io/collector/otelcol"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpfile"
	"github.com/otelcol-plus/otelcol-plus/internal/pprofdir"
	"github.com/otelcol-plus/otelcol-plus/internal/selfmetrics"
)

// How long the demonstration waits for the collector to start, for the last items to arrive, and for a first profile.
const (
	startTimeout   = 30 * time.Second
	arriveTimeout  = 30 * time.Second
	profileTimeout = 10 * time.Second
	pollInterval   = 50 * time.Millisecond
)

// enoughSamples is when the profile is worth showing; an idle machine takes until profileTimeout to say little.
const enoughSamples = 50

// newDemo is `otelcol-plus demo`, which `make run` calls.
func newDemo(settings otelcol.CollectorSettings) *cobra.Command {
	var once bool
	var dataDir string
	cmd := &cobra.Command{
		Use:   "demo FILE...",
		Short: "Run builtin:standalone, replay recordings through it and show what it did",
		Long: `Run agent and gateway in this process (builtin:standalone), profile this machine, replay recorded OTLP files through
both, and print one screen: what went in and came out, what it weighed beside the stock exporter, what was repaired and
where this machine spends its CPU. Every number is measured in this run. Ctrl-C ends it.

A FILE is a recording as "replay" takes it, such as the collector's file exporter writes.`,
		Args:         cobra.MinimumNArgs(1),
		SilenceUsage: true,
		RunE: func(cmd *cobra.Command, files []string) error {
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
			defer stop()
			d := &demo{settings: settings, files: files, dir: dataDir, once: once, out: cmd.OutOrStdout()}
			return d.run(ctx)
		},
	}
	cmd.Flags().BoolVar(&once, "once", false, "end after the screen instead of running until Ctrl-C")
	cmd.Flags().StringVar(&dataDir, "data-dir", "", "where profiles and the log go and stay; default: a temporary directory that is removed")
	return cmd
}

type demo struct {
	settings otelcol.CollectorSettings
	files    []string
	dir      string
	once     bool
	out      io.Writer

	ports            demoPorts
	backend, compare *sink
	warnings         warnings
}

func (d *demo) run(ctx context.Context) (err error) {
	if d.dir == "" {
		if d.dir, err = os.MkdirTemp("", "otelcol-plus-demo-"); err != nil {
			return err
		}
		defer os.RemoveAll(d.dir)
	} else if err := os.MkdirAll(d.dir, 0o755); err != nil {
		return err
	}
	if d.backend, err = startSink(); err != nil {
		return err
	}
	defer d.backend.stop()
	if d.compare, err = startSink(); err != nil {
		return err
	}
	defer d.compare.stop()

	// The collector outlives the replay's context until its own is cancelled, so that it is stopped in order.
	colCtx, stopCollector := context.WithCancel(context.WithoutCancel(ctx))
	ended, err := d.startCollector(colCtx)
	if err != nil {
		stopCollector()
		return err
	}
	err = d.show(ctx, ended)
	stopCollector()
	err = errors.Join(err, <-ended)
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil // Ctrl-C before the screen was complete
	}
	return err
}

// show replays, prints the screen, and waits for Ctrl-C.
func (d *demo) show(ctx context.Context, ended <-chan error) error {
	sent, took, err := d.replay(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	d.awaitArrival(ctx, sent)
	profile := d.awaitProfile(ctx)
	if ctx.Err() != nil {
		return nil
	}
	metrics, err := selfmetrics.Fetch(ctx, "http://"+d.ports.metrics+"/metrics")
	if err != nil {
		return fmt.Errorf("own metrics: %w", err)
	}
	d.screen(sent, took, metrics, profile).print(d.out)
	if d.once {
		return nil
	}
	fmt.Fprintln(d.out, "\nRunning until Ctrl-C.")
	<-ctx.Done()
	fmt.Fprintln(d.out, "\nStopping.")
	return nil
}

func (d *demo) startCollector(ctx context.Context) (<-chan error, error) {
	var err error
	if d.ports, err = pickPorts(); err != nil {
		return nil, err
	}
	lay, err := overlay{demoPorts: d.ports, Backend: d.backend.addr, Compare: d.compare.addr, Profiles: d.profiles(), Queue: filepath.Join(d.dir, "queue"), Log: d.log()}.uri()
	if err != nil {
		return nil, err
	}
	set := d.settings
	set.DisableGracefulShutdown = true // the signal is ours
	set.SkipSettingGRPCLogger = true   // exporters start before the receiver they connect to, which gRPC would tell as a warning
	set.ConfigProviderSettings.ResolverSettings.URIs = []string{"builtin:standalone", lay}
	set.LoggingOptions = append(slices.Clone(set.LoggingOptions), d.warnings.option())
	col, err := otelcol.NewCollector(set)
	if err != nil {
		return nil, err
	}
	ended := make(chan error, 1)
	go func() { ended <- col.Run(ctx) }()
	for deadline := time.Now().Add(startTimeout); col.GetState() != otelcol.StateRunning; {
		select {
		case err := <-ended:
			return nil, fmt.Errorf("the collector did not start: %w", err)
		case <-time.After(pollInterval):
			if time.Now().After(deadline) {
				return nil, fmt.Errorf("the collector did not start within %v", startTimeout)
			}
		}
	}
	return ended, nil
}

func (d *demo) profiles() string { return filepath.Join(d.dir, "profiles") }
func (d *demo) log() string      { return filepath.Join(d.dir, "collector.log") }

// replay sends every file and returns the items of each signal that were acknowledged.
func (d *demo) replay(ctx context.Context) (map[otlpfile.Signal]int64, time.Duration, error) {
	s, err := newSender(d.ports.otlpGRPC, true)
	if err != nil {
		return nil, 0, err
	}
	defer s.close()
	sent := map[otlpfile.Signal]int64{}
	start := time.Now()
	for _, path := range d.files {
		signal := otlpfile.SignalOf(path)
		if signal == otlpfile.Profiles {
			return nil, 0, profilesShown(path)
		}
		items, err := s.sendFile(ctx, path, signal, func(int) {})
		if err != nil {
			return nil, 0, err
		}
		if items[otlpfile.Profiles] > 0 {
			return nil, 0, profilesShown(path)
		}
		for of, n := range items {
			sent[of] += int64(n)
		}
	}
	return sent, time.Since(start), nil
}

func profilesShown(path string) error {
	return fmt.Errorf("%s: the demonstration shows the profile of this machine, not a recorded one: use `otelcol-plus replay`", path)
}

// awaitArrival waits until both sinks have what was sent, less what was dropped as a duplicate; if they never do, the
// screen will show it.
func (d *demo) awaitArrival(ctx context.Context, sent map[otlpfile.Signal]int64) {
	poll(ctx, arriveTimeout, func() bool {
		m, err := selfmetrics.Fetch(ctx, "http://"+d.ports.metrics+"/metrics")
		if err != nil {
			return false
		}
		for _, signal := range []otlpfile.Signal{otlpfile.Traces, otlpfile.Metrics, otlpfile.Logs} {
			due := sent[signal] - duplicates(signal, m)
			if d.backend.items(signal) < due || d.compare.items(signal) < due {
				return false
			}
		}
		return true
	})
}

// awaitProfile waits for a profile of this machine with something to show; none is no error, the screen says so.
func (d *demo) awaitProfile(ctx context.Context) (tree *pprofdir.Tree) {
	poll(ctx, profileTimeout, func() bool {
		files, err := pprofdir.List(d.profiles())
		tree = pprofdir.ReadFiles(files, pprofdir.Query{}).Tree
		return err == nil && tree.Total() >= enoughSamples // the directory appears with the first profile
	})
	return tree
}

// poll asks until it is told true, the context ends, or the time is up.
func poll(ctx context.Context, limit time.Duration, done func() bool) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for !done() {
		select {
		case <-time.After(pollInterval):
		case <-ctx.Done():
			return
		}
	}
}
