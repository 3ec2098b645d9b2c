package otlpzipreceiver

import (
	"errors"
	"fmt"
	"math"
	"net/url"
	"path"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/configgrpc"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/confmap"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpzip"
	"github.com/otelcol-plus/otelcol-plus/internal/tracezip"
)

// URLPath is a path on the HTTP server; a leading slash is added when missing.
type URLPath string

// UnmarshalText implements encoding.TextUnmarshaler.
func (p *URLPath) UnmarshalText(text []byte) error {
	u, err := url.Parse(string(text))
	if err != nil {
		return fmt.Errorf("invalid HTTP URL path set for signal: %w", err)
	}
	if !path.IsAbs(u.Path) {
		u.Path = "/" + u.Path
	}
	*p = URLPath(u.Path)
	return nil
}

// HTTPConfig is the `protocols::http` block.
type HTTPConfig struct {
	// ServerConfig is the HTTP server (default endpoint localhost:4318).
	ServerConfig confighttp.ServerConfig `mapstructure:",squash"`
	// TracesURLPath takes traces, OTLP and frames (default /v1/traces).
	TracesURLPath URLPath `mapstructure:"traces_url_path,omitempty"`
	// MetricsURLPath takes metrics (default /v1/metrics).
	MetricsURLPath URLPath `mapstructure:"metrics_url_path,omitempty"`
	// LogsURLPath takes logs (default /v1/logs).
	LogsURLPath URLPath `mapstructure:"logs_url_path,omitempty"`
}

// Unmarshal implements confmap.Unmarshaler. It adds the check for unknown keys, which the Unmarshal method of the
// embedded confighttp struct turns off for everything beside and below it.
func (c *HTTPConfig) Unmarshal(conf *confmap.Conf) error {
	// Into a value that is thrown away, from a copy: optional blocks eat their `enabled` key while decoding.
	if err := confmap.NewFromStringMap(conf.ToStringMap()).Unmarshal(&strictHTTPConfig{}); err != nil {
		return otlpzip.NameBlock(err, strictHTTPConfig{}, "protocols::http")
	}
	return conf.Unmarshal(c)
}

// strictHTTPConfig has the keys of HTTPConfig and no Unmarshal method.
type strictHTTPConfig struct {
	ServerConfig   plainHTTPServer `mapstructure:",squash"`
	TracesURLPath  URLPath         `mapstructure:"traces_url_path,omitempty"`
	MetricsURLPath URLPath         `mapstructure:"metrics_url_path,omitempty"`
	LogsURLPath    URLPath         `mapstructure:"logs_url_path,omitempty"`
}

type plainHTTPServer confighttp.ServerConfig

// Protocols is the `protocols` block.
type Protocols struct {
	// GRPC is the gRPC server (default endpoint localhost:4317); off when the key is absent.
	GRPC configoptional.Optional[configgrpc.ServerConfig] `mapstructure:"grpc"`
	// HTTP is the HTTP server; off when the key is absent.
	HTTP configoptional.Optional[HTTPConfig] `mapstructure:"http"`
}

// ZipConfig is the `zip` block: what frames and dictionaries may weigh.
type ZipConfig struct {
	// MaxFrameBytes bounds a frame as it arrives (default 4 MiB, at most 2 GiB). Senders learn it and split.
	MaxFrameBytes int `mapstructure:"max_frame_bytes"`
	// MaxDecodedBytes bounds the estimated size of the traces in a frame (default 16 MiB, at most 2 GiB).
	MaxDecodedBytes int `mapstructure:"max_decoded_bytes"`
	// DictionaryMemory bounds the dictionaries kept for all senders together, in bytes (default 64 MiB). One dictionary may
	// take an eighth of it, and 1 MiB. With 0 none are kept, and senders are told to use none.
	DictionaryMemory int `mapstructure:"dictionary_memory"`
}

// Config is the configuration of the receiver.
type Config struct {
	// Protocols says which servers run; at least one must.
	Protocols Protocols `mapstructure:"protocols"`
	// Zip bounds frames and dictionaries.
	Zip ZipConfig `mapstructure:"zip"`
}

var (
	_ component.Config  = (*Config)(nil)
	_ confmap.Validator = (*Config)(nil)
)

// minFrameBytes leaves room for one ordinary span.
const minFrameBytes = 1 << 10

// minDictionaryMemory makes the share of one dictionary worth while.
const minDictionaryMemory = 1 << 20

// Validate checks the configuration. It tells all that is wrong with it.
func (c *Config) Validate() error {
	var errs []error
	if !c.Protocols.GRPC.HasValue() && !c.Protocols.HTTP.HasValue() {
		errs = append(errs, errors.New("protocols: must specify at least one of grpc and http"))
	}
	between := func(key string, bytes int) {
		if bytes < minFrameBytes || bytes > math.MaxInt32 {
			errs = append(errs, fmt.Errorf("%s: %d is not between %d and %d", key, bytes, minFrameBytes, math.MaxInt32))
		}
	}
	between("zip::max_frame_bytes", c.Zip.MaxFrameBytes)
	between("zip::max_decoded_bytes", c.Zip.MaxDecodedBytes)
	if c.Zip.DictionaryMemory != 0 && c.Zip.DictionaryMemory < minDictionaryMemory {
		errs = append(errs, fmt.Errorf("zip::dictionary_memory: %d is neither 0 (no dictionaries) nor at least %d", c.Zip.DictionaryMemory, minDictionaryMemory))
	}
	return errors.Join(errs...)
}

func (c ZipConfig) limits() tracezip.Limits {
	return tracezip.Limits{MaxFrameBytes: c.MaxFrameBytes, MaxDecodedBytes: c.MaxDecodedBytes}
}
