package consoleextension

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/pprof/profile"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/extension/extensiontest"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/otelcol-plus/otelcol-plus/extension/consoleextension/internal/metadata"
	"github.com/otelcol-plus/otelcol-plus/internal/flame"
	"github.com/otelcol-plus/otelcol-plus/internal/pprofdir"
)

const metricsPage = `
# TYPE otelcol_receiver_accepted_spans_total counter
otelcol_receiver_accepted_spans_total{receiver="otlpzip",transport="grpc"} 100
otelcol_receiver_accepted_spans_total{receiver="otlpzip",transport="http"} 20
# TYPE otelcol_receiver_refused_spans_total counter
otelcol_receiver_refused_spans_total{receiver="otlpzip",transport="grpc"} 3
# TYPE otelcol_receiver_accepted_log_records_total counter
otelcol_receiver_accepted_log_records_total{receiver="filelog"} 7
# TYPE otelcol_exporter_sent_spans_total counter
otelcol_exporter_sent_spans_total{exporter="otlpzip"} 120
# TYPE otelcol_exporter_send_failed_spans_total counter
otelcol_exporter_send_failed_spans_total{exporter="otlpzip"} 2
# TYPE otelcol_exporter_enqueue_failed_spans_total counter
otelcol_exporter_enqueue_failed_spans_total{exporter="otlpzip"} 1
# TYPE otelcol_exporter_queue_size gauge
otelcol_exporter_queue_size{exporter="otlpzip",data_type="traces"} 4
otelcol_exporter_queue_size{exporter="otlpzip",data_type="logs"} 1
otelcol_exporter_queue_size{exporter="pprof",data_type="profiles"} 0
# TYPE otelcol_exporter_queue_capacity gauge
otelcol_exporter_queue_capacity{exporter="otlpzip",data_type="traces"} 1000
otelcol_exporter_queue_capacity{exporter="otlpzip",data_type="logs"} 1000
otelcol_exporter_queue_capacity{exporter="pprof",data_type="profiles"} 32
# TYPE otelcol_exporter_in_flight_requests gauge
otelcol_exporter_in_flight_requests{exporter="otlpzip",data_type="traces"} 2
# TYPE otelcol_processor_tracezip_spans_duplicate_total counter
otelcol_processor_tracezip_spans_duplicate_total 9
# TYPE otelcol_exporter_otlpzip_report_part_bytes_per_span gauge
otelcol_exporter_otlpzip_report_part_bytes_per_span{exporter="otlpzip",part="span_ids"} 8
otelcol_exporter_otlpzip_report_part_bytes_per_span{exporter="otlpzip",part="times"} 4
# TYPE otelcol_exporter_otlpzip_report_zstd_bytes_per_span gauge
otelcol_exporter_otlpzip_report_zstd_bytes_per_span{exporter="otlpzip"} 36
# TYPE otelcol_exporter_otlpzip_otlp_bytes_total counter
otelcol_exporter_otlpzip_otlp_bytes_total{exporter="otlpzip/far",signal="traces",format="otlp"} 600
otelcol_exporter_otlpzip_otlp_bytes_total{exporter="otlpzip",signal="traces",format="tracezip"} 30000
otelcol_exporter_otlpzip_otlp_bytes_total{exporter="otlpzip",signal="logs",format="otlp"} 500
# TYPE otelcol_exporter_otlpzip_wire_bytes_total counter
otelcol_exporter_otlpzip_wire_bytes_total{exporter="otlpzip/far",signal="traces",format="otlp"} 300
otelcol_exporter_otlpzip_wire_bytes_total{exporter="otlpzip",signal="traces",format="tracezip"} 2400
otelcol_exporter_otlpzip_wire_bytes_total{exporter="otlpzip",signal="logs",format="otlp"} 200
# TYPE otelcol_exporter_otlpzip_spans_total counter
otelcol_exporter_otlpzip_spans_total{exporter="otlpzip",format="tracezip"} 120
# TYPE otelcol_semconv_normalised_total counter
otelcol_semconv_normalised_total{op="rename"} 40
otelcol_semconv_normalised_total{op="value_map"} 2
# TYPE otelcol_semconv_findings_total counter
otelcol_semconv_findings_total{rule="deprecated_attribute",level="violation",signal="span",area="http",processor="a"} 30
otelcol_semconv_findings_total{rule="deprecated_attribute",level="violation",signal="span",area="http",processor="b"} 10
otelcol_semconv_findings_total{rule="type_mismatch",level="violation",signal="log",area="db"} 2
# TYPE otelcol_process_uptime_seconds_total counter
otelcol_process_uptime_seconds_total 12.5
`

