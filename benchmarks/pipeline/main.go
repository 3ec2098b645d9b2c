// Pipeline measures the built binary as a user runs it: an agent and a gateway, two processes joined over loopback, for
// the stock otlp exporter with each compression and for otlpzip, interleaved in one run.
//
//	load -OTLP/HTTP-> agent -exporter under test-> counting TCP proxy -receiver under test-> gateway -OTLP/HTTP-> sink
//
// A contender counts only if every span arrived unchanged. It prints Markdown. From benchmarks/:
//
//	go run ./pipeline -bin ../bin/otelcol-plus -data ../testdata/sample.traces.otlp.pb.zst
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/otelcol-plus/otelcol-plus/benchmarks/internal/batches"
)

type options struct {
	bin, data           string
	contenders, configs []string
	batch, spans        int
	rounds, senders     int
	idle, timeout       time.Duration
}

func main() {
	o := parseFlags()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "pipeline:", err)
		os.Exit(1)
	}
}

func parseFlags() options {
	var o options
	flag.StringVar(&o.bin, "bin", "../bin/otelcol-plus", "the collector to measure")
	flag.StringVar(&o.data, "data", "../testdata/sample.traces.otlp.pb.zst", "recorded traces, replayed with fresh ids")
	contenders := flag.String("contenders", strings.Join(names(), ","), "what to compare; empty: nothing")
	configs := flag.String("start", "minimal,builtin:agent,builtin:gateway,builtin:standalone", "configurations whose start and idle memory are measured; empty: none")
	flag.IntVar(&o.batch, "batch", 1000, "spans a request")
	flag.IntVar(&o.spans, "spans", 100_000, "spans a round for each contender")
	flag.IntVar(&o.rounds, "rounds", 5, "rounds; figures are medians over them")
	flag.IntVar(&o.senders, "senders", 4, "requests under way at once")
	flag.DurationVar(&o.idle, "idle", 5*time.Second, "how long a started collector idles before its memory is read")
	flag.DurationVar(&o.timeout, "timeout", 10*time.Minute, "bound of the whole run")
	flag.Parse()
	o.contenders, o.configs = list(*contenders), list(*configs)
	return o
}

func list(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

func run(ctx context.Context, o options) error {
	dir, err := os.MkdirTemp("", "otelcol-plus-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	rep := report{options: o}
	if len(o.configs) > 0 {
		if rep.starts, err = measureStarts(ctx, o, dir); err != nil {
			return err
		}
	}
	if len(o.contenders) > 0 {
		recording, err := batches.Read(o.data, o.batch)
		if err != nil {
			return err
		}
		if rep.hops, err = measureHops(ctx, o, recording, dir); err != nil {
			return err
		}
	}
	return rep.print(os.Stdout)
}
