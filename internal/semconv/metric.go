package semconv

import (
	"cmp"
	"slices"
	"strings"
)

// MetricRecord is what the conventions say about one metric name.
type MetricRecord struct {
	// To is the current name when the metric has a plain rename, else empty. Several old names may share one.
	To string
	// Rank orders the old names that share a To: the lowest wins.
	Rank int
	// Deprecated metrics are reported whether or not they can be renamed.
	Deprecated bool

	unit    string
	convert []Instrument // renaming is part of a conversion when the metric has one of these
	only    Instrument   // the only instrument the rename is meant for, 0 for any
	area    uint8
	plan    *Plan
}

// Plan says how attributes are read: for which span kind, and with which scoped renames.
type Plan struct {
	kind   Kind
	scoped []scopedOp
}

type scopedOp struct {
	from, op uint16
}

// Metric returns what is known of a metric, nil when there is nothing to do for its name nor a scoped rename on its points.
func (r *Registry) Metric(name string) *MetricRecord { return r.metrics[name] }

// Plan returns the plan for the points of the metric called name, whose record may be nil.
func (r *Registry) Plan(name string, m *MetricRecord) *Plan {
	if m != nil {
		return m.plan
	}
	if isPool(name) {
		return &r.pool
	}
	return &kindPlans[metricKind(name)]
}

// isPool tells metrics of database connection pools, on all of which, known to the registry or not, state and pool.name mean the
// pool's.
func isPool(name string) bool {
	return strings.HasPrefix(name, "db.client.connection.") || strings.HasPrefix(name, "db.client.connections.")
}

// metricKind reads from the name of a metric which side measured it: rpc.server.duration speaks of servers.
func metricKind(name string) Kind {
	switch {
	case strings.Contains(name, ".server."):
		return KindServer
	case strings.Contains(name, ".client."):
		return KindClient
	default:
		return KindNone
	}
}

// Renamable tells whether a metric that has a new name may take it as it is. It may not when its unit says that the numbers
// would have to be scaled, nor when the rename belongs to a change of instrument.
func (m *MetricRecord) Renamable(i Instrument, unit string) bool {
	return m.To != "" && sameUnit(unit, m.unit) && !slices.Contains(m.convert, i) && (m.only == 0 || m.only == i)
}

// sameUnit compares units by what the numbers mean: an annotation in braces is a count like 1, and no unit contradicts nothing.
func sameUnit(found, want string) bool {
	return found == want || found == "" || want == "" || isCount(found) && isCount(want)
}

func isCount(unit string) bool {
	return unit == "1" || strings.HasPrefix(unit, "{") && strings.HasSuffix(unit, "}")
}

// finalMetrics maps every old metric name to the end of its chain, conversions included: the attributes of a metric keep their
// meaning whether or not its numbers have been converted yet.
func (c *compiler) finalMetrics() map[string]string {
	next := map[string]string{}
	for _, r := range c.metricRenames {
		if r.action != actionNone {
			next[r.from] = r.to
		}
	}
	for from, to := range metricAlias {
		next[from] = to
	}
	final := map[string]string{}
	for from := range next {
		end := from
		for hops := 0; next[end] != "" && hops < len(next); hops++ {
			end = next[end]
		}
		final[from] = end
	}
	return final
}

func finalOf(final map[string]string, name string) string {
	if f, ok := final[name]; ok {
		return f
	}
	return name
}

