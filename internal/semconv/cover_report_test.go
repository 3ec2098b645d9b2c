package semconv_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const coverageFile = "../../docs/semconv-coverage.md"

var update = flag.Bool("update", false, "write "+coverageFile)

// coverage is every proof by the list it belongs to.
type coverage struct {
	attributes, members, renames, scoped, valueMaps, rules, metrics, metricRenames, receivers proof
	spans, events, entities, metricGroups                                                     *groupProof
}

func prove(t *testing.T) *coverage {
	c := &coverage{spans: newGroupProof(), events: newGroupProof(), entities: newGroupProof(), metricGroups: newGroupProof()}
	c.attributes, c.members = proveAttributes()
	c.rules = proveRules(t)
	c.renames, c.scoped, c.valueMaps = proveRenames(c.rules), proveScoped(), proveValueMaps()
	c.metrics, c.metricRenames, c.receivers = proveMetrics(), proveMetricRenames(), proveReceivers()
	proveSpans(c.spans)
	proveEvents(c.events)
	proveEntities(c.entities)
	proveMetricGroups(c.metricGroups)
	for name, why := range c.metricGroups.groups {
		if why != "" {
			c.metrics.fail(name, "%s", why)
		}
	}
	return c
}

// TestCoverage proves every item of the conventions and writes down how many are covered. Run with -update to write the document.
func TestCoverage(t *testing.T) {
	c := prove(t)
	c.checkTotals(t)
	got := c.document(t)
	if *update {
		require.NoError(t, os.WriteFile(coverageFile, got, 0o644))
		t.Fatalf("%s is written", coverageFile)
	}
	want, err := os.ReadFile(coverageFile)
	require.NoError(t, err)
	assert.Equal(t, string(want), string(got), "run go test ./internal/semconv -run TestCoverage -update")
}

// line is one list of items.
type line struct {
	name  string
	proof proof
	items []string
	total int // what the targets say
}

func (l *line) covered() (n int) {
	for _, item := range l.items {
		if why, proven := l.proof[item]; proven && why == "" {
			n++
		}
	}
	return n
}

// lines are the lists of a domain.
func (c *coverage) lines(d *domain) []line {
	pairs := proof{}
	for _, g := range []*groupProof{c.spans, c.events, c.entities, c.metricGroups} {
		for item, why := range g.pairs {
			pairs[item] = why
		}
	}
	var members, all []string
	for _, name := range d.Current {
		for _, m := range facts().Attributes[name].Members {
			members = append(members, fmt.Sprintf("%s=%v", name, m.Value))
		}
	}
	entities := prefixed("entity ", d.Entities)
	for _, list := range [][]string{d.Spans, d.Metrics, d.Events, entities} {
		for _, id := range list {
			all = append(all, facts().pairsOf(id)...)
		}
	}
	return []line{
		{"attributes, current", c.attributes, d.Current, d.count("attributes_current")},
		{"attributes, deprecated", c.attributes, d.Deprecated, d.count("attributes_deprecated")},
		{"attributes of other namespaces", c.attributes, d.Referenced, d.count("referenced_from_other_namespaces")},
		{"enum members", c.members, members, d.count("enum_members")},
		{"requirement pairs", pairs, all, d.count("requirement_pairs")},
		{"attribute renames", c.renames, d.Renames, d.count("attribute_renames")},
		{"structural rules", c.rules, d.Structural, d.count("structural_rules")},
		{"metrics, current", c.metrics, d.Metrics, d.count("metrics_current")},
		{"metrics, deprecated", c.metrics, d.DeprecatedMetrics, d.count("metrics_deprecated")},
		{"metric renames", c.metricRenames, d.MetricRenames, d.count("metric_renames")},
		{"span groups", c.spans.groups, d.Spans, d.count("spans_current")},
		{"events", c.events.groups, d.Events, d.count("events_current")},
		{"entities", c.entities.groups, entities, d.count("entities_current")},
	}
}

func prefixed(prefix string, names []string) (out []string) {
	for _, name := range names {
		out = append(out, prefix+name)
	}
	return out
}

// pairsOf are the requirement pairs of a group, by the name its proof has.
func (f *registry) pairsOf(id string) (out []string) {
	for _, level := range levels {
		for _, name := range f.group(id)[level] {
			out = append(out, pairName(id, name, level))
		}
	}
	return out
}

