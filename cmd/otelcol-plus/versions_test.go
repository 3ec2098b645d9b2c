package main

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
	"golang.org/x/mod/modfile"
)

const ownModule = "github.com/otelcol-plus/otelcol-plus"

type builderConfig struct {
	Dist struct {
		Module, Name, Description, Version string
	}
	Receivers, Processors, Exporters, Extensions, Connectors, Providers []struct {
		Gomod, Import, Path string
	}
}

func readBuilderConfig(t *testing.T) builderConfig {
	t.Helper()
	data, err := os.ReadFile("../../builder-config.yaml")
	require.NoError(t, err)
	var c builderConfig
	require.NoError(t, yaml.Unmarshal(data, &c))
	return c
}

// The builder checks no versions when it only generates sources, so this does.
func TestBuilderConfigAndGoModNameTheSameVersions(t *testing.T) {
	data, err := os.ReadFile("../../go.mod")
	require.NoError(t, err)
	mod, err := modfile.Parse("go.mod", data, nil)
	require.NoError(t, err)
	required := map[string]string{}
	for _, r := range mod.Require {
		required[r.Mod.Path] = r.Mod.Version
	}
	assert.Empty(t, mod.Replace, "a replace would not reach those who embed our components")

	c := readBuilderConfig(t)
	for _, entry := range slices.Concat(c.Receivers, c.Processors, c.Exporters, c.Extensions, c.Connectors, c.Providers) {
		path, version, _ := strings.Cut(entry.Gomod, " ")
		if path == ownModule {
			assert.Equal(t, ".", entry.Path, entry.Import)
			continue
		}
		assert.Equal(t, version, required[path], path)
	}
}

func TestMainAndBuilderConfigDescribeTheSameDistribution(t *testing.T) {
	c := readBuilderConfig(t)
	info := settings().BuildInfo
	assert.Equal(t, c.Dist.Version, info.Version)
	assert.Equal(t, c.Dist.Name, info.Command)
	assert.Equal(t, c.Dist.Description, info.Description)
	assert.Len(t, providers(), len(c.Providers))
}

func TestComponentsAreComplete(t *testing.T) {
	factories, err := components()
	require.NoError(t, err)
	c := readBuilderConfig(t)
	// Each factory may also be registered under a deprecated alias.
	assert.GreaterOrEqual(t, len(factories.Receivers), len(c.Receivers))
	assert.GreaterOrEqual(t, len(factories.Processors), len(c.Processors))
	assert.GreaterOrEqual(t, len(factories.Exporters), len(c.Exporters))
	assert.GreaterOrEqual(t, len(factories.Extensions), len(c.Extensions))
	assert.GreaterOrEqual(t, len(factories.Connectors), len(c.Connectors))
}
