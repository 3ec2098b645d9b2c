package tracezipprocessor

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/confmaptest"
)

func TestDefaultConfig(t *testing.T) {
	cfg := createDefaultConfig().(*Config)
	require.NoError(t, confmap.Validate(cfg))
	assert.Equal(t, ModeDedup, cfg.Mode)
	assert.Equal(t, 30*time.Second, cfg.Window)
	assert.Equal(t, 262144, cfg.MaxEntries)
	assert.False(t, cfg.Fold.HasValue(), "nothing is lossy by default")
	assert.Equal(t, PackConfig{MaxFrameBytes: 524288}, cfg.Pack)
	assert.Equal(t, UnpackConfig{MaxFrameBytes: 4194304, MaxDecodedBytes: 67108864}, cfg.Unpack)
}

func unmarshal(t *testing.T, in map[string]any) *Config {
	cfg := createDefaultConfig().(*Config)
	require.NoError(t, confmap.NewFromStringMap(in).Unmarshal(cfg))
	require.NoError(t, confmap.Validate(cfg))
	return cfg
}

func TestUnmarshalConfig(t *testing.T) {
	cfg := unmarshal(t, map[string]any{"mode": "dedup", "window": "2m", "max_entries": 1000})
	assert.Equal(t, ModeDedup, cfg.Mode)
	assert.Equal(t, 2*time.Minute, cfg.Window)
	assert.Equal(t, 1000, cfg.MaxEntries)

	for _, fold := range []any{nil, map[string]any{}, map[string]any{"enabled": true}} {
		assert.Equal(t, &FoldConfig{MinRun: 10}, unmarshal(t, map[string]any{"fold": fold}).Fold.Get())
	}
	assert.Equal(t, &FoldConfig{MinRun: 5}, unmarshal(t, map[string]any{"fold": map[string]any{"min_run": 5}}).Fold.Get())

	assert.False(t, unmarshal(t, map[string]any{"fold": map[string]any{"enabled": false, "min_run": 20}}).Fold.HasValue())

	cfg = unmarshal(t, map[string]any{"mode": "pack", "pack": map[string]any{"max_frame_bytes": 4096}})
	assert.Equal(t, ModePack, cfg.Mode)
	assert.Equal(t, 4096, cfg.Pack.MaxFrameBytes)

	cfg = unmarshal(t, map[string]any{"mode": "unpack", "unpack": map[string]any{"max_decoded_bytes": 4096}})
	assert.Equal(t, ModeUnpack, cfg.Mode)
	assert.Equal(t, UnpackConfig{MaxFrameBytes: 4 << 20, MaxDecodedBytes: 4096}, cfg.Unpack)
}

func TestInvalidConfigs(t *testing.T) {
	all, err := confmaptest.LoadConf(filepath.Join("testdata", "invalid_configs.yaml"))
	require.NoError(t, err)
	want := map[string]string{
		"unknown_mode":     `mode: "fold" is unknown, known modes are: dedup, pack, unpack`,
		"no_window":        "window: 0s is not between 1ms and 24h0m0s",
		"negative_window":  "window: -1s is not between",
		"long_window":      "window: 25h0m0s is not between",
		"no_entries":       "max_entries: 0 is not between 1 and 67108864",
		"too_many_entries": "max_entries: 67108865 is not between",
		"unknown_key":      "entries",
		"short_run":        "fold::min_run: 4 is not between 5 and",
		"unknown_fold_key": "max_run",
		"small_frame":      "pack::max_frame_bytes: 1023 is not between 1024 and",
		"large_frame":      "pack::max_frame_bytes: 2147483648 is not between",
		"unpack_small":     "unpack::max_frame_bytes: 0 is not between 1024 and",
		"unpack_nothing":   "unpack::max_decoded_bytes: -1 is not between 1024 and",
		"window_of_pack":   "window: belongs to mode dedup and does nothing in mode pack; remove it, or use a second tracezip processor",
		"entries_of_pack":  "max_entries: belongs to mode dedup and does nothing in mode unpack",
		"fold_of_pack":     "fold: belongs to mode dedup and does nothing in mode pack",
		"pack_of_dedup":    "pack: belongs to mode pack and does nothing in mode dedup",
		"unpack_of_pack":   "unpack: belongs to mode unpack and does nothing in mode pack",
	}
	require.Len(t, all.ToStringMap(), len(want))
	for name, message := range want {
		t.Run(name, func(t *testing.T) {
			sub, err := all.Sub(name)
			require.NoError(t, err)
			cfg := createDefaultConfig()
			err = sub.Unmarshal(cfg)
			require.ErrorContains(t, errors.Join(err, confmap.Validate(cfg)), message)
		})
	}
}

func TestModeIsCheckedWithoutYAML(t *testing.T) {
	cfg := createDefaultConfig().(*Config)
	cfg.Mode = ""
	require.ErrorContains(t, cfg.Validate(), `mode: "" is unknown`)
}
