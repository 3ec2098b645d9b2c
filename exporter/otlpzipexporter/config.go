package otlpzipexporter

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/configgrpc"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/config/configretry"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/exporter/exporterhelper"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpzip"
)

// Protocol is the transport to the peer.
type Protocol string

const (
	// ProtocolGRPC takes the keys of the stock otlp exporter.
	ProtocolGRPC Protocol = "grpc"
	// ProtocolHTTP takes the keys of the stock otlphttp exporter.
	ProtocolHTTP Protocol = "http"
)

// UnmarshalText implements encoding.TextUnmarshaler.
func (p *Protocol) UnmarshalText(text []byte) error {
	return choose(p, "protocol", Protocol(text), ProtocolGRPC, ProtocolHTTP)
}

// Encoding is the OTLP encoding over HTTP.
type Encoding string

const (
	// EncodingProto is binary protobuf.
	EncodingProto Encoding = "proto"
	// EncodingJSON is OTLP JSON.
	EncodingJSON Encoding = "json"
)

// UnmarshalText implements encoding.TextUnmarshaler.
func (e *Encoding) UnmarshalText(text []byte) error {
	return choose(e, "encoding", Encoding(text), EncodingProto, EncodingJSON)
}

// Order says what becomes of the order of spans.
type Order string

const (
	// OrderExact keeps it.
	OrderExact Order = "exact"
	// OrderGrouped merges equal resources and scopes and puts the spans of a trace side by side, which takes fewer bytes.
	OrderGrouped Order = "grouped"
)

// UnmarshalText implements encoding.TextUnmarshaler.
func (o *Order) UnmarshalText(text []byte) error {
	return choose(o, "zip::order", Order(text), OrderExact, OrderGrouped)
}

// choose sets a setting that has two values.
func choose[T ~string](setting *T, key string, value, one, other T) error {
	if value != one && value != other {
		return fmt.Errorf("%s: %q is neither %s nor %s", key, value, one, other)
	}
	*setting = value
	return nil
}

// DictionaryConfig is the `zip::dictionary` block.
type DictionaryConfig struct {
	// Enabled uses dictionaries with a peer that keeps them (default true).
	Enabled bool `mapstructure:"enabled"`
	// MaxBytes bounds the memory of one dictionary (default 256 KiB). Three may exist at a time.
	MaxBytes int `mapstructure:"max_bytes"`
}

const (
	defaultDictionaryBytes = 256 << 10
	minDictionaryBytes     = 64 << 10 // 28 KiB of which are the static tables
	maxDictionaryBytes     = 1 << 20  // what a decoder takes
)

// Validate checks the bound.
func (c *DictionaryConfig) Validate() error {
	if c.MaxBytes < minDictionaryBytes || c.MaxBytes > maxDictionaryBytes {
		return fmt.Errorf("max_bytes: %d is not between %d and %d", c.MaxBytes, minDictionaryBytes, maxDictionaryBytes)
	}
	return nil
}

// ZipConfig is the `zip` block.
type ZipConfig struct {
	// Order is exact (default) or grouped.
	Order Order `mapstructure:"order"`
	// Dictionary is about what frames have in common.
	Dictionary DictionaryConfig `mapstructure:"dictionary"`
	// Fallback sends OTLP to a peer that does not speak tracezip (default true). When false such a peer is a permanent
	// error.
	Fallback bool `mapstructure:"fallback"`
	// ReportInterval is how often one frame is looked into for metrics of what its bytes are spent on (default 0 = never).
	ReportInterval time.Duration `mapstructure:"report_interval"`
}

// minReportInterval keeps reports rare: one takes about ten times the CPU of encoding its frame.
const minReportInterval = time.Second

// Validate checks the interval.
func (c *ZipConfig) Validate() error {
	if c.ReportInterval != 0 && c.ReportInterval < minReportInterval {
		return fmt.Errorf("report_interval: %v is neither 0 nor at least %v", c.ReportInterval, minReportInterval)
	}
	return nil
}

