package tracezipprocessor

import (
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/collector/component"
)

// Mode is what the processor does with spans.
type Mode string

// ModeDedup drops re-deliveries, merges and groups.
const ModeDedup Mode = "dedup"

// UnmarshalText refuses unknown modes while the configuration is read.
func (m *Mode) UnmarshalText(text []byte) error {
	*m = Mode(text)
	return m.validate()
}

func (m Mode) validate() error {
	if m != ModeDedup {
		return fmt.Errorf("mode: %q is unknown, known modes are: %s", string(m), ModeDedup)
	}
	return nil
}

const (
	// maxWindow keeps ages far from the wrap of the 32-bit millisecond clock.
	maxWindow = 24 * time.Hour
	// maxMaxEntries is 4 GiB of window.
	maxMaxEntries = 1 << 26
)

// Config of the processor.
type Config struct {
	// Mode is dedup, the default.
	Mode Mode `mapstructure:"mode"`
	// Window is how long a delivered span is remembered (default 30s, at most 24h).
	Window time.Duration `mapstructure:"window"`
	// MaxEntries is how many delivered spans are remembered at most (default 262144); beyond it the oldest is forgotten.
	// An entry takes 48 to 64 bytes.
	MaxEntries int `mapstructure:"max_entries"`

	// prevent unkeyed literal initialization
	_ struct{}
}

var _ component.Config = (*Config)(nil)

// Validate checks the settings.
func (c *Config) Validate() error {
	var errs []error
	if err := c.Mode.validate(); err != nil {
		errs = append(errs, err)
	}
	if c.Window < time.Millisecond || c.Window > maxWindow {
		errs = append(errs, fmt.Errorf("window: %v is not between 1ms and %v", c.Window, maxWindow))
	}
	if c.MaxEntries < 1 || c.MaxEntries > maxMaxEntries {
		errs = append(errs, fmt.Errorf("max_entries: %d is not between 1 and %d", c.MaxEntries, maxMaxEntries))
	}
	return errors.Join(errs...)
}
