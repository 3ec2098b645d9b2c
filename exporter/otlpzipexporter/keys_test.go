package otlpzipexporter

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/exporter/otlpexporter"
	"go.opentelemetry.io/collector/exporter/otlphttpexporter"
)

// keys returns the keys of a configuration struct with their types, those that are not printed when empty included.
func keys(t reflect.Type) map[string]string {
	found := map[string]string{}
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("mapstructure"), ",")
		switch {
		case slices.Contains(strings.Split(options, ","), "squash"):
			for k, v := range keys(f.Type) {
				found[k] = v
			}
		case name != "" && name != "-":
			found[name] = f.Type.String()
		}
	}
	return found
}

// TestEveryStockKey notices a key that a new version of the stock exporters adds.
func TestEveryStockKey(t *testing.T) {
	for _, tt := range []struct{ stock, ours any }{
		{otlpexporter.Config{}, grpcView{}},
		{otlphttpexporter.Config{}, httpView{}},
	} {
		got := keys(reflect.TypeOf(tt.ours))
		want := keys(reflect.TypeOf(tt.stock))
		assert.Greater(t, len(want), 15)
		if _, ok := want["encoding"]; ok {
			want["encoding"] = "otlpzipexporter.Encoding" // same values, a type of our own
		}
		for key, typ := range want {
			assert.Equal(t, typ, got[key], "key %s", key)
			delete(got, key)
		}
		assert.Equal(t, map[string]string{"protocol": "otlpzipexporter.Protocol", "zip": "otlpzipexporter.ZipConfig"}, got,
			"keys of our own")
	}
}
