package main

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

var instruments = map[string]struct{ identifier, article string }{
	"counter": {"Counter", "a"}, "updowncounter": {"UpDownCounter", "an"}, "gauge": {"Gauge", "a"}, "histogram": {"Histogram", "a"},
}

func (g *generator) currentMetrics() []metric {
	current := slices.DeleteFunc(slices.Clone(g.reg.Metrics), func(m metric) bool { return m.Deprecated != nil })
	slices.SortFunc(current, func(a, b metric) int { return strings.Compare(a.Name, b.Name) })
	return current
}

func (g *generator) metrics(b *bytes.Buffer, namespace string, in func(string) bool) {
	metrics := slices.DeleteFunc(g.currentMetrics(), func(m metric) bool { return !in(m.Name) })
	if len(metrics) == 0 {
		return
	}
	fmt.Fprintf(b, "\n// Metrics in %s.\nvar (\n", namespace)
	for _, m := range metrics {
		instrument, ok := instruments[m.Instrument]
		if !ok {
			g.fail("%s: unknown instrument %q", m.Name, m.Instrument)
			return
		}
		numbers := ""
		if m.ValueType != "" {
			numbers = " of " + m.ValueType
		}
		identifier := g.declare("Metric"+goName(m.Name), "metric "+m.Name)
		fmt.Fprintf(b, "// %s is %s, %s %s%s in %s (%s).\n", identifier, m.Name, instrument.article, m.Instrument, numbers, m.Unit, m.introduced())
		if required := m.Attributes.Required; len(required) > 0 {
			fmt.Fprintf(b, "// Its points require %s.\n", list(required))
		}
		fmt.Fprintf(b, "%s = Metric{Name: %q, Unit: %q, Instrument: %s}\n", identifier, m.Name, m.Unit, instrument.identifier)
	}
	b.WriteString(")\n")
}

// list joins words the way a sentence does.
func list(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}