// GRPCConfig holds the keys that count with `protocol: grpc`: those of the stock otlp exporter.
type GRPCConfig struct {
	// ClientConfig is the connection, default compression zstd.
	ClientConfig configgrpc.ClientConfig `mapstructure:",squash"`
	// TimeoutConfig bounds one attempt (timeout, default 5s).
	TimeoutConfig exporterhelper.TimeoutConfig `mapstructure:",squash"`
}

// HTTPConfig holds the keys that count with `protocol: http`: those of the stock otlphttp exporter.
type HTTPConfig struct {
	// ClientConfig is the connection, default compression zstd; its timeout (default 30s) bounds one attempt.
	ClientConfig confighttp.ClientConfig `mapstructure:",squash"`
	// Signals is where the signals go, and how.
	Signals HTTPSignals `mapstructure:",squash"`
}

// HTTPSignals holds the keys of the stock otlphttp exporter beside those of the connection.
type HTTPSignals struct {
	// TracesEndpoint is the URL for traces (default endpoint + /v1/traces).
	TracesEndpoint string `mapstructure:"traces_endpoint"`
	// MetricsEndpoint is the URL for metrics (default endpoint + /v1/metrics).
	MetricsEndpoint string `mapstructure:"metrics_endpoint"`
	// LogsEndpoint is the URL for logs (default endpoint + /v1/logs).
	LogsEndpoint string `mapstructure:"logs_endpoint"`
	// ProfilesEndpoint is the URL for profiles (default endpoint + /v1development/profiles).
	ProfilesEndpoint string `mapstructure:"profiles_endpoint"`
	// Encoding is the encoding of what is sent as OTLP (default proto).
	Encoding Encoding `mapstructure:"encoding"`
}

// Config is the configuration of the exporter. In YAML the keys of the chosen protocol lie beside the common ones;
// those of the other protocol are unknown keys.
type Config struct {
	// Protocol is grpc (default) or http.
	Protocol Protocol `mapstructure:"protocol"`
	// Zip is about tracezip itself.
	Zip ZipConfig `mapstructure:"zip"`
	// QueueConfig is the sending queue, batching included.
	QueueConfig configoptional.Optional[exporterhelper.QueueBatchConfig] `mapstructure:"sending_queue"`
	// RetryConfig is the backoff after retryable errors.
	RetryConfig configretry.BackOffConfig `mapstructure:"retry_on_failure"`

	// GRPC is used with protocol grpc.
	GRPC GRPCConfig `mapstructure:"-"`
	// HTTP is used with protocol http.
	HTTP HTTPConfig `mapstructure:"-"`
}

var (
	_ component.Config    = (*Config)(nil)
	_ confmap.Validator   = (*Config)(nil)
	_ confmap.Unmarshaler = (*Config)(nil)
	_ confmap.Marshaler   = Config{}
)

// commonView, grpcView and httpView are how the two forms of the configuration look in YAML.
type commonView struct {
	Protocol    Protocol                                                 `mapstructure:"protocol"`
	Zip         ZipConfig                                                `mapstructure:"zip"`
	QueueConfig configoptional.Optional[exporterhelper.QueueBatchConfig] `mapstructure:"sending_queue"`
	RetryConfig configretry.BackOffConfig                                `mapstructure:"retry_on_failure"`
}

// A squashed struct with an Unmarshal method of its own, as confighttp's, gets it called only one level deep, hence the
// flat views.
type grpcView struct {
	Common        commonView                   `mapstructure:",squash"`
	ClientConfig  configgrpc.ClientConfig      `mapstructure:",squash"`
	TimeoutConfig exporterhelper.TimeoutConfig `mapstructure:",squash"`
}

type httpView struct {
	Common       commonView              `mapstructure:",squash"`
	ClientConfig confighttp.ClientConfig `mapstructure:",squash"`
	Signals      HTTPSignals             `mapstructure:",squash"`
}

// strictHTTPView is httpView without the Unmarshal method of confighttp: with that method unknown keys, at any level
// below, go unnoticed.
type strictHTTPView struct {
	Common       commonView      `mapstructure:",squash"`
	ClientConfig plainHTTPClient `mapstructure:",squash"`
	Signals      HTTPSignals     `mapstructure:",squash"`
}

type plainHTTPClient confighttp.ClientConfig

