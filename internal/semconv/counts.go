package semconv

import (
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// Key says which findings a number counts. Its areas are the first words of the names in the registry, so that the set of keys
// is bounded whatever names arrive.
type Key struct {
	Rule   Rule
	Level  Level
	Signal Signal
	Area   string
}

// counts collects findings and changes over a batch: one addition each, no labels, no locks.
type counts struct {
	findings []uint32 // by flat index
	dirty    []uint32 // the indexes above zero
	ops      [NumOps]uint32
}

// numLevels are the levels of findings that count.
const numLevels = int(Violation)

func newCounts(areas int) counts {
	return counts{findings: make([]uint32, int(NumRules)*numLevels*int(NumSignals)*areas)}
}

// spot is the attribute that a finding is about. A name that is missing has no value.
type spot struct {
	id   uint16
	name string
	v    pcommon.Value
	has  bool
}

// found counts a finding and reports it to who asked for it.
func (w *Worker) found(rule Rule, s Signal, at spot, detail string, fixed bool) {
	level := w.rules.level(rule, at.id)
	if level != Off {
		w.add(rule, level, s, w.reg.records[at.id].area, at, detail, fixed)
	}
}

// foundAt is found for an attribute that stands in the map.
func (w *Worker) foundAt(rule Rule, p *place, s *source, detail string, fixed bool) {
	if level := w.rules.level(rule, s.node.id); w.report != nil && level != Off {
		w.add(rule, level, p.signal, s.node.rec.area, s.spot(), detail, fixed)
	} else if level != Off {
		w.count(rule, level, p.signal, s.node.rec.area)
	}
}

func (w *Worker) count(rule Rule, level Level, s Signal, area uint8) {
	i := ((uint32(rule)*uint32(numLevels)+uint32(level-1))*uint32(NumSignals)+uint32(s))*uint32(len(w.reg.areas)) + uint32(area)
	if w.counts.findings[i] == 0 {
		w.counts.dirty = append(w.counts.dirty, i)
	}
	w.counts.findings[i]++
	if level == Violation {
		w.violations++
	}
}

// Violations is how many findings of that level there were since the worker was made.
func (w *Worker) Violations() uint64 { return w.violations }

func (w *Worker) add(rule Rule, level Level, s Signal, area uint8, at spot, detail string, fixed bool) {
	w.count(rule, level, s, area)
	if w.report != nil {
		w.last = Finding{Rule: rule, Level: level, Signal: s, Area: w.reg.areas[area], Name: at.name, Detail: detail, Fixed: fixed, Observed: w.rules.observe || w.rules.frozen[at.id] || w.rules.frozenMetrics[at.name], value: at.v, has: at.has}
		w.report(&w.last)
		w.last = Finding{}
	}
}

// NumKeys is one more than the largest index that Drain gives to its function.
func (r *Registry) NumKeys() int { return int(NumRules) * numLevels * int(NumSignals) * len(r.areas) }

// Key explains an index given by Drain.
func (r *Registry) Key(index int) Key {
	k := Key{Area: r.areas[index%len(r.areas)]}
	index /= len(r.areas)
	k.Signal = Signal(index % int(NumSignals))
	index /= int(NumSignals)
	k.Level, k.Rule = Level(index%numLevels+1), Rule(index/numLevels)
	return k
}

// Drain hands over what was counted since the last call and starts again from zero. Each index comes once. The worker lets go of
// the telemetry it has seen.
func (w *Worker) Drain(findings func(index int, n int64), changes func(op Op, n int64)) {
	for _, i := range w.counts.dirty {
		findings(int(i), int64(w.counts.findings[i]))
		w.counts.findings[i] = 0
	}
	w.counts.dirty = w.counts.dirty[:0]
	for op, n := range w.counts.ops {
		if n != 0 {
			changes(Op(op), int64(n))
			w.counts.ops[op] = 0
		}
	}
	w.release()
}

// release drops every reference to telemetry.
func (w *Worker) release() {
	w.span, w.log, w.scope, w.scopes = ptrace.Span{}, plog.LogRecord{}, pcommon.InstrumentationScope{}, nil
	w.language, w.querySystem = "", ""
	clear(w.notes[:])
	if w.shapes.usedScratch {
		clear(w.shapes.scratch[:])
		w.shapes.usedScratch = false
	}
	if cap(w.action) > maxEntriesKept {
		w.action = nil
	}
}
