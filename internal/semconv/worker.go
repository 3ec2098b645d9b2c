package semconv

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/xpdata"

	"github.com/otelcol-plus/otelcol-plus/internal/semconv/internal/values"
)

// Worker applies a registry to attributes, one batch at a time: it is not safe for concurrent use, but any number of workers
// share a registry. What it learns of the order of keys carries over from batch to batch; it keeps no reference to telemetry.
type Worker struct {
	reg        *Registry
	opts       Options
	queryKeys  []string
	longest    int // text that is not cut
	base       *Ruleset
	rules      *Ruleset
	look       flags // what the rules want to be told of beside what is always looked for
	recommend  bool  // missing recommended attributes are to be told
	counts     counts
	violations uint64
	report     func(*Finding) // nil: findings are only counted
	last       Finding

	shapes  shapes
	steps   [maxPath]*node
	path    []*node              // the steps of the map at hand
	odd     [maxPath / 64]uint64 // positions of values that are not fine
	at      [maxPath]source      // the attributes by position, while they are repaired
	one     source               // one past them
	planned int                  // attributes in at
	place   place                // of the map at hand
	// notes are the values that groups and conditions depend on, by slot. They are valid for names that are present.
	notes [maxNotes]pcommon.Value

	// What the passes know of the resource, scope and item at hand.
	language    string
	querySystem string
	scope       pcommon.InstrumentationScope
	scopes      func() []pcommon.InstrumentationScope
	span        ptrace.Span
	log         plog.LogRecord
	metricNames metricNames

	// What the repair pass knows of the map at hand.
	seen     []uint8  // by tracked id: how often the name occurs, up to 2; a name that will be made counts
	pending  []uint64 // bit set over the operations
	sources  []source // by operation: the old attribute, while pending
	aws      awsState
	claims   keyClaims
	original string // of the HTTP method that was replaced last
	changes  []change
	puts     []put
	missing  []missing
	present  bitset // own, or for a moment that of a known shape
	own      bitset
	action   []int32 // by position: 0 keep, else index into changes from 1
	builder  xpdata.MapBuilder
	copies   []copied

	// What ProfileTables knows of the request and of the record at hand.
	entries  []entry
	old      []int
	verdicts []verdict
	indices  []int32
}

type awsState uint8

const (
	awsUnknown awsState = iota
	awsNo
	awsYes
)

// NewWorker makes a worker for the registry.
func (r *Registry) NewWorker(opts Options) *Worker {
	w := &Worker{
		reg: r, opts: opts, base: r.NewRuleset(opts.Observe), counts: newCounts(len(r.areas)), seen: make([]uint8, r.tracked),
		pending: make([]uint64, len(r.ops)/64+1), sources: make([]source, len(r.ops)),
		own:       make(bitset, len(r.names)/64+1),
		queryKeys: slices.Concat(r.redact.QueryKeys, opts.RedactQueryKeys), longest: cmp.Or(opts.MaxValueBytes, math.MaxInt),
	}
	w.present = w.own
	w.Use(w.base)
	return w
}

// Use makes the worker follow other rules from here on; nil goes back to its own.
func (w *Worker) Use(rules *Ruleset) {
	if rules == nil {
		rules = w.base
	}
	w.rules, w.look, w.recommend = rules, 0, rules.Wants(MissingRecommended)
	if rules.Wants(UnknownAttribute) {
		w.look |= flagUnknown
	}
	if rules.Wants(NotStable) {
		w.look |= flagUnstable
	}
}

// kindPlans are the plans of everything but the points of metrics with scoped renames.
var kindPlans = func() (plans [numKinds]Plan) {
	for k := range plans {
		plans[k].kind = Kind(k)
	}
	return plans
}()

// place is where a map of attributes stands, and what that makes of some names.
type place struct {
	signal Signal
	mask   flags
	plan   *Plan
	// group is what demands attributes here beside what the signal itself brings: an event's or a metric's.
	group  *group
	metric *MetricRecord
	// failed: the span's status is ERROR.
	failed bool
}

func (w *Worker) placeOf(s Signal, k Kind) place {
	return place{signal: s, mask: lookAlways | w.look, plan: &kindPlans[k]}
}

