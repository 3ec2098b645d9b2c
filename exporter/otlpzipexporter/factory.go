package otlpzipexporter

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"runtime"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/configcompression"
	"go.opentelemetry.io/collector/config/configgrpc"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/config/configretry"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.opentelemetry.io/collector/exporter/exporterhelper/xexporterhelper"
	"go.opentelemetry.io/collector/exporter/xexporter"
	"go.opentelemetry.io/otel/attribute"

	"github.com/otelcol-plus/otelcol-plus/exporter/otlpzipexporter/internal/metadata"
)

// NewFactory creates the factory of the otlpzip exporter.
func NewFactory() exporter.Factory {
	return xexporter.NewFactory(
		metadata.Type,
		createDefaultConfig,
		xexporter.WithTraces(createTraces, metadata.TracesStability),
		xexporter.WithMetrics(createMetrics, metadata.MetricsStability),
		xexporter.WithLogs(createLogs, metadata.LogsStability),
		xexporter.WithProfiles(createProfiles, metadata.ProfilesStability),
	)
}

// createDefaultConfig has the defaults of the stock exporters but for the compression.
func createDefaultConfig() component.Config {
	grpcConfig := configgrpc.NewDefaultClientConfig()
	grpcConfig.Compression = configcompression.TypeZstd
	grpcConfig.WriteBufferSize = 512 * 1024
	grpcConfig.Keepalive = configoptional.None[configgrpc.KeepaliveClientConfig]()

	httpConfig := confighttp.NewDefaultClientConfig()
	httpConfig.Compression = configcompression.TypeZstd
	httpConfig.WriteBufferSize = 512 * 1024
	httpConfig.Timeout = 30 * time.Second

	return &Config{
		Protocol: ProtocolGRPC,
		Zip: ZipConfig{
			Order: OrderExact, Fallback: true,
			Dictionary: DictionaryConfig{Enabled: true, MaxBytes: defaultDictionaryBytes},
		},
		QueueConfig: configoptional.Some(exporterhelper.NewDefaultQueueConfig()),
		RetryConfig: configretry.NewDefaultBackOffConfig(),
		GRPC:        GRPCConfig{ClientConfig: grpcConfig, TimeoutConfig: exporterhelper.NewDefaultTimeoutConfig()},
		HTTP:        HTTPConfig{ClientConfig: httpConfig, Signals: HTTPSignals{Encoding: EncodingProto}},
	}
}

// instance is one exporter for one signal before its push function is chosen.
type instance struct {
	config  *Config
	link    link
	peer    *negotiator
	tel     *telemetry
	buffers *bufferPool
	attrs   []attribute.KeyValue
}

// signal names a signal the way metrics, URLs and settings do.
type signal struct {
	name     string
	version  string // of its URL
	endpoint func(*HTTPSignals) string
}

var (
	tracesSignal   = signal{"traces", "v1", func(s *HTTPSignals) string { return s.TracesEndpoint }}
	metricsSignal  = signal{"metrics", "v1", func(s *HTTPSignals) string { return s.MetricsEndpoint }}
	logsSignal     = signal{"logs", "v1", func(s *HTTPSignals) string { return s.LogsEndpoint }}
	profilesSignal = signal{"profiles", "v1development", func(s *HTTPSignals) string { return s.ProfilesEndpoint }}
)

func newInstance(cfg component.Config, set exporter.Settings, sig signal) (*instance, error) {
	c := cfg.(*Config)
	var reports *reporter
	if sig.name == tracesSignal.name {
		reports = newReporter(c.Zip.ReportInterval)
	}
	tel, err := newTelemetry(set, sig.name, reports)
	if err != nil {
		return nil, err
	}
	in := &instance{config: c, peer: newNegotiator(), tel: tel, buffers: newBufferPool()}
	userAgent := fmt.Sprintf("%s/%s (%s/%s)", set.BuildInfo.Description, set.BuildInfo.Version, runtime.GOOS, runtime.GOARCH)
	if c.Protocol == ProtocolHTTP {
		u, err := signalURL(&c.HTTP, sig)
		if err != nil {
			tel.shutdown()
			return nil, err
		}
		in.link = &httpLink{
			config: &c.HTTP, url: u.String(), settings: set.TelemetrySettings, userAgent: userAgent,
			peer: in.peer, tel: tel, frames: sig.name == tracesSignal.name,
		}
		in.attrs = urlAttributes(u)
		return in, nil
	}
	in.link = &grpcLink{
		config: &c.GRPC.ClientConfig, settings: set.TelemetrySettings, userAgent: userAgent,
		peer: in.peer, tel: tel, buffers: in.buffers,
	}
	in.attrs = endpointAttributes(c.GRPC.ClientConfig.Endpoint)
	return in, nil
}

