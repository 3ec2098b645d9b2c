package cli

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpfile"
)

type replayFlags struct {
	endpoint  string
	plaintext bool
	signal    string
	rate      float64
}

// newReplay is `otelcol-plus replay`.
func newReplay() *cobra.Command {
	var f replayFlags
	cmd := &cobra.Command{
		Use:   "replay FILE...",
		Short: "Send recorded OTLP files to a collector",
		Long: `Send recorded OTLP files to an OTLP/gRPC endpoint, one request after the other.

A file is what the collector's file exporter writes (format json or proto, plain or with compression: zstd), one OTLP export
request as JSON or protobuf, or a repetition of a uvarint length and such a request of that length as protobuf. Any of them
may be compressed as a whole with gzip or zstd. JSON says which signal each request is of. Otherwise it is read from the name of the file
(shop.logs.otlp.pb.zst); traces when that says nothing.`,
		Args:         usageArgs(cobra.MinimumNArgs(1)),
		SilenceUsage: true,
		RunE: func(cmd *cobra.Command, files []string) error {
			if err := f.check(); err != nil {
				return usageError{err}
			}
			return replay(cmd, f, files)
		},
	}
	cmd.Flags().StringVar(&f.endpoint, "endpoint", "127.0.0.1:4317", "host:port of the OTLP/gRPC receiver")
	cmd.Flags().BoolVar(&f.plaintext, "insecure", true, "no TLS")
	cmd.Flags().StringVar(&f.signal, "signal", "", "traces, metrics, logs or profiles, of protobuf; default: from the file name")
	cmd.Flags().Float64Var(&f.rate, "rate", 0, "items a second; 0 = as fast as they are acknowledged")
	return cmd
}

func (f *replayFlags) check() error {
	if f.rate < 0 || math.IsNaN(f.rate) || math.IsInf(f.rate, 0) {
		return fmt.Errorf("--rate: %v is not a number of items a second; 0 = as fast as they are acknowledged", f.rate)
	}
	if f.signal != "" {
		if _, err := otlpfile.ParseSignal(f.signal); err != nil {
			return fmt.Errorf("--signal: %w", err)
		}
	}
	return checkEndpoint(f.endpoint)
}

// checkEndpoint finds what gRPC would only tell after waiting, as an address that nobody answers at.
func checkEndpoint(endpoint string) error {
	if strings.Contains(endpoint, "://") {
		return fmt.Errorf("--endpoint: %q is a URL: give host:port, as in 127.0.0.1:4317 (OTLP/gRPC; TLS is --insecure=false)", endpoint)
	}
	_, port, err := net.SplitHostPort(endpoint)
	if err != nil {
		return fmt.Errorf("--endpoint: %q is not host:port, as in 127.0.0.1:4317 or [::1]:4317: %w", endpoint, err)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return fmt.Errorf("--endpoint: %q has no port between 1 and 65535: give host:port, as in 127.0.0.1:4317", endpoint)
	}
	return nil
}

func replay(cmd *cobra.Command, f replayFlags, files []string) error {
	s, err := newSender(f.endpoint, f.plaintext)
	if err != nil {
		return err
	}
	defer s.close()
	for _, path := range files {
		signal := cmp.Or(otlpfile.Signal(f.signal), otlpfile.SignalOf(path))
		start := time.Now()
		items, err := s.sendFile(cmd.Context(), path, signal, pace(cmd.Context(), f.rate))
		took := time.Since(start)
		for _, of := range otlpfile.Signals {
			n, any := items[of]
			if any && (n > 0 || err == nil) {
				fmt.Fprintf(cmd.OutOrStdout(), "%s: %d %s accepted in %v (%.0f/s)\n",
					path, n, itemName[of], took.Round(time.Millisecond), float64(n)/took.Seconds())
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// pace returns a wait that holds the mean rate, in items a second; 0 never waits.
func pace(ctx context.Context, rate float64) func(sent int) {
	start := time.Now()
	return func(sent int) {
		if rate <= 0 {
			return
		}
		due := start.Add(time.Duration(float64(sent) / rate * float64(time.Second)))
		select {
		case <-time.After(time.Until(due)):
		case <-ctx.Done():
		}
	}
}

// itemName says what a signal consists of.
var itemName = map[otlpfile.Signal]string{
	otlpfile.Traces:   "spans",
	otlpfile.Metrics:  "data points",
	otlpfile.Logs:     "log records",
	otlpfile.Profiles: "samples",
}
