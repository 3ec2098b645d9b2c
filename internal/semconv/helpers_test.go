package semconv

import (
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// The tests below look at single attribute maps, the way the worker does inside of a whole item.

func (w *Worker) spanMap(m pcommon.Map, kind Kind) {
	if w.span == (ptrace.Span{}) {
		w.span = ptrace.NewSpan()
	}
	w.attributes(m, w.placeOf(SignalSpan, kind))
}

func (w *Worker) spanEventMap(m pcommon.Map, name string) {
	p := w.placeOf(SignalSpanEvent, KindNone)
	if name == "message" || name == "rpc.message" {
		p.mask |= flagMessage
	}
	w.attributes(m, p)
}

func (w *Worker) mapOf(m pcommon.Map, s Signal) { w.attributes(m, w.placeOf(s, KindNone)) }

func (w *Worker) point(m pcommon.Map, plan *Plan) {
	p := w.placeOf(SignalMetric, KindNone)
	p.plan = plan
	if len(plan.scoped) > 0 {
		p.mask |= flagScoped
	}
	w.attributes(m, p)
}
