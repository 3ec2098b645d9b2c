package semconv

import "go.opentelemetry.io/collector/pdata/pcommon"

// The tests below look at single attribute maps, the way the worker does inside of a whole item.

func (w *Worker) spanMap(m pcommon.Map, kind Kind) {
	w.attributes(m, place{SignalSpan, lookAlways, &kindPlans[kind]})
}

func (w *Worker) spanEventMap(m pcommon.Map, name string) {
	p := place{SignalSpanEvent, lookAlways, &kindPlans[KindNone]}
	if name == "message" || name == "rpc.message" {
		p.mask |= flagMessage
	}
	w.attributes(m, p)
}

func (w *Worker) mapOf(m pcommon.Map, s Signal) { w.attributes(m, place{s, lookAlways, &kindPlans[KindNone]}) }

func (w *Worker) point(m pcommon.Map, plan *Plan) {
	p := place{SignalMetric, lookAlways, plan}
	if len(plan.scoped) > 0 {
		p.mask |= flagScoped
	}
	w.attributes(m, p)
}
