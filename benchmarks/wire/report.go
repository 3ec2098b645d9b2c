package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/otelcol-plus/otelcol-plus/benchmarks/internal/host"
)

// report is everything that was measured.
type report struct {
	rounds   int
	entrants []contender
	results  []result
	awkward  []verdict
}

func (r report) printJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(map[string]any{
		"host": host.Describe(), "command": host.Command("wire", os.Args[1:]), "rounds": r.rounds,
		"results": r.results, "awkward": r.awkward,
	})
}

func (r report) printMarkdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s.\nCommand, from `benchmarks/`: `%s`\n\n", host.Describe(), host.Command("wire", os.Args[1:]))
	fmt.Fprintf(&b, `One process, GOMAXPROCS=1, contenders interleaved, medians of %d rounds; compare within a table only. "All" is bytes a span
from the first request of a new connection, dictionaries included. "Steady" is the later half of the requests without the
dictionaries themselves; ratios, times and allocations are of it, "from cold" of all requests. Time is CPU time of the process.
Garbage collection is in it, at one measured price for each allocated byte: that of a collection with the input alive, divided by the
live bytes, as GOGC=100 has it. "Keeps" is the live heap of an encoder and of a decoder after the last request; "p99" the CPU time of
encoding and decoding one request. "Order" means that nothing was lost but its arrangement. The floor is an estimate for requests
that carry their own ids: a stream that remembers those of earlier requests can go below it, down to that of all as one request.

`, r.rounds)
	for _, c := range r.entrants {
		fmt.Fprintf(&b, "- %s: %s\n", c.name, c.driven)
	}
	for _, x := range r.results {
		x.print(&b)
	}
	r.printSummary(&b)
	b.WriteString("\n### What comes back of an awkward batch\n\n| contender | the same? |\n|---|---|\n")
	for _, v := range r.awkward {
		fmt.Fprintf(&b, "| %s | %s |\n", v.Name, v.Verdict)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (x result) print(b *strings.Builder) {
	fmt.Fprintf(b, "\n### %s, %d spans a request\n\n", x.Dataset, x.SpansPer)
	fmt.Fprintf(b, "%d requests, %d spans. Floor estimate at this cut: %s; of the later half %.1f; of all as one request %.1f. Collecting: %.2f ns a byte.\n\n",
		x.Requests, x.Spans, x.Floor, x.SteadyFloor.Total, x.OneFloor.Total, x.Collection)
	b.WriteString("| contender | B/span all | steady | × otlp+zstd | × floor | encode / decode, µs/span | from cold | encode allocs, B/span | decode allocs, B/span | keeps, MiB | p99, ms | lossless |\n")
	b.WriteString("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|\n")
	var notes []string
	for _, e := range x.Contenders {
		if e.Failed != "" {
			fmt.Fprintf(b, "| %s | failed | | | | | | | | | | no |\n", e.Name)
			notes = append(notes, e.Name+" failed: "+e.Failed)
			continue
		}
		all := fmt.Sprintf("%.1f", e.All)
		if e.Dictionary > 0 {
			all += fmt.Sprintf(" (dictionaries %.2f)", e.Dictionary)
		}
		ofZstd := ""
		if e.OfZstd > 0 {
			ofZstd = fmt.Sprintf("%.2f", e.OfZstd)
		}
		fmt.Fprintf(b, "| %s | %s | %.1f | %s | %.2f | %.2f / %.2f | %.2f / %.2f | %.1f, %.0f | %.1f, %.0f | %.1f / %.1f | %.2f | %s |\n",
			e.Name, all, e.Steady, ofZstd, e.OfFloor, e.Encode.CPU, e.Decode.CPU, e.Encode.FromCold, e.Decode.FromCold,
			e.Encode.Allocs, e.Encode.Bytes, e.Decode.Allocs, e.Decode.Bytes,
			mebibytes(e.Encode.State), mebibytes(e.Decode.State), e.P99, e.short())
		if !e.Exact {
			notes = append(notes, e.Name+": "+e.Verdict)
		}
	}
	if len(notes) > 0 {
		fmt.Fprintf(b, "\nLossless? %s.\n", strings.Join(notes, ". "))
	}
}

func (p parts) String() string {
	return fmt.Sprintf("%.1f B/span (ids %.1f, times %.1f, structure %.1f, values %.1f, text %.1f)", p.Total, p.IDs, p.Times, p.Structure, p.Values, p.Text)
}

func (e entry) short() string {
	switch {
	case e.Exact:
		return "yes"
	case e.Lossless:
		return "order"
	default:
		return "no"
	}
}

func mebibytes(n uint64) float64 { return float64(n) / (1 << 20) }

// printSummary puts the datasets side by side, for each request size: bytes, then time.
func (r report) printSummary(b *strings.Builder) {
	for start := 0; start < len(r.results); {
		end := start
		for end < len(r.results) && r.results[end].SpansPer == r.results[start].SpansPer {
			end++
		}
		r.sideBySide(b, "Steady bytes a span (× floor)", r.results[start:end], func(_ result, e entry) string {
			return fmt.Sprintf("%.1f (%.2f)", e.Steady, e.OfFloor)
		})
		r.sideBySide(b, "CPU of encode / decode, × otlp+zstd-fastest", r.results[start:end], func(x result, e entry) string {
			base := x.find("otlp+zstd-fastest")
			if base == nil || base.Failed != "" {
				return ""
			}
			return fmt.Sprintf("%.2f / %.2f", e.Encode.CPU/base.Encode.CPU, e.Decode.CPU/base.Decode.CPU)
		})
		start = end
	}
}

func (r report) sideBySide(b *strings.Builder, title string, same []result, cell func(result, entry) string) {
	fmt.Fprintf(b, "\n### %s, %d spans a request\n\n| contender |", title, same[0].SpansPer)
	for _, x := range same {
		fmt.Fprintf(b, " %s |", x.Dataset)
	}
	fmt.Fprintf(b, "\n|---|%s\n", strings.Repeat("--:|", len(same)))
	for i, c := range r.entrants {
		fmt.Fprintf(b, "| %s |", c.name)
		for _, x := range same {
			text := "failed"
			if e := x.Contenders[i]; e.Failed == "" {
				text = cell(x, e)
			}
			fmt.Fprintf(b, " %s |", text)
		}
		b.WriteString("\n")
	}
}

// find returns what a contender did, nil if it did not take part.
func (x result) find(name string) *entry {
	i := slices.IndexFunc(x.Contenders, func(e entry) bool { return e.Name == name })
	if i < 0 {
		return nil
	}
	return &x.Contenders[i]
}
