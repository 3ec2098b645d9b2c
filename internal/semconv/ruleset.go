package semconv

import "slices"

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
	c.byName, c.frozen = map[uint16]*[NumRules]Level{}, map[uint16]bool{}
	for id, levels := range rs.byName {
		own := *levels
		c.byName[id] = &own
	}
	for id := range rs.frozen {
		c.frozen[id] = true
	}
	return &c
}

// Observe makes the rules report only.
func (rs *Ruleset) Observe(on bool) { rs.observe = on }

// SetLevel sets the level of rules, for the names that match; a nil match stands for all names, those outside of the registry
// and metrics included.
func (r *Registry) SetLevel(rs *Ruleset, rules []Rule, level Level, match func(name string) bool) {
	if match == nil {
		for _, rule := range rules {
			rs.levels[rule] = level
		}
	}
	for id := 1; id < len(r.names); id++ {
		levels := rs.byName[uint16(id)]
		if match != nil && !match(r.names[id]) || match == nil && levels == nil {
			continue
		}
		if levels == nil {
			own := rs.levels
			levels = &own
			if rs.byName == nil {
				rs.byName = map[uint16]*[NumRules]Level{}
			}
			rs.byName[uint16(id)] = levels
		}
		for _, rule := range rules {
			levels[rule] = level
		}
	}
}

// Freeze makes the worker only observe the names that match.
func (r *Registry) Freeze(rs *Ruleset, match func(name string) bool) {
	if rs.frozen == nil {
		rs.frozen = map[uint16]bool{}
	}
	for id := 1; id < len(r.names); id++ {
		if match(r.names[id]) {
			rs.frozen[uint16(id)] = true
		}
	}
}

// level is the level of a finding on the name with this id, 0 for names that the registry does not know.
func (rs *Ruleset) level(rule Rule, id uint16) Level {
	if own := rs.byName[id]; own != nil {
		return own[rule]
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
