package semconvprocessor

import (
	"net/url"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-plus/otelcol-plus/internal/semconv"
	"github.com/otelcol-plus/otelcol-plus/internal/semconv/walk"
)

// schemaHost is the host of OpenTelemetry's family of schemas.
const schemaHost = "opentelemetry.io"

// isForeign tells whether a schema URL is of another family. One that cannot be read is nobody's.
func isForeign(schemaURL string) bool {
	if schemaURL == "" {
		return false
	}
	u, err := url.Parse(schemaURL)
	return err != nil || !strings.EqualFold(u.Hostname(), schemaHost)
}

// batch leads one walker and gathers what it finds in one request. Nothing in it is shared, so nothing is locked before its end.
type batch struct {
	p      *semconvProcessor
	walker *walk.Walker
	// rows are the findings of the request for the report, items its items by service.
	rows  map[row]*tally
	lost  int // findings past maxBatchRows
	items map[string]*share

	// What was found on the item at hand.
	action   Action
	rules    []semconv.Rule
	noted    []string
	enforced map[enforcement]int64
}

// maxBatchRows bounds the different findings that one request can have in the report.
const maxBatchRows = 4096

func (p *semconvProcessor) newBatch() *batch {
	b := &batch{p: p, rows: map[row]*tally{}, items: map[string]*share{}, enforced: map[enforcement]int64{}}
	hooks := walk.Hooks{Select: p.rulesets.choose(), Items: b.count}
	if p.cfg.ForeignSchema == ForeignSkip {
		hooks.Skip = isForeign
	}
	if p.cfg.Report.Interval > 0 || p.cfg.Mode == ModeEnforce || p.cfg.Annotate.Enabled {
		hooks.Found = b.found
	}
	if p.cfg.Mode == ModeEnforce || p.cfg.Annotate.Enabled {
		hooks.Done = b.done
	}
	b.walker = walk.New(p.registry.NewWorker(p.options), hooks)
	return b
}

// reset forgets the request. Findings in the tables of profiles belong to no item: nothing was done about them.
func (b *batch) reset() {
	clear(b.rows)
	clear(b.items)
	clear(b.enforced)
	b.lost, b.action, b.rules, b.noted = 0, "", b.rules[:0], b.noted[:0]
}

func (b *batch) count(at *walk.At, items, violating int) {
	s := b.items[at.Service]
	if s == nil {
		s = &share{}
		b.items[at.Service] = s
	}
	s.items += int64(items)
	s.violating += int64(violating)
}

func (b *batch) found(at *walk.At, f *semconv.Finding) {
	if b.p.cfg.Report.Interval > 0 {
		b.note(at, f)
	}
	if b.p.cfg.Annotate.Enabled && len(b.noted) < b.p.cfg.Annotate.Max {
		b.noted = append(b.noted, f.Rule.String()+":"+f.Name)
	}
	if b.p.cfg.Mode == ModeEnforce && !f.Fixed {
		b.judge(f)
	}
}

// note keeps a finding for the report.
func (b *batch) note(at *walk.At, f *semconv.Finding) {
	key := row{rule: f.Rule, level: f.Level, attribute: f.Name, service: at.Service, scope: at.Scope}
	t := b.rows[key]
	if t == nil {
		if len(b.rows) >= maxBatchRows {
			b.lost++
			return
		}
		t = &tally{area: f.Area, example: f.Example(), message: f.Message(), sdk: sdkOf(at)}
		b.rows[key] = t
	}
	t.count++
}

func sdkOf(at *walk.At) string {
	return strings.TrimSpace(at.Language + " " + at.SDKVersion)
}

// done ends an item: what was found on it decides what becomes of it.
func (b *batch) done(item walk.Item, attrs pcommon.Map) (remove bool) {
	if len(b.noted) > 0 {
		if item == walk.ItemSpan {
			setList(attrs, b.p.cfg.Annotate.Attribute, b.noted)
		}
		b.noted = b.noted[:0]
	}
	remove = b.enforce(attrs)
	b.action, b.rules = "", b.rules[:0]
	return remove
}

func setList(attrs pcommon.Map, name string, list []string) {
	slice := attrs.PutEmptySlice(name)
	for _, s := range list {
		slice.AppendEmpty().SetStr(s)
	}
}
