package semconv

import (
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/xpdata"
)

// Worker applies a registry to attributes, one batch at a time: it is not safe for concurrent use, but any number of workers
// share a registry. What it learns of the order of keys carries over from batch to batch; it keeps no reference to telemetry.
type Worker struct {
	reg         *Registry
	opts        Options
	rules       *Ruleset
	counts      counts
	report      func(*Finding) // nil: findings are only counted
	last        Finding
	metricNames metricNames
	// next[s][id] is the id that followed id the last time in attributes of signal s; id 0 also stands for the beginning.
	next [NumSignals][]uint16

	// What the passes know of the map at hand.
	ids      []uint16        // of the first names, in order
	seen     []uint8         // by tracked id: how often the name occurs, up to 2; a name that will be made counts
	pending  []uint64        // bit set over the operations
	values   []pcommon.Value // by operation: the value of the old name, while pending
	aws      awsState
	changes  []change
	dropped  []bool  // by tracked id: to be removed
	changeOf []int16 // by tracked id: position in changes, from 1
	builder  xpdata.MapBuilder
	dropFn   func(string, pcommon.Value) bool

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
		reg: r, opts: opts, rules: r.NewRuleset(opts.Observe), counts: newCounts(len(r.areas)), seen: make([]uint8, r.tracked), dropped: make([]bool, r.tracked),
		changeOf: make([]int16, r.tracked), pending: make([]uint64, len(r.ops)/64+1), values: make([]pcommon.Value, len(r.ops)),
		ids: make([]uint16, 0, maxIDs),
	}
	for s := range w.next {
		w.next[s] = make([]uint16, len(r.names))
	}
	w.dropFn = func(name string, _ pcommon.Value) bool { return w.isDropped(name) }
	return w
}

// kindPlans are the plans of everything but the points of metrics with scoped renames.
var kindPlans = func() (plans [numKinds]Plan) {
	for k := range plans {
		plans[k].kind = Kind(k)
	}
	return plans
}()

// maxIDs is how many ids the look pass leaves behind for the repair pass; names past it are looked up again.
const maxIDs = 64

// place is where a map of attributes stands, and what that makes of some names.
type place struct {
	signal Signal
	mask   flags
	plan   *Plan
}

// attributes is the look pass. It must not allocate.
func (w *Worker) attributes(m pcommon.Map, p place) {
	reg, next, ids := w.reg, w.next[p.signal], w.ids[:0]
	var found flags
	var before uint16
	for name, v := range m.All() {
		id := next[before]
		if reg.names[id] != name {
			id = reg.find(name)
			next[before] = id
		}
		before = id
		if len(ids) < maxIDs {
			ids = append(ids, id)
		}
		r := &reg.records[id]
		found |= r.flags
		if r.want >= 0 && v.Type() != r.want && v.Type() != pcommon.ValueTypeEmpty {
			found |= flagMismatch
		} else if r.flags&(flagEnum|flagElements) != 0 && r.odd(v) {
			found |= flagMismatch
		}
	}
	w.ids = ids
	if found&p.mask != 0 {
		w.repair(m, p)
	}
}

// odd tells whether a value of the right type is nevertheless an old member of its enum or has elements of another type.
func (r *record) odd(v pcommon.Value) bool {
	switch {
	case v.Type() == pcommon.ValueTypeEmpty:
		return false
	case r.flags&flagElements != 0:
		return !elementsFit(v, r.elems)
	default:
		_, old := r.member(v.Str())
		return old
	}
}

// member looks a value up among the old ones.
func (r *record) member(value string) (replacement string, old bool) {
	for i := range r.enum {
		if r.enum[i].old == value {
			return r.enum[i].replacement, true
		}
	}
	return "", false
}
