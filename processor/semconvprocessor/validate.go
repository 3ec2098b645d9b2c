package semconvprocessor

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/gobwas/glob"

	"github.com/otelcol-plus/otelcol-plus/internal/semconv"
)

const (
	minReport = time.Second
	maxTop    = 100_000
	maxNoted  = 64
)

// Validate checks everything that can be known without reading files, and tells all that is wrong.
func (c *Config) Validate() error {
	errs := []error{
		new(Mode).UnmarshalText([]byte(c.Mode)), new(Coerce).UnmarshalText([]byte(c.Coerce)),
		new(ForeignSchema).UnmarshalText([]byte(c.ForeignSchema)), checkLevels("rules", c.Rules), c.checkMode(),
	}
	if c.MaxValueBytes < 0 {
		errs = append(errs, fmt.Errorf("max_value_bytes: %d is below 0; 0 never cuts", c.MaxValueBytes))
	}
	if slices.Contains(c.RedactQueryKeys, "") {
		errs = append(errs, errors.New("redact_query_keys: a key is empty"))
	}
	for i := range c.Overrides {
		errs = append(errs, c.Overrides[i].check(fmt.Sprintf("overrides[%d]", i), c.Mode))
	}
	return errors.Join(append(errs, c.checkEnforce(), c.checkOutputs())...)
}

// checkMode refuses what has no meaning when nothing may change.
func (c *Config) checkMode() error {
	if c.Mode != ModeObserve {
		return nil
	}
	var errs []error
	for key, on := range map[string]bool{
		"derive": c.Derive, "keep_deprecated": c.KeepDeprecated, "drop_obsolete": c.DropObsolete, "sanitize_query": c.SanitizeQuery,
		"annotate::enabled": c.Annotate.Enabled,
	} {
		if on {
			errs = append(errs, fmt.Errorf("%s: has no meaning with mode: observe, which changes nothing", key))
		}
	}
	return errors.Join(errs...)
}

func checkLevels(key string, rules map[string]string) error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(rules)) {
		if _, err := semconv.ParseRules(name); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", key, err))
		}
		if _, err := semconv.ParseLevel(rules[name]); err != nil {
			errs = append(errs, fmt.Errorf("%s::%s: %w", key, name, err))
		}
	}
	return errors.Join(errs...)
}

func (o *Override) check(key string, mode Mode) error {
	errs := []error{checkLevels(key+"::rules", o.Rules), checkPatterns(key+"::services", o.Services), checkPatterns(key+"::attributes", o.Attributes)}
	switch {
	case o.Mode == "" && len(o.Rules) == 0:
		errs = append(errs, fmt.Errorf("%s: changes nothing, set mode or rules", key))
	case o.Mode == "" || o.Mode == ModeObserve:
	case o.Mode != ModeNormalise:
		errs = append(errs, fmt.Errorf("%s::mode: %q is unknown, use observe, normalise", key, o.Mode))
	case mode == ModeObserve:
		errs = append(errs, fmt.Errorf("%s::mode: normalise cannot be had while the processor has mode: observe", key))
	case len(o.Attributes) > 0:
		errs = append(errs, fmt.Errorf("%s::mode: normalise is for whole services, leave attributes out", key))
	}
	return errors.Join(errs...)
}

func checkPatterns(key string, patterns []string) error {
	var errs []error
	for _, p := range patterns {
		if _, err := glob.Compile(p); err != nil || p == "" {
			errs = append(errs, fmt.Errorf("%s: %q is no pattern, * stands for any text and ? for a character", key, p))
		}
	}
	return errors.Join(errs...)
}

func (c *Config) checkEnforce() error {
	if len(c.Enforce.Rules) > 0 && c.Mode != ModeEnforce {
		return errors.New("enforce::rules: need mode: enforce")
	}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(c.Enforce.Rules)) {
		rules, err := semconv.ParseRules(name)
		if err != nil {
			errs = append(errs, fmt.Errorf("enforce::rules: %w", err))
		}
		for _, rule := range rules {
			if c.Enforce.Rules[name] == ActionDrop && c.levelOf(rule) <= semconv.Information {
				errs = append(errs, fmt.Errorf("enforce::rules::%s: nothing is dropped for findings of level %s; use tag, or raise the level in rules",
					name, c.levelOf(rule)))
			}
		}
	}
	for key, value := range map[string]string{
		"enforce::tag_attribute": c.Enforce.TagAttribute, "enforce::route_attribute": c.Enforce.RouteAttribute, "enforce::route_value": c.Enforce.RouteValue,
	} {
		if value == "" {
			errs = append(errs, fmt.Errorf("%s: is empty", key))
		}
	}
	return errors.Join(errs...)
}

// levelOf is the level of a rule for most services and names.
func (c *Config) levelOf(rule semconv.Rule) semconv.Level {
	level := rule.Level()
	for _, name := range aliasesFirst(c.Rules) {
		if rules, err := semconv.ParseRules(name); err == nil && slices.Contains(rules, rule) {
			if parsed, err := semconv.ParseLevel(c.Rules[name]); err == nil {
				level = parsed
			}
		}
	}
	return level
}

func (c *Config) checkOutputs() error {
	var errs []error
	if c.Annotate.Attribute == "" {
		errs = append(errs, errors.New("annotate::attribute: is empty"))
	}
	if c.Annotate.Max < 1 || c.Annotate.Max > maxNoted {
		errs = append(errs, fmt.Errorf("annotate::max: %d is not from 1 to %d", c.Annotate.Max, maxNoted))
	}
	if c.Report.Interval != 0 && c.Report.Interval < minReport {
		errs = append(errs, fmt.Errorf("report::interval: %s is below %s; 0 writes no reports", c.Report.Interval, minReport))
	}
	if c.Report.Top < 1 || c.Report.Top > maxTop {
		errs = append(errs, fmt.Errorf("report::top: %d is not from 1 to %d", c.Report.Top, maxTop))
	}
	return errors.Join(errs...)
}
