package builtinprovider

import (
	"context"
	"fmt"
	"strings"

	"go.opentelemetry.io/collector/confmap"

	"github.com/otelcol-plus/otelcol-plus/configs"
)

const scheme = "builtin"

type provider struct{}

// NewFactory returns a factory for the provider of URIs of the form "builtin:NAME".
// What the named configuration holds can be overridden by a later --config, key by key.
func NewFactory() confmap.ProviderFactory {
	return confmap.NewProviderFactory(func(confmap.ProviderSettings) confmap.Provider { return provider{} })
}

func (provider) Retrieve(_ context.Context, uri string, _ confmap.WatcherFunc) (*confmap.Retrieved, error) {
	name, ok := strings.CutPrefix(uri, scheme+":")
	if !ok {
		return nil, fmt.Errorf("%q uri is not supported by %q provider", uri, scheme)
	}
	data, err := configs.Read(name)
	if err != nil {
		return nil, err
	}
	return confmap.NewRetrievedFromYAML(data)
}

func (provider) Scheme() string { return scheme }

func (provider) Shutdown(context.Context) error { return nil }
