package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/otelcol-plus/otelcol-plus/benchmarks/internal/host"
)

// report is everything that was measured.
type report struct {
	registry *registry
	rounds   int
	results  []result
}

// result is one set with all contenders.
type result struct {
	Set      string      `json:"set"`
	What     string      `json:"what"`
	Signal   signal      `json:"signal"`
	Items    int         `json:"items"`
	Requests int         `json:"requests"`
	Lines    []entryLine `json:"contenders"`
}

// entryLine is what one contender did. Times are nanoseconds an item.
type entryLine struct {
	Name        string         `json:"name"`
	Failed      string         `json:"failed,omitempty"`
	CPU         float64        `json:"cpu_ns"`
	Rounds      []float64      `json:"cpu_ns_rounds"`
	Fresh       float64        `json:"cpu_ns_just_decoded"`
	Wall        float64        `json:"wall_ns"`
	Allocs      float64        `json:"allocs"`
	Bytes       float64        `json:"alloc_bytes"`
	PerSecond   float64        `json:"items_per_second_and_core"`
	OfOurs      float64        `json:"to_ours"`
	Same        int            `json:"same"`
	Known       int            `json:"known_renames"`
	Done        int            `json:"known_renames_as_ours"`
	Otherwise   map[string]int `json:"renamed_otherwise,omitempty"`
	Differences map[string]int `json:"differences,omitempty"`
}

func newResult(set dataset, all []*measured) result {
	r := result{Set: set.name, What: set.what, Signal: set.signal, Items: set.items, Requests: len(set.requests)}
	for _, m := range all {
		l := entryLine{
			Name: m.name, CPU: median(m.cpu), Rounds: m.cpu, Fresh: median(m.fresh), Wall: median(m.wall), Allocs: median(m.allocs), Bytes: median(m.bytes),
			Same: m.agreement.same, Known: m.agreement.known, Done: m.agreement.done,
			Otherwise: m.agreement.otherwise, Differences: m.agreement.differences,
		}
		if m.failed != nil {
			l.Failed = m.failed.Error()
		} else {
			l.PerSecond = 1e9 / l.CPU
			l.OfOurs = l.CPU / median(all[0].cpu)
		}
		r.Lines = append(r.Lines, l)
	}
	return r
}

func (r report) printJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(map[string]any{
		"host": host.Describe(), "command": host.Command("semconv", os.Args[1:]), "rounds": r.rounds, "results": r.results,
	})
}

func (r report) printMarkdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s.\nCommand, from `benchmarks/`: `%s`\n\n", host.Describe(), host.Command("semconv", os.Args[1:]))
	fmt.Fprintf(&b, `One process, GOMAXPROCS=1, contenders interleaved, medians of %d rounds; compare within a set only. CPU is that of the process,
with all requests decoded beforehand and garbage collected as by default; wall is the clock of the same. "Just decoded" is the CPU time
when each request is processed right after it was decoded, as behind a receiver; nothing is collected then. Decoding is in no figure.
"Renames as ours" are old attributes that the contender has a rename for, and how many of them came out as from ours; "same" are items
that are equal from both.

`, r.rounds)
	for _, x := range r.results {
		x.print(&b)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (x result) print(b *strings.Builder) {
	unit := x.Signal.item()
	fmt.Fprintf(b, "### %s\n\n%s; %d %ss in %d requests.\n\n", x.Set, x.What, x.Items, unit, x.Requests)
	fmt.Fprintf(b, "| contender | CPU, ns/%s (rounds) | × ours | just decoded | wall | allocs, B/%s | %ss/s and core | renames as ours | same |\n", unit, unit, unit)
	b.WriteString("|---|--:|--:|--:|--:|--:|--:|--:|--:|\n")
	var notes []string
	for i, l := range x.Lines {
		if l.Failed != "" {
			fmt.Fprintf(b, "| %s | failed | | | | | | | |\n", l.Name)
			notes = append(notes, l.Name+" failed: "+l.Failed)
			continue
		}
		renames, same := "", ""
		if i > 0 {
			renames, same = fmt.Sprintf("%d of %d", l.Done, l.Known), fmt.Sprintf("%.1f %%", 100*float64(l.Same)/float64(x.Items))
			if l.Known == 0 {
				renames = "none there"
			}
		}
		fmt.Fprintf(b, "| %s | %s | %.1f | %.0f | %.0f | %.2f, %.0f | %s | %s | %s |\n", l.Name, spread(l), l.OfOurs, l.Fresh, l.Wall,
			l.Allocs, l.Bytes, millions(l.PerSecond), renames, same)
		if len(l.Otherwise) > 0 {
			notes = append(notes, l.Name+", renamed otherwise: "+often(l.Otherwise, 8))
		}
		if len(l.Differences) > 0 {
			notes = append(notes, l.Name+", differences: "+often(l.Differences, 8))
		}
	}
	b.WriteString("\n")
	for _, n := range notes {
		fmt.Fprintf(b, "- %s.\n", n)
	}
	if len(notes) > 0 {
		b.WriteString("\n")
	}
}

// spread is the median with the lowest and highest value.
func spread(l entryLine) string {
	low, high := l.Rounds[0], l.Rounds[0]
	for _, v := range l.Rounds {
		low, high = min(low, v), max(high, v)
	}
	return fmt.Sprintf("%.0f (%.0f–%.0f)", l.CPU, low, high)
}

func millions(n float64) string {
	if n >= 1e6 {
		return fmt.Sprintf("%.2f M", n/1e6)
	}
	return fmt.Sprintf("%.0f k", n/1e3)
}
