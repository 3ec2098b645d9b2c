package tracezip

import (
	"cmp"
	"encoding/binary"
	"slices"

	"go.opentelemetry.io/collector/pdata/ptrace"
)

// grouper brings the spans of a batch into the order of FrameOptions.Grouped: one ResourceSpans for every distinct resource,
// in it one ScopeSpans for every distinct scope, all in order of first appearance; in a ScopeSpans the traces in the order in
// which they first appear in the batch, and within a trace the spans as they came.
type grouper struct {
	traces   idTable // in order of first appearance in the batch
	blocks   []groupedResource
	byNumber map[uint32]int
	spans    []groupedSpan
}

type groupedResource struct {
	row    uint32
	scopes []groupedScope
}

type groupedScope struct {
	row, context uint32
}

type groupedSpan struct {
	span           ptrace.Span
	context, trace uint32
}

func (g *grouper) reset() {
	if len(g.spans) == 0 && len(g.blocks) == 0 {
		return
	}
	g.traces.reset()
	g.blocks, g.spans = reuse(g.blocks), reuse(g.spans)
	g.byNumber = emptied(g.byNumber)
}

// readGrouped reads spans in grouped order. It reports false when td holds something that columns cannot.
func (e *Encoder) readGrouped(td ptrace.Traces) bool {
	g := &e.group
	if g.byNumber == nil {
		g.byNumber = make(map[uint32]int)
		g.traces.reset()
	}
	for _, rs := range td.ResourceSpans().All() {
		if hiddenSpans(rs) {
			return false
		}
		row := e.resourceRow(rs)
		at, ok := g.byNumber[row]
		if !ok {
			at = len(g.blocks)
			g.byNumber[row] = at
			g.blocks = append(g.blocks, groupedResource{row: row})
		}
		for _, ss := range rs.ScopeSpans().All() {
			scope := e.scopeRow(ss)
			before := len(e.contextList)
			ctx := e.context(row, scope)
			if int(ctx) == before {
				g.blocks[at].scopes = append(g.blocks[at].scopes, groupedScope{row: scope, context: ctx})
			}
			for _, span := range ss.Spans().All() {
				trace, _ := g.traces.find16(span.TraceID())
				g.spans = append(g.spans, groupedSpan{span: span, context: ctx, trace: uint32(trace)})
			}
		}
	}
	e.renumberContexts()
	slices.SortStableFunc(g.spans, func(a, b groupedSpan) int {
		return cmp.Or(cmp.Compare(a.context, b.context), cmp.Compare(a.trace, b.trace))
	})
	for i := range g.spans {
		if e.readSpan(g.spans[i].span, g.spans[i].context); e.unordered {
			return true
		}
	}
	return !e.hidden
}

// renumberContexts writes the blocks and numbers the contexts in their order, as a reader will.
func (e *Encoder) renumberContexts() {
	g := &e.group
	numbers := make([]uint32, len(e.contextList))
	counts := make([]int, len(e.contextList))
	for i := range g.spans {
		counts[g.spans[i].context]++
	}
	e.numResourceBlocks = len(g.blocks)
	next := uint32(0)
	for _, r := range g.blocks {
		e.blocks = binary.AppendUvarint(e.blocks, uint64(r.row))
		e.blocks = binary.AppendUvarint(e.blocks, uint64(len(r.scopes)))
		for _, s := range r.scopes {
			e.blocks = binary.AppendUvarint(e.blocks, uint64(s.row))
			e.blocks = binary.AppendUvarint(e.blocks, uint64(counts[s.context]))
			numbers[s.context] = next
			next++
		}
	}
	for i := range g.spans {
		g.spans[i].context = numbers[g.spans[i].context]
	}
}
