package semconv

import (
	"cmp"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-plus/otelcol-plus/internal/semconv/internal/values"
)

// Telemetry repeats itself: a service sends a handful of shapes, that is lists of keys in one order, over and over. A worker
// remembers the shapes it has met as a tree in which every edge is a key:
//
//	root ── http.request.method ── url.path ── url.scheme ── server.address ●
//	    └── db.system.name ── db.query.text ●
//
// A key is compared with the one that followed the last time, which nearly always hits; then nothing is hashed and everything
// known of the name is at hand. The node at the end (●) keeps what the whole shape means: which names are there, and so which
// groups the span may belong to. Shapes past the bounds below are looked up key by key and not remembered.

// node is a key at its place in a shape. What the look pass reads comes first, in one cache line.
type node struct {
	name  string
	child *node
	want  pcommon.ValueType
	flags flags
	look  look
	note  uint8
	// likely is the type that the value had the last time.
	likely pcommon.ValueType
	// low and high bound an integer that is fine; none is where another type is wanted.
	low, high int64
	// valid is the member of an enum that the value was the last time.
	valid string

	checks     checks
	mayBeEmpty bool
	loose      bool
	children   uint8
	id         uint16 // 0 for unknown names; the template's id for names of a template
	rec        *record
	// key is what the name becomes when the key itself is wrong.
	key     string
	sibling *node
	ending  *ending
	repairs *repairs
}

// look says how much of a text has to be looked at.
type look uint8

const (
	_ look = iota // closely
	// lookText: valid UTF-8 will do.
	lookText
	// lookMember: most values are members of an enum.
	lookMember
)

// ending is what a whole shape means.
type ending struct {
	present bitset
	groups  []candidate // that the present names allow, best first
	// metric is the metric whose demands were met by the shape the last time.
	metric *MetricRecord
}

const (
	// maxNodes bounds the tree of a worker: about half a megabyte.
	maxNodes = 4096
	// maxChildren bounds the search among the keys that followed one.
	maxChildren = 24
	// maxKey is the length of the longest key that is remembered.
	maxKey = 128
	// maxPath is how many nodes the look pass leaves behind for the repair pass; names past it are looked up again.
	maxPath = 128
	// forgetAfter is how many shapes may go unremembered before a full tree is dropped and grown anew.
	forgetAfter = 1 << 14
)

type shapes struct {
	roots     [NumSignals][numKinds]node
	nodes     int
	forgotten int
	scratch   [maxPath]node // nodes of shapes that are not remembered
	// usedScratch: the scratch may hold names of telemetry.
	usedScratch bool
}

func (s *shapes) forget() {
	s.roots = [NumSignals][numKinds]node{}
	s.nodes, s.forgotten = 0, 0
}

// follow goes from a node along a key that is not the one that came the last time.
func (w *Worker) follow(from *node, name string, depth int) *node {
	s := &w.shapes
	if from.loose {
		return w.looseNode(name, depth)
	}
	for before := from.child; before != nil && before.sibling != nil; before = before.sibling {
		if n := before.sibling; n.name == name {
			before.sibling, n.sibling, from.child = n.sibling, from.child, n
			return n
		}
	}
	if s.nodes >= maxNodes || from.children >= maxChildren || len(name) > maxKey || depth >= maxPath {
		s.forgotten++
		return w.looseNode(name, depth)
	}
	n := &node{}
	w.reg.resolve(strings.Clone(name), n)
	n.sibling, from.child = from.child, n
	from.children++
	s.nodes++
	return n
}

// looseNode resolves a key without remembering it. All keys behind it are loose as well.
func (w *Worker) looseNode(name string, depth int) *node {
	w.shapes.usedScratch = true
	n := &w.shapes.scratch[min(depth, maxPath-1)]
	*n = node{loose: true}
	w.reg.resolve(name, n)
	return n
}

// resolve fills a node with what the registry knows of a name.
func (r *Registry) resolve(name string, n *node) {
	n.name = name
	id := r.find(name)
	if r.records[id].template {
		id = 0 // without its variable part the name of a template means nothing
	}
	variable := ""
	if id == 0 {
		id, variable = r.findTemplate(name)
	}
	rec := &r.records[id]
	n.id, n.rec, n.want, n.flags, n.checks, n.note, n.mayBeEmpty = id, rec, rec.want, rec.flags, rec.checks, rec.note, rec.mayBeEmpty
	if variable != "" {
		r.resolveTemplate(n, variable)
	}
	n.low, n.high = n.checks.bounds(n.want)
	switch {
	case n.want < 0, n.want == pcommon.ValueTypeStr && n.checks&^checkNote == 0:
		n.look = lookText
	case n.checks&(checkEnum|checkMethod) != 0:
		n.look = lookMember
	}
	if !values.ValidUTF8(name) {
		n.key = values.RepairUTF8(cmp.Or(n.key, name))
		n.flags |= flagKey
	}
}

// findTemplate finds the template that a name belongs to: its longest prefix that is one.
func (r *Registry) findTemplate(name string) (id uint16, variable string) {
	for end := strings.LastIndexByte(name, '.'); end > 0; end = strings.LastIndexByte(name[:end], '.') {
		if id := r.find(name[:end]); id != 0 && r.records[id].template && end+1 < len(name) {
			return id, name[end+1:]
		}
	}
	return 0, ""
}

func (r *Registry) resolveTemplate(n *node, variable string) {
	lower := values.LowerASCII(variable)
	if r.isSecret(n, lower) {
		n.checks |= checkSecret
	}
	switch {
	case n.flags&flagOld != 0 && lowerKeys[n.rec.to]:
		n.key = n.rec.to + "." + lower
	case n.flags&flagOld != 0:
		n.key = n.rec.to + "." + variable
	case n.rec.lowerKeys && lower != variable:
		n.key = n.name[:len(n.name)-len(variable)] + lower
		n.flags |= flagKey
	}
}

// isSecret tells whether a header or a metadata key is one that authenticates.
func (r *Registry) isSecret(n *node, key string) bool {
	base := cmp.Or(n.rec.to, r.names[n.id])
	if !lowerKeys[base] {
		return false
	}
	return slices.Contains(r.redact.Headers, key)
}

// bitset holds ids of names.
type bitset []uint64

func (b bitset) has(id uint16) bool { return b[id/64]&(1<<(id%64)) != 0 }
func (b bitset) set(id uint16)      { b[id/64] |= 1 << (id % 64) }
