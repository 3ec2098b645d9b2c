package consoleextension

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/confmaptest"
)

func TestDefaultConfig(t *testing.T) {
	cfg := createDefaultConfig().(*Config)
	require.NoError(t, confmap.Validate(cfg))
	assert.Equal(t, "127.0.0.1:4320", cfg.ServerConfig.NetAddr.Endpoint)
}

func TestConfigKeys(t *testing.T) {
	cfg := createDefaultConfig().(*Config)
	require.NoError(t, confmap.NewFromStringMap(map[string]any{
		"endpoint": "localhost:0", "profiles_directory": "p", "metrics_endpoint": "", "read_timeout": "3s",
		"keepalive": map[string]any{"idle_timeout": "7s"}, "auth": map[string]any{"authenticator": "basicauth"},
	}).Unmarshal(cfg))
	require.NoError(t, confmap.Validate(cfg))
	assert.Equal(t, "localhost:0", cfg.ServerConfig.NetAddr.Endpoint)
	assert.Equal(t, "p", cfg.ProfilesDirectory)
	assert.Empty(t, cfg.MetricsEndpoint)
}

func TestInvalidConfigs(t *testing.T) {
	all, err := confmaptest.LoadConf(filepath.Join("testdata", "invalid_configs.yaml"))
	require.NoError(t, err)
	want := map[string]string{
		"no_endpoint":            "`endpoint` is required",
		"no_port":                "`endpoint` must be HOST:PORT",
		"metrics_without_scheme": "`metrics_endpoint`",
		"metrics_without_host":   "`metrics_endpoint` must be a URL",
		"metrics_not_a_url":      "`metrics_endpoint` is not a URL",
		"unknown_key":            "profile_directory",
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