// group are the attributes of a group by level.
func (f *registry) group(id string) map[string][]string {
	for _, g := range f.Spans {
		if g.ID == id {
			return g.Attributes
		}
	}
	for _, g := range f.Events {
		if g.Name == id {
			return g.Attributes
		}
	}
	for _, g := range f.Entities {
		if "entity "+g.Name == id {
			return g.Attributes
		}
	}
	return f.metric(id).Attributes
}

// whole are the lists of the whole registry.
func (c *coverage) whole() []line {
	f, t := facts(), coverageTargets().Whole
	var current, deprecated, moved, stable, scoped []string
	for _, name := range sortedKeys(f.Attributes) {
		a := f.Attributes[name]
		switch {
		case a.Deprecated.moved():
			moved = append(moved, name)
			deprecated = append(deprecated, name)
		case a.Deprecated != nil:
			deprecated = append(deprecated, name)
		default:
			current = append(current, name)
			if a.Stability == "stable" {
				stable = append(stable, name)
			}
		}
	}
	for i := range f.Renames.Scoped {
		scoped = append(scoped, scopedItem(&f.Renames.Scoped[i]))
	}
	spans, spansNow := groupsOf(f.Spans, "")
	events, eventsNow := groupsOf(f.Events, "")
	entities, entitiesNow := groupsOf(f.Entities, "entity ")
	var metrics, metricsNow []string
	for _, m := range f.Metrics {
		metrics = append(metrics, m.Name)
		if m.Deprecated == nil {
			metricsNow = append(metricsNow, m.Name)
		}
	}
	out := []line{
		{"attributes", c.attributes, sortedKeys(f.Attributes), t["attributes"]},
		{"attributes, current", c.attributes, current, t["attributes_current"]},
		{"attributes, stable", c.attributes, stable, t["attributes_stable"]},
		{"attributes, deprecated", c.attributes, deprecated, t["attributes_deprecated"]},
		{"attributes, moved to other conventions", c.attributes, moved, t["attributes_moved_repository"]},
		{"enum members", c.members, sortedKeys(c.members), 0},
		{"span groups", c.spans.groups, spans, t["spans"]},
		{"span groups, current", c.spans.groups, spansNow, t["spans_current"]},
		{"metrics", c.metrics, metrics, t["metrics"]},
		{"metrics, current", c.metrics, metricsNow, t["metrics_current"]},
		{"events", c.events.groups, events, t["events"]},
		{"events, current", c.events.groups, eventsNow, t["events_current"]},
		{"entities", c.entities.groups, entities, t["entities"]},
		{"entities, current", c.entities.groups, entitiesNow, t["entities_current"]},
		{"attribute renames", c.renames, sortedKeys(c.renames), t["attribute_renames"]},
		{"attribute renames on named metrics", c.scoped, scoped, t["scoped_attribute_renames"]},
		{"metric renames", c.metricRenames, sortedKeys(c.metricRenames), t["metric_renames"]},
		{"names of collector receivers", c.receivers, sortedKeys(c.receivers), 0},
		{"structural rules", c.rules, sortedKeys(c.rules), t["structural_rules"]},
		{"value maps", c.valueMaps, sortedKeys(c.valueMaps), t["value_maps"]},
	}
	for _, g := range []struct {
		name string
		*groupProof
	}{{"requirement pairs of spans", c.spans}, {"requirement pairs of metrics", c.metricGroups}, {"requirement pairs of events", c.events}, {"requirement pairs of entities", c.entities}} {
		out = append(out, line{g.name, g.pairs, sortedKeys(g.pairs), 0})
	}
	return out
}

func groupsOf(list []*group, prefix string) (all, current []string) {
	for _, g := range list {
		name := g.ID
		if name == "" {
			name = prefix + g.Name
		}
		all = append(all, name)
		if g.Deprecated == nil {
			current = append(current, name)
		}
	}
	return all, current
}

// checkTotals compares the lists with the numbers that the targets state. A total of 0 is not stated.
func (c *coverage) checkTotals(t *testing.T) {
	for name, d := range coverageTargets().Domains {
		for _, l := range c.lines(d) {
			assert.Len(t, l.items, l.total, "%s: %s", name, l.name)
		}
	}
	for _, l := range c.whole() {
		if l.total != 0 {
			assert.Len(t, l.items, l.total, l.name)
		}
	}
}

