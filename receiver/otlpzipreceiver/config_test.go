package otlpzipreceiver

import (
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/confmaptest"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpzip/otlpziptest"
)

type Map = otlpziptest.Map

func load(cfg component.Config, settings Map) error {
	return confmap.NewFromStringMap(settings).Unmarshal(&cfg)
}

func asMap(t *testing.T, cfg any) Map {
	t.Helper()
	conf := confmap.New()
	require.NoError(t, conf.Marshal(cfg))
	return conf.ToStringMap()
}

// TestStockConfig loads what the stock receiver prints of itself into ours, and compares the defaults.
func TestStockConfig(t *testing.T) {
	both := Map{"protocols": Map{"grpc": nil, "http": nil}}
	stockConfig := otlpreceiver.NewFactory().CreateDefaultConfig()
	require.NoError(t, load(stockConfig, both))
	want := asMap(t, stockConfig)

	loaded := NewFactory().CreateDefaultConfig()
	require.NoError(t, load(loaded, asMap(t, stockConfig)), "a key of the stock receiver is not known")

	untouched := NewFactory().CreateDefaultConfig()
	require.NoError(t, load(untouched, both))
	got := asMap(t, untouched)
	delete(got, "zip")
	assert.Equal(t, fmt.Sprint(want), fmt.Sprint(got))
}

// keys returns the keys of a configuration struct, those that are not printed when empty included.
func keys(t reflect.Type) []string {
	var found []string
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("mapstructure"), ",")
		switch {
		case slices.Contains(strings.Split(options, ","), "squash"):
			found = append(found, keys(f.Type)...)
		case name != "" && name != "-":
			found = append(found, name)
		}
	}
	slices.Sort(found)
	return found
}

// TestEveryStockKey notices a key that a new version of the stock receiver adds.
func TestEveryStockKey(t *testing.T) {
	assert.Greater(t, len(keys(reflect.TypeFor[HTTPConfig]())), 15)
	assert.Equal(t, keys(reflect.TypeFor[otlpreceiver.HTTPConfig]()), keys(reflect.TypeFor[HTTPConfig]()))
	assert.Equal(t, keys(reflect.TypeFor[HTTPConfig]()), keys(reflect.TypeFor[strictHTTPConfig]()))
	assert.Equal(t, keys(reflect.TypeFor[otlpreceiver.Protocols]()), keys(reflect.TypeFor[Protocols]()))
	assert.Equal(t, append(keys(reflect.TypeFor[otlpreceiver.Config]()), "zip"), keys(reflect.TypeFor[Config]()))
}

func TestURLPath(t *testing.T) {
	cfg := NewFactory().CreateDefaultConfig().(*Config)
	require.NoError(t, load(cfg, Map{"protocols": Map{"http": Map{"traces_url_path": "t/x", "logs_url_path": "/l"}}}))
	http := cfg.Protocols.HTTP.Get()
	assert.Equal(t, []URLPath{"/t/x", "/v1/metrics", "/l"}, []URLPath{http.TracesURLPath, http.MetricsURLPath, http.LogsURLPath})
	assert.False(t, cfg.Protocols.GRPC.HasValue(), "a protocol that is not named does not run")
}

func TestInvalidConfigs(t *testing.T) {
	conf, err := confmaptest.LoadConf(filepath.Join("testdata", "invalid_configs.yaml"))
	require.NoError(t, err)
	cases := map[string]string{
		"no_protocols":          "at least one of grpc and http",
		"unknown_protocol":      "thrift",
		"unknown_key":           "colour",
		"unknown_grpc_key":      "colour",
		"unknown_http_key":      "protocols::http has invalid keys: colour",
		"unknown_cors_key":      "colour",
		"unknown_zip_key":       "level",
		"small_frames":          "zip::max_frame_bytes: 10 is not between 1024 and 2147483647",
		"huge_frames":           "zip::max_frame_bytes: 1099511627776 is not between",
		"small_decoded":         "zip::max_decoded_bytes: -1 is not between",
		"huge_decoded":          "zip::max_decoded_bytes: 1099511627776 is not between",
		"small_dictionaries":    "zip::dictionary_memory: 1000 is neither 0 (no dictionaries) nor at least 1048576",
		"negative_dictionaries": "zip::dictionary_memory: -1 is neither",
		"all_of_zip":            "zip::max_frame_bytes: 1 is not between 1024 and 2147483647\nzip::max_decoded_bytes: 2 is not between 1024 and 2147483647\nzip::dictionary_memory: 3 is neither",
		"bad_path":              "invalid HTTP URL path",
	}
	assert.Len(t, conf.ToStringMap(), len(cases), "every case is tested")
	for name, want := range cases {
		t.Run(name, func(t *testing.T) {
			sub, err := conf.Sub(name)
			require.NoError(t, err)
			cfg := NewFactory().CreateDefaultConfig()
			if err = sub.Unmarshal(&cfg); err == nil {
				err = confmap.Validate(cfg)
			}
			require.ErrorContains(t, err, want)
		})
	}
}
