package pprofexporter

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/confmaptest"
)

func TestDefaultConfigNeedsOnlyADirectory(t *testing.T) {
	cfg := createDefaultConfig().(*Config)
	cfg.Directory = "profiles"
	require.NoError(t, confmap.Validate(cfg))
}

func TestInvalidConfigs(t *testing.T) {
	all, err := confmaptest.LoadConf(filepath.Join("testdata", "invalid_configs.yaml"))
	require.NoError(t, err)
	want := map[string]string{
		"no_directory":       "`directory` is required",
		"no_files":           "`max_files` must be between 1 and 100000, is 0",
		"too_many_files":     "`max_files` must be between 1 and 100000, is 100001",
		"no_megabytes":       "`max_megabytes` must be between 1 and 1048576, is -1",
		"too_many_megabytes": "`max_megabytes` must be between 1 and 1048576, is 1048577",
		"short_window":       "`window` must be between 1s and 24h0m0s, is 500ms",
		"long_window":        "`window` must be between 1s and 24h0m0s, is 25h0m0s",
		"queue":              "`queue_size` must be positive",
		"retry":              "retry_on_failure: initial_interval value must be greater",
		"unknown_key":        "max_file",
	}
	for name := range all.ToStringMap() {
		t.Run(name, func(t *testing.T) {
			require.Contains(t, want, name)
			sub, err := all.Sub(name)
			require.NoError(t, err)
			cfg := createDefaultConfig().(*Config)
			if err = sub.Unmarshal(cfg); err == nil {
				err = confmap.Validate(cfg)
			}
			require.ErrorContains(t, err, want[name])
		})
	}
	assert.Len(t, all.ToStringMap(), len(want))
}
