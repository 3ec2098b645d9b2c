package selfmetrics

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

const (
	// maxBody bounds one scrape, decompressed. A collector with a hundred components stays below 1 MiB.
	maxBody = 16 << 20
	// maxWait bounds one scrape when the caller's context does not.
	maxWait = 10 * time.Second
)

// client keeps no connection open: scrapes are seconds apart, and a kept connection would outlive its user. It knows no
// proxy: the endpoint is the collector's own.
var client = &http.Client{
	Transport: &http.Transport{DisableKeepAlives: true, MaxResponseHeaderBytes: 1 << 16},
	Timeout:   maxWait,
}

// Series is one value with its labels.
type Series struct {
	Labels map[string]string
	Value  float64
}

// Snapshot is one scrape; the zero value is an empty one.
type Snapshot struct {
	series map[string][]Series
}

// Fetch scrapes url once.
func Fetch(ctx context.Context, url string) (Snapshot, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return Snapshot{}, fmt.Errorf("own metrics: %w", err)
	}
	req.Header.Set("Accept", "text/plain; version=0.0.4; q=1, text/plain; q=0.5")
	resp, err := client.Do(req)
	if err != nil {
		return Snapshot{}, fmt.Errorf("own metrics: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return Snapshot{}, fmt.Errorf("own metrics: %s answered %s", url, resp.Status)
	}
	s, err := Parse(resp.Body)
	if err != nil {
		return Snapshot{}, fmt.Errorf("own metrics: %s: %w", url, err)
	}
	return s, nil
}

// Parse reads the Prometheus text format.
func Parse(in io.Reader) (Snapshot, error) {
	text, err := io.ReadAll(io.LimitReader(in, maxBody+1))
	if err != nil {
		return Snapshot{}, err
	}
	if len(text) > maxBody {
		return Snapshot{}, fmt.Errorf("more than %d bytes", maxBody)
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(text))
	if err != nil {
		return Snapshot{}, errors.Join(errors.New("not the Prometheus text format"), err)
	}
	s := Snapshot{series: make(map[string][]Series, len(families))}
	for name, family := range families {
		for _, m := range family.GetMetric() {
			s.add(name, m)
		}
	}
	return s, nil
}

// add stores a metric; histograms and summaries become NAME_sum and NAME_count.
func (s Snapshot) add(name string, m *dto.Metric) {
	labels := make(map[string]string, len(m.GetLabel()))
	for _, l := range m.GetLabel() {
		labels[l.GetName()] = l.GetValue()
	}
	put := func(name string, v float64) {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return // a sum with it would say nothing, and JSON cannot hold it
		}
		name = shortName(name)
		s.series[name] = append(s.series[name], Series{Labels: labels, Value: v})
	}
	switch {
	case m.Counter != nil:
		put(name, m.Counter.GetValue())
	case m.Gauge != nil:
		put(name, m.Gauge.GetValue())
	case m.Untyped != nil:
		put(name, m.Untyped.GetValue())
	case m.Histogram != nil:
		put(name+"_sum", m.Histogram.GetSampleSum())
		put(name+"_count", float64(m.Histogram.GetSampleCount()))
	case m.Summary != nil:
		put(name+"_sum", m.Summary.GetSampleSum())
		put(name+"_count", float64(m.Summary.GetSampleCount()))
	}
}

// Has tells whether the scrape holds the metric at all: a Sum of 0 may also mean that a component does not run.
func (s Snapshot) Has(name string) bool {
	return len(s.Series(name)) > 0
}

// Series returns the metric's series; they are the snapshot's own and must not be changed.
func (s Snapshot) Series(name string) []Series {
	name = shortName(name)
	for _, unit := range units {
		if series := s.series[name+unit]; series != nil {
			return series
		}
	}
	return nil
}

// Sum adds up the series of a metric that carry all the given labels, written as key, value, key, value. A key without
// a value matches nothing.
func (s Snapshot) Sum(name string, labels ...string) float64 {
	var sum float64
	for _, series := range s.Series(name) {
		if series.matches(labels) {
			sum += series.Value
		}
	}
	return sum
}

func (s Series) matches(labels []string) bool {
	if len(labels)%2 != 0 {
		return false
	}
	for i := 0; i < len(labels); i += 2 {
		if v, ok := s.Labels[labels[i]]; !ok || v != labels[i+1] {
			return false
		}
	}
	return true
}

// ByLabel adds up a metric per value of one label; series without the label are left out.
func (s Snapshot) ByLabel(name, label string) map[string]float64 {
	sums := map[string]float64{}
	for _, series := range s.Series(name) {
		if v, ok := series.Labels[label]; ok {
			sums[v] += series.Value
		}
	}
	return sums
}
