package semconvcheck

import (
	"fmt"
	"io"
	"strings"

	"github.com/otelcol-plus/otelcol-plus/internal/semconv"
)

// annotation is the workflow command for a level.
var annotation = [...]string{semconv.Information: "notice", semconv.Improvement: "warning", semconv.Violation: "error"}

// writeGitHub writes workflow commands of GitHub Actions, which shows the first ten of a kind beside the run. The line that sums
// it up is no command and stands in the log.
func writeGitHub(out io.Writer, r *report, _ string) error {
	var b strings.Builder
	for _, message := range r.errors() {
		fmt.Fprintf(&b, "::error title=%s::%s\n", property("input not read"), data(message))
	}
	// All services' worst first: only the first few are shown.
	for level := semconv.Violation; level > semconv.Off; level-- {
		for _, s := range r.byService() {
			for _, f := range s.fresh() {
				if f.level == level {
					annotate(&b, s, f)
				}
			}
		}
	}
	fmt.Fprintln(&b, r.lastLine())
	_, err := io.WriteString(out, b.String())
	return err
}

func annotate(b *strings.Builder, s serviceReport, f *finding) {
	file := ""
	if isFile(f.input) {
		file = "file=" + property(f.input) + ","
	}
	message := fmt.Sprintf("%s (%d×, %s)", f.message, f.count, f.place())
	if f.example != "" {
		message += fmt.Sprintf(", as %q", f.example)
	}
	fmt.Fprintf(b, "::%s %stitle=%s::%s\n", annotation[f.level], file, property(f.rule.String()+" in "+s.title()), data(message+"\nFix: "+f.rule.Fix()))
}

// isFile tells a path from standard input and a port.
func isFile(input string) bool { return input != "-" && !strings.HasPrefix(input, "otlp://") }

// data escapes the text of a workflow command, and property the value of one of its properties.
var (
	dataEscapes     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	propertyEscapes = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

func data(s string) string     { return dataEscapes.Replace(s) }
func property(s string) string { return propertyEscapes.Replace(s) }
