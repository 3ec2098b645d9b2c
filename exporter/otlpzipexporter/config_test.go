package otlpzipexporter_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/configcompression"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/confmaptest"
	"go.opentelemetry.io/collector/exporter/otlpexporter"
	"go.opentelemetry.io/collector/exporter/otlphttpexporter"

	"github.com/otelcol-plus/otelcol-plus/exporter/otlpzipexporter"
)

const (
	waitFor = 10 * time.Second
	tick    = 10 * time.Millisecond
)

// asMap is a configuration as YAML would print it.
func asMap(t *testing.T, cfg any) Map {
	t.Helper()
	conf := confmap.New()
	require.NoError(t, conf.Marshal(cfg))
	return conf.ToStringMap()
}

func load(cfg component.Config, settings Map) error {
	return confmap.NewFromStringMap(settings).Unmarshal(&cfg)
}

// TestStockKeys loads the stock exporters' default configurations into ours: every key there is must be known, and
// our own defaults must print the same but for the compression.
func TestStockKeys(t *testing.T) {
	for protocol, stockDefault := range map[string]component.Config{
		"grpc": otlpexporter.NewFactory().CreateDefaultConfig(),
		"http": otlphttpexporter.NewFactory().CreateDefaultConfig(),
	} {
		t.Run(protocol, func(t *testing.T) {
			want := asMap(t, stockDefault)
			loaded := otlpzipexporter.NewFactory().CreateDefaultConfig().(*otlpzipexporter.Config)
			settings := asMap(t, stockDefault)
			settings["protocol"] = protocol
			require.NoError(t, load(loaded, settings), "a key of the stock exporter is not known")

			untouched := otlpzipexporter.NewFactory().CreateDefaultConfig().(*otlpzipexporter.Config)
			require.NoError(t, load(untouched, Map{"protocol": protocol}))
			got := asMap(t, untouched)
			assert.Equal(t, configcompression.TypeZstd, got["compression"])
			for _, own := range []string{"protocol", "zip"} {
				assert.Contains(t, got, own)
				delete(got, own)
			}
			got["compression"] = want["compression"]
			assert.Equal(t, fmt.Sprint(want), fmt.Sprint(got))
		})
	}
}

// TestPrintedConfigLoads prints a configuration and reads it back.
func TestPrintedConfigLoads(t *testing.T) {
	for _, settings := range []Map{
		{"endpoint": "host:1", "compression": "snappy", "headers": Map{"a": "b"}, "timeout": "3s", "balancer_name": "pick_first",
			"zip":           Map{"fallback": false, "report_interval": "1m0s", "order": "grouped", "dictionary": Map{"enabled": false, "max_bytes": 70000}},
			"sending_queue": Map{"queue_size": 7, "batch": Map{"min_size": 10}}},
		{"protocol": "http", "traces_endpoint": "http://host:1/t", "encoding": "json", "timeout": "3s", "max_conns_per_host": 3, "sending_queue": Map{"batch": Map{}}},
	} {
		first := otlpzipexporter.NewFactory().CreateDefaultConfig()
		require.NoError(t, load(first, settings))
		second := otlpzipexporter.NewFactory().CreateDefaultConfig()
		require.NoError(t, load(second, asMap(t, first)))
		assert.Equal(t, asMap(t, first), asMap(t, second))
	}
}

func TestConfigValues(t *testing.T) {
	cfg := otlpzipexporter.NewFactory().CreateDefaultConfig().(*otlpzipexporter.Config)
	assert.Equal(t, configcompression.TypeZstd, cfg.GRPC.ClientConfig.Compression)
	assert.Equal(t, otlpzipexporter.ZipConfig{
		Order: otlpzipexporter.OrderExact, Fallback: true,
		Dictionary: otlpzipexporter.DictionaryConfig{Enabled: true, MaxBytes: 256 << 10},
	}, cfg.Zip)
	require.NoError(t, load(cfg, Map{"endpoint": "host:1", "timeout": "3s"}))
	assert.Equal(t, 3*time.Second, cfg.GRPC.TimeoutConfig.Timeout)
	assert.Equal(t, 30*time.Second, cfg.HTTP.ClientConfig.Timeout, "the other protocol keeps its own")
	require.NoError(t, load(cfg, Map{"protocol": "http", "timeout": "4s"}))
	assert.Equal(t, 4*time.Second, cfg.HTTP.ClientConfig.Timeout)
}

func TestInvalidConfigs(t *testing.T) {
	conf, err := confmaptest.LoadConf(filepath.Join("testdata", "invalid_configs.yaml"))
	require.NoError(t, err)
	for name, want := range map[string]string{
		"no_endpoint":              `requires a non-empty "endpoint"`,
		"scheme_only":              `requires a non-empty "endpoint"`,
		"no_port":                  "missing port in address",
		"http_no_endpoint":         `requires a non-empty "endpoint"`,
		"http_no_scheme":           `endpoint: "gateway:4318" is no URL such as http://`,
		"http_bad_traces_endpoint": `traces_endpoint: "/v1/traces" is no URL such as http://`,
		"unknown_key":              "protocol grpc has invalid keys: colour",
		"unknown_zip_key":          "level",
		"unknown_protocol":         `"udp" is neither grpc nor http`,
		"unknown_encoding":         `"xml" is neither proto nor json`,
		"unknown_order":            `zip::order: "random" is neither exact nor grouped`,
		"unknown_dictionary_key":   "refresh",
		"small_dictionary":         "zip::dictionary: max_bytes: 10 is not between",
		"large_dictionary":         "zip::dictionary: max_bytes: 3000000 is not between",
		"small_but_off":            "zip::dictionary: max_bytes: 10 is not between",
		"http_key_in_grpc":         "protocol grpc has invalid keys: traces_endpoint",
		"negative_report_interval": "zip: report_interval: -1s is neither 0 nor at least 1s",
		"short_report_interval":    "zip: report_interval: 10ms is neither 0 nor at least 1s",
		"grpc_key_in_http":         "protocol http has invalid keys: balancer_name",
		"unknown_balancer":         "invalid balancer_name",
		"compression_level":        "unsupported parameters",
		"bad_queue":                "queue_size",
		"http_unknown_key":         "colour",
		"http_unknown_tls_key":     "colour",
	} {
		t.Run(name, func(t *testing.T) {
			require.True(t, conf.IsSet(name))
			sub, err := conf.Sub(name)
			require.NoError(t, err)
			cfg := otlpzipexporter.NewFactory().CreateDefaultConfig()
			if err = sub.Unmarshal(&cfg); err == nil {
				err = confmap.Validate(cfg)
			}
			require.ErrorContains(t, err, want)
			assert.NotContains(t, err.Error(), "otlpzipexporter.", "the name of a Go type")
		})
	}
	assert.Len(t, conf.ToStringMap(), 24, "every case is tested")
}
