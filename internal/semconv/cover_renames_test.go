package semconv_test

import (
	"slices"
	"strings"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-plus/otelcol-plus/internal/semconv"
)

// everywhere are all places, each kind of span among them.
var everywhere = slices.Concat(spans, withoutKind, serverPoints, clientPoints, links, []scene{{signal: semconv.SignalScope}})

// proveRenames proves what becomes of each old name of an attribute. Renames that need more than a new key are proven by the rules
// they belong to.
func proveRenames(rules proof) proof {
	out := proof{}
	for i := range facts().Renames.Attributes {
		r := &facts().Renames.Attributes[i]
		out[r.From] = ""
		ids := facts().inRules(r.From)
		switch {
		case r.Action == "none", r.has("moved_repository"):
			leftAlone(out, r)
		case len(ids) > 0 && !(len(ids) == 1 && ids[0] == "http.client_ip.fallback"):
			for _, id := range ids {
				if rules[id] != "" {
					out.fail(r.From, "rule %s: %s", id, rules[id])
				}
			}
		case facts().key(r.From) != r.From:
			out.fail(r.From, "a template without a rule")
		default:
			renamed(out, r)
		}
	}
	return out
}

// leftAlone: a name that is not ours to change, or current, stays and is not called old.
func leftAlone(out proof, r *attributeRename) {
	e := engineFor(semconv.Options{})
	for _, place := range everywhere {
		in := kv{r.From, facts().sample(r.From), "a", 1}
		if got := e.run(place, in...); len(got.about(r.From)) > 0 || state(got.attrs) != stateOf(in) {
			out.fail(r.From, "%s: found %v, became %s", place.signal, got.about(r.From), state(got.attrs))
		}
	}
}

// renamed: a plain rename is done in every place, converts as the new type asks for and yields to a new name that is there.
func renamed(out proof, r *attributeRename) {
	value := facts().sample(r.To)
	was, now := old(r.From), value
	cases := []ruleCase{
		{clause: "rename", at: everywhere, in: kv{"a", 1, r.From, value, "b", 2}, want: kv{"a", 1, r.To, now, "b", 2}, found: was},
		{clause: "equal", at: everywhere, in: kv{r.From, value, r.To, value}, want: kv{r.To, value}, found: was},
		{clause: "Observe", at: everywhere, opts: semconv.Options{Observe: true}, in: kv{r.From, value}, found: was},
		{clause: "name that begins like it", at: everywhere, in: kv{r.From + "x", value, "x" + r.From, value}},
	}
	if kept := another(r.To); kept != nil {
		cases = append(cases, ruleCase{clause: "different", at: everywhere, in: kv{r.From, value, r.To, kept}, found: both(was, "conflict "+r.From)})
	}
	if m := mapOf(r.From, r.To); m != nil {
		cases = append(cases, mapped(r.From, r.To, everywhere, m)...)
	}
	// The value is converted as the new name wants it.
	for typ, fix := range map[string][2]any{"int": {"7", int64(7)}, "boolean": {"true", true}, "string": {int64(7), "7"}} {
		a := facts().Attributes[r.To]
		if a.typ() == typ && len(a.Members) == 0 && r.To != "url.full" && !strings.HasSuffix(r.To, "status_code") {
			cases = append(cases, ruleCase{clause: "conversion", at: everywhere, in: kv{r.From, fix[0]}, want: kv{r.To, fix[1]}, found: both(was, "type_mismatch "+r.From)})
		}
	}
	for i := range cases {
		for _, place := range cases[i].at {
			if why := cases[i].run(place); why != "" {
				out.fail(r.From, "%s", why)
				break
			}
		}
	}
}

// another is a value that the attribute may have beside its sample, nil when there is none.
func another(name string) any {
	a := facts().Attributes[name]
	for _, m := range a.Members[min(1, len(a.Members)):] {
		if m.Deprecated == nil {
			return raw(m.Value)
		}
	}
	return map[string]any{"string": "another", "int": int64(8), "double": 2.5, "boolean": false, "string[]": []any{"another"}}[a.typ()]
}

