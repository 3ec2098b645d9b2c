package tracezipprocessor

import (
	"sync"

	"go.opentelemetry.io/collector/pdata/ptrace"
)

// scratch is the memory that handling one batch takes. It is reused, so that a span costs no allocation.
type scratch struct {
	blocks    merger
	span      encoder
	group     grouper
	fold      *folder
	resources []blockInfo
	scopes    []blockInfo

	// Columns with a row per span, in the order of the merged batch.
	first, last, spanID []uint64 // ids in eight-byte words
	ids                 []uint64 // their hashes
	contents            []digest
	skip                []bool // no identity: never dropped
	verdicts            []verdict
}

// blockInfo is what is known of a resource or scope block.
type blockInfo struct {
	digest digest
	deep   bool // nested too deep to compare
	merged bool // its content was moved to an earlier, equal block
}

// A scratch that grew beyond these is not kept: one giant batch must not hold its memory for ever.
const (
	maxKeptSpans  = 1 << 16
	maxKeptBlocks = 1 << 13
	maxKeptBytes  = 1 << 20
)

type scratchPool struct{ pool sync.Pool }

func newScratchPool(key [2]uint64) *scratchPool {
	return &scratchPool{sync.Pool{New: func() any {
		return &scratch{
			blocks: merger{found: map[digest]block{}},
			group:  grouper{key: key, spare: ptrace.NewSpan()},
			fold:   newFolder(),
		}
	}}}
}

func (p *scratchPool) get(spans int) *scratch {
	s := p.pool.Get().(*scratch)
	if cap(s.first) < spans {
		n := spans + spans/4
		words := make([]uint64, 4*n)
		s.first, s.last, s.spanID, s.ids = words[:n:n], words[n:2*n:2*n], words[2*n:3*n:3*n], words[3*n:]
		s.contents, s.skip, s.verdicts = make([]digest, n), make([]bool, n), make([]verdict, n)
	}
	s.first, s.last, s.spanID, s.ids = s.first[:spans], s.last[:spans], s.spanID[:spans], s.ids[:spans]
	s.contents, s.skip, s.verdicts = s.contents[:spans], s.skip[:spans], s.verdicts[:spans]
	return s
}

func (p *scratchPool) put(s *scratch) {
	if cap(s.first) <= maxKeptSpans && cap(s.resources) <= maxKeptBlocks && cap(s.scopes) <= maxKeptBlocks &&
		cap(s.blocks.buf) <= maxKeptBytes && cap(s.span.buf) <= maxKeptBytes && s.fold.keepable() {
		p.pool.Put(s)
	}
}
