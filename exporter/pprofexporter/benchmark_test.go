package pprofexporter

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkPush writes what a host with 100 busy processes sends every 15 seconds; every fourth request starts a window.
//
//	go test -run '^$' -bench Push -benchmem ./exporter/pprofexporter
func BenchmarkPush(b *testing.B) {
	h := start(b, b.TempDir())
	parts := make([]part, 100)
	for i := range parts {
		values := map[string]int64{}
		for f := range 50 {
			values[fmt.Sprintf("service%d.function%d", i, f)] = 1
		}
		parts[i] = part{fmt.Sprint("service", i), "samples", "count", noon, values}
	}
	pd := request(b, parts...)
	now, n := noon, 0
	h.now = func() time.Time { return now }
	for b.Loop() {
		if n%4 == 0 {
			now = now.Add(25 * time.Hour)
		}
		n++
		require.NoError(b, h.pushProfiles(b.Context(), pd))
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N)/100, "ms/file")
}
