package semconvprocessor

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"github.com/otelcol-plus/otelcol-plus/internal/semconv"
)

// row is one kind of finding in the report.
type row struct {
	rule                      semconv.Rule
	level                     semconv.Level
	attribute, service, scope string
}

// clone copies the texts, which otherwise belong to telemetry.
func (r row) clone() row {
	r.attribute, r.service, r.scope = strings.Clone(r.attribute), strings.Clone(r.service), strings.Clone(r.scope)
	return r
}

type tally struct {
	count                       int64
	area, example, message, sdk string
}

// share counts the items of a service, and those with a violation.
type share struct{ items, violating int64 }

// score is the share of items without a violation, in percent.
func (s share) score() float64 { return 100 * float64(s.items-s.violating) / float64(s.items) }

const (
	// maxScores bounds the services that have a score of their own; it is a label of a metric.
	maxScores = 64
	// otherService is the label that all further services share.
	otherService = "_other"
)

// lastScore is what the metric said of a service, and how many readings ago it was heard of.
type lastScore struct {
	score float64
	idle  int
}

// maxIdle is how many readings a service may be silent.
const maxIdle = 10

// table keeps what was found since the last report. What does not fit into its rows is counted in one.
type table struct {
	mu     sync.Mutex
	top    int
	rows   map[row]*tally
	others int64
	// scores are kept for the metric, by service, since it was read last; last is what it said then.
	scores map[string]*share
	last   map[string]*lastScore
	// reported are the shares since the last report.
	reported map[string]*share
}

func newTable(top int) *table {
	return &table{top: top, rows: map[row]*tally{}, scores: map[string]*share{}, last: map[string]*lastScore{}, reported: map[string]*share{}}
}

// add takes over what a request had.
func (t *table) add(b *batch) {
	if len(b.rows) == 0 && len(b.items) == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for key, found := range b.rows {
		known := t.rows[key]
		switch {
		case known != nil:
			known.count += found.count
		case len(t.rows) >= t.top:
			t.others += found.count
		default:
			own := *found
			own.area, own.sdk = strings.Clone(found.area), strings.Clone(found.sdk)
			t.rows[key.clone()] = &own
		}
	}
	t.others += int64(b.lost)
	for service, s := range b.items {
		addShare(t.scores, service, *s)
		addShare(t.reported, service, *s)
	}
}

func addShare(to map[string]*share, service string, s share) {
	known := to[service]
	if known == nil {
		if len(to) >= maxScores {
			service = otherService
			known = to[service]
		}
		if known == nil {
			known = &share{}
			to[strings.Clone(service)] = known
		}
	}
	known.items += s.items
	known.violating += s.violating
}

// readScores gives each service's score since the last reading, or the score of then when nothing came since. A service that was
// not heard of for maxIdle readings is forgotten and makes room for another.
func (t *table) readScores(observe func(service string, score float64)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for service, known := range t.last {
		if known.idle++; known.idle > maxIdle {
			delete(t.last, service)
		}
	}
	var others share
	for service, s := range t.scores {
		known := t.last[service]
		switch {
		case known != nil:
			*known = lastScore{score: s.score()}
		case service != otherService && len(t.last) < maxScores:
			t.last[service] = &lastScore{score: s.score()}
		default:
			others.items += s.items
			others.violating += s.violating
		}
	}
	if others.items > 0 {
		t.last[otherService] = &lastScore{score: others.score()}
	}
	clear(t.scores)
	for service, known := range t.last {
		observe(service, known.score)
	}
}

// take empties the table and returns its rows, most frequent first.
func (t *table) take() (rows []reportRow, services []reportService, others int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for key, found := range t.rows {
		rows = append(rows, newReportRow(key, found))
	}
	for service, s := range t.reported {
		services = append(services, reportService{Service: service, Score: s.score(), Items: s.items})
	}
	others = t.others
	t.others = 0
	clear(t.rows)
	clear(t.reported)
	slices.SortFunc(rows, func(a, b reportRow) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Attribute, b.Attribute), cmp.Compare(a.Service, b.Service), cmp.Compare(a.Scope, b.Scope))
	})
	slices.SortFunc(services, func(a, b reportService) int { return cmp.Compare(a.Service, b.Service) })
	return rows, services, others
}
