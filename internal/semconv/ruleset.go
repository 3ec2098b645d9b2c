package semconv

import (
	"maps"
	"slices"
)

// Ruleset says what a worker may do to whose attributes, and which findings count. It never changes after it is built, so that
// many workers may share it.
type Ruleset struct {
	// Observe reports everything and changes nothing.
	observe bool
	levels  [NumRules]Level
	// byName are the levels of names that have their own.
	byName map[uint16]*[NumRules]Level
	// frozen are names that are only observed.
	frozen map[uint16]bool
	// The same for metrics, by name.
	byMetric      map[string]*[NumRules]Level
	frozenMetrics map[string]bool
}

// NewRuleset makes the rules that hold unless others are said to: every rule has its own level.
func (r *Registry) NewRuleset(observe bool) *Ruleset {
	rs := &Ruleset{observe: observe}
	for rule := range NumRules {
		rs.levels[rule] = rule.Level()
	}
	return rs
}

// Clone makes a copy to build upon.
func (rs *Ruleset) Clone() *Ruleset {
	c := *rs
	c.byName, c.byMetric = cloneLevels(rs.byName), cloneLevels(rs.byMetric)
	c.frozen, c.frozenMetrics = maps.Clone(rs.frozen), maps.Clone(rs.frozenMetrics)
	return &c
}

func cloneLevels[K comparable](m map[K]*[NumRules]Level) map[K]*[NumRules]Level {
	out := make(map[K]*[NumRules]Level, len(m))
	for name, levels := range m {
		own := *levels
		out[name] = &own
	}
	return out
}

// Observes tells whether the rules report only.
func (rs *Ruleset) Observes() bool { return rs.observe }

// Observe makes the rules report only.
func (rs *Ruleset) Observe(on bool) { rs.observe = on }

// SetLevel sets the level of rules for the names of attributes and metrics that match; a nil match stands for all names, those
// outside of the registry included.
func (r *Registry) SetLevel(rs *Ruleset, rules []Rule, level Level, match func(name string) bool) {
	if match == nil {
		for _, rule := range rules {
			rs.levels[rule] = level
		}
	}
	if rs.byName == nil {
		rs.byName, rs.byMetric = map[uint16]*[NumRules]Level{}, map[string]*[NumRules]Level{}
	}
	for id := 1; id < len(r.names); id++ {
		setLevel(rs, rs.byName, uint16(id), r.names[id], rules, level, match)
	}
	for name := range r.metrics {
		setLevel(rs, rs.byMetric, name, name, rules, level, match)
	}
}

func setLevel[K comparable](rs *Ruleset, by map[K]*[NumRules]Level, key K, name string, rules []Rule, level Level, match func(string) bool) {
	levels := by[key]
	if match != nil && !match(name) || match == nil && levels == nil {
		return
	}
	if levels == nil {
		own := rs.levels
		levels = &own
		by[key] = levels
	}
	for _, rule := range rules {
		levels[rule] = level
	}
}

// Freeze makes the worker only observe the attributes and metrics that match.
func (r *Registry) Freeze(rs *Ruleset, match func(name string) bool) {
	if rs.frozen == nil {
		rs.frozen, rs.frozenMetrics = map[uint16]bool{}, map[string]bool{}
	}
	for id := 1; id < len(r.names); id++ {
		if match(r.names[id]) {
			rs.frozen[uint16(id)] = true
		}
	}
	for name := range r.metrics {
		if match(name) {
			rs.frozenMetrics[name] = true
		}
	}
}

func (rs *Ruleset) metricLevel(rule Rule, name string) Level {
	if own := rs.byMetric[name]; own != nil {
		return own[rule]
	}
	return rs.levels[rule]
}

// uniform tells whether the rules are the same for all names.
func (rs *Ruleset) uniform() bool { return rs.byName == nil && rs.frozen == nil }

// level is the level of a finding on the name with this id, 0 for names that the registry does not know.
func (rs *Ruleset) level(rule Rule, id uint16) Level {
	if rs.byName != nil {
		if own := rs.byName[id]; own != nil {
			return own[rule]
		}
	}
	return rs.levels[rule]
}

// Wants tells whether any of the rules has a level above Off for any name.
func (rs *Ruleset) Wants(rules ...Rule) bool {
	return slices.ContainsFunc(rules, func(rule Rule) bool {
		if rs.levels[rule] != Off {
			return true
		}
		for _, own := range rs.byName {
			if own[rule] != Off {
				return true
			}
		}
		return false
	})
}
