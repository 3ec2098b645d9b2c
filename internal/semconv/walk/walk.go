// Package walk leads a worker of the convention engine through whole requests and says of each finding where it was.
package walk

import (
	"cmp"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pprofile"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-plus/otelcol-plus/internal/semconv"
)

// At is where a finding was. Its strings belong to the telemetry.
type At struct {
	// Service is the service.name of the resource, empty when it has none.
	Service string
	// SDK is telemetry.sdk.language and version of the resource, as "go 1.30.0", or empty.
	Language, SDKVersion string
	Scope, ScopeVersion  string
	// TraceID and SpanID are zero outside of spans and of log records that have none.
	TraceID pcommon.TraceID
	SpanID  pcommon.SpanID
	// Item is the name of the span, metric or event.
	Item string
}

// Item is what a decision of [Hooks.Done] is about: the smallest thing that can be dropped, tagged or routed.
type Item uint8

// The items.
const (
	ItemResource Item = iota
	ItemScope
	ItemSpan
	ItemMetric
	ItemPoint
	ItemLog
)

// Hooks are called on the way. Each may be nil.
type Hooks struct {
	// Skip tells of a schema URL whether what has it is to be left alone.
	Skip func(schemaURL string) bool
	// Select chooses the rules for a service, before its resource is looked at. nil keeps the worker's.
	Select func(service string) *semconv.Ruleset
	// Items is called at the end of each resource with the number of spans, points or records below it, and of those that a
	// violation was found on.
	Items func(at *At, items, violating int)
	// Found is called for each finding. Neither argument may be kept.
	Found func(at *At, f *semconv.Finding)
	// Done is called when an item and, for resources and scopes, only its own attributes have been looked at. It returns whether
	// the item is to be removed. A nil Done never removes, and pipelines without it do not search for what to remove.
	Done func(item Item, attrs pcommon.Map) (remove bool)
}

// Walker leads one worker. Like the worker it is not safe for concurrent use.
type Walker struct {
	worker *semconv.Worker
	hooks  Hooks
	at     At
	// items and violating count what was looked at below the resource at hand, and violations what its worker had found before.
	items, violating int
	violations       uint64
}

// New makes a walker that owns the worker.
func New(worker *semconv.Worker, hooks Hooks) *Walker {
	w := &Walker{worker: worker, hooks: hooks}
	if hooks.Found != nil {
		worker.OnFinding(func(f *semconv.Finding) { w.hooks.Found(&w.at, f) })
	}
	return w
}

// Worker is the worker that the walker leads.
func (w *Walker) Worker() *semconv.Worker { return w.worker }

func (w *Walker) done(item Item, attrs pcommon.Map) bool {
	return w.hooks.Done != nil && w.hooks.Done(item, attrs)
}

// resource looks at a resource and its scopes' names and says whether all of it is to be removed.
func (w *Walker) resource(r pcommon.Resource, schema string, scopes func() []pcommon.InstrumentationScope) bool {
	w.items, w.violating = 0, 0
	w.at = At{Service: text(r, "service.name"), Language: text(r, "telemetry.sdk.language"), SDKVersion: text(r, "telemetry.sdk.version")}
	if w.hooks.Select != nil {
		w.worker.Use(w.hooks.Select(w.at.Service))
	}
	if w.skips(schema) {
		w.worker.SkipResource(r)
		return false
	}
	w.worker.Resource(r, scopes)
	return w.done(ItemResource, r.Attributes())
}

func (w *Walker) skips(schema string) bool { return w.hooks.Skip != nil && w.hooks.Skip(schema) }

// item ends the look at one span, point or record.
func (w *Walker) item() {
	w.items++
	if v := w.worker.Violations(); v != w.violations {
		w.violating++
		w.violations = v
	}
}

// leave ends the look at a resource.
func (w *Walker) leave() {
	if w.hooks.Items != nil && w.items > 0 {
		w.hooks.Items(&w.at, w.items, w.violating)
	}
}

// scope looks at a scope and says whether all of it is to be removed, and whether its items are to be left alone. It has the schema
// of its resource unless it names one.
func (w *Walker) scope(s pcommon.InstrumentationScope, schema, resourceSchema string) (remove, skip bool) {
	if w.skips(cmp.Or(schema, resourceSchema)) {
		return false, true
	}
	w.at.Scope, w.at.ScopeVersion = s.Name(), s.Version()
	w.at.Item, w.at.TraceID, w.at.SpanID = "", pcommon.TraceID{}, pcommon.SpanID{}
	w.worker.Scope(s)
	w.at.Scope, w.at.ScopeVersion = s.Name(), s.Version()
	w.violations = w.worker.Violations() // those of the scope are not its items'
	return w.done(ItemScope, s.Attributes()), false
}

func text(r pcommon.Resource, name string) string {
	if v, ok := r.Attributes().Get(name); ok && v.Type() == pcommon.ValueTypeStr {
		return v.Str()
	}
	return ""
}

// slice is what all of pdata's lists have in common.
type slice[T any] interface {
	Len() int
	At(int) T
	RemoveIf(func(T) bool)
}

// each visits all elements, and removes those for which visit says so when anything may be removed at all.
func each[T any](w *Walker, s slice[T], visit func(T) bool) {
	if w.hooks.Done != nil {
		s.RemoveIf(visit)
		return
	}
	for i := range s.Len() {
		visit(s.At(i))
	}
}