// proveScoped proves the short names that mean something only on the points of some metrics: there they are renamed, under the
// metric's old and new name, and nowhere else. A chain that ends at a name that is gone leaves the old one.
func proveScoped() proof {
	out := proof{}
	for _, r := range facts().Renames.Scoped {
		item := scopedItem(&r)
		out[item] = ""
		for _, name := range r.Metrics {
			m := facts().lastMetric(name)
			to := facts().onMetric(m, r.From)
			for _, on := range []string{name, m} {
				proveOn(out, item, on, r.From, to)
			}
		}
		if named := facts().rename(r.From); named != nil && !named.has("generic_name") || facts().Attributes[r.From] != nil && facts().Attributes[r.From].Deprecated == nil {
			continue // the name is old or current by itself
		}
		for _, place := range slices.Concat(spans, withoutKind, anyPoints, pointsOf("acme.cpu.time")) {
			if why := (&ruleCase{clause: "elsewhere", in: kv{r.From, "x"}}).run(place); why != "" {
				out.fail(item, "%s", why)
			}
		}
	}
	return out
}

func scopedItem(r *scopedRename) string {
	return r.V + " " + r.From + " on " + strings.Join(r.Metrics, ", ")
}

// proveOn proves a short name on one metric.
func proveOn(out proof, item, on, from, to string) {
	c := ruleCase{clause: "on " + on, in: kv{from, "sample", "a", 1}}
	if a := facts().Attributes[to]; a != nil && a.Deprecated == nil {
		value := facts().sample(to)
		c.in, c.found = kv{from, value, "a", 1}, old(from)
		c.want = kv{to, value, "a", 1}
		if from == to {
			c.found = ""
		}
		if m := mapOf(from, to); m != nil {
			before := sortedKeys(m)[0]
			c.in, c.want = kv{from, before, "a", 1}, kv{to, m[before], "a", 1}
		}
	}
	if why := c.run(scene{signal: semconv.SignalMetric, name: on}); why != "" {
		out.fail(item, "%s", why)
	}
}

// lastMetric is what a metric is called now, whatever its numbers need to get there.
func (f *registry) lastMetric(name string) string {
	if name == "jvm.threads.count" {
		return "jvm.thread.count" // a slip of the 1.22.0 schema file: no release had the plural
	}
	for range 8 {
		i := slices.IndexFunc(f.Renames.Metrics, func(r metricRename) bool { return r.From == name })
		if i < 0 {
			break
		}
		name = f.Renames.Metrics[i].To
	}
	return name
}

// onMetric follows the renames of an attribute on the points of a metric, whose name is the current one.
func (f *registry) onMetric(m, name string) string {
	for range 16 {
		next := ""
		for _, r := range f.Renames.Scoped {
			for _, on := range r.Metrics {
				if r.From == name && f.lastMetric(on) == m {
					next = r.Final
				}
			}
		}
		if r := f.rename(name); next == "" && r != nil && !r.has("generic_name") {
			next = r.To
		}
		if next == "" {
			return name
		}
		name = next
	}
	return ""
}

// proveValueMaps proves every pair of the value maps that are not off, and the values they say have no counterpart.
func proveValueMaps() proof {
	out := proof{}
	for i := range facts().ValueMaps {
		m := &facts().ValueMaps[i]
		item := m.From + " to " + m.To
		if strings.HasSuffix(m.Source, "off by default") {
			item += " (observed)"
		}
		out[item] = ""
		for _, c := range mapCases(m) {
			for _, place := range []scene{{signal: semconv.SignalSpan, kind: ptrace.SpanKindClient}, {signal: semconv.SignalLog}} {
				if why := c.run(place); why != "" {
					out.fail(item, "%s", why)
				}
			}
		}
	}
	return out
}

func mapCases(m *valueMap) (out []ruleCase) {
	for before, after := range m.Map {
		c := ruleCase{clause: before, in: kv{m.From, before}, want: kv{m.To, after}, found: old(m.From)}
		switch {
		case facts().rename(m.From).has("moved_repository"):
			c.want, c.found = c.in, ""
		case strings.HasSuffix(m.Source, "off by default"):
			c.want, c.found = c.in, "unknown_enum_value "+m.From
		case m.From == m.To:
			c.found = "deprecated_enum_value " + m.From
		}
		out = append(out, c)
	}
	for before, pairs := range m.Special {
		for to, after := range pairs {
			out = append(out, ruleCase{clause: before, in: kv{m.From, before}, want: kv{to, after}, found: old(m.From)})
		}
	}
	for _, before := range m.NoCounterpart {
		c := ruleCase{clause: before, in: kv{m.From, before}, found: both(old(m.From), "unmapped_value "+m.From)}
		if m.Unmapped == "keep_value" {
			c.want, c.found = kv{m.To, before}, both(old(m.From), "unknown_enum_value "+m.From)
		}
		out = append(out, c)
	}
	for _, before := range m.Skip {
		out = append(out, ruleCase{clause: before, in: kv{m.From, before}})
	}
	return out
}
