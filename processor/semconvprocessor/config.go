package semconvprocessor

import (
	"errors"
	"fmt"

	"go.opentelemetry.io/collector/component"
)

// Config of the semconv processor.
type Config struct {
	// Mode is normalise (the default: repair what can be repaired without loss, and report) or observe (report only).
	Mode Mode `mapstructure:"mode"`
	// KeepDeprecated leaves old attributes in place beside the new ones. Default: false.
	KeepDeprecated bool `mapstructure:"keep_deprecated"`
}

// Mode says what the processor may do.
type Mode string

// The modes.
const (
	ModeObserve   Mode = "observe"
	ModeNormalise Mode = "normalise"
)

// UnmarshalText refuses modes that do not exist.
func (m *Mode) UnmarshalText(text []byte) error {
	switch mode := Mode(text); mode {
	case ModeObserve, ModeNormalise:
		*m = mode
		return nil
	default:
		return fmt.Errorf("mode: %q is unknown, known modes are %s and %s", text, ModeNormalise, ModeObserve)
	}
}

// Validate checks what the settings say together.
func (c *Config) Validate() error {
	if err := new(Mode).UnmarshalText([]byte(c.Mode)); err != nil {
		return err
	}
	if c.Mode == ModeObserve && c.KeepDeprecated {
		return errors.New("keep_deprecated: has no meaning with mode: observe, which changes nothing")
	}
	return nil
}

func createDefaultConfig() component.Config { return &Config{Mode: ModeNormalise} }
