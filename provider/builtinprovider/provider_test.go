package builtinprovider

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/confmaptest"
	"go.opentelemetry.io/collector/confmap/provider/envprovider"
	"go.opentelemetry.io/collector/confmap/provider/yamlprovider"
)

func TestSchemeIsValid(t *testing.T) {
	require.NoError(t, confmaptest.ValidateProviderScheme(NewFactory().Create(confmap.ProviderSettings{})))
}

func TestEveryConfigurationHasPipelines(t *testing.T) {
	for _, name := range []string{"standalone", "agent", "gateway"} {
		t.Run(name, func(t *testing.T) {
			conf := resolve(t, "builtin:"+name)
			pipelines, ok := conf.Get("service::pipelines").(map[string]any)
			require.True(t, ok)
			assert.NotEmpty(t, pipelines)
		})
	}
}

func TestLaterConfigurationOverrides(t *testing.T) {
	conf := resolve(t, "builtin:agent", "yaml:receivers::profiling::frequency: 97")
	assert.Equal(t, 97, conf.Get("receivers::profiling::frequency"))
	assert.NotNil(t, conf.Get("exporters::otlpzip::endpoint"), "the rest stays")
}

func TestEnvironmentOverrides(t *testing.T) {
	t.Setenv("OTELPLUS_GATEWAY_ENDPOINT", "gateway.example:4319")
	conf := resolve(t, "builtin:agent")
	assert.Equal(t, "gateway.example:4319", conf.Get("exporters::otlpzip::endpoint"))
}

func TestUnknownNameListsTheKnownOnes(t *testing.T) {
	_, err := NewFactory().Create(confmap.ProviderSettings{}).Retrieve(t.Context(), "builtin:gatway", nil)
	require.EqualError(t, err, `no built-in configuration "gatway": known are agent, gateway, standalone`)
}

func TestOtherSchemeIsRefused(t *testing.T) {
	_, err := NewFactory().Create(confmap.ProviderSettings{}).Retrieve(t.Context(), "file:agent", nil)
	require.EqualError(t, err, `"file:agent" uri is not supported by "builtin" provider`)
}

func resolve(t *testing.T, uris ...string) *confmap.Conf {
	t.Helper()
	resolver, err := confmap.NewResolver(confmap.ResolverSettings{
		URIs:              uris,
		ProviderFactories: []confmap.ProviderFactory{NewFactory(), envprovider.NewFactory(), yamlprovider.NewFactory()},
		DefaultScheme:     "env",
	})
	require.NoError(t, err)
	conf, err := resolver.Resolve(t.Context())
	require.NoError(t, err)
	return conf
}
