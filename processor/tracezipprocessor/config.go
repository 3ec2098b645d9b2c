package tracezipprocessor

import (
	"errors"
	"fmt"
	"math"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/confmap"
)

// Mode is what the processor does with spans.
type Mode string

const (
	// ModeDedup drops re-deliveries, merges and groups; it folds if told to.
	ModeDedup Mode = "dedup"
	// ModePack turns batches into envelopes: ordinary spans that carry tracezip frames.
	ModePack Mode = "pack"
	// ModeUnpack turns envelopes back into the batches they came from.
	ModeUnpack Mode = "unpack"
)

// UnmarshalText refuses unknown modes while the configuration is read.
func (m *Mode) UnmarshalText(text []byte) error {
	*m = Mode(text)
	return m.validate()
}

func (m Mode) validate() error {
	switch m {
	case ModeDedup, ModePack, ModeUnpack:
		return nil
	default:
		return fmt.Errorf("mode: %q is unknown, known modes are: %s, %s, %s", string(m), ModeDedup, ModePack, ModeUnpack)
	}
}

const (
	// maxWindow keeps ages far from the wrap of the 32-bit millisecond clock.
	maxWindow = 24 * time.Hour
	// maxMaxEntries is 4 GiB of window.
	maxMaxEntries = 1 << 26
	// minMinRun: the first and the last of a run are kept, and a fold with its histogram is larger than a span. What stands for one
	// or two spans is more data than they were.
	minMinRun = 5
	// minFrameBytes leaves room for one ordinary span.
	minFrameBytes = 1 << 10
)

// FoldConfig is the `fold` block: it makes the processor lossy.
type FoldConfig struct {
	// MinRun is the shortest run of siblings that is folded (default 10, at least 5).
	MinRun int `mapstructure:"min_run"`
}

// PackConfig is the `pack` block.
type PackConfig struct {
	// MaxFrameBytes bounds a frame (default 512 KiB); a batch that does not fit is cut into several. The default stays below
	// the 1 MB of a Kafka message, base64 of the JSON encodings included.
	MaxFrameBytes int `mapstructure:"max_frame_bytes"`
}

// UnpackConfig is the `unpack` block: what envelopes may weigh.
type UnpackConfig struct {
	// MaxFrameBytes bounds a frame (default 4 MiB).
	MaxFrameBytes int `mapstructure:"max_frame_bytes"`
	// MaxDecodedBytes bounds the estimated size of all the traces that the envelopes of one request hold (default 64 MiB).
	MaxDecodedBytes int `mapstructure:"max_decoded_bytes"`
}

// Config of the processor.
type Config struct {
	// Mode is dedup (the default), pack or unpack.
	Mode Mode `mapstructure:"mode"`
	// Window is how long a delivered span is remembered in mode dedup (default 30s, at most 24h).
	Window time.Duration `mapstructure:"window"`
	// MaxEntries is how many delivered spans are remembered at most in mode dedup (default 262144); beyond it the oldest is
	// forgotten. An entry takes 48 to 64 bytes.
	MaxEntries int `mapstructure:"max_entries"`
	// Fold replaces runs of siblings by their statistics in mode dedup (off by default).
	Fold configoptional.Optional[FoldConfig] `mapstructure:"fold"`
	// Pack is how mode pack makes envelopes.
	Pack PackConfig `mapstructure:"pack"`
	// Unpack is what mode unpack accepts.
	Unpack UnpackConfig `mapstructure:"unpack"`

	// prevent unkeyed literal initialization
	_ struct{}
}

var (
	_ component.Config    = (*Config)(nil)
	_ confmap.Unmarshaler = (*Config)(nil)
	_ confmap.Validator   = (*Config)(nil)
)

// ownedBy says which mode reads a setting. A setting that the configured mode would not read is a mistake.
var ownedBy = []struct {
	key  string
	mode Mode
}{
	{"window", ModeDedup},
	{"max_entries", ModeDedup},
	{"fold", ModeDedup},
	{"pack", ModePack},
	{"unpack", ModeUnpack},
}

// Unmarshal implements confmap.Unmarshaler. It refuses the settings of other modes, which only the written configuration
// tells from defaults.
func (c *Config) Unmarshal(conf *confmap.Conf) error {
	var errs []error
	written := conf.ToStringMap()
	if err := conf.Unmarshal(c); err != nil {
		return err
	}
	for _, setting := range ownedBy {
		if _, ok := written[setting.key]; ok && setting.mode != c.Mode {
			errs = append(errs, fmt.Errorf("%s: belongs to mode %s and does nothing in mode %s; remove it, or use a second tracezip processor",
				setting.key, setting.mode, c.Mode))
		}
	}
	return errors.Join(errs...)
}

// Validate checks the settings that the mode reads.
func (c *Config) Validate() error {
	switch c.Mode {
	case ModeDedup:
		return c.validateDedup()
	case ModePack:
		return between("pack::max_frame_bytes", c.Pack.MaxFrameBytes, minFrameBytes, math.MaxInt32)
	case ModeUnpack:
		return errors.Join(
			between("unpack::max_frame_bytes", c.Unpack.MaxFrameBytes, minFrameBytes, math.MaxInt32),
			between("unpack::max_decoded_bytes", c.Unpack.MaxDecodedBytes, minFrameBytes, math.MaxInt32))
	default:
		return c.Mode.validate()
	}
}

func (c *Config) validateDedup() error {
	var errs []error
	if c.Window < time.Millisecond || c.Window > maxWindow {
		errs = append(errs, fmt.Errorf("window: %v is not between 1ms and %v", c.Window, maxWindow))
	}
	errs = append(errs, between("max_entries", c.MaxEntries, 1, maxMaxEntries))
	if fold := c.Fold.Get(); fold != nil {
		errs = append(errs, between("fold::min_run", fold.MinRun, minMinRun, math.MaxInt32))
	}
	return errors.Join(errs...)
}

func between(key string, value, least, most int) error {
	if value < least || value > most {
		return fmt.Errorf("%s: %d is not between %d and %d", key, value, least, most)
	}
	return nil
}
