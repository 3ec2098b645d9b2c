package semconvcheck

import (
	"cmp"
	"encoding/json"
	"io"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpfile"
	"github.com/otelcol-plus/otelcol-plus/internal/semconv"
)

// The names of the fields are stable.
type jsonReport struct {
	Summary  jsonSummary   `json:"summary"`
	Findings []jsonFinding `json:"findings"`
}

type jsonSummary struct {
	Registry string   `json:"registry"`
	Files    []string `json:"files"`
	// Errors are what could not be read of them.
	Errors []string `json:"errors,omitempty"`
	// Items are spans, data points, log records and samples by signal.
	Items map[otlpfile.Signal]int64 `json:"items_by_signal"`
	// Levels and Rules count every finding, Distinct only those that are listed.
	Levels   map[string]int64 `json:"findings_by_level"`
	Rules    map[string]int64 `json:"findings_by_rule"`
	Distinct int              `json:"distinct"`
	Services []jsonService    `json:"services"`
	// Overflow counts findings that are not listed because there were too many.
	Overflow int64 `json:"overflow"`
	// Known counts findings that are in the baseline; only there with one.
	Known *int64 `json:"known,omitempty"`
	// Fixed counts changes; only there with --fix.
	Fixed  *int64 `json:"fixed,omitempty"`
	FailOn string `json:"fail_on"`
	Failed bool   `json:"failed"`
}

type jsonService struct {
	Service   string           `json:"service"`
	Items     int64            `json:"items"`
	Violating int64            `json:"violating_items"`
	Score     float64          `json:"score"`
	Levels    map[string]int64 `json:"findings_by_level"`
}

type jsonFinding struct {
	Rule      string `json:"rule"`
	Level     string `json:"level"`
	Signal    string `json:"signal"`
	Area      string `json:"area"`
	Attribute string `json:"attribute"`
	Service   string `json:"service"`
	Scope     string `json:"scope"`
	TraceID   string `json:"trace_id"`
	SpanID    string `json:"span_id"`
	Message   string `json:"message"`
	Example   string `json:"example"`
	Count     int64  `json:"count"`
	// New tells that the baseline has it not; only there with one.
	New *bool `json:"new,omitempty"`
}

func writeJSON(out io.Writer, r *report, _ string) error {
	doc := jsonReport{Summary: r.summary(), Findings: []jsonFinding{}}
	for _, s := range r.byService() {
		for _, f := range s.findings {
			j := jsonFinding{
				Rule: f.rule.String(), Level: f.level.String(), Signal: f.signal.String(), Area: f.area, Attribute: f.name,
				Service: f.service, Scope: f.scope, TraceID: f.traceID, SpanID: f.spanID, Message: f.message, Example: f.example, Count: f.count,
			}
			if fresh := !f.known; r.baseline != nil {
				j.New = &fresh
			}
			doc.Findings = append(doc.Findings, j)
		}
	}
	return encode(out, doc)
}

func (r *report) summary() jsonSummary {
	s := jsonSummary{
		Registry: r.release, Files: r.inputs, Errors: r.errors(), Items: r.items, Levels: byLevel(r.levels), Rules: map[string]int64{},
		Distinct: len(r.findings), Services: []jsonService{}, Overflow: r.overflow, FailOn: failOnName(r.failOn), Failed: r.failed(),
	}
	for rule, n := range r.rules {
		if n > 0 {
			s.Rules[semconv.Rule(rule).String()] = n
		}
	}
	for _, x := range r.byService() {
		s.Services = append(s.Services, jsonService{x.name, x.items, x.violating, Score(x.items, x.violating), byLevel(x.levels)})
	}
	if r.baseline != nil {
		s.Known = &r.known
	}
	if r.fixing {
		s.Fixed = &r.fixed
	}
	return s
}

func byLevel(n [semconv.Violation + 1]int64) map[string]int64 {
	m := map[string]int64{}
	for level := semconv.Information; level <= semconv.Violation; level++ {
		m[level.String()] = n[level]
	}
	return m
}

func failOnName(level semconv.Level) string {
	if level == never {
		return "never"
	}
	return level.String()
}

// encode writes JSON for people, without escapes that only web pages need.
func encode(out io.Writer, doc any) error {
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(doc)
}

func compareRecords(a, b baselineRecord) int {
	return cmp.Or(
		cmp.Compare(a.Service, b.Service), cmp.Compare(a.Scope, b.Scope), cmp.Compare(a.Rule, b.Rule),
		cmp.Compare(a.Attribute, b.Attribute), cmp.Compare(a.Signal, b.Signal), cmp.Compare(a.Message, b.Message),
	)
}
