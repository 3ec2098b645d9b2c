package profilingreceiver

import (
	"errors"
	"fmt"
	"path"
	"time"

	"go.opentelemetry.io/collector/config/configoptional"
)

// Engine is how samples are taken.
type Engine string

// The engines there are.
const (
	EngineAuto Engine = "auto" // the best that works here
	EnginePerf Engine = "perf" // perf_event_open
)

// UnmarshalText refuses engines that do not exist.
func (e *Engine) UnmarshalText(text []byte) error {
	switch v := Engine(text); v {
	case EngineAuto, EnginePerf:
		*e = v
		return nil
	}
	return fmt.Errorf("engine: %q is unknown, use auto or perf", text)
}

// Config is the configuration of the receiver.
type Config struct {
	// Engine is how samples are taken: auto (default) or perf.
	Engine Engine `mapstructure:"engine"`

	// Frequency is the number of samples a second on every CPU, 1 to 1000; default 19.
	Frequency int `mapstructure:"frequency"`

	// FlushInterval is the time that one batch of profiles covers, 1s to 10m; default 15s.
	FlushInterval time.Duration `mapstructure:"flush_interval"`

	// Include lists patterns of executable names (*, ? and [] as in a shell);
	// empty, the default, means all.
	Include []string `mapstructure:"include"`

	// Exclude lists patterns of executable names that are left out, also if
	// included; empty by default.
	Exclude []string `mapstructure:"exclude"`

	// Targets are addresses at which programs serve their own profiles, to be pulled; none by default.
	Targets []Target `mapstructure:"targets"`

	// Push is a server that accepts profiles from programs; off by default, on 127.0.0.1:4040 when it is there.
	Push configoptional.Optional[PushConfig] `mapstructure:"push"`

	// prevent unkeyed literal initialization
	_ struct{}
}

const (
	maxFrequency = 1000
	minFlush     = time.Second
	maxFlush     = 10 * time.Minute
)

// Validate checks what can be known without touching the system.
func (c *Config) Validate() error {
	var errs []error
	if c.Engine != EngineAuto && c.Engine != EnginePerf {
		errs = append(errs, fmt.Errorf("engine: %q is unknown, use auto or perf", c.Engine))
	}
	if c.Frequency < 1 || c.Frequency > maxFrequency {
		errs = append(errs, fmt.Errorf("frequency: %d is outside 1 to %d", c.Frequency, maxFrequency))
	}
	if c.FlushInterval < minFlush || c.FlushInterval > maxFlush {
		errs = append(errs, fmt.Errorf("flush_interval: %s is outside %s to %s", c.FlushInterval, minFlush, maxFlush))
	}
	return errors.Join(append(errs, checkPatterns("include", c.Include), checkPatterns("exclude", c.Exclude))...)
}

func checkPatterns(key string, patterns []string) error {
	for _, p := range patterns {
		if _, err := path.Match(p, ""); err != nil || p == "" {
			return fmt.Errorf("%s: %q is no pattern of executable names", key, p)
		}
	}
	return nil
}

// selects tells whether processes of an executable are profiled.
func (c *Config) selects(name string) bool {
	return (len(c.Include) == 0 || matches(c.Include, name)) && !matches(c.Exclude, name)
}

func matches(patterns []string, name string) bool {
	for _, p := range patterns {
		if ok, _ := path.Match(p, name); ok {
			return true
		}
	}
	return false
}