// draftScoped follows each scoped rename through later scoped and plain ones of the same metric. Chains that end at a name
// that is not current (direction → system.disk.direction, protocol → network.protocol) have no new home and are not taken.
func (c *compiler) draftScoped(final map[string]string) {
	steps := map[string]map[string]string{}
	for _, s := range c.scoped {
		for _, m := range s.metrics {
			m = finalOf(final, m)
			if steps[m] == nil {
				steps[m] = map[string]string{}
			}
			steps[m][s.from] = s.to
		}
	}
	plain := map[string]string{}
	for _, d := range c.drafts {
		if d.kinds == kindsAny {
			plain[d.from] = d.to
		}
	}
	type change struct{ from, to, via string }
	metrics := map[change][]string{}
	for m, step := range steps {
		for from := range step {
			if plain[from] != "" {
				continue // the plain rename does it, on every metric
			}
			to, via := follow(from, step, plain)
			if a := c.attrs[to]; a == nil || a.status != statusCurrent {
				continue
			}
			key := change{from, to, strings.Join(via, " ")}
			metrics[key] = append(metrics[key], m)
		}
	}
	for ch, on := range metrics {
		slices.Sort(on)
		c.drafts = append(c.drafts, draft{from: ch.from, to: ch.to, kinds: kindsAny, metrics: on, via: strings.Fields(ch.via)})
	}
	slices.SortFunc(c.drafts, func(a, b draft) int { return strings.Compare(a.from+" "+a.to, b.from+" "+b.to) })
}

func follow(from string, step, plain map[string]string) (to string, via []string) {
	for to = from; len(via) < 16; {
		next := step[to]
		if next == "" {
			next = plain[to]
		}
		if next == "" {
			return to, via
		}
		if to != from {
			via = append(via, to)
		}
		to = next
	}
	return "", nil
}

// compileMetrics runs last: it needs the indexes of the scoped operations.
func (c *compiler) compileMetrics(final map[string]string) {
	facts := map[string]metricFact{}
	for _, m := range c.facts.metrics {
		facts[m.name] = m
	}
	c.reg.metrics = map[string]*MetricRecord{}
	for _, m := range c.facts.metrics {
		if m.status == statusDeprecated || m.status == statusObsolete {
			c.metric(m.name).Deprecated = true
		}
	}
	for i, r := range c.metricRenames {
		m := c.metric(r.from)
		m.Deprecated = true
		if r.action == actionRename {
			m.To, m.Rank, m.unit = r.to, i, facts[r.to].unit
		}
	}
	c.collectorMetricRenames(facts)
	c.metricPlans(final)
}

// collectorMetricRenames adds the names of collector receivers. Those that change their instrument are conversions.
func (c *compiler) collectorMetricRenames(facts map[string]metricFact) {
	for i, r := range c.collectorMetrics {
		m := c.reg.metrics[r.from]
		switch {
		case r.fromInstrument != r.toInstrument && m != nil:
			m.convert = append(m.convert, r.fromInstrument)
		case r.fromInstrument == r.toInstrument && m == nil && r.from != r.to:
			m = c.metric(r.from)
			m.Deprecated, m.To, m.Rank, m.unit = true, r.to, len(c.metricRenames)+i, facts[r.to].unit
			m.only = r.fromInstrument
		}
	}
}

func (c *compiler) metricPlans(final map[string]string) {
	plans := map[string][]scopedOp{}
	for i, d := range c.drafts {
		for _, m := range d.metrics {
			plans[m] = append(plans[m], scopedOp{from: c.ids[d.from], op: uint16(i + 1)})
		}
	}
	for name := range plans {
		c.metric(name)
	}
	for old, end := range final {
		if plans[end] != nil {
			c.metric(old)
		}
	}
	pool := plans["db.client.connection.count"]
	c.reg.pool = Plan{kind: KindClient, scoped: pool}
	for name, m := range c.reg.metrics {
		if isPool(name) {
			m.plan = &c.reg.pool
			continue
		}
		// The new name decides the kind, so that points mean the same before and after the rename.
		end := cmp.Or(m.To, finalOf(final, name))
		m.plan = &Plan{kind: metricKind(end), scoped: plans[end]}
	}
}

func (c *compiler) metric(name string) *MetricRecord {
	if m := c.reg.metrics[name]; m != nil {
		return m
	}
	word, _, _ := strings.Cut(name, ".")
	area := slices.Index(c.reg.areas, word)
	if area < 0 {
		area = len(c.reg.areas)
		c.reg.areas = append(c.reg.areas, word)
	}
	m := &MetricRecord{area: uint8(area)}
	c.reg.metrics[name] = m
	return m
}
