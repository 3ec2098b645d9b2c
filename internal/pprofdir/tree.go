package pprofdir

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/google/pprof/profile"

	"github.com/otelcol-plus/otelcol-plus/internal/pprofconv"
)

const (
	// maxNodes bounds a tree; beyond it stacks end in otherFrame. A host's five minutes have some 50 000.
	maxNodes = 400_000
	// maxDepth bounds a stack; frames nearer to the leaf are left out. Deep recursion is all that reaches it.
	maxDepth = 512

	otherFrame   = "[other]"
	unknownFrame = "[unknown]"
)

// Frame names a function and the file it is in, both for people.
type Frame struct {
	Name string
	// Module is the base name of the executable or library, empty when unknown.
	Module string
}

// Node is a frame with what was measured in it and below it.
type Node struct {
	Frame
	// Kind is what kind of code it is, as a value of profile.frame.type; empty when unknown.
	Kind        string
	Self, Total int64
	// Base is the total in the profile to compare with.
	Base int64

	function int
	children map[int]*Node
}

// Children returns the nodes below, the largest first.
func (n *Node) Children() []*Node {
	out := make([]*Node, 0, len(n.children))
	for _, c := range n.children {
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b *Node) int {
		if c := cmp.Compare(b.Total, a.Total); c != 0 {
			return c
		}
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Module, b.Module))
	})
	return out
}

// Function is one line of the list of hottest functions.
type Function struct {
	Frame
	// Flat is what was measured in the function itself, Cum in it and what it called.
	Flat, Cum int64
	// FlatShare and CumShare are the same as a part of the total, from 0 to 1.
	FlatShare, CumShare float64
}

// Tree adds up profiles by call path.
type Tree struct {
	// Kind tells the kind of code of a location; pprofconv.FrameType if it is not set.
	Kind func(*profile.Location) string

	root      *Node
	nodes     int
	limit     int
	functions []Function
	kinds     []string // of functions
	ids       map[Frame]int
	// seen holds for each function the last sample that counted it, so that recursion counts once.
	seen   []int
	sample int
}

// NewTree returns an empty tree.
func NewTree() *Tree {
	return &Tree{Kind: pprofconv.FrameType, root: &Node{function: -1, children: map[int]*Node{}}, limit: maxNodes, ids: map[Frame]int{}}
}

// Root is the node of everything.
func (t *Tree) Root() *Node { return t.root }

// Total is the sum of all samples.
func (t *Tree) Total() int64 { return t.root.Total }

// Add adds the samples' values of one sample type. The frames of base, outermost first, go below each stack: a tree of
// several services starts with their names. They are no functions.
func (t *Tree) Add(p *profile.Profile, sampleType int, base ...string) {
	for _, s := range p.Sample {
		v := s.Value[sampleType]
		if v <= 0 {
			continue
		}
		t.sample++
		n := t.root
		n.Total += v
		for _, name := range base {
			n = t.child(n, t.id(Frame{Name: name}))
			n.Total += v
		}
		t.add(n, s, v)
	}
}

// Compare adds the values of another profile to the nodes' Base, and nothing else.
func (t *Tree) Compare(p *profile.Profile, sampleType int, base ...string) {
	other := NewTree()
	other.Kind = t.Kind
	other.Add(p, sampleType, base...)
	t.compare(t.root, other.root)
}

func (t *Tree) compare(n, other *Node) {
	n.Base += other.Total
	for _, c := range other.children {
		t.compare(t.child(n, t.id(c.Frame)), c)
	}
}

// add walks a stack from its root to its leaf.
func (t *Tree) add(n *Node, s *profile.Sample, v int64) {
	depth, leaf := 0, -1
	for i := len(s.Location) - 1; i >= 0; i-- {
		l := s.Location[i]
		for j := max(0, len(l.Line)-1); j >= 0; j-- {
			if depth++; depth > maxDepth {
				break
			}
			leaf = t.id(frame(l, j))
			if t.kinds[leaf] == "" {
				t.kinds[leaf] = t.Kind(l)
			}
			if t.seen[leaf] != t.sample {
				t.seen[leaf] = t.sample
				t.functions[leaf].Cum += v
			}
			n = t.child(n, leaf)
			n.Total += v
		}
	}
	n.Self += v
	if leaf >= 0 {
		t.functions[leaf].Flat += v
	}
}

// frame names the function at line j of a location. Addresses without a name are told apart by their file only, as
// pprof does: there are too many of them to be of use.
func frame(l *profile.Location, j int) Frame {
	var f Frame
	if l.Mapping != nil && l.Mapping.File != "" {
		f.Module = path.Base(l.Mapping.File)
	}
	if j < len(l.Line) {
		f.Name = l.Line[j].Function.Name
	}
	switch {
	case f.Name != "":
	case f.Module != "":
		f.Name = "[" + strings.Trim(f.Module, "[]") + "]"
	default:
		f.Name = unknownFrame
	}
	return f
}

func (t *Tree) id(f Frame) int {
	id, ok := t.ids[f]
	if !ok {
		id = len(t.functions)
		t.ids[f] = id
		t.functions = append(t.functions, Function{Frame: f})
		t.kinds = append(t.kinds, "")
		t.seen = append(t.seen, 0)
	}
	return id
}

func (t *Tree) child(n *Node, function int) *Node {
	if c := n.children[function]; c != nil {
		return c
	}
	if t.nodes >= t.limit {
		function = t.id(Frame{Name: otherFrame})
		if n.function == function {
			return n
		}
		if c := n.children[function]; c != nil {
			return c
		}
	}
	c := &Node{Frame: t.functions[function].Frame, Kind: t.kinds[function], function: function}
	if n.children == nil {
		n.children = map[int]*Node{}
	}
	n.children[function] = c
	t.nodes++
	return c
}

// Top returns the n functions with the most measured in themselves.
func (t *Tree) Top(n int) []Function {
	out := make([]Function, 0, len(t.functions))
	for _, f := range t.functions {
		if f.Cum > 0 {
			f.FlatShare = float64(f.Flat) / float64(t.root.Total)
			f.CumShare = float64(f.Cum) / float64(t.root.Total)
			out = append(out, f)
		}
	}
	slices.SortFunc(out, func(a, b Function) int {
		return cmp.Or(cmp.Compare(b.Flat, a.Flat), cmp.Compare(b.Cum, a.Cum),
			strings.Compare(a.Name, b.Name), strings.Compare(a.Module, b.Module))
	})
	return out[:min(max(n, 0), len(out))]
}