var domains = []struct{ title, name string }{
	{"HTTP", "http"}, {"Databases", "database"}, {"Messaging", "messaging"}, {"Kubernetes", "kubernetes"}, {"Resources", "resource"},
}

func (c *coverage) document(t *testing.T) []byte {
	var b bytes.Buffer
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	p("# What of the semantic conventions is covered\n")
	p("Release %s. Written by `go test ./internal/semconv -run TestCoverage -update`; the same test fails when this page and the engine", facts().Release)
	p("disagree. An item counts as covered only if the test proves its behaviour on whole requests, as the processor sees them:\n")
	p("- **attribute**: on resources, scopes, spans, span events, links, log records, metric points and profiles the name is known and names")
	p("  that look like it are not; its type passes and every other type is a `type_mismatch`; listed values pass and others are reported;")
	p("  stability and deprecation are as the conventions state them. Names that moved to other conventions (gen_ai, mcp, openai) are known,")
	p("  and counted as covered when they are left alone whatever they hold.")
	p("- **enum member**: passes alone; an old one is replaced where it has a successor.")
	p("- **requirement pair** (group, attribute, level): required and recommended are missed exactly when they are missing under their own and")
	p("  every old name; conditions that an item decides are made true and false; what no item decides and what is optional is never missed.")
	p("  %d of the pairs are of attributes without which an item does not belong to the group at all: they cannot be missed, which is", c.selecting())
	p("  proven too. The pairs of a deprecated metric are proven as those of its successor, those of moved groups as never asked for.")
	p("- **rename**: its outcome in every place and for every kind of span, in each order of the attributes, done twice, and observed only.")
	p("- **structural rule**: a written-down outcome for every clause of its text (`cover_rulecases_test.go`).")
	p("- **metric**: right and wrong unit and instrument; for an old name the new one with every number scaled, and what stays as it is.")
	p("- **span group, event, entity**: picked by every selector it has, asked for exactly what it lists.\n")
	p("## By domain\n")
	c.domainTable(p)
	p("\n## Whole registry\n")
	p("| list | covered | total |")
	p("| --- | ---: | ---: |")
	whole := c.whole()
	for i := range whole {
		p("| %s | %d | %d |", whole[i].name, whole[i].covered(), len(whole[i].items))
	}
	p("| refinements of metrics | 0 | %d |", len(facts().Refined))
	require.Len(t, facts().Refined, coverageTargets().Whole["metric_refinements"])
	p("\n## Not covered\n")
	seen := map[string]bool{}
	for i := range whole {
		for _, item := range whole[i].items {
			why, proven := whole[i].proof[item]
			if !proven {
				why = "no proof"
			}
			if why != "" && !seen[item] {
				seen[item] = true
				p("- %s: `%s`: %s.", whole[i].name, item, strings.TrimSuffix(firstLine(why), "."))
			}
		}
	}
	p("- refinements of metrics: they only recommend more attributes for `hw.status` and `hw.errors` of one kind of hardware. Points are asked")
	p("  for what all kinds have.")
	for _, g := range facts().Refined {
		p("  - `%s`", g.ID)
	}
	return b.Bytes()
}

func (c *coverage) selecting() int {
	return len(c.spans.selecting) + len(c.events.selecting) + len(c.entities.selecting) + len(c.metricGroups.selecting)
}

// domainTable has a row for each list and a column for each domain.
func (c *coverage) domainTable(p func(string, ...any)) {
	titles, rule := "| list |", "| --- |"
	var columns [][]line
	for _, d := range domains {
		titles += " " + d.title + " |"
		rule += " ---: |"
		columns = append(columns, c.lines(coverageTargets().Domains[d.name]))
	}
	p("%s", titles)
	p("%s", rule)
	for row := range columns[0] {
		text := "| " + columns[0][row].name + " |"
		for _, column := range columns {
			if l := &column[row]; l.total == 0 {
				text += " – |"
			} else {
				text += fmt.Sprintf(" %d / %d |", l.covered(), l.total)
			}
		}
		p("%s", text)
	}
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}
