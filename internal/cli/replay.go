package cli

import (
	"context"
	"fmt"
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

A file is a repetition of a uvarint length and an OTLP export request of that length as protobuf, plain or compressed
with gzip or zstd. The signal is read from the name (shop.logs.otlp.pb.zst); traces when it says nothing.`,
		Args:         cobra.MinimumNArgs(1),
		SilenceUsage: true,
		RunE: func(cmd *cobra.Command, files []string) error {
			return replay(cmd, f, files)
		},
	}
	cmd.Flags().StringVar(&f.endpoint, "endpoint", "127.0.0.1:4317", "host:port of the OTLP/gRPC receiver")
	cmd.Flags().BoolVar(&f.plaintext, "insecure", true, "no TLS")
	cmd.Flags().StringVar(&f.signal, "signal", "", "traces, metrics, logs or profiles; default: from the file name")
	cmd.Flags().Float64Var(&f.rate, "rate", 0, "items a second; 0 = as fast as they are acknowledged")
	return cmd
}

func replay(cmd *cobra.Command, f replayFlags, files []string) error {
	s, err := newSender(f.endpoint, f.plaintext)
	if err != nil {
		return err
	}
	defer s.close()
	for _, path := range files {
		signal := otlpfile.SignalOf(path)
		if f.signal != "" {
			if signal, err = otlpfile.ParseSignal(f.signal); err != nil {
				return err
			}
		}
		start := time.Now()
		items, err := s.sendFile(cmd.Context(), path, signal, pace(cmd.Context(), f.rate))
		took := time.Since(start)
		if err != nil && items == 0 {
			return err
		}
		fmt.Fprintf(cmd.OutOrStdout(), "%s: %d %s accepted in %v (%.0f/s)\n",
			path, items, itemName[signal], took.Round(time.Millisecond), float64(items)/took.Seconds())
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
