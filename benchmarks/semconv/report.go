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
	rounds  int
	results []result
}

// result is one set with all contenders.
type result struct {
	Set      string `json:"set"`
	What     string `json:"what"`
	Signal   signal `json:"signal"`
	Items    int    `json:"items"`
	Requests int    `json:"requests"`
	Lines    []line `json:"contenders"`
}

// line is what one contender did. Times are nanoseconds an item.
type line struct {
	Name        string         `json:"name"`
	Statements  int            `json:"ottl_statements,omitempty"`
	Failed      string         `json:"failed,omitempty"`
	CPU         float64        `json:"cpu_ns"`
	Rounds      []float64      `json:"cpu_ns_rounds"`
	Fresh       float64        `json:"cpu_ns_just_decoded"`
	Wall        float64        `json:"wall_ns"`
	Allocs      float64        `json:"allocs"`
	Bytes       float64        `json:"alloc_bytes"`
	PerSecond   float64        `json:"items_per_second_and_core"`
	OfOurs      float64        `json:"to_ours"`
	Same        float64        `json:"same_percent"`
	Known       int            `json:"known_renames"`
	Done        int            `json:"known_renames_as_ours"`
	Otherwise   map[string]int `json:"renamed_otherwise,omitempty"`
	Differences map[string]int `json:"differences,omitempty"`
}

func newResult(set dataset, all []*measured) result {
	r := result{Set: set.name, What: set.what, Signal: set.signal, Items: set.items, Requests: len(set.requests)}
	for _, m := range all {
		l := line{
			Name: m.name, Statements: m.statements, CPU: median(m.cpu), Rounds: m.cpu, Fresh: median(m.fresh), Wall: median(m.wall), Allocs: median(m.allocs), Bytes: median(m.bytes),
			Same: 100 * float64(m.agreement.same) / float64(set.items), Known: m.agreement.known, Done: m.agreement.done,
			Otherwise: m.agreement.otherwise, Differences: m.agreement.differences,
		}
		if m.failed != nil {
			l.Failed = m.failed.Error()
		} else {
			l.PerSecond, l.OfOurs = ratio(1e9, l.CPU), ratio(l.CPU, median(all[0].cpu))
		}
		r.Lines = append(r.Lines, l)
	}
	return r
}

// ratio is 0 when nothing was measured: the clock of the CPU is too coarse for a few items.
func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
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
	fmt.Fprintf(&b, `One process, GOMAXPROCS=1, contenders interleaved, medians of %d rounds; compare within a row only. CPU is that of the process, with
all requests decoded beforehand and garbage collected as by default; wall is the clock of the same. "Just decoded" is the CPU time when
each request is processed right after it was decoded, as behind a receiver; nothing is collected then. Decoding is in no figure. "Reading
alone" looks at each key and value once and finds nothing out.

`, r.rounds)
	r.printSets(&b)
	r.printOurs(&b)
	r.printCPU(&b)
	r.printAllocs(&b)
	r.printAgreement(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

func (r report) printSets(b *strings.Builder) {
	b.WriteString("| set | holds | items | requests | statements: all, short |\n|---|---|--:|--:|--:|\n")
	for _, x := range r.results {
		short := "none"
		if l := x.find(ottlShort); l != nil {
			short = fmt.Sprint(l.Statements)
		}
		fmt.Fprintf(b, "| %s | %s | %d | %d | %d, %s |\n", x.Set, x.What, x.Items, x.Requests, x.find(ottlAll).Statements, short)
	}
	b.WriteString("\n")
}

// printOurs has the figures of ours alone, with the lowest and highest round.
func (r report) printOurs(b *strings.Builder) {
	b.WriteString("| semconv | CPU, ns an item | just decoded | wall | allocs, bytes an item | items/s and core |\n|---|--:|--:|--:|--:|--:|\n")
	for _, x := range r.results {
		l := x.Lines[0]
		low, high := slices.Min(l.Rounds), slices.Max(l.Rounds)
		fmt.Fprintf(b, "| %s | %.0f (%.0f–%.0f) | %.0f | %.0f | %.2f, %.0f | %.2f M |\n", x.Set, l.CPU, low, high, l.Fresh, l.Wall, l.Allocs, l.Bytes, l.PerSecond/1e6)
	}
	b.WriteString("\n")
}

// The columns of what follows.
var (
	peers   = []string{schema, ottlAll, ottlShort, ottlGuarded}
	columns = slices.Concat([]string{ours, reading}, peers)
)

// side prints one row a set and one column a contender.
func (r report) side(b *strings.Builder, title string, names []string, cell func(l *line) string) {
	fmt.Fprintf(b, "| %s | %s |\n|---|%s\n", title, strings.Join(names, " | "), strings.Repeat("--:|", len(names)))
	for _, x := range r.results {
		fmt.Fprintf(b, "| %s |", x.Set)
		for _, name := range names {
			text := "–"
			if l := x.find(name); l != nil {
				if text = "failed"; l.Failed == "" {
					text = cell(l)
				}
			}
			fmt.Fprintf(b, " %s |", text)
		}
		b.WriteString("\n")
	}
	b.WriteString("\n")
}

func (r report) printCPU(b *strings.Builder) {
	r.side(b, "CPU, ns an item (× semconv)", columns, func(l *line) string {
		if l.Name == ours {
			return fmt.Sprintf("%.0f", l.CPU)
		}
		return fmt.Sprintf("%.0f (%.1f)", l.CPU, l.OfOurs)
	})
	r.side(b, "just decoded, ns an item", columns, func(l *line) string { return fmt.Sprintf("%.0f", l.Fresh) })
}

func (r report) printAllocs(b *strings.Builder) {
	r.side(b, "allocations, bytes an item", slices.Concat([]string{ours}, peers), func(l *line) string {
		return fmt.Sprintf("%.1f, %.0f", l.Allocs, l.Bytes)
	})
}

func (r report) printAgreement(b *strings.Builder) {
	b.WriteString("Old attributes that a contender has a rename for, those of them that came out as from semconv, and items that are equal from both:\n\n")
	r.side(b, "renames: as semconv / known; equal items", peers, func(l *line) string {
		return fmt.Sprintf("%d / %d; %.1f %%", l.Done, l.Known, l.Same)
	})
	for _, x := range r.results {
		x.printNotes(b)
	}
}

// printNotes says what a table cannot hold, once for all contenders of which the same is to be said.
func (x result) printNotes(b *strings.Builder) {
	var notes []string
	about := map[string][]string{}
	note := func(l line, text string) {
		if about[text] == nil {
			notes = append(notes, text)
		}
		about[text] = append(about[text], l.Name)
	}
	for _, l := range x.Lines {
		if l.Failed != "" {
			note(l, "failed: "+l.Failed)
		}
		if len(l.Otherwise) > 0 {
			note(l, "renamed otherwise: "+often(l.Otherwise, 8))
		}
		if len(l.Differences) > 0 {
			note(l, "differences: "+often(l.Differences, 10))
		}
	}
	for _, text := range notes {
		fmt.Fprintf(b, "- %s; %s: %s.\n", x.Set, strings.Join(about[text], " and "), text)
	}
}

// find returns what a contender did, nil if it did not take part.
func (x *result) find(name string) *line {
	i := slices.IndexFunc(x.Lines, func(l line) bool { return l.Name == name })
	if i < 0 {
		return nil
	}
	return &x.Lines[i]
}
