package consoleextension

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/otelcol-plus/otelcol-plus/internal/pprofdir"
	"github.com/otelcol-plus/otelcol-plus/internal/selfmetrics"
)

// scrapeWait bounds how long a page waits for the metrics endpoint.
const scrapeWait = 3 * time.Second

// items are the names under which the collector counts each signal.
var items = []string{"spans", "metric_points", "log_records", "profile_samples"}

// Findings are bounded by the semconv processor; this bounds the answer whoever serves the metrics.
const maxRows = 500

type summary struct {
	Time      time.Time     `json:"time"`
	Collector collectorInfo `json:"collector"`
	Metrics   source        `json:"metrics"`
	Profiles  source        `json:"profiles"`
	Receivers []throughput  `json:"receivers"`
	Exporters []delivery    `json:"exporters"`
	Savings   []savings     `json:"savings"`
	Repairs   repairs       `json:"repairs"`
	// Duplicates are spans that tracezip processors dropped as delivered before.
	Duplicates float64 `json:"duplicate_spans"`
}

type collectorInfo struct {
	Name          string  `json:"name"`
	Version       string  `json:"version"`
	UptimeSeconds float64 `json:"uptime_seconds"`
	CPUSeconds    float64 `json:"cpu_seconds"`
	RSSBytes      float64 `json:"rss_bytes"`
}

// source tells whether one of the two inputs is there, and if not why.
type source struct {
	Configured bool   `json:"configured"`
	From       string `json:"from,omitempty"`
	Error      string `json:"error,omitempty"`
	// Services and Newest are those of the profiles directory.
	Services []string  `json:"services,omitempty"`
	Newest   time.Time `json:"newest,omitzero"`
}

// throughput counts a receiver's or an exporter's items by kind since the collector's start.
type throughput struct {
	Name string `json:"name"`
	// OK were accepted or sent, Refused were refused or not sent.
	OK      map[string]float64 `json:"ok"`
	Refused map[string]float64 `json:"refused"`
}

type repairs struct {
	Available bool      `json:"available"`
	Total     float64   `json:"total"`
	Ops       []count   `json:"ops"`
	Findings  []finding `json:"findings"`
}

type count struct {
	Name  string  `json:"name"`
	Count float64 `json:"count"`
}

type finding struct {
	Rule   string  `json:"rule"`
	Level  string  `json:"level"`
	Signal string  `json:"signal"`
	Area   string  `json:"area"`
	Count  float64 `json:"count"`
}

func (a *api) summary(ctx context.Context) summary {
	s := summary{
		Time:      time.Now().UTC(),
		Collector: collectorInfo{Name: a.info.Command, Version: a.info.Version},
		Metrics:   source{Configured: a.config.MetricsEndpoint != "", From: a.config.MetricsEndpoint},
		Profiles:  a.profilesSource(),
		Exporters: []delivery{},
	}
	var m selfmetrics.Snapshot
	if s.Metrics.Configured {
		ctx, cancel := context.WithTimeout(ctx, scrapeWait)
		defer cancel()
		var err error
		if m, err = selfmetrics.Fetch(ctx, a.config.MetricsEndpoint); err != nil {
			s.Metrics.Error = err.Error()
		}
	}
	s.fill(m)
	if s.Metrics.Error == "" {
		s.Exporters = a.deliveries.update(s.Time, m)
	}
	return s
}

func (a *api) profilesSource() source {
	src := source{Configured: a.config.ProfilesDirectory != "", From: a.config.ProfilesDirectory}
	if !src.Configured {
		return src
	}
	files, err := pprofdir.List(a.config.ProfilesDirectory)
	if err != nil {
		src.Error = err.Error()
		return src
	}
	if len(files) > 0 {
		src.Newest = files[0].Name.Start
	}
	for _, f := range files {
		src.Services = append(src.Services, f.Name.Service)
	}
	slices.Sort(src.Services)
	src.Services = slices.Compact(src.Services)
	return src
}

func (s *summary) fill(m selfmetrics.Snapshot) {
	s.Collector.UptimeSeconds = m.Sum("process_uptime")
	s.Collector.CPUSeconds = m.Sum("process_cpu_seconds")
	s.Collector.RSSBytes = m.Sum("process_memory_rss")
	s.Receivers = throughputs(m, "receiver", "receiver_accepted_", "receiver_refused_", "receiver_failed_")
	s.Savings = newSavings(m)
	s.Repairs = newRepairs(m)
	s.Duplicates = m.Sum("processor_tracezip_spans_duplicate")
}

func throughputs(m selfmetrics.Snapshot, label, ok string, refused ...string) []throughput {
	byName := map[string]*throughput{}
	add := func(metric, item string, to func(*throughput) map[string]float64) {
		for name, v := range m.ByLabel(metric+item, label) {
			t := byName[name]
			if t == nil {
				t = &throughput{Name: name, OK: map[string]float64{}, Refused: map[string]float64{}}
				byName[name] = t
			}
			to(t)[item] += v
		}
	}
	for _, item := range items {
		add(ok, item, func(t *throughput) map[string]float64 { return t.OK })
		for _, prefix := range refused {
			add(prefix, item, func(t *throughput) map[string]float64 { return t.Refused })
		}
	}
	out := []throughput{}
	for _, t := range byName {
		out = append(out, *t)
	}
	slices.SortFunc(out, func(a, b throughput) int { return strings.Compare(a.Name, b.Name) })
	return bounded(out)
}

func newRepairs(m selfmetrics.Snapshot) repairs {
	r := repairs{
		Available: m.Has("semconv_findings") || m.Has("semconv_normalised"),
		Total:     m.Sum("semconv_normalised"),
		Ops:       []count{},
		Findings:  []finding{},
	}
	for op, n := range m.ByLabel("semconv_normalised", "op") {
		r.Ops = append(r.Ops, count{Name: op, Count: n})
	}
	slices.SortFunc(r.Ops, func(a, b count) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Name, b.Name))
	})
	sums := map[finding]float64{}
	for _, s := range m.Series("semconv_findings") {
		sums[finding{Rule: s.Labels["rule"], Level: s.Labels["level"], Signal: s.Labels["signal"], Area: s.Labels["area"]}] += s.Value
	}
	for f, n := range sums {
		f.Count = n
		r.Findings = append(r.Findings, f)
	}
	slices.SortFunc(r.Findings, func(a, b finding) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Rule, b.Rule),
			strings.Compare(a.Area, b.Area), strings.Compare(a.Signal, b.Signal), strings.Compare(a.Level, b.Level))
	})
	r.Findings = bounded(r.Findings)
	return r
}

func bounded[T any](rows []T) []T { return rows[:min(len(rows), maxRows)] }
