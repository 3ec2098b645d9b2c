package tracezipprocessor

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/confmaptest"
)

func TestDefaultConfig(t *testing.T) {
	cfg := createDefaultConfig().(*Config)
	require.NoError(t, confmap.Validate(cfg))
	assert.Equal(t, &Config{Mode: ModeDedup, Window: 30 * time.Second, MaxEntries: 262144}, cfg)
}

func TestUnmarshalConfig(t *testing.T) {
	cfg := createDefaultConfig()
	in := confmap.NewFromStringMap(map[string]any{"mode": "dedup", "window": "2m", "max_entries": 1000})
	require.NoError(t, in.Unmarshal(cfg))
	assert.Equal(t, &Config{Mode: ModeDedup, Window: 2 * time.Minute, MaxEntries: 1000}, cfg)
}

func TestInvalidConfigs(t *testing.T) {
	all, err := confmaptest.LoadConf(filepath.Join("testdata", "invalid_configs.yaml"))
	require.NoError(t, err)
	want := map[string]string{
		"unknown_mode":     `mode: "fold" is unknown, known modes are: dedup`,
		"pack":             `mode: "pack" is unknown, known modes are: dedup`,
		"unpack":           `mode: "unpack" is unknown, known modes are: dedup`,
		"no_window":        "window: 0s is not between 1ms and 24h0m0s",
		"negative_window":  "window: -1s is not between",
		"long_window":      "window: 25h0m0s is not between",
		"no_entries":       "max_entries: 0 is not between 1 and 67108864",
		"too_many_entries": "max_entries: 67108865 is not between",
		"unknown_key":      "entries",
	}
	require.Len(t, all.ToStringMap(), len(want))
	for name, message := range want {
		t.Run(name, func(t *testing.T) {
			sub, err := all.Sub(name)
			require.NoError(t, err)
			cfg := createDefaultConfig()
			err = sub.Unmarshal(cfg)
			require.ErrorContains(t, errors.Join(err, confmap.Validate(cfg)), message)
		})
	}
}

func TestModeIsCheckedWithoutYAML(t *testing.T) {
	cfg := createDefaultConfig().(*Config)
	cfg.Mode = ""
	require.ErrorContains(t, cfg.Validate(), `mode: "" is unknown`)
}
