package semconvcheck

import (
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/term"

	"github.com/otelcol-plus/otelcol-plus/internal/semconv"
)

// maxLines is how many findings of one rule the text has of a service.
const maxLines = 20

// writeText is for people: by service, the worst first, and what to do about it.
func writeText(out io.Writer, r *report, _ string) error {
	t := text{colours: colours(out), inputs: len(r.inputs) > 1}
	for _, s := range r.byService() {
		t.service(s)
	}
	if t.out.Len() > 0 && len(r.unreadable) > 0 {
		t.printf("\n")
	}
	for _, message := range r.errors() {
		t.printf("%s %s\n", t.paint(semconv.Violation, "not read:"), message)
	}
	if t.out.Len() > 0 {
		t.printf("\n")
	}
	t.printf("%s\n", r.lastLine())
	_, err := io.WriteString(out, t.out.String())
	return err
}

type text struct {
	out     strings.Builder
	colours bool
	inputs  bool // there are several
}

func (t *text) printf(format string, args ...any) { fmt.Fprintf(&t.out, format, args...) }

func (t *text) service(s serviceReport) {
	fresh := s.fresh()
	if len(fresh) == 0 {
		return
	}
	if t.out.Len() > 0 {
		t.printf("\n")
	}
	t.printf("%s: %s\n", printable(s.title()), s.standing())
	for len(fresh) > 0 {
		n := alike(fresh, func(f *finding) semconv.Level { return f.level })
		t.printf("\n  %s\n", t.paint(fresh[0].level, fresh[0].level.String()))
		t.level(fresh[:n])
		fresh = fresh[n:]
	}
}

func (t *text) level(list []*finding) {
	for len(list) > 0 {
		n := alike(list, func(f *finding) semconv.Rule { return f.rule })
		t.printf("    %s: %s\n", list[0].rule, list[0].rule.Fix())
		t.rule(list[:min(n, maxLines)])
		if more := n - maxLines; more > 0 {
			t.printf("      … %d more, which --format json lists\n", more)
		}
		list = list[n:]
	}
}

// rule prints findings of one rule by where they are, with one place to look at for each.
func (t *text) rule(list []*finding) {
	type place struct {
		signal semconv.Signal
		scope  string
	}
	for len(list) > 0 {
		n := alike(list, func(f *finding) place { return place{f.signal, f.scope} })
		t.printf("      %s\n", printable(t.place(list[0])))
		for _, f := range list[:n] {
			line := fmt.Sprintf("%6d× %s", f.count, f.message)
			if f.example != "" {
				line += fmt.Sprintf(", as %q", f.example)
			}
			t.printf("      %s\n", printable(line))
		}
		list = list[n:]
	}
}

// place is that of the finding, with the input where there are several.
func (t *text) place(f *finding) string {
	if !t.inputs {
		return f.place()
	}
	return f.place() + ", in " + f.input
}

// place says where the first one was.
func (f *finding) place() string {
	place := strings.ReplaceAll(f.signal.String(), "_", " ")
	if f.scope != "" {
		place += ", scope " + f.scope
	}
	if f.traceID != "" {
		place += ", as in trace " + f.traceID
	}
	if f.spanID != "" {
		place += " span " + f.spanID
	}
	return place
}

// standing says how much of a service is right.
func (s *service) standing() string {
	if s.items == 0 {
		return "no items to score"
	}
	// Rounded down, so that 100 means all.
	score := math.Floor(10*Score(s.items, s.violating)) / 10
	return fmt.Sprintf("%.1f %% of %s without a violation", score, amount(s.items, "item"))
}

// lastLine sums it up.
func (r *report) lastLine() string {
	line := fmt.Sprintf("%s, %s, %d of information in %s of %s", amount(r.levels[semconv.Violation], "violation"),
		amount(r.levels[semconv.Improvement], "improvement"), r.levels[semconv.Information],
		amount(r.allItems(), "item"), amount(int64(len(r.services)), "service"))
	if r.baseline != nil {
		line += fmt.Sprintf(", %d of them in the baseline", r.known)
	}
	if r.overflow > 0 {
		line += fmt.Sprintf(", %d of them not listed (--max-findings %d)", r.overflow, r.maxFindings)
	}
	if r.fixing {
		line += ", after " + amount(r.fixed, "change")
	}
	verdict := "ok"
	switch {
	case len(r.unreadable) > 0:
		verdict = "FAILED, not everything could be read"
	case r.failed():
		verdict = "FAILED"
	}
	return fmt.Sprintf("%s: %s (conventions %s, --fail-on %s)", line, verdict, r.release, failOnName(r.failOn))
}

// errors are what could not be read, one line each.
func (r *report) errors() []string {
	var lines []string
	for _, err := range r.unreadable {
		lines = append(lines, printable(err.Error()))
	}
	return lines
}

// amount is a number of things.
func amount(n int64, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// printable takes what could move the cursor or hide text out of what came from outside.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, s)
}

// The colours of levels on a terminal.
var levelColours = [...]string{semconv.Information: "36", semconv.Improvement: "33", semconv.Violation: "31"}

func (t *text) paint(level semconv.Level, s string) string {
	if !t.colours {
		return s
	}
	return "\x1b[" + levelColours[level] + "m" + s + "\x1b[0m"
}

func colours(out io.Writer) bool {
	f, ok := out.(*os.File)
	return ok && term.IsTerminal(int(f.Fd())) && os.Getenv("NO_COLOR") == "" && !slices.Contains([]string{"", "dumb"}, os.Getenv("TERM"))
}
