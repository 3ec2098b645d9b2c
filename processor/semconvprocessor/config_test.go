package semconvprocessor

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/confmaptest"
)

func TestInvalidConfigs(t *testing.T) {
	all, err := confmaptest.LoadConf(filepath.Join("testdata", "invalid_configs.yaml"))
	require.NoError(t, err)
	want := map[string]string{
		"enforce":              `mode: "enforce" is unknown, known modes are normalise and observe`,
		"unknown mode":         `mode: "Normalise" is unknown, known modes are normalise and observe`,
		"empty mode":           `mode: "" is unknown`,
		"keep while observing": "keep_deprecated: has no meaning with mode: observe",
		"unknown key":          "redact",
	}
	assert.Len(t, all.ToStringMap(), len(want))
	for name, message := range want {
		sub, err := all.Sub(name)
		require.NoError(t, err)
		cfg := createDefaultConfig().(*Config)
		err = sub.Unmarshal(cfg)
		if err == nil {
			err = cfg.Validate()
		}
		assert.ErrorContains(t, err, message, name)
	}
}

func TestConfigs(t *testing.T) {
	cfg := createDefaultConfig().(*Config)
	require.NoError(t, cfg.Validate())
	assert.Equal(t, &Config{Mode: ModeNormalise}, cfg)
	require.NoError(t, confmap.NewFromStringMap(map[string]any{"mode": "normalise", "keep_deprecated": true}).Unmarshal(cfg))
	assert.Equal(t, &Config{Mode: ModeNormalise, KeepDeprecated: true}, cfg)
	cfg = createDefaultConfig().(*Config)
	require.NoError(t, confmap.NewFromStringMap(map[string]any{"mode": "observe"}).Unmarshal(cfg))
	require.NoError(t, cfg.Validate())
	assert.False(t, capabilities(cfg).MutatesData)
}
