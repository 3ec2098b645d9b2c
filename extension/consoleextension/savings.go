package consoleextension

import (
	"slices"
	"strings"

	"github.com/otelcol-plus/otelcol-plus/internal/selfmetrics"
)

// savings compares what one otlpzip exporter put on the wire with the same requests as uncompressed OTLP.
type savings struct {
	Exporter string          `json:"exporter"`
	Spans    float64         `json:"spans"`
	Signals  []signalSavings `json:"signals"`
	// Sample is the frame the exporter looked into last; nil unless it has a zip::report_interval.
	Sample *sample `json:"sample,omitempty"`
}

type signalSavings struct {
	Signal    string  `json:"signal"`
	OTLPBytes float64 `json:"otlp_bytes"`
	WireBytes float64 `json:"wire_bytes"`
}

// sample is one frame beside the same spans as OTLP with zstd, in bytes per span.
type sample struct {
	WirePerSpan float64 `json:"wire_bytes_per_span"`
	ZstdPerSpan float64 `json:"otlp_zstd_bytes_per_span"`
}

func newSavings(m selfmetrics.Snapshot) []savings {
	spans := m.ByLabel("exporter_otlpzip_spans", "exporter")
	zstd := m.ByLabel("exporter_otlpzip_report_zstd_bytes_per_span", "exporter")
	wire := m.ByLabel("exporter_otlpzip_report_part_bytes_per_span", "exporter")
	out := []savings{}
	for exporter := range m.ByLabel("exporter_otlpzip_wire_bytes", "exporter") {
		s := savings{Exporter: exporter, Spans: spans[exporter], Signals: signalsOf(m, exporter)}
		if zstd[exporter] > 0 {
			s.Sample = &sample{WirePerSpan: wire[exporter], ZstdPerSpan: zstd[exporter]}
		}
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b savings) int { return strings.Compare(a.Exporter, b.Exporter) })
	return bounded(out)
}

// signalsOf are the signals that an exporter sent, traces first.
func signalsOf(m selfmetrics.Snapshot, exporter string) []signalSavings {
	out := []signalSavings{}
	for _, signal := range []string{"traces", "profiles", "metrics", "logs"} {
		s := signalSavings{
			Signal:    signal,
			OTLPBytes: m.Sum("exporter_otlpzip_otlp_bytes", "exporter", exporter, "signal", signal),
			WireBytes: m.Sum("exporter_otlpzip_wire_bytes", "exporter", exporter, "signal", signal),
		}
		if s.WireBytes > 0 {
			out = append(out, s)
		}
	}
	return out
}
