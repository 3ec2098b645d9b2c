package flame

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Graph is what a picture shows.
type Graph struct {
	// Title stands above the picture, and Subtitle, which says what was measured, below it.
	Title, Subtitle string
	Root            *Node
	// Unit of the values, as in pprof: count, bytes, nanoseconds, …
	Unit string
	// Compare tells that the nodes' Base is set: colours show the difference and not the kind of code.
	Compare bool
}

// hues are the colours of kinds of code, in degrees: native code is warm, the kernel is blue.
var hues = map[string]int{
	"kernel": 212, "native": 28, "rust": 12, "go": 186, "jvm": 96, "cpython": 54, "v8js": 74, "ruby": 350, "php": 262,
	"perl": 290, "dotnet": 236, "beam": 322, "luajit": 160,
}

// kinds lists the kinds of code in a picture.
func (g *Graph) kinds() []string {
	var out []string
	var walk func(*Node)
	walk = func(n *Node) {
		if _, known := hues[n.Kind]; known && !slices.Contains(out, n.Kind) {
			out = append(out, n.Kind)
		}
		for _, c := range n.Children {
			walk(c)
		}
	}
	walk(g.Root)
	slices.Sort(out)
	return out
}

// describe says in words what a frame stands for.
func (g *Graph) describe(n *Node) string {
	var b strings.Builder
	b.WriteString(n.Name)
	if n.Module != "" {
		fmt.Fprintf(&b, " (%s)", n.Module)
	}
	fmt.Fprintf(&b, " — %s of all, %s", percent(n.Total, g.Root.Total), amount(n.Total, g.Unit))
	if n.Self > 0 {
		fmt.Fprintf(&b, ", itself %s", percent(n.Self, g.Root.Total))
	}
	if g.Compare {
		sign := "+"
		if n.Total < n.Base {
			sign = "−"
		}
		fmt.Fprintf(&b, ", %s%s against %s", sign, amount(max(n.Total-n.Base, n.Base-n.Total), g.Unit), amount(n.Base, g.Unit))
	}
	return b.String()
}

func percent(part, whole int64) string {
	return strconv.FormatFloat(100*float64(part)/float64(max(whole, 1)), 'f', 2, 64) + " %"
}

// amount writes a value for people.
func amount(v int64, unit string) string {
	scale := func(x, factor float64, names ...string) string {
		i := 0
		for x >= factor && i < len(names)-1 {
			x /= factor
			i++
		}
		digits := 2
		if i == 0 {
			digits = 0
		}
		return strings.TrimSpace(strconv.FormatFloat(x, 'f', digits, 64) + " " + names[i])
	}
	switch unit {
	case "bytes":
		return scale(float64(v), 1024, "B", "KiB", "MiB", "GiB", "TiB")
	case "nanoseconds":
		return scale(float64(v), 1000, "ns", "µs", "ms", "s")
	case "count":
		return scale(float64(v), 1000, "", "k", "M", "G")
	}
	return scale(float64(v), 1000, "", "k", "M", "G") + " " + unit
}

// short is a function's name without the path of its package: github.com/org/repo/pkg.F is pkg.F.
func short(name string) string {
	head := name
	if cut := strings.IndexAny(name, "<[({ "); cut > 0 {
		head = name[:cut]
	}
	return name[strings.LastIndexByte(head, '/')+1:]
}
