package main

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/otelcol"
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
	var schemes, names []string
	for _, p := range providers() {
		schemes = append(schemes, p.Create(confmap.ProviderSettings{}).Scheme())
	}
	for _, p := range c.Providers {
		path, _, _ := strings.Cut(p.Gomod, " ")
		names = append(names, strings.TrimSuffix(filepath.Base(cmp.Or(p.Import, path)), "provider"))
	}
	assert.ElementsMatch(t, names, schemes)
	assert.NotEqual(t, ownModule, c.Dist.Module, "the builder's module would require itself")
}

func TestComponentsAreComplete(t *testing.T) {
	factories, err := components()
	require.NoError(t, err)
	var have []string
	for _, modules := range []map[component.Type]string{factories.ReceiverModules, factories.ProcessorModules, factories.ExporterModules, factories.ExtensionModules, factories.ConnectorModules} {
		for _, module := range modules {
			have = append(have, module)
		}
	}
	c := readBuilderConfig(t)
	for _, entry := range slices.Concat(c.Receivers, c.Processors, c.Exporters, c.Extensions, c.Connectors) {
		if entry.Import == "" {
			assert.Contains(t, have, entry.Gomod)
		}
	}
	for kind, types := range map[string][]string{
		"receivers":  {"otlpzip", "profiling"},
		"processors": {"semconv", "tracezip"},
		"exporters":  {"otlpzip", "pprof"},
		"extensions": {"console"},
	} {
		for _, name := range types {
			assert.True(t, registered(factories, kind, component.MustNewType(name)), "%s %s", kind, name)
		}
	}
}

func registered(f otelcol.Factories, kind string, name component.Type) (ok bool) {
	switch kind {
	case "receivers":
		_, ok = f.Receivers[name]
	case "processors":
		_, ok = f.Processors[name]
	case "exporters":
		_, ok = f.Exporters[name]
	case "extensions":
		_, ok = f.Extensions[name]
	}
	return ok
}
