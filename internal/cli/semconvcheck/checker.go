package semconvcheck

import (
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpfile"
	"github.com/otelcol-plus/otelcol-plus/internal/semconv"
	"github.com/otelcol-plus/otelcol-plus/internal/semconv/walk"
)

// checker looks at requests and adds what it finds to a report. It is not safe for concurrent use.
type checker struct {
	walker *walk.Walker
	fixer  *walk.Walker // normalises before the look; nil leaves everything as it is
	fixTo  string       // where that goes
	report *report

	// What the walker is in the middle of.
	rules   *semconv.Ruleset
	service *service // nil without a service.name until there is something to count
	bad     bool     // a violation since the last item
	points  int64    // of the metric
	badOnes int64    // of those
}

// newChecker makes one for a run with these settings.
func newChecker(s settings, r *report) *checker {
	c := &checker{report: r, fixTo: s.fix, rules: s.ruleset(true)}
	opts := s.options
	opts.Observe = true
	c.walker = walk.New(s.registry.NewWorker(opts), walk.Hooks{Select: c.resource, Found: c.found, Done: c.done})
	if s.fix != "" {
		opts.Observe = false
		rules := s.ruleset(false)
		c.fixer = walk.New(s.registry.NewWorker(opts), walk.Hooks{Select: func(string) *semconv.Ruleset { return rules }})
	}
	return c
}

// resource is told the service before anything of it is looked at.
func (c *checker) resource(name string) *semconv.Ruleset {
	c.service, c.bad = nil, false
	if name != "" {
		c.service = c.report.service(bounded(name))
	}
	return c.rules
}

func (c *checker) found(at *walk.At, f *semconv.Finding) {
	c.bad = c.bad || f.Level == semconv.Violation
	c.report.found(at, f)
}

// done counts items. It never removes one.
func (c *checker) done(item walk.Item, _ pcommon.Map) (remove bool) {
	switch item {
	case walk.ItemSpan, walk.ItemLog:
		c.count(1, c.bad)
	case walk.ItemPoint:
		c.count(1, c.bad)
		c.points++
		if c.bad {
			c.badOnes++
		}
	case walk.ItemMetric: // what is wrong with the metric is wrong with all its points
		if c.bad {
			c.violating(c.points - c.badOnes)
		}
		c.points, c.badOnes = 0, 0
	}
	c.bad = false
	return false
}

func (c *checker) count(items int64, bad bool) {
	if c.service == nil {
		c.service = c.report.service("")
	}
	c.service.items += items
	if bad {
		c.service.violating += items
	}
}

func (c *checker) violating(items int64) {
	if items > 0 {
		c.service.violating += items
	}
}

// look checks a request. It may change it: what is to be kept of it has to be written before.
func (c *checker) look(d otlpfile.Data) {
	if n := d.Items(); n > 0 {
		c.report.items[d.Signal] += int64(n)
	}
	through(c.walker, d)
}

// fix normalises a request.
func (c *checker) fix(d otlpfile.Data) {
	through(c.fixer, d)
	c.fixer.Worker().Drain(func(int, int64) {}, func(_ semconv.Op, n int64) { c.report.fixed += n })
}

func through(w *walk.Walker, d otlpfile.Data) {
	switch d.Signal {
	case otlpfile.Traces:
		w.Traces(d.Traces)
	case otlpfile.Metrics:
		w.Metrics(d.Metrics)
	case otlpfile.Logs:
		w.Logs(d.Logs)
	case otlpfile.Profiles:
		w.Profiles(d.Profiles)
	}
}
