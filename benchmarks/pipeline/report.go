package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/otelcol-plus/otelcol-plus/benchmarks/internal/host"
)

// report is everything that was measured.
type report struct {
	options
	starts []*start
	hops   []*hop
}

func (r report) print(w io.Writer) error {
	bin, err := os.Stat(r.bin)
	if err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s.\n", host.Describe())
	fmt.Fprintf(&b, "Command, from `benchmarks/`: `%s`\n", host.Command("pipeline", os.Args[1:]))
	fmt.Fprintf(&b, "\nBinary: %.1f MB.\n", float64(bin.Size())/1e6)
	if len(r.starts) > 0 {
		r.printStarts(&b)
	}
	if len(r.hops) > 0 {
		r.printHops(&b)
	}
	_, err = io.WriteString(w, b.String())
	return err
}

func (r report) printStarts(b *strings.Builder) {
	fmt.Fprintf(b, "\nStart and idle memory, medians of %d starts (lowest to highest); memory %v after the start.\n\n", r.rounds, r.idle)
	b.WriteString("| configuration | exec to ready, ms | resident, MiB | of it anonymous, MiB |\n|---|--:|--:|--:|\n")
	for _, s := range r.starts {
		if s.failed != nil {
			fmt.Fprintf(b, "| %s | did not start | | |\n", s.config)
			continue
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s |\n", s.config,
			spread("%.0f", s.ready, func(d time.Duration) float64 { return float64(d.Microseconds()) / 1e3 }),
			spread("%.1f", s.memory, func(m memory) float64 { return mebibytes(m.resident) }),
			spread("%.1f", s.memory, func(m memory) float64 { return mebibytes(m.anonymous) }))
	}
}

func (r report) printHops(b *strings.Builder) {
	first := r.hops[0].rounds[0]
	fmt.Fprintf(b, "\nAgent to gateway: %d rounds of %d spans in requests of %d, %d under way at once; uncompressed OTLP is %.1f bytes a span.\n",
		r.rounds, first.spans, r.batch, r.senders, float64(first.otlpBytes)/float64(first.spans))
	b.WriteString("Medians (lowest to highest). Every span arrived unchanged in every round.\n\n")
	b.WriteString("| exporter | bytes/span on the wire | of it back | agent CPU, µs/span | gateway CPU, µs/span | spans/s | peak RSS agent / gateway, MiB |\n")
	b.WriteString("|---|--:|--:|--:|--:|--:|--:|\n")
	for _, h := range r.hops {
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s | %.0f / %.0f |\n", h.title(),
			spread("%.2f", h.rounds, func(x round) float64 { return float64(x.forth+x.back) / float64(x.spans) }),
			fmt.Sprintf("%.2f", median(h.rounds, func(x round) float64 { return float64(x.back) / float64(x.spans) })),
			spread("%.2f", h.rounds, func(x round) float64 { return microseconds(x.agentCPU, x.spans) }),
			spread("%.2f", h.rounds, func(x round) float64 { return microseconds(x.gatewayCPU, x.spans) }),
			spread("%.0f", h.rounds, func(x round) float64 { return float64(x.spans) / x.elapsed.Seconds() }),
			mebibytes(h.peak[0]), mebibytes(h.peak[1]))
	}
}

func microseconds(d time.Duration, spans int) float64 {
	return float64(d.Nanoseconds()) / 1e3 / float64(spans)
}

func mebibytes(n uint64) float64 { return float64(n) / (1 << 20) }

// spread is the median with the lowest and highest value behind it.
func spread[T any](format string, xs []T, value func(T) float64) string {
	byValue := func(a, b T) int { return cmp.Compare(value(a), value(b)) }
	return fmt.Sprintf(format+" ("+format+"–"+format+")", median(xs, value), value(slices.MinFunc(xs, byValue)), value(slices.MaxFunc(xs, byValue)))
}

func median[T any](xs []T, value func(T) float64) float64 {
	var v []float64
	for _, x := range xs {
		v = append(v, value(x))
	}
	slices.Sort(v)
	mid := len(v) / 2
	if len(v)%2 == 1 {
		return v[mid]
	}
	return (v[mid-1] + v[mid]) / 2
}
