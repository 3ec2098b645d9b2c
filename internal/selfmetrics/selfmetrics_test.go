package selfmetrics

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const page = `# HELP otelcol_receiver_accepted_spans Spans
# TYPE otelcol_receiver_accepted_spans counter
otelcol_receiver_accepted_spans{receiver="otlp",transport="grpc"} 10
otelcol_receiver_accepted_spans{receiver="otlp",transport="http"} 5
otelcol_receiver_accepted_spans{receiver="otlpzip",transport="grpc"} 1
# TYPE otelcol_exporter_otlpzip_wire_bytes_total counter
otelcol_exporter_otlpzip_wire_bytes_total{exporter="otlpzip"} 1.5e+06
# TYPE otelcol_exporter_sent_spans__spans__total counter
otelcol_exporter_sent_spans__spans__total{exporter="otlpzip"} 16
# TYPE otelcol_odd gauge
otelcol_odd{kind="nan"} NaN
otelcol_odd{kind="inf"} +Inf
otelcol_odd{kind="fine"} 1
# TYPE otelcol_process_memory_rss gauge
otelcol_process_memory_rss 4096
# TYPE otelcol_process_uptime_seconds_total counter
otelcol_process_uptime_seconds_total 12.5
# TYPE otelcol_batch_size histogram
otelcol_batch_size_bucket{le="10"} 1
otelcol_batch_size_bucket{le="+Inf"} 3
otelcol_batch_size_sum 42
otelcol_batch_size_count 3
`

func TestSnapshot(t *testing.T) {
	s, err := Parse(strings.NewReader(page))
	require.NoError(t, err)

	for name, row := range map[string]struct {
		metric string
		labels []string
		want   float64
	}{
		"all series":            {"receiver_accepted_spans", nil, 16},
		"with the prefix":       {"otelcol_receiver_accepted_spans", nil, 16},
		"with the suffix":       {"receiver_accepted_spans_total", nil, 16},
		"one label":             {"receiver_accepted_spans", []string{"receiver", "otlp"}, 15},
		"two labels":            {"receiver_accepted_spans", []string{"receiver", "otlp", "transport", "http"}, 5},
		"other value":           {"receiver_accepted_spans", []string{"receiver", "jaeger"}, 0},
		"other label":           {"receiver_accepted_spans", []string{"exporter", "otlp"}, 0},
		"half a pair":           {"receiver_accepted_spans", []string{"receiver"}, 0},
		"served with the total": {"exporter_otlpzip_wire_bytes", nil, 1.5e6},
		"served with its unit":  {"exporter_sent_spans", nil, 16},
		"gauge":                 {"process_memory_rss", nil, 4096},
		"unit and total":        {"process_uptime", nil, 12.5},
		"unit asked for":        {"process_uptime_seconds", nil, 12.5},
		"histogram sum":         {"batch_size_sum", nil, 42},
		"histogram count":       {"batch_size_count", nil, 3},
		"without NaN":           {"odd", nil, 1},
		"unknown":               {"nothing", nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			assert.InDelta(t, row.want, s.Sum(row.metric, row.labels...), 0)
		})
	}
	assert.Equal(t, map[string]float64{"otlp": 15, "otlpzip": 1}, s.ByLabel("receiver_accepted_spans", "receiver"))
	assert.Empty(t, s.ByLabel("process_memory_rss", "receiver"))
	assert.True(t, s.Has("process_memory_rss"))
	assert.False(t, s.Has("nothing"))
	assert.False(t, Snapshot{}.Has("nothing"))
	assert.Zero(t, Snapshot{}.Sum("nothing"))
}

func TestShortName(t *testing.T) {
	for in, want := range map[string]string{
		"otelcol_a_total":         "a",
		"otelcol_a":               "a",
		"a":                       "a",
		"a__spans_":               "a",
		"otelcol_a__spans__total": "a",
		"__":                      "__",
		"":                        "",
		"a_":                      "a_",
	} {
		assert.Equal(t, want, shortName(in), in)
	}
}

func TestFetch(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/metrics", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, page) })
	mux.HandleFunc("/html", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") })
	mux.HandleFunc("/endless", func(w http.ResponseWriter, _ *http.Request) {
		line := []byte("# " + strings.Repeat("x", 1<<16) + "\n")
		for {
			if _, err := w.Write(line); err != nil {
				return
			}
		}
	})
	server := httptest.NewServer(mux)
	defer server.Close()

	s, err := Fetch(t.Context(), server.URL+"/metrics")
	require.NoError(t, err)
	assert.InDelta(t, 16, s.Sum("receiver_accepted_spans"), 0)

	f := func(url, want string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		_, err := Fetch(ctx, url)
		require.ErrorContains(t, err, want)
	}
	f(server.URL+"/none", "404")
	f(server.URL+"/html", "not the Prometheus text format")
	f(server.URL+"/endless", "more than 16777216 bytes")
	f("http://127.0.0.1:0/metrics", "own metrics")
	f("::", "own metrics")
}

func FuzzParse(f *testing.F) {
	f.Add(page)
	f.Add("a 1")
	f.Add("a{b=\"c\"} NaN 5\n")
	f.Fuzz(func(_ *testing.T, in string) {
		s, err := Parse(strings.NewReader(in))
		if err == nil {
			s.Sum("a")
		}
	})
}
