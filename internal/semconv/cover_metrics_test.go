package semconv_test

import (
	"slices"

	"github.com/otelcol-plus/otelcol-plus/internal/semconv"
)

// proveMetricGroups proves what the points of a metric are asked for. A metric that was renamed is asked what its successor is.
func proveMetricGroups(g *groupProof) {
	for _, m := range facts().Metrics {
		at := []scene{{signal: semconv.SignalMetric, name: m.Name, unit: m.Unit, instrument: m.Instrument}}
		switch to := facts().successor(m.Name); {
		case m.Deprecated == nil:
			g.prove(&asked{id: m.Name, detail: m.Name, at: at, base: []way{{}}, attributes: m.Attributes})
		case to == nil:
			g.leftAlone(m.Name, m.Name, at, m.Attributes)
		default:
			g.leftAlone(m.Name, m.Name, at, m.Attributes)
			g.asSuccessor(m, to, at)
		}
	}
}

// successor is the current metric that a deprecated one became, nil when there is none.
func (f *registry) successor(name string) *metric {
	i := slices.IndexFunc(f.Renames.Metrics, func(r metricRename) bool { return r.From == name })
	if i < 0 {
		return nil
	}
	return f.metric(f.Renames.Metrics[i].To)
}

// asSuccessor: an attribute of an old metric is asked for where the new metric asks for what it became.
func (g *groupProof) asSuccessor(m, to *metric, at []scene) {
	own := newGroupProof()
	own.prove(&asked{id: m.Name, detail: to.Name, at: at, base: []way{{}}, attributes: to.Attributes})
	if why := own.groups[m.Name]; why != "" {
		g.groups.fail(m.Name, "as %s: %s", to.Name, why)
	}
	for _, level := range levels {
		for _, name := range m.Attributes[level] {
			now := facts().current(name)
			for _, l := range levels {
				if slices.Contains(to.Attributes[l], now) {
					if why := own.pairs[pairName(m.Name, now, l)]; why != "" {
						g.pairs.fail(pairName(m.Name, name, level), "as %s of %s: %s", now, to.Name, why)
					}
				}
			}
		}
	}
}

// current is what an attribute is called now.
func (f *registry) current(name string) string {
	if r := f.rename(name); r != nil {
		return r.To
	}
	return name
}
