package semconvcheck

import (
	"cmp"
	"slices"
	"strings"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpfile"
	"github.com/otelcol-plus/otelcol-plus/internal/semconv"
	"github.com/otelcol-plus/otelcol-plus/internal/semconv/walk"
)

// never is a --fail-on that nothing reaches.
const never = semconv.Violation + 1

// report collects findings. It is not safe for concurrent use.
type report struct {
	failOn      semconv.Level
	maxFindings int
	maxServices int
	baseline    baseline
	input       string // what is being looked at

	findings map[key]*finding
	services map[string]*service
	inputs   []string
	items    map[otlpfile.Signal]int64
	levels   [semconv.Violation + 1]int64
	rules    [semconv.NumRules]int64
	// failing and known count findings at or above failOn that are new, and all that the baseline has.
	failing, known int64
	// overflow and overflowFailing are those of all and of the failing ones that are not among findings because there are too many.
	overflow, overflowFailing int64
	fixing                    bool           // there is a --fix
	fixed                     int64          // changes that it has made
	unreadable                []error        // what could not be read of the inputs
	active                    []semconv.Rule // those that can be found at all
	release                   string         // of the registry
}

// service is what one service.name has sent. Items are those that a score is made of: samples are not among them.
type service struct {
	name             string
	items, violating int64
	levels           [semconv.Violation + 1]int64
}

// defaultMaxServices bounds how many services are told apart; the rest is one.
const defaultMaxServices = 10_000

const otherServices = "(others)"

func newReport(s settings, known baseline) *report {
	return &report{
		failOn: s.failOn, maxFindings: s.maxFindings, maxServices: defaultMaxServices, baseline: known, active: s.activeRules(), fixing: s.fix != "", release: s.registry.Release,
		findings: map[key]*finding{}, services: map[string]*service{}, items: map[otlpfile.Signal]int64{},
	}
}

// begin says where what is found from here on comes from.
func (r *report) begin(input string) {
	r.input = input
	r.inputs = append(r.inputs, input)
}

// service returns the row of a service, whose name is bounded.
func (r *report) service(name string) *service {
	s := r.services[name]
	if s == nil {
		if len(r.services) >= r.maxServices {
			if name = otherServices; r.services[name] != nil {
				return r.services[name]
			}
		}
		s = &service{name: strings.Clone(name)}
		r.services[s.name] = s
	}
	return s
}

// found adds a finding.
func (r *report) found(at *walk.At, f *semconv.Finding) {
	k := keyOf(at, f)
	r.levels[k.level]++
	r.rules[k.rule]++
	r.service(k.service).levels[k.level]++
	rec := r.findings[k]
	known := false
	if rec != nil {
		known = rec.known
	} else {
		known = r.baseline.has(k.identity())
	}
	if known {
		r.known++
	}
	failing := !known && k.level >= r.failOn
	if failing {
		r.failing++
	}
	if rec == nil {
		if len(r.findings) >= r.maxFindings {
			r.overflow++
			if failing {
				r.overflowFailing++
			}
			return
		}
		rec = newFinding(k, at, f)
		rec.known, rec.input = known, r.input
		r.findings[rec.key] = rec
	}
	rec.count++
}

// failed tells whether the command fails: a finding at or above --fail-on that is not in the baseline, or an input that cannot be read.
func (r *report) failed() bool { return r.failing > 0 || len(r.unreadable) > 0 }

// byService is what formats print: the services that have the worst findings first, and of each the worst findings first.
func (r *report) byService() []serviceReport {
	findings := map[string][]*finding{}
	for _, f := range r.findings {
		name := f.service
		if r.services[name] == nil {
			name = otherServices
		}
		findings[name] = append(findings[name], f)
	}
	out := make([]serviceReport, 0, len(r.services))
	for name, s := range r.services {
		list := findings[name]
		slices.SortFunc(list, compareFindings)
		out = append(out, serviceReport{s, list})
	}
	slices.SortFunc(out, func(a, b serviceReport) int {
		for level := semconv.Violation; level > semconv.Off; level-- {
			if c := cmp.Compare(b.levels[level], a.levels[level]); c != 0 {
				return c
			}
		}
		return cmp.Compare(a.name, b.name)
	})
	return out
}

// serviceReport is a service with its findings, those of the baseline included.
type serviceReport struct {
	*service
	findings []*finding
}

// fresh are the findings that the baseline has not.
func (s serviceReport) fresh() []*finding {
	return slices.DeleteFunc(slices.Clone(s.findings), func(f *finding) bool { return f.known })
}

// title is the name of the service for people.
func (s *service) title() string {
	if s.name == "" {
		return "(no service.name)"
	}
	return s.name
}

// allItems counts the items of every signal.
func (r *report) allItems() (n int64) {
	for _, items := range r.items {
		n += items
	}
	return n
}