func (in *instance) shutdown(ctx context.Context) error {
	in.tel.shutdown()
	return in.link.shutdown(ctx)
}

// options are the exporterhelper options all signals share: it owns queue, retry and timeout.
func (in *instance) options() []exporterhelper.Option {
	timeout := in.config.GRPC.TimeoutConfig
	if in.config.Protocol == ProtocolHTTP {
		timeout = exporterhelper.TimeoutConfig{} // the HTTP client has its own
	}
	return []exporterhelper.Option{
		exporterhelper.WithCapabilities(consumer.Capabilities{MutatesData: false}),
		exporterhelper.WithTimeout(timeout),
		exporterhelper.WithRetry(in.config.RetryConfig),
		exporterhelper.WithQueue(in.config.QueueConfig),
		exporterhelper.WithStart(in.link.start),
		exporterhelper.WithShutdown(in.shutdown),
		exporterhelper.WithAttrs(in.attrs...),
	}
}

func createTraces(ctx context.Context, set exporter.Settings, cfg component.Config) (exporter.Traces, error) {
	in, err := newInstance(cfg, set, tracesSignal)
	if err != nil {
		return nil, err
	}
	pusher := newTracePusher(in.link, in.peer, in.tel, in.buffers, set.Logger, in.config.Zip)
	if pusher.epochs != nil {
		if err := in.tel.observeActive(pusher.epochs.Active); err != nil {
			in.tel.shutdown()
			return nil, err
		}
	}
	in.tel.startAtZero(ctx)
	return exporterhelper.NewTraces(ctx, set, cfg, pusher.push, in.options()...)
}

func createMetrics(ctx context.Context, set exporter.Settings, cfg component.Config) (exporter.Metrics, error) {
	in, err := newInstance(cfg, set, metricsSignal)
	if err != nil {
		return nil, err
	}
	return exporterhelper.NewMetrics(ctx, set, cfg, in.link.metrics, in.options()...)
}

func createLogs(ctx context.Context, set exporter.Settings, cfg component.Config) (exporter.Logs, error) {
	in, err := newInstance(cfg, set, logsSignal)
	if err != nil {
		return nil, err
	}
	return exporterhelper.NewLogs(ctx, set, cfg, in.link.logs, in.options()...)
}

func createProfiles(ctx context.Context, set exporter.Settings, cfg component.Config) (xexporter.Profiles, error) {
	in, err := newInstance(cfg, set, profilesSignal)
	if err != nil {
		return nil, err
	}
	return xexporterhelper.NewProfiles(ctx, set, cfg, in.link.profiles, in.options()...)
}

// signalURL is where a signal goes over HTTP.
func signalURL(c *HTTPConfig, sig signal) (*url.URL, error) {
	if own := sig.endpoint(&c.Signals); own != "" {
		return parseURL(sig.name+"_endpoint", own)
	}
	if c.ClientConfig.Endpoint == "" {
		return nil, fmt.Errorf("either endpoint or %s_endpoint must be specified", sig.name)
	}
	if _, err := parseURL("endpoint", c.ClientConfig.Endpoint); err != nil {
		return nil, err
	}
	return url.Parse(strings.TrimSuffix(c.ClientConfig.Endpoint, "/") + "/" + sig.version + "/" + sig.name)
}

func urlAttributes(u *url.URL) []attribute.KeyValue {
	attrs := []attribute.KeyValue{attribute.String("server.address", u.Hostname())}
	if u.Path != "" {
		attrs = append(attrs, attribute.String("url.path", u.Path))
	}
	if port, err := strconv.Atoi(u.Port()); err == nil {
		attrs = append(attrs, attribute.Int("server.port", port))
	}
	return attrs
}

func endpointAttributes(endpoint string) []attribute.KeyValue {
	host, port, err := net.SplitHostPort(endpoint)
	if err != nil {
		return []attribute.KeyValue{attribute.String("server.address", endpoint)}
	}
	attrs := []attribute.KeyValue{attribute.String("server.address", host)}
	if n, err := strconv.Atoi(port); err == nil {
		attrs = append(attrs, attribute.Int("server.port", n))
	}
	return attrs
}
