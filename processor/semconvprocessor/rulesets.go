package semconvprocessor

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/gobwas/glob"

	"github.com/otelcol-plus/otelcol-plus/internal/semconv"
)

// maxServices bounds the services whose rules are remembered.
const maxServices = 1024

// rulesets says which rules hold for a service.
type rulesets struct {
	registry  *semconv.Registry
	base      *semconv.Ruleset
	overrides []override
	perScope  bool // some overrides are for some services only

	mu        sync.Mutex
	byService map[string]*semconv.Ruleset
}

type override struct {
	services   func(string) bool
	attributes func(string) bool // nil: every name
	mode       Mode
	rules      map[string]string
}

func newRulesets(registry *semconv.Registry, cfg *Config) *rulesets {
	r := &rulesets{registry: registry, base: registry.NewRuleset(cfg.Mode == ModeObserve), byService: map[string]*semconv.Ruleset{}}
	r.setLevels(r.base, cfg.Rules, nil)
	for _, o := range cfg.Overrides {
		compiled := override{services: anyOf(o.Services), attributes: anyOf(o.Attributes), mode: o.Mode, rules: o.Rules}
		if compiled.services == nil {
			compiled.services = func(string) bool { return true }
		} else {
			r.perScope = true
		}
		r.overrides = append(r.overrides, compiled)
	}
	if !r.perScope {
		r.base = r.build("")
	}
	return r
}

// anyOf matches one of the patterns; it is nil when there are none.
func anyOf(patterns []string) func(string) bool {
	if len(patterns) == 0 {
		return nil
	}
	globs := make([]glob.Glob, len(patterns))
	for i, p := range patterns {
		globs[i] = glob.MustCompile(p) // Validate has compiled it before
	}
	return func(s string) bool {
		return slices.ContainsFunc(globs, func(g glob.Glob) bool { return g.Match(s) })
	}
}

// aliasesFirst orders names of rules so that one by its own name has the last word over one that stands for several.
func aliasesFirst[V any](byRule map[string]V) []string {
	isRule := func(name string) int {
		rules, err := semconv.ParseRules(name)
		if err == nil && len(rules) == 1 && rules[0].String() == name {
			return 1
		}
		return 0
	}
	return slices.SortedFunc(maps.Keys(byRule), func(a, b string) int { return cmp.Or(isRule(a)-isRule(b), strings.Compare(a, b)) })
}

func (r *rulesets) setLevels(rs *semconv.Ruleset, levels map[string]string, match func(string) bool) {
	for _, name := range aliasesFirst(levels) {
		rules, _ := semconv.ParseRules(name) // Validate has parsed both before
		level, _ := semconv.ParseLevel(levels[name])
		r.registry.SetLevel(rs, rules, level, match)
	}
}

// choose is the hook that selects rules, nil when all services have the same.
func (r *rulesets) choose() func(string) *semconv.Ruleset {
	if !r.perScope {
		return func(string) *semconv.Ruleset { return r.base }
	}
	return r.of
}

func (r *rulesets) of(service string) *semconv.Ruleset {
	r.mu.Lock()
	defer r.mu.Unlock()
	if known := r.byService[service]; known != nil {
		return known
	}
	if len(r.byService) >= maxServices {
		clear(r.byService)
	}
	built := r.build(service)
	r.byService[strings.Clone(service)] = built
	return built
}

func (r *rulesets) build(service string) *semconv.Ruleset {
	built := r.base
	for i := range r.overrides {
		o := &r.overrides[i]
		if !o.services(service) {
			continue
		}
		if built == r.base {
			built = r.base.Clone()
		}
		r.setLevels(built, o.rules, o.attributes)
		switch {
		case o.mode == ModeObserve && o.attributes != nil:
			r.registry.Freeze(built, o.attributes)
		case o.mode != "":
			built.Observe(o.mode == ModeObserve)
		}
	}
	return built
}
