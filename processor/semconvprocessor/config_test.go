package semconvprocessor

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/confmaptest"
)

func TestInvalidConfigs(t *testing.T) {
	all, err := confmaptest.LoadConf(filepath.Join("testdata", "invalid_configs.yaml"))
	require.NoError(t, err)
	want := map[string]string{
		"unknown mode":                          `mode: "Normalise" is unknown, use normalise, observe, enforce`,
		"empty mode":                            `mode: "" is unknown`,
		"unknown coercion":                      `coerce: "guess" is unknown, use lossless, off`,
		"unknown schema choice":                 `foreign_schema: "burn" is unknown, use process, skip`,
		"unknown key":                           "redacted",
		"keep while observing":                  "keep_deprecated: has no meaning with mode: observe",
		"derive while observing":                "derive: has no meaning with mode: observe",
		"annotate while observing":              "annotate::enabled: has no meaning with mode: observe",
		"negative length":                       "max_value_bytes: -1 is below 0",
		"empty query key":                       "redact_query_keys: a key is empty",
		"unknown rule":                          `rules: rule "no_such_rule" is unknown, known rules are deprecated_attribute`,
		"unknown level":                         `rules::missing_required: level "terrible" is unknown, known levels are off`,
		"override of nothing":                   "overrides[0]: changes nothing, set mode or rules",
		"override with bad pattern":             `overrides[0]::services: "[shop" is no pattern`,
		"override with unknown rule":            `overrides[0]::rules: rule "no_such_rule" is unknown`,
		"override that enforces":                `overrides[0]::mode: "enforce" is unknown, use observe, normalise`,
		"override that changes while observing": "overrides[0]::mode: normalise cannot be had while the processor has mode: observe",
		"override that changes names":           "overrides[0]::mode: normalise is for whole services, leave attributes out",
		"enforce without the mode":              "enforce::rules: need mode: enforce",
		"enforce unknown rule":                  `enforce::rules: rule "no_such_rule" is unknown`,
		"enforce unknown action":                `enforce::rules: "burn" is unknown, use drop, tag, route`,
		"drop for information":                  "enforce::rules::obsolete_attribute: nothing is dropped for findings of level information",
		"drop for lowered rule":                 "enforce::rules::missing_required: nothing is dropped for findings of level information",
		"empty tag":                             "enforce::tag_attribute: is empty",
		"too many notes":                        "annotate::max: 1000 is not from 1 to 64",
		"hasty report":                          "report::interval: 1ms is below 1s",
		"empty report":                          "report::top: 0 is not from 1 to 100000",
	}
	assert.Len(t, all.ToStringMap(), len(want))
	for name, message := range want {
		sub, err := all.Sub(name)
		require.NoError(t, err)
		cfg := createDefaultConfig().(*Config)
		err = sub.Unmarshal(cfg)
		if err == nil {
			err = cfg.Validate()
		}
		assert.ErrorContains(t, err, message, name)
	}
}

func load(t *testing.T, settings map[string]any) *Config {
	cfg := createDefaultConfig().(*Config)
	require.NoError(t, confmap.NewFromStringMap(settings).Unmarshal(cfg))
	require.NoError(t, cfg.Validate())
	return cfg
}

func TestConfigs(t *testing.T) {
	cfg := load(t, nil)
	assert.Equal(t, createDefaultConfig(), cfg)
	assert.True(t, capabilities(cfg).MutatesData)
	assert.False(t, capabilities(load(t, map[string]any{"mode": "observe"})).MutatesData)
	load(t, map[string]any{
		"mode": "enforce", "keep_deprecated": true, "rules": map[string]any{"recommended_attribute_not_present": "information"},
		"overrides": []any{map[string]any{"services": []any{"legacy-*"}, "attributes": []any{"db.*"}, "mode": "observe", "rules": map[string]any{"deprecated": "off"}}},
		"enforce":   map[string]any{"rules": map[string]any{"required_attribute_not_present": "route", "sensitive_data": "drop"}, "dry_run": false},
	})
}