// emptied tells whether removing left nothing of a list that had something.
func emptied(had, has int) bool { return had > 0 && has == 0 }

// scopesOf lists the scopes of a resource when it is asked.
func scopesOf[T interface {
	Scope() pcommon.InstrumentationScope
}](s interface {
	Len() int
	At(int) T
}) func() []pcommon.InstrumentationScope {
	return func() []pcommon.InstrumentationScope {
		scopes := make([]pcommon.InstrumentationScope, s.Len())
		for i := range scopes {
			scopes[i] = s.At(i).Scope()
		}
		return scopes
	}
}

// Traces goes through the spans of a request, their events and links.
func (w *Walker) Traces(td ptrace.Traces) {
	each(w, td.ResourceSpans(), func(rs ptrace.ResourceSpans) bool {
		if w.resource(rs.Resource(), rs.SchemaUrl(), scopesOf(rs.ScopeSpans())) {
			return true
		}
		had := rs.ScopeSpans().Len()
		each(w, rs.ScopeSpans(), func(ss ptrace.ScopeSpans) bool {
			remove, skip := w.scope(ss.Scope(), ss.SchemaUrl(), rs.SchemaUrl())
			if remove || skip {
				return remove
			}
			had := ss.Spans().Len()
			each(w, ss.Spans(), w.span)
			return emptied(had, ss.Spans().Len())
		})
		w.leave()
		return emptied(had, rs.ScopeSpans().Len())
	})
}

func (w *Walker) span(span ptrace.Span) bool {
	w.at.Item, w.at.TraceID, w.at.SpanID = span.Name(), span.TraceID(), span.SpanID()
	w.worker.Span(span)
	w.item()
	return w.done(ItemSpan, span.Attributes())
}

// Logs goes through the records of a request.
func (w *Walker) Logs(ld plog.Logs) {
	each(w, ld.ResourceLogs(), func(rl plog.ResourceLogs) bool {
		if w.resource(rl.Resource(), rl.SchemaUrl(), scopesOf(rl.ScopeLogs())) {
			return true
		}
		had := rl.ScopeLogs().Len()
		each(w, rl.ScopeLogs(), func(sl plog.ScopeLogs) bool {
			remove, skip := w.scope(sl.Scope(), sl.SchemaUrl(), rl.SchemaUrl())
			if remove || skip {
				return remove
			}
			had := sl.LogRecords().Len()
			each(w, sl.LogRecords(), w.record)
			return emptied(had, sl.LogRecords().Len())
		})
		w.leave()
		return emptied(had, rl.ScopeLogs().Len())
	})
}

func (w *Walker) record(r plog.LogRecord) bool {
	w.at.Item, w.at.TraceID, w.at.SpanID = r.EventName(), r.TraceID(), r.SpanID()
	w.worker.Log(r)
	w.item()
	return w.done(ItemLog, r.Attributes())
}

// Metrics goes through the metrics of a request, their points and exemplars.
func (w *Walker) Metrics(md pmetric.Metrics) {
	each(w, md.ResourceMetrics(), func(rm pmetric.ResourceMetrics) bool {
		if w.resource(rm.Resource(), rm.SchemaUrl(), scopesOf(rm.ScopeMetrics())) {
			return true
		}
		had := rm.ScopeMetrics().Len()
		each(w, rm.ScopeMetrics(), func(sm pmetric.ScopeMetrics) bool {
			remove, skip := w.scope(sm.Scope(), sm.SchemaUrl(), rm.SchemaUrl())
			if remove || skip {
				return remove
			}
			had := sm.Metrics().Len()
			w.scopeMetrics(sm.Metrics())
			return emptied(had, sm.Metrics().Len())
		})
		w.leave()
		return emptied(had, rm.ScopeMetrics().Len())
	})
}

// Profiles goes through the resources and scopes of a request and the attribute table that its profiles share. What is found in
// the table is said of the service only when the request is of one service.
func (w *Walker) Profiles(pd pprofile.Profiles) {
	var shared At
	var rules *semconv.Ruleset
	resources, skipped := 0, 0
	each(w, pd.ResourceProfiles(), func(rp pprofile.ResourceProfiles) bool {
		remove := w.resource(rp.Resource(), rp.SchemaUrl(), scopesOf(rp.ScopeProfiles()))
		if resources == 0 {
			shared = At{Service: w.at.Service, Language: w.at.Language, SDKVersion: w.at.SDKVersion}
		} else if shared.Service != w.at.Service {
			shared = At{}
		}
		resources++
		if w.skips(rp.SchemaUrl()) {
			skipped++
		}
		if w.hooks.Select != nil {
			// The rows are shared: where one service is only observed, they are.
			if own := w.hooks.Select(w.at.Service); rules == nil || own.Observes() {
				rules = own
			}
		}
		if !remove {
			each(w, rp.ScopeProfiles(), func(sp pprofile.ScopeProfiles) bool {
				remove, _ := w.scope(sp.Scope(), sp.SchemaUrl(), rp.SchemaUrl())
				return remove
			})
		}
		return remove
	})
	if resources > 0 && skipped == resources {
		return
	}
	w.at = shared
	if rules != nil {
		w.worker.Use(rules)
	}
	w.worker.ProfileTables(pd)
}