func metricsServer(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, metricsPage) }))
	t.Cleanup(server.Close)
	return server.URL + "/metrics"
}

// profilesDirectory holds one file: main → work → hash 9, main → idle 1.
func profilesDirectory(t *testing.T) string {
	t.Helper()
	m := &profile.Mapping{ID: 1, File: "/usr/bin/shop"}
	p := &profile.Profile{SampleType: []*profile.ValueType{{Type: "samples", Unit: "count"}}, Mapping: []*profile.Mapping{m}}
	location := func(name string) *profile.Location {
		f := &profile.Function{ID: uint64(len(p.Function) + 1), Name: name}
		p.Function = append(p.Function, f)
		l := &profile.Location{ID: f.ID, Mapping: m, Line: []profile.Line{{Function: f}}}
		p.Location = append(p.Location, l)
		return l
	}
	main, work, hash, idle := location("main"), location("work"), location("hash</script>"), location("idle")
	p.Sample = []*profile.Sample{
		{Location: []*profile.Location{hash, work, main}, Value: []int64{9}},
		{Location: []*profile.Location{idle, main}, Value: []int64{1}},
	}
	var buf bytes.Buffer
	require.NoError(t, p.Write(&buf))
	dir := t.TempDir()
	name := pprofdir.NewName("shop", "samples", time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC), 1)
	require.NoError(t, os.WriteFile(filepath.Join(dir, name.String()), buf.Bytes(), 0o600))
	return dir
}

// running is a console on a port of the kernel's choice.
type running struct {
	t    *testing.T
	url  string
	logs *observer.ObservedLogs
}

func run(t *testing.T, change func(*Config)) running {
	t.Helper()
	cfg := createDefaultConfig().(*Config)
	cfg.ServerConfig.NetAddr.Endpoint = "127.0.0.1:0"
	cfg.MetricsEndpoint = ""
	change(cfg)
	core, logs := observer.New(zapcore.InfoLevel)
	set := extensiontest.NewNopSettings(metadata.Type)
	set.Logger = zap.New(core)
	c := newConsole(cfg, set)
	require.NoError(t, c.Start(t.Context(), componenttest.NewNopHost()))
	t.Cleanup(func() {
		require.NoError(t, c.Shutdown(context.Background()))
		require.NoError(t, c.Shutdown(context.Background()), "twice")
	})
	url := regexp.MustCompile(`https?://\S+/`).FindString(logs.All()[0].Message)
	require.NotEmpty(t, url)
	return running{t: t, url: url, logs: logs}
}

