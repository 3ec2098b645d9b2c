package consoleextension

import (
	"errors"
	"fmt"
	"net"
	"net/url"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/config/confignet"
	"go.opentelemetry.io/collector/confmap"
)

// Config configures the extension.
type Config struct {
	// ServerConfig is the page's HTTP server (default endpoint 127.0.0.1:4320), with TLS and authentication as in every
	// component of the collector.
	ServerConfig confighttp.ServerConfig `mapstructure:",squash"`
	// ProfilesDirectory is the `directory` of the pprof exporter; empty shows no profiles.
	ProfilesDirectory string `mapstructure:"profiles_directory"`
	// MetricsEndpoint is where the collector serves its own metrics (default http://127.0.0.1:8888/metrics); empty shows
	// no figures.
	MetricsEndpoint string `mapstructure:"metrics_endpoint"`
}

var (
	_ component.Config    = (*Config)(nil)
	_ confmap.Unmarshaler = (*Config)(nil)
)

// serverKeys are the server's keys without its way of decoding, which lets unknown keys pass.
type serverKeys confighttp.ServerConfig

// Unmarshal refuses keys that do not exist: a misspelt profiles_directory would otherwise go unnoticed.
func (c *Config) Unmarshal(conf *confmap.Conf) error {
	var known struct {
		Server            serverKeys `mapstructure:",squash"`
		ProfilesDirectory any        `mapstructure:"profiles_directory"`
		MetricsEndpoint   any        `mapstructure:"metrics_endpoint"`
	}
	if err := conf.Unmarshal(&known); err != nil {
		return err
	}
	return conf.Unmarshal(c)
}

// Validate checks the addresses.
func (c *Config) Validate() error {
	return errors.Join(c.validateEndpoint(), c.validateMetricsEndpoint())
}

func (c *Config) validateEndpoint() error {
	addr := c.ServerConfig.NetAddr
	if addr.Endpoint == "" {
		return errors.New("`endpoint` is required")
	}
	if addr.Transport == confignet.TransportTypeUnix {
		return nil
	}
	if _, _, err := net.SplitHostPort(addr.Endpoint); err != nil {
		return fmt.Errorf("`endpoint` must be HOST:PORT: %w", err)
	}
	return nil
}

func (c *Config) validateMetricsEndpoint() error {
	if c.MetricsEndpoint == "" {
		return nil
	}
	u, err := url.Parse(c.MetricsEndpoint)
	if err != nil {
		return fmt.Errorf("`metrics_endpoint` is not a URL: %w", err)
	}
	if (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return fmt.Errorf("`metrics_endpoint` must be a URL such as http://127.0.0.1:8888/metrics, is %q", c.MetricsEndpoint)
	}
	return nil
}
