package flame

import "github.com/otelcol-plus/otelcol-plus/internal/pprofdir"

const (
	// smallest is the part of the total below which a frame is left out: less than a pixel.
	smallest = 0.0005
	// maxFrames bounds a picture, some 2 MB.
	maxFrames = 20_000
)

// Node is a frame as the script wants it. It has short keys: there are thousands.
type Node struct {
	Name     string  `json:"n"`
	Module   string  `json:"m,omitempty"`
	Kind     string  `json:"k,omitempty"`
	Total    int64   `json:"v"`
	Self     int64   `json:"s,omitempty"`
	Base     int64   `json:"b,omitempty"`
	Children []*Node `json:"c,omitempty"`
}

// Draw copies a tree without the frames that are too small to be seen, and counts these.
func Draw(root *pprofdir.Node) (drawn *Node, hidden int) {
	d := drawing{least: max(1, int64(float64(root.Total)*smallest))}
	return d.draw(root), d.hidden
}

// drawing copies a tree level by level, so that the bound cuts the thin tips and not one branch.
type drawing struct {
	least          int64
	frames, hidden int
}

func (d *drawing) draw(root *pprofdir.Node) *Node {
	type pair struct {
		from *pprofdir.Node
		to   *Node
	}
	out := node(root)
	for level := []pair{{root, out}}; len(level) > 0; {
		var next []pair
		for _, p := range level {
			for _, c := range p.from.Children() {
				if c.Total < d.least || d.frames >= maxFrames {
					d.hidden++
					continue
				}
				d.frames++
				n := node(c)
				p.to.Children = append(p.to.Children, n)
				next = append(next, pair{c, n})
			}
		}
		level = next
	}
	return out
}

func node(n *pprofdir.Node) *Node {
	return &Node{Name: n.Name, Module: n.Module, Kind: n.Kind, Total: n.Total, Self: n.Self, Base: n.Base}
}