// do sends a request on a connection of its own, so that none is left open for the leak check.
func (r running) do(method, path string, change ...func(*http.Request)) (*http.Response, string) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.url+path, http.NoBody)
	require.NoError(r.t, err)
	req.Close = true
	for _, f := range change {
		f(req)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	require.NoError(r.t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(r.t, err)
	return resp, string(body)
}

func (r running) get(path string, into any) {
	r.t.Helper()
	resp, body := r.do(http.MethodGet, path)
	require.Equal(r.t, http.StatusOK, resp.StatusCode, body)
	assert.Equal(r.t, "application/json", resp.Header.Get("Content-Type"))
	require.NoError(r.t, json.Unmarshal([]byte(body), into))
}

func TestStartLogsOneLineWithTheRealAddress(t *testing.T) {
	r := run(t, func(*Config) {})
	require.Equal(t, 1, r.logs.Len())
	assert.Regexp(t, `^The console is at http://127\.0\.0\.1:[1-9][0-9]*/$`, r.logs.All()[0].Message)
}

func TestAddressOfEveryInterface(t *testing.T) {
	r := run(t, func(c *Config) { c.ServerConfig.NetAddr.Endpoint = "0.0.0.0:0" })
	assert.Regexp(t, `http://127\.0\.0\.1:[1-9][0-9]*/$`, r.logs.All()[0].Message)
}

func TestPortInUse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	cfg := createDefaultConfig().(*Config)
	cfg.ServerConfig.NetAddr.Endpoint = l.Addr().String()
	c := newConsole(cfg, extensiontest.NewNopSettings(metadata.Type))
	err = c.Start(t.Context(), componenttest.NewNopHost())
	require.ErrorContains(t, err, "`endpoint`")
	require.ErrorContains(t, err, l.Addr().String())
	require.NoError(t, c.Shutdown(t.Context()))
}

func TestPageIsSelfContained(t *testing.T) {
	r := run(t, func(*Config) {})
	resp, body := r.do(http.MethodGet, "")
	assert.Equal(t, http.StatusOK, resp.StatusCode)
	assert.Equal(t, "text/html; charset=utf-8", resp.Header.Get("Content-Type"))
	assert.Contains(t, body, script)
	assert.Contains(t, body, styleCSS)
	assert.NotRegexp(t, `(src|href)="(?:https?:|//)`, body)
	assert.NotContains(t, script, "innerHTML")
	assert.NotContains(t, script, "</script")

	csp := resp.Header.Get("Content-Security-Policy")
	assert.Contains(t, csp, "default-src 'none'")
	assert.NotContains(t, csp, "unsafe")
	assert.Contains(t, csp, flame.SourceHash(body[strings.Index(body, "<script>")+len("<script>"):strings.Index(body, "</script>")]))
	assert.Contains(t, csp, flame.SourceHash(body[strings.Index(body, "<style>")+len("<style>"):strings.Index(body, "</style>")]))
	assert.Equal(t, "no-store", resp.Header.Get("Cache-Control"))
	assert.Equal(t, "nosniff", resp.Header.Get("X-Content-Type-Options"))

	resp, _ = r.do(http.MethodGet, "favicon.ico")
	assert.Equal(t, http.StatusNotFound, resp.StatusCode)
}

func TestGuard(t *testing.T) {
	r := run(t, func(c *Config) { c.ProfilesDirectory = profilesDirectory(t) })
	f := func(name string, want int, method string, change func(*http.Request)) {
		t.Helper()
		resp, body := r.do(method, "api/summary", change)
		assert.Equal(t, want, resp.StatusCode, name)
		if want != http.StatusOK {
			assert.NotContains(t, body, "shop", name)
		}
		assert.Equal(t, "nosniff", resp.Header.Get("X-Content-Type-Options"), name)
		assert.Empty(t, resp.Header.Get("Access-Control-Allow-Origin"), name)
	}
	host := func(h string) func(*http.Request) { return func(r *http.Request) { r.Host = h } }
	fetch := func(site, mode string) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Set("Sec-Fetch-Site", site)
			r.Header.Set("Sec-Fetch-Mode", mode)
		}
	}
	f("plain", http.StatusOK, http.MethodGet, host("127.0.0.1:1"))
	f("name", http.StatusOK, http.MethodGet, host("LOCALHOST:9999"))
	f("name without port", http.StatusOK, http.MethodGet, host("localhost"))
	f("IPv6", http.StatusOK, http.MethodGet, host("[::1]:80"))
	f("rebound name", http.StatusForbidden, http.MethodGet, host("evil.example:4320"))
	f("rebound look-alike", http.StatusForbidden, http.MethodGet, host("127.0.0.1.evil.example"))
	f("rebound look-alike name", http.StatusForbidden, http.MethodGet, host("localhost.evil.example"))
	f("other address", http.StatusForbidden, http.MethodGet, host("192.168.1.1:4320"))
	f("own page", http.StatusOK, http.MethodGet, fetch("same-origin", "cors"))
	f("other site", http.StatusForbidden, http.MethodGet, fetch("cross-site", "no-cors"))
	f("other port's page", http.StatusForbidden, http.MethodGet, fetch("same-site", "cors"))
	f("followed link", http.StatusOK, http.MethodGet, fetch("cross-site", "navigate"))
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions, http.MethodHead} {
		f(method, http.StatusMethodNotAllowed, method, func(*http.Request) {})
	}
}

