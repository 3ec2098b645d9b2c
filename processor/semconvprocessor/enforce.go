package semconvprocessor

import (
	"slices"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-plus/otelcol-plus/internal/semconv"
)

// enforcement counts what was done for a rule.
type enforcement struct {
	rule   semconv.Rule
	action Action
}

// strength orders the actions: of several findings on an item the strongest decides.
func (a Action) strength() int {
	return slices.Index([]Action{"", ActionTag, ActionRoute, ActionDrop}, a)
}

// actions compiles what enforce does for each rule, empty for nothing.
func actionsOf(cfg *Config) (actions [semconv.NumRules]Action) {
	for _, name := range aliasesFirst(cfg.Enforce.Rules) {
		rules, _ := semconv.ParseRules(name) // Validate has parsed it before
		for _, rule := range rules {
			actions[rule] = cfg.Enforce.Rules[name]
		}
	}
	return actions
}

// judge takes a finding that normalising did not put right. An override may have lowered it to information, for which nothing is
// dropped.
func (b *batch) judge(f *semconv.Finding) {
	action := b.p.actions[f.Rule]
	if action == ActionDrop && f.Level <= semconv.Information {
		action = ActionTag
	}
	if action == "" {
		return
	}
	if action.strength() > b.action.strength() {
		b.action = action
	}
	if !slices.Contains(b.rules, f.Rule) {
		b.rules = append(b.rules, f.Rule)
	}
}

// enforce does what the findings on an item ask for, or counts what it would have done.
func (b *batch) enforce(attrs pcommon.Map) (remove bool) {
	if b.action == "" {
		return false
	}
	for _, rule := range b.rules {
		b.enforced[enforcement{rule, b.action}]++
	}
	cfg := &b.p.cfg.Enforce
	if cfg.DryRun {
		return false
	}
	switch b.action {
	case ActionDrop:
		return true
	case ActionRoute:
		attrs.PutStr(cfg.RouteAttribute, cfg.RouteValue)
		return false
	default:
		names := make([]string, len(b.rules))
		for i, rule := range b.rules {
			names[i] = rule.String()
		}
		setList(attrs, cfg.TagAttribute, names)
		return false
	}
}