// attributes is the look pass. It must not allocate for shapes it has met.
func (w *Worker) attributes(m pcommon.Map, p place) {
	cur := &w.shapes.roots[p.signal][p.plan.kind]
	var found flags
	i := 0
	for name, v := range m.All() {
		n := cur.child
		if n == nil || n.name != name {
			n = w.follow(cur, name, i)
		}
		cur = n
		if i < maxPath {
			w.steps[i] = n
		}
		found |= n.flags
		if n.note != 0 {
			w.notes[n.note%maxNotes] = v
		}
		// Asking for the value of the type that is likely is cheaper than asking for the type: what is not a string reads as "".
		if n.likely == pcommon.ValueTypeStr {
			if s := v.Str(); s != "" {
				switch {
				case n.look == lookText && len(s) <= w.longest && !isPlaceholder(s) && values.ValidUTF8(s):
				case n.look == lookMember && s == n.valid:
				case !w.fineText(n, s):
					found |= w.oddAt(i)
				}
				i++
				continue
			}
		} else if n.likely == pcommon.ValueTypeInt {
			if x := v.Int(); x != 0 && x >= n.low && x <= n.high {
				i++
				continue
			}
		}
		n.likely = v.Type()
		if !w.fine(n, v) {
			found |= w.oddAt(i)
		}
		i++
	}
	if found&p.mask == 0 && cur.ending != nil && cur.ending.calm(w, &p) {
		return
	}
	w.path, w.place = w.steps[:min(i, maxPath)], p
	if found&p.mask != 0 || w.opts.Derive {
		w.repair(cur, m, &w.place)
	} else {
		w.checkShape(cur, m, &w.place)
	}
	if w.shapes.forgotten >= forgetAfter && w.shapes.nodes >= maxNodes {
		w.shapes.forget()
	}
}

// oddAt notes the position of a value that is not fine.
func (w *Worker) oddAt(i int) flags {
	if i < maxPath {
		w.odd[i/64] |= 1 << (i % 64)
	}
	return flagOdd
}

// fine tells whether a value is as the conventions want it. What is not fine goes through final, which knows why.
func (w *Worker) fine(n *node, v pcommon.Value) bool {
	t := v.Type()
	if t != n.want && n.want >= 0 {
		return false
	}
	switch t {
	case pcommon.ValueTypeStr:
		return w.fineText(n, v.Str())
	case pcommon.ValueTypeInt:
		if n.want == t && n.checks&checkEnum != 0 {
			return n.rec.isNumber(v.Int())
		}
		return n.low <= v.Int() && v.Int() <= n.high
	case pcommon.ValueTypeSlice:
		if n.checks&checkElements != 0 && !elementsFit(v, n.rec.elems) || n.checks&checkSecret != 0 && !isRedacted(v.Slice()) {
			return false
		}
		return validNested(v)
	case pcommon.ValueTypeMap:
		return validNested(v)
	default:
		return true
	}
}

// fineText is fine for a string.
func (w *Worker) fineText(n *node, s string) bool {
	if n.want != pcommon.ValueTypeStr {
		return n.want < 0 && values.ValidUTF8(s)
	}
	if len(s) == 0 {
		return n.mayBeEmpty
	}
	k := n.checks &^ checkNote
	if k&(checkEnum|checkMethod) != 0 && n.isMember(s) {
		return true // of any length
	}
	if len(s) > w.longest || !values.ValidUTF8(s) || len(s) <= 9 && isPlaceholder(s) {
		return false
	}
	switch {
	case k == 0:
		return true
	case k&(checkEnum|checkMethod) != 0:
		return false
	case k&checkUID != 0:
		return values.IsUID(s)
	case k&checkURL != 0:
		_, changed, valid := values.RedactURL(s, w.queryKeys)
		return valid && !changed
	case k&checkQuery != 0:
		_, changed := values.RedactQuery(s, w.queryKeys)
		return !changed
	case k&checkSecret != 0:
		return s == redacted
	case k&checkText != 0:
		return !w.opts.SanitizeQuery
	default: // checkService
		return !strings.HasPrefix(s, unknownService)
	}
}

func (n *node) isMember(s string) bool {
	i := slices.Index(n.rec.members, s)
	if i < 0 {
		return false
	}
	n.valid = n.rec.members[i]
	return true
}
