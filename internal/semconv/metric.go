package semconv

import (
	"cmp"
	"slices"
	"strings"

	"github.com/otelcol-plus/otelcol-plus/internal/semconv/internal/facts"
)

// MetricRecord is what the conventions say about one metric name.
type MetricRecord struct {
	// To is the current name of a metric that has another one, else empty. Several old names may share one.
	To string
	// rank orders the old names that share a To: the lowest wins.
	rank int
	// deprecated metrics are reported whether or not they can be renamed.
	deprecated bool
	// current: the registry has the name and does not call it old.
	current, unstable bool

	unit       string     // of the metric, or of what it becomes
	instrument Instrument // likewise; 0 when the registry states none
	scale      []facts.Scale
	units      []string     // units that mean the same numbers as the new one, although they are spelt differently
	convert    []Instrument // instruments that become the current one without a change of the numbers
	area       uint8
	plan       *Plan
	group      group
}

// Plan says how attributes are read: for which span kind, and with which scoped renames.
type Plan struct {
	kind   Kind
	scoped []scopedOp
}

type scopedOp struct {
	from, op uint16
}

// Metric returns what is known of a metric, nil when there is nothing.
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
	for _, r := range slices.Concat(c.Receivers, c.MetricNames) {
		if r.Action != "none" && r.From != r.To {
			next[r.From] = r.To
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
	for _, s := range slices.Concat(c.Scoped, c.receiverAttributes()) {
		for _, m := range s.Metrics {
			m = finalOf(final, m)
			if steps[m] == nil {
				steps[m] = map[string]string{}
			}
			steps[m][s.From] = s.To
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
			if a := c.attrs[to]; a == nil || a.Status != "" {
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

// receiverAttributes are the short names that receivers of Kubernetes metrics give to attributes of theirs.
func (c *compiler) receiverAttributes() []facts.ScopedRename {
	var out []facts.ScopedRename
	for _, r := range c.Receivers {
		if strings.Contains(r.From, ".") {
			continue
		}
		s := facts.ScopedRename{From: r.From, To: r.To}
		for _, m := range c.Metrics {
			if strings.HasPrefix(m.Name, "k8s.") && slices.Contains(m.Allowed, r.To) {
				s.Metrics = append(s.Metrics, m.Name)
			}
		}
		out = append(out, s)
	}
	return out
}

var instrumentOfWord = map[string]Instrument{
	"counter": Counter, "updowncounter": UpDownCounter, "gauge": Gauge, "histogram": Histogram,
}

// compileMetrics runs after the operations: it needs the indexes of the scoped ones.
func (c *compiler) compileMetrics(final map[string]string) {
	c.reg.metrics = map[string]*MetricRecord{}
	byName := map[string]*facts.Metric{}
	for i := range c.Metrics {
		f := &c.Metrics[i]
		byName[f.Name] = f
		m := c.metric(f.Name)
		switch f.Status {
		case "":
			m.current, m.unstable, m.unit, m.instrument = true, !f.Stable, f.Unit, instrumentOfWord[f.Instrument]
			m.group = group{name: f.Name, required: c.idsOf(f.Required), recommended: c.idsOf(f.Recommended)}
		case "moved":
		default:
			m.deprecated = true
		}
	}
	for i := range c.MetricNames {
		if r := &c.MetricNames[i]; r.Action != "none" {
			c.oldMetric(r, byName[r.To], i)
		} else {
			c.metric(r.From).deprecated = true
		}
	}
	for i := range c.Receivers {
		c.receiverMetric(&c.Receivers[i], byName, len(c.MetricNames)+i)
	}
	c.metricPlans(final)
}

// oldMetric describes a name that has a successor.
func (c *compiler) oldMetric(r *facts.MetricRename, to *facts.Metric, rank int) *MetricRecord {
	m := c.metric(r.From)
	m.deprecated, m.current = true, false
	if to == nil {
		return m
	}
	m.To, m.rank, m.unit, m.instrument, m.scale, m.units = r.To, rank, to.Unit, instrumentOfWord[to.Instrument], r.Scale, r.Units
	m.group = group{name: to.Name, required: c.idsOf(to.Required), recommended: c.idsOf(to.Recommended)}
	// Two counters and sums that only differ in whether they can fall hold the same numbers.
	if m.instrument == Counter || m.instrument == UpDownCounter {
		m.convert = []Instrument{Counter, UpDownCounter}
	}
	return m
}

// receiverMetric describes a metric as a receiver of the collector writes it, under an older name, as another instrument, or both.
func (c *compiler) receiverMetric(r *facts.MetricRename, byName map[string]*facts.Metric, rank int) {
	to := byName[r.To]
	if to == nil {
		return
	}
	m := c.reg.metrics[r.From]
	if r.From != r.To && (m == nil || m.To == "") {
		m = c.oldMetric(r, to, rank)
	}
	if m.instrument == UpDownCounter && r.FromInstrument != "counter" && !slices.Contains(m.convert, Gauge) {
		m.convert = append(m.convert, Gauge)
	}
	if r.FromInstrument == "counter" && m.instrument == UpDownCounter && !slices.Contains(m.convert, Counter) {
		m.convert = append(m.convert, Counter)
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
