package tracezipprocessor

import (
	"bytes"

	"go.opentelemetry.io/collector/pdata/ptrace"
)

// merger finds equal blocks within one batch.
type merger struct {
	encoder
	found map[digest]block
}

// block is a place in a slice of resources or scopes, and its encoding in the encoder's buffer.
type block struct{ at, from, to int }

func (m *merger) reset() {
	m.encoder.reset()
	clear(m.found)
}

// first returns the place of the first block that is equal to the one just encoded, from the given offset on, or at itself.
// Equal digests are not enough here: bytes are compared, different blocks are never merged.
func (m *merger) first(at, from int, h hasher) (int, digest) {
	encoded := m.buf[from:]
	sum := h.sum(encoded)
	if m.deep {
		m.deep = false
		return at, sum
	}
	b, ok := m.found[sum]
	switch {
	case !ok:
		m.found[sum] = block{at, from, len(m.buf)}
		return at, sum
	case bytes.Equal(m.buf[b.from:b.to], encoded):
		m.buf = m.buf[:from]
		return b.at, sum
	default:
		return at, sum
	}
}

// mergeResources moves the scopes of every resource block into the first equal one, keeping their order, and removes the
// blocks left over. It returns how many those were.
func (s *scratch) mergeResources(td ptrace.Traces, h hasher) int {
	s.blocks.reset()
	all := td.ResourceSpans()
	s.resources = s.resources[:0]
	merged := 0
	for i := range all.Len() {
		rs := all.At(i)
		from := len(s.blocks.buf)
		s.blocks.resource(rs.Resource(), rs.SchemaUrl())
		deep := s.blocks.deep
		first, sum := s.blocks.first(i, from, h)
		s.resources = append(s.resources, blockInfo{digest: sum, deep: deep, merged: first != i})
		if first != i {
			rs.ScopeSpans().MoveAndAppendTo(all.At(first).ScopeSpans())
			merged++
		}
	}
	if merged > 0 {
		i := -1
		all.RemoveIf(func(ptrace.ResourceSpans) bool { i++; return s.resources[i].merged })
		s.resources = compact(s.resources)
	}
	return merged
}

// mergeScopes does the same for the scopes of one resource.
func (s *scratch) mergeScopes(rs ptrace.ResourceSpans, h hasher) int {
	s.blocks.reset()
	all := rs.ScopeSpans()
	s.scopes = s.scopes[:0]
	merged := 0
	for i := range all.Len() {
		ss := all.At(i)
		from := len(s.blocks.buf)
		s.blocks.scope(ss.Scope(), ss.SchemaUrl())
		deep := s.blocks.deep
		first, sum := s.blocks.first(i, from, h)
		s.scopes = append(s.scopes, blockInfo{digest: sum, deep: deep, merged: first != i})
		if first != i {
			ss.Spans().MoveAndAppendTo(all.At(first).Spans())
			merged++
		}
	}
	if merged > 0 {
		i := -1
		all.RemoveIf(func(ptrace.ScopeSpans) bool { i++; return s.scopes[i].merged })
		s.scopes = compact(s.scopes)
	}
	return merged
}

// compact drops what was merged away, as RemoveIf did.
func compact(infos []blockInfo) []blockInfo {
	kept := infos[:0]
	for _, info := range infos {
		if !info.merged {
			kept = append(kept, info)
		}
	}
	return kept
}
