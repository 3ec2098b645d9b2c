package selfmetrics

import "strings"

const (
	prefix        = "otelcol_"
	counterSuffix = "_total"
)

// units are written behind a name unless the telemetry settings leave them out: process_memory_rss_bytes.
var units = []string{"", "_bytes", "_seconds", "_milliseconds", "_ratio"}

// shortName strips what depends on the collector's telemetry settings from a metric name.
func shortName(name string) string {
	name = strings.TrimPrefix(name, prefix)
	name = strings.TrimSuffix(name, counterSuffix)
	// An annotation unit such as {spans} is written as __spans_.
	if strings.HasSuffix(name, "_") {
		if i := strings.LastIndex(name, "__"); i > 0 && i < len(name)-1 {
			name = name[:i]
		}
	}
	return name
}