func TestGuardBeyondLoopbackKnowsNoNames(t *testing.T) {
	ok := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	for addr, want := range map[string]int{"10.0.0.1": http.StatusOK, "127.0.0.1": http.StatusForbidden, "::1": http.StatusForbidden} {
		req := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
		req.Host = "console.example:4320"
		w := httptest.NewRecorder()
		guard(&net.TCPAddr{IP: net.ParseIP(addr)}, "0.0.0.0:4320", ok).ServeHTTP(w, req)
		assert.Equal(t, want, w.Code, addr)
	}
	req := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
	req.Host = "node-1:4320"
	w := httptest.NewRecorder()
	guard(&net.TCPAddr{IP: net.IPv4(127, 0, 1, 1)}, "node-1:4320", ok).ServeHTTP(w, req)
	assert.Equal(t, http.StatusOK, w.Code, "the configured name is our own")
}

func TestSummary(t *testing.T) {
	r := run(t, func(c *Config) { c.MetricsEndpoint, c.ProfilesDirectory = metricsServer(t), profilesDirectory(t) })
	var s summary
	r.get("api/summary", &s)
	assert.Empty(t, s.Metrics.Error)
	assert.InDelta(t, 12.5, s.Collector.UptimeSeconds, 0)
	assert.Equal(t, []throughput{
		{Name: "filelog", OK: map[string]float64{"log_records": 7}, Refused: map[string]float64{}},
		{Name: "otlpzip", OK: map[string]float64{"spans": 120}, Refused: map[string]float64{"spans": 3}},
	}, s.Receivers)
	assert.Equal(t, []delivery{
		{
			throughput: throughput{Name: "otlpzip", OK: map[string]float64{"spans": 120}, Refused: map[string]float64{"spans": 3}},
			Queue:      5, Capacity: 2000, InFlight: 2,
		},
		{throughput: throughput{Name: "pprof", OK: map[string]float64{}, Refused: map[string]float64{}}, Capacity: 32},
	}, s.Exporters)
	assert.Equal(t, []savings{
		{
			Exporter: "otlpzip", Spans: 120,
			Signals: []signalSavings{{Signal: "traces", OTLPBytes: 30000, WireBytes: 2400}, {Signal: "logs", OTLPBytes: 500, WireBytes: 200}},
			Sample:  &sample{WirePerSpan: 12, ZstdPerSpan: 36},
		},
		{Exporter: "otlpzip/far", Signals: []signalSavings{{Signal: "traces", OTLPBytes: 600, WireBytes: 300}}},
	}, s.Savings, "each exporter by itself")
	assert.InDelta(t, 9, s.Duplicates, 0)
	assert.Equal(t, repairs{
		Available: true, Total: 42,
		Ops: []count{{"rename", 40}, {"value_map", 2}},
		Findings: []finding{
			{"deprecated_attribute", "violation", "span", "http", 40},
			{"type_mismatch", "violation", "log", "db", 2},
		},
	}, s.Repairs)
	assert.Equal(t, []string{"shop"}, s.Profiles.Services)
	assert.Equal(t, 2026, s.Profiles.Newest.Year())
}