func (c *Config) grpcView() grpcView {
	return grpcView{Common: c.common(), ClientConfig: c.GRPC.ClientConfig, TimeoutConfig: c.GRPC.TimeoutConfig}
}

func (c *Config) httpView() httpView {
	return httpView{Common: c.common(), ClientConfig: c.HTTP.ClientConfig, Signals: c.HTTP.Signals}
}

func (c *Config) common() commonView {
	return commonView{Protocol: c.Protocol, Zip: c.Zip, QueueConfig: c.QueueConfig, RetryConfig: c.RetryConfig}
}

func (c *Config) setCommon(v commonView) {
	c.Protocol, c.Zip, c.QueueConfig, c.RetryConfig = v.Protocol, v.Zip, v.QueueConfig, v.RetryConfig
}

// Unmarshal implements confmap.Unmarshaler: the protocol decides which other keys there are.
func (c *Config) Unmarshal(conf *confmap.Conf) error {
	head := struct {
		Protocol Protocol `mapstructure:"protocol"`
	}{c.Protocol}
	if err := conf.Unmarshal(&head, confmap.WithIgnoreUnused()); err != nil {
		return err
	}
	if head.Protocol == ProtocolHTTP {
		// Into a value that is thrown away, from a copy: optional blocks eat their `enabled` key while decoding.
		if err := confmap.NewFromStringMap(conf.ToStringMap()).Unmarshal(&strictHTTPView{}); err != nil {
			return otlpzip.NameBlock(err, strictHTTPView{}, "protocol http")
		}
		view := c.httpView()
		if err := conf.Unmarshal(&view); err != nil {
			return err
		}
		c.setCommon(view.Common)
		c.HTTP = HTTPConfig{ClientConfig: view.ClientConfig, Signals: view.Signals}
		return nil
	}
	view := c.grpcView()
	if err := conf.Unmarshal(&view); err != nil {
		return otlpzip.NameBlock(err, view, "protocol grpc")
	}
	c.setCommon(view.Common)
	c.GRPC = GRPCConfig{ClientConfig: view.ClientConfig, TimeoutConfig: view.TimeoutConfig}
	return nil
}

// Marshal implements confmap.Marshaler, so that a printed configuration can be read back.
func (c Config) Marshal(conf *confmap.Conf) error {
	if c.Protocol == ProtocolHTTP {
		return conf.Marshal(c.httpView())
	}
	return conf.Marshal(c.grpcView())
}

// Validate checks what can be known without connecting.
func (c *Config) Validate() error {
	if c.Protocol == ProtocolHTTP {
		return c.HTTP.validateEndpoints()
	}
	if trimScheme(c.GRPC.ClientConfig.Endpoint) == "" {
		return errors.New(`requires a non-empty "endpoint", such as gateway.example:4317`)
	}
	return nil
}

func (c *HTTPConfig) validateEndpoints() error {
	s := &c.Signals
	var errs []error
	set := false
	for _, e := range []struct{ key, value string }{
		{"endpoint", c.ClientConfig.Endpoint}, {"traces_endpoint", s.TracesEndpoint}, {"metrics_endpoint", s.MetricsEndpoint},
		{"logs_endpoint", s.LogsEndpoint}, {"profiles_endpoint", s.ProfilesEndpoint},
	} {
		if e.value == "" {
			continue
		}
		set = true
		_, err := parseURL(e.key, e.value)
		errs = append(errs, err)
	}
	if !set {
		return errors.New(`requires a non-empty "endpoint", such as http://gateway.example:4318, or at least one of traces_endpoint, metrics_endpoint, logs_endpoint, profiles_endpoint`)
	}
	return errors.Join(errs...)
}

// parseURL reads the URL of a setting.
func parseURL(key, value string) (*url.URL, error) {
	u, err := url.Parse(value)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("%s: %q is no URL such as http://gateway.example:4318", key, value)
	}
	return u, nil
}

func trimScheme(endpoint string) string {
	for _, scheme := range []string{"http://", "https://", "dns:///", "dns://"} {
		if rest, ok := strings.CutPrefix(endpoint, scheme); ok {
			return rest
		}
	}
	return endpoint
}
