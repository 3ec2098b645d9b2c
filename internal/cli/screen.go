package cli

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpfile"
	"github.com/otelcol-plus/otelcol-plus/internal/pprofdir"
	"github.com/otelcol-plus/otelcol-plus/internal/selfmetrics"
)

// hottestFunctions is how many functions the screen names.
const hottestFunctions = 8

// screen is what the demonstration shows; every number in it was measured in this run.
type screen struct {
	files    []string
	took     time.Duration
	flows    []flow
	repaired float64            // attributes, over all signals
	findings map[string]float64 // by rule
	profile  *pprofdir.Tree
	notes    []warning // what could not be done
	otlp     string    // where to send telemetry
	console  string
	profiles string
	ending   bool // nothing of it is there afterwards
}

// flow is what one signal went through.
type flow struct {
	signal  otlpfile.Signal
	in, out int64
	// duplicates were dropped on the way because they had been delivered already.
	duplicates int64
	zipBytes   float64 // payload that otlpzip sent
	zstdBytes  float64 // payload that the stock exporter with zstd sent of the same items
}

func (d *demo) screen(sent map[otlpfile.Signal]int64, took time.Duration, m selfmetrics.Snapshot, profile *pprofdir.Tree) screen {
	s := screen{
		files:    d.files,
		took:     took,
		repaired: m.Sum("semconv_normalised"),
		findings: m.ByLabel("semconv_findings", "rule"),
		profile:  profile,
		notes:    d.warnings.list(),
		otlp:     d.ports.otlpGRPC,
		console:  "http://" + d.ports.console + "/",
		profiles: d.profiles(),
		ending:   d.once,
	}
	for _, signal := range []otlpfile.Signal{otlpfile.Traces, otlpfile.Metrics, otlpfile.Logs} {
		if sent[signal] == 0 {
			continue
		}
		s.flows = append(s.flows, flow{
			signal:     signal,
			in:         sent[signal],
			out:        d.backend.items(signal),
			duplicates: duplicates(signal, m),
			zipBytes:   m.Sum("exporter_otlpzip_wire_bytes", "signal", string(signal)),
			zstdBytes:  float64(d.compare.bytes(signal)),
		})
	}
	return s
}

// duplicates is how many items of a signal the agent dropped as delivered before.
func duplicates(signal otlpfile.Signal, m selfmetrics.Snapshot) int64 {
	if signal != otlpfile.Traces {
		return 0
	}
	return int64(m.Sum("processor_tracezip_spans_duplicate"))
}

func (s screen) print(out io.Writer) {
	p := func(format string, args ...any) { fmt.Fprintf(out, format+"\n", args...) }
	p("")
	p("otelcol-plus: agent and gateway on this machine, %s replayed in %v", baseNames(s.files), s.took.Round(time.Millisecond))
	p("")
	for _, f := range s.flows {
		equal := "equal"
		if f.in-f.duplicates != f.out {
			equal = "NOT EQUAL"
		}
		name := itemName[f.signal]
		p("  %-12s %8d in   %8d out   %s", name, f.in, f.out, equal)
		if f.duplicates > 0 {
			p("               %8d of those in had been delivered before and were dropped", f.duplicates)
		}
		if f.out == 0 || f.zstdBytes == 0 {
			continue // nothing arrived to be compared
		}
		if f.signal != otlpfile.Traces {
			p("  on the wire  %s: as OTLP+zstd, tracezip is for traces", bytesText(f.zipBytes))
			continue
		}
		p("  on the wire  %s as OTLP+zstd, %s as otlpzip: %.0f %% (%.1f against %.1f bytes each)",
			bytesText(f.zstdBytes), bytesText(f.zipBytes), 100*f.zipBytes/f.zstdBytes, f.zipBytes/float64(f.out), f.zstdBytes/float64(f.out))
	}
	p("  repaired     %.0f attributes put right by the semantic conventions", s.repaired)
	if len(s.findings) > 0 {
		p("               of these findings (those without a plain successor stay as they are):")
	}
	for _, rule := range slices.SortedFunc(maps.Keys(s.findings), func(a, b string) int { return cmp.Compare(s.findings[b], s.findings[a]) }) {
		p("               %8.0f %s", s.findings[rule], strings.ReplaceAll(rule, "_", " "))
	}
	p("")
	s.printHottest(p)
	for _, note := range s.notes {
		p("  note: %s", note.message)
		for _, reason := range note.reasons {
			p("        %s", reason)
		}
	}
	if s.ending {
		return
	}
	p("")
	p("  console      %s", s.console)
	p("  send OTLP to %s", s.otlp)
	p("  profiles     go tool pprof -top %s", filepath.Join(s.profiles, "*.pb.gz"))
}

func (s screen) printHottest(p func(string, ...any)) {
	if s.profile.Total() == 0 {
		p("  no profile of this machine yet: the notes say why")
		return
	}
	p("  where this machine spends its CPU (%d samples)", s.profile.Total())
	for _, f := range s.profile.Top(hottestFunctions) {
		if f.Flat == 0 {
			break
		}
		p("  %5.1f %%  %-50s %s", 100*f.FlatShare, f.Name, f.Module)
	}
}

func baseNames(paths []string) string {
	names := make([]string, len(paths))
	for i, p := range paths {
		names[i] = filepath.Base(p)
	}
	return strings.Join(names, ", ")
}

// bytesText writes a size as a person reads it.
func bytesText(n float64) string {
	if n < 1<<20 {
		return fmt.Sprintf("%.1f KiB", n/(1<<10))
	}
	return fmt.Sprintf("%.2f MiB", n/(1<<20))
}