func TestSummaryWithoutSources(t *testing.T) {
	var s summary
	run(t, func(*Config) {}).get("api/summary", &s)
	assert.False(t, s.Metrics.Configured)
	assert.False(t, s.Profiles.Configured)
	assert.NotNil(t, s.Receivers)
	assert.NotNil(t, s.Exporters)
	assert.NotNil(t, s.Savings)

	s = summary{}
	run(t, func(c *Config) {
		c.MetricsEndpoint = "http://127.0.0.1:0/metrics"
		c.ProfilesDirectory = filepath.Join(t.TempDir(), "none")
	}).get("api/summary", &s)
	assert.True(t, s.Metrics.Configured)
	assert.NotEmpty(t, s.Metrics.Error)
	assert.Contains(t, s.Profiles.Error, "no such file")
}

func TestTopAndFlame(t *testing.T) {
	r := run(t, func(c *Config) { c.ProfilesDirectory = profilesDirectory(t) })
	var top topAnswer
	r.get("api/top?n=2", &top)
	assert.Equal(t, []topFunction{
		{"hash</script>", "shop", 9, 9, 0.9, 0.9},
		{"idle", "shop", 1, 1, 0.1, 0.1},
	}, top.Functions)
	assert.Equal(t, []any{"samples", "count", int64(10), 1, 0}, []any{top.Type, top.Unit, top.Total, top.Files, top.Skipped})

	for range 2 { // the second is from the cache
		var f flameAnswer
		r.get("api/flame?service=shop&span=1h", &f)
		assert.Equal(t, &flame.Node{Total: 10, Children: []*flame.Node{
			{Name: "main", Module: "shop", Total: 10, Children: []*flame.Node{
				{Name: "work", Module: "shop", Total: 9, Children: []*flame.Node{{Name: "hash</script>", Module: "shop", Total: 9, Self: 9}}},
				{Name: "idle", Module: "shop", Total: 1, Self: 1},
			}},
		}}, f.Root)
	}
	var f flameAnswer
	r.get("api/flame", &f)
	assert.Equal(t, "shop", f.Root.Children[0].Name, "all services: the first frames are theirs")
	r.get("api/flame?service=none", &f)
	assert.Zero(t, f.Total)
}

func TestBadQuestions(t *testing.T) {
	r := run(t, func(c *Config) { c.ProfilesDirectory = profilesDirectory(t) })
	f := func(path string, status int, want string) {
		t.Helper()
		resp, body := r.do(http.MethodGet, path)
		assert.Equal(t, status, resp.StatusCode, path)
		var e failure
		require.NoError(t, json.Unmarshal([]byte(body), &e))
		assert.Contains(t, e.Error, want)
	}
	f("api/top?n=0", http.StatusBadRequest, "n must be between 1 and 1000")
	f("api/top?n=x", http.StatusBadRequest, `is "x"`)
	f("api/top?span=forever", http.StatusBadRequest, "span must be a duration")
	f("api/flame?span=25h", http.StatusBadRequest, "span must be a duration")
	f("api/flame?span=-1s", http.StatusBadRequest, "span must be a duration")

	r = run(t, func(*Config) {})
	f("api/flame", http.StatusNotFound, "`profiles_directory`")
	r = run(t, func(c *Config) { c.ProfilesDirectory = filepath.Join(t.TempDir(), "none") })
	f("api/top", http.StatusNotFound, "no such file")
}

func TestCacheFollowsTheDirectory(t *testing.T) {
	dir := profilesDirectory(t)
	p := newProfiles(dir)
	a, err := p.view(pprofdir.Query{})
	require.NoError(t, err)
	b, err := p.view(pprofdir.Query{})
	require.NoError(t, err)
	assert.Same(t, a, b)
	for _, service := range []string{"a", "b", "c", "d", "e"} {
		_, err = p.view(pprofdir.Query{Service: service})
		require.NoError(t, err)
	}
	assert.Len(t, p.cached, cachedViews)

	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.NoError(t, os.Remove(filepath.Join(dir, entries[0].Name())))
	c, err := p.view(pprofdir.Query{})
	require.NoError(t, err)
	assert.Zero(t, c.Tree.Total())
	assert.Len(t, p.cached, 1)
}
