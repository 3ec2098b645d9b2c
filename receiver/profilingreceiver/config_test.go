package profilingreceiver

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/confmaptest"
)

func TestInvalidConfigs(t *testing.T) {
	cases, err := confmaptest.LoadConf(filepath.Join("testdata", "invalid_configs.yaml"))
	require.NoError(t, err)
	for name := range cases.ToStringMap() {
		t.Run(name, func(t *testing.T) {
			c, err := cases.Sub(name)
			require.NoError(t, err)
			sub, err := c.Sub("config")
			require.NoError(t, err)
			cfg := createDefaultConfig()
			err = sub.Unmarshal(cfg)
			if err == nil {
				err = confmap.Validate(cfg)
			}
			require.ErrorContains(t, err, c.Get("error").(string))
		})
	}
}

func TestDefaultConfigIsValid(t *testing.T) {
	assert.NoError(t, confmap.Validate(createDefaultConfig()))
}

func TestSelects(t *testing.T) {
	c := &Config{Include: []string{"nginx", "kube*"}, Exclude: []string{"kube-proxy"}}
	for name, want := range map[string]bool{"nginx": true, "nginx2": false, "kubelet": true, "kube-proxy": false} {
		assert.Equal(t, want, c.selects(name), name)
	}
	assert.True(t, (&Config{}).selects("anything"))
}
