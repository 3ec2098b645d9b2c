package pprofconv

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pprofile"
)

// The compiler's own CPU profile, of some ten thousand stacks:
//
//	go test -run '^$' -bench . -count 5 ./internal/pprofconv
func BenchmarkConvert(b *testing.B) {
	data := realProfiles(b)["cmd/default.pgo"]
	if data == nil {
		b.Skip("the compiler's profile is not here")
	}
	p, err := Parse(data, 64<<20)
	require.NoError(b, err)
	toOTLP := func() pprofile.Profiles {
		e := NewEncoder("bench", "1")
		require.NoError(b, e.Add(pcommon.NewMap(), p))
		return e.Profiles()
	}
	b.Run("parse", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, err := Parse(data, 64<<20)
			require.NoError(b, err)
		}
	})
	b.Run("to OTLP", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			toOTLP()
		}
		b.ReportMetric(float64(len(p.Sample)), "samples")
	})
	b.Run("to pprof", func(b *testing.B) {
		pd := toOTLP()
		b.ReportAllocs()
		for b.Loop() {
			_, err := Join(pd)
			require.NoError(b, err)
		}
	})
}
