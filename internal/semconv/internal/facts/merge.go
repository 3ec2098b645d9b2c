package facts

import (
	"fmt"
	"slices"
)

// maxNames bounds a merged registry: the engine gives each name a number of 16 bits.
const maxNames = 60_000

// Merge returns base with the facts of add, which win where both describe the same name. The error names the entry of add that
// leads nowhere: a rename must end at a current name of either.
func Merge(base, add *Facts) (*Facts, error) {
	add = add.withRenames()
	out := &Facts{
		Release:     base.Release,
		Attributes:  overlay(base.Attributes, add.Attributes, func(a Attribute) string { return a.Name }),
		Spans:       overlay(base.Spans, add.Spans, groupName),
		Metrics:     overlay(base.Metrics, add.Metrics, func(m Metric) string { return m.Name }),
		Events:      overlay(base.Events, add.Events, groupName),
		Entities:    overlay(base.Entities, add.Entities, groupName),
		Renames:     overlay(base.Renames, add.Renames, func(r Rename) string { return r.From }),
		Scoped:      slices.Concat(base.Scoped, add.Scoped),
		MetricNames: overlay(base.MetricNames, add.MetricNames, func(r MetricRename) string { return r.From }),
		Receivers:   overlay(base.Receivers, add.Receivers, func(r MetricRename) string { return r.From }),
		ValueMaps:   overlay(base.ValueMaps, add.ValueMaps, func(m ValueMap) string { return m.From + "\x00" + m.To }),
		Structural:  overlay(base.Structural, add.Structural, func(s Structural) string { return s.ID }),
		Conditions:  slices.Concat(base.Conditions, add.Conditions),
		Selectors:   overlay(base.Selectors, add.Selectors, func(s Selector) string { return s.Group + "\x00" + s.Value }),
		Redaction: Redaction{
			QueryKeys: union(base.Redaction.QueryKeys, add.Redaction.QueryKeys), Headers: union(base.Redaction.Headers, add.Redaction.Headers),
		},
	}
	if add.Release != "" {
		out.Release += "+" + add.Release
	}
	if n := len(out.Attributes) + len(out.Renames); n > maxNames {
		return nil, fmt.Errorf("%d names, at most %d fit", n, maxNames)
	}
	return out, out.check(add)
}

// withRenames adds the renames that attributes state themselves and no rename does.
func (f *Facts) withRenames() *Facts {
	out := *f
	out.Renames = slices.Clone(f.Renames)
	for _, a := range f.Attributes {
		if a.To != "" && !slices.ContainsFunc(f.Renames, func(r Rename) bool { return r.From == a.Name }) {
			out.Renames = append(out.Renames, Rename{From: a.Name, To: a.To, Action: "rename"})
		}
	}
	return &out
}

func groupName(g Group) string { return g.Name }

// overlay keeps the order of base, replaces what add describes anew and appends the rest.
func overlay[T any](base, add []T, name func(T) string) []T {
	if len(add) == 0 {
		return base
	}
	out, at := slices.Clone(base), map[string]int{}
	for i, e := range out {
		at[name(e)] = i
	}
	for _, e := range add {
		if i, known := at[name(e)]; known {
			out[i] = e
			continue
		}
		at[name(e)] = len(out)
		out = append(out, e)
	}
	return out
}

func union(a, b []string) []string {
	out := slices.Clone(a)
	for _, s := range b {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// check tells whether every entry of add leads to something that the merged facts know.
func (f *Facts) check(add *Facts) error {
	status, metrics, groups := map[string]string{}, map[string]string{}, map[string]bool{}
	for _, a := range f.Attributes {
		status[a.Name] = a.Status
	}
	for _, m := range f.Metrics {
		metrics[m.Name] = m.Status
	}
	for _, g := range f.Spans {
		groups[g.Name] = true
	}
	for _, r := range add.Renames {
		if err := ends(status, "rename", "attribute", r.From, r.To); err != nil && r.Action != "none" {
			return err
		}
	}
	for _, r := range add.Scoped {
		if _, known := status[r.To]; !known {
			return fmt.Errorf("scoped rename of %q: attribute %q is unknown", r.From, r.To)
		}
	}
	for _, r := range slices.Concat(add.MetricNames, add.Receivers) {
		if err := ends(metrics, "rename of metric", "metric", r.From, r.To); err != nil && r.Action != "none" {
			return err
		}
	}
	for _, m := range add.ValueMaps {
		if err := ends(status, "value map of", "attribute", m.From, m.To); err != nil {
			return err
		}
	}
	for _, s := range add.Structural {
		for _, to := range s.To {
			if err := ends(status, "structural rule", "attribute", s.ID, to); err != nil {
				return err
			}
		}
	}
	for _, s := range add.Selectors {
		if !groups[s.Group] {
			return fmt.Errorf("selector: span group %q is unknown", s.Group)
		}
	}
	return f.checkLevels(add, status)
}

// ends tells whether a rename leads to a name that is current.
func ends(status map[string]string, what, kind, from, to string) error {
	switch s, known := status[to]; {
	case !known:
		return fmt.Errorf("%s %q: %s %q is unknown", what, from, kind, to)
	case s != "":
		return fmt.Errorf("%s %q: %s %q is itself %s", what, from, kind, to, s)
	}
	return nil
}

// checkLevels tells whether the groups of add ask for attributes that exist.
func (f *Facts) checkLevels(add *Facts, status map[string]string) error {
	for _, g := range slices.Concat(add.Spans, add.Events, add.Entities) {
		for _, name := range slices.Concat(g.Required, g.Conditional, g.Recommended) {
			if _, known := status[name]; !known {
				return fmt.Errorf("group %q: attribute %q is unknown", g.Name, name)
			}
		}
	}
	for _, m := range add.Metrics {
		for _, name := range m.Allowed {
			if _, known := status[name]; !known {
				return fmt.Errorf("metric %q: attribute %q is unknown", m.Name, name)
			}
		}
	}
	return nil
}
