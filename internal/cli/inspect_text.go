package cli

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/otelcol-plus/otelcol-plus/internal/tracezip"
)

// page prints tables about so many spans and bytes.
type page struct {
	out   strings.Builder
	spans float64
	bytes float64
	rows  int
}

// smallPart is the share, in percent, below which parts are summed up.
const smallPart = 0.5

func printInspection(out io.Writer, r *inspection, top int) error {
	p := &page{spans: float64(r.Spans), bytes: float64(r.Bytes), rows: top}
	p.totals(r)
	p.parts(r.Parts)
	p.keys(r.Keys)
	p.services(r.Services)
	p.drop(r)
	_, err := io.WriteString(out, p.out.String())
	return err
}

func (p *page) printf(format string, args ...any) { fmt.Fprintf(&p.out, format, args...) }

// each is bytes per span.
func (p *page) each(bytes int64) float64 { return float64(bytes) / p.spans }

// share is the percentage of all bytes.
func (p *page) share(bytes int64) float64 { return 100 * float64(bytes) / p.bytes }

// million is what so many bytes become in a million spans, with a unit.
func (p *page) million(bytes int64) string { return decimalBytes(p.each(bytes) * 1e6) }

func (p *page) totals(r *inspection) {
	p.printf("%s in %s", count(r.Spans, "span"), count(r.Frames, "frame"))
	if r.OTLPFrames > 0 {
		p.printf(", %d of them OTLP inside, which has no tables below", r.OTLPFrames)
	}
	p.printf("\n\n")
	for _, x := range []struct {
		name  string
		bytes int64
	}{{"as OTLP", r.OTLPBytes}, {"as OTLP+zstd", r.OTLPZstdBytes}, {"as tracezip", r.Bytes}} {
		p.printf("  %-14s %10s  %8.2f B/span  %6.1f %% of OTLP+zstd\n",
			x.name, decimalBytes(float64(x.bytes)), p.each(x.bytes), 100*float64(x.bytes)/float64(r.OTLPZstdBytes))
	}
	p.dictionary(r)
}

// dictionary says what dictionaries changed, when there were to be some.
func (p *page) dictionary(r *inspection) {
	without := r.NoDictionaryBytes
	switch {
	case without == 0:
	case !slices.ContainsFunc(r.Parts, func(x tracezip.PartReport) bool { return x.Part == "dictionary_definition" }):
		p.printf("  %s: too few for a dictionary to pay; try a longer recording\n", count(r.Frames, "frame"))
	case r.Bytes >= without:
		p.printf("  %.1f %% more than without a dictionary: sending it has not paid within %s; try a longer recording\n",
			100*float64(r.Bytes-without)/float64(without), count(r.Frames, "frame"))
	default:
		p.printf("  %.1f %% less than without a dictionary\n", 100*float64(without-r.Bytes)/float64(without))
	}
}

// count is a number of things.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

func (p *page) parts(parts []tracezip.PartReport) {
	p.printf("\n  %-28s %8s %6s\n", "part", "B/span", "%")
	rest := int64(0)
	for _, x := range parts {
		if p.share(x.Bytes) < smallPart {
			rest += x.Bytes
			continue
		}
		p.printf("  %-28s %8.2f %6.1f\n", x.Part, p.each(x.Bytes), p.share(x.Bytes))
	}
	if rest > 0 {
		p.printf("  %-28s %8.2f %6.1f\n", "the rest", p.each(rest), p.share(rest))
	}
	attributes, fixed := int64(0), int64(0)
	for _, x := range parts {
		switch x.Part {
		case "resource_attributes", "scope_attributes", "span_attributes", "event_attributes", "link_attributes":
			attributes += x.Bytes
		case "span_ids", "trace_ids", "parents", "start_times", "durations":
			fixed += x.Bytes
		}
	}
	p.printf("\n  %-28s %8.2f %6.1f  about what dropping every key would save\n", "all attributes together", p.each(attributes), p.share(attributes))
	p.printf("  %-28s %8.2f %6.1f  what nobody can drop\n", "ids, parents and times", p.each(fixed), p.share(fixed))
}

func (p *page) keys(keys []tracezip.KeyReport) {
	if len(keys) == 0 {
		return
	}
	p.printf("\n  %-36s %-8s %8s %6s %9s %9s %14s\n", "attribute key", "of", "B/span", "%", "rows", "distinct", "a million spans")
	estimated := false
	for i, k := range keys {
		if i == p.rows {
			p.printf("  … %d more\n", len(keys)-i)
			break
		}
		estimated = estimated || k.Estimated
		values := strconv.FormatInt(k.Distinct, 10)
		if k.Estimated {
			values = "~" + values
		}
		p.printf("  %-36s %-8s %8.2f %6.1f %9d %9s %14s\n",
			printable(k.Key, 36), k.Class, p.each(k.Bytes), p.share(k.Bytes), k.Rows, values, p.million(k.Bytes))
	}
	if estimated {
		p.printf("  ~ estimated\n")
	}
}

func (p *page) services(services []tracezip.ServiceReport) {
	p.printf("\n  %-28s %9s %14s %6s  %s\n", "service", "spans", "B/span of it", "%", "its dearest keys")
	for i, s := range services {
		if i == p.rows {
			p.printf("  … %d more\n", len(services)-i)
			break
		}
		each := "-"
		if s.Spans > 0 {
			each = fmt.Sprintf("%.2f", float64(s.Bytes)/float64(s.Spans))
		}
		var dear []string
		for _, k := range s.Keys[:min(len(s.Keys), 3)] {
			dear = append(dear, printable(k.Key, 36))
		}
		name := printable(s.Service, 28)
		if name == "" {
			name = "(no service.name)"
		}
		p.printf("  %-28s %9d %14s %6.1f  %s\n", name, s.Spans, each, p.share(s.Bytes), strings.Join(dear, ", "))
	}
}

func (p *page) drop(r *inspection) {
	if len(r.Drop) == 0 {
		return
	}
	how := "estimated from the tables above"
	if r.MeasuredSpans == r.Spans {
		how = "measured: the spans encoded without each of them"
	} else if r.MeasuredSpans > 0 {
		how = fmt.Sprintf("measured: the first %d spans encoded without each of them", r.MeasuredSpans)
	}
	p.printf("\n  keys worth dropping, if nobody needs them (%s)\n", how)
	p.printf("  each saving is of that key alone: they do not add up\n")
	p.printf("  %-36s %-8s %8s %6s %14s\n", "attribute key", "of", "B/span", "%", "a million spans")
	for _, d := range r.Drop {
		each := float64(d.BytesPerMillionSpans) / 1e6
		p.printf("  %-36s %-8s %8.2f %6.1f %14s\n",
			printable(d.Key, 36), d.Class, each, 100*each*p.spans/p.bytes, decimalBytes(float64(d.BytesPerMillionSpans)))
	}
}

// printable makes a name from outside fit for a terminal and a column.
func printable(name string, width int) string {
	name = strings.Map(func(r rune) rune {
		if !strconv.IsPrint(r) {
			return '·'
		}
		return r
	}, name)
	if runes := []rune(name); len(runes) > width {
		return string(runes[:width-1]) + "…"
	}
	return name
}

// decimalBytes is a size with a decimal unit, as networks are billed.
func decimalBytes(n float64) string {
	for _, unit := range []string{"B", "kB", "MB", "GB"} {
		if n < 1000 && n > -1000 {
			if unit == "B" {
				return fmt.Sprintf("%.0f B", n)
			}
			return fmt.Sprintf("%.2f %s", n, unit)
		}
		n /= 1000
	}
	return fmt.Sprintf("%.2f TB", n)
}
