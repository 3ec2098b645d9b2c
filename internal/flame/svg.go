package flame

import (
	"bufio"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"strings"
	"unicode/utf8"
)

// Measures of the SVG, in its units.
const (
	svgWidth   = 1200
	svgMargin  = 10
	svgRow     = 18
	svgTop     = 34
	svgBottom  = 28
	svgLetter  = 6.7 // of the font at 11 px
	svgMinimum = 0.2 // narrower frames are left out, with what they called
)

// WriteSVG writes a static picture; a frame's figures are its title, which browsers show under the pointer.
func (g *Graph) WriteSVG(w io.Writer) error {
	s := svg{Graph: g, out: bufio.NewWriter(w)}
	height := svgTop + depth(g.Root)*svgRow + svgBottom
	s.printf(`<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" role="img" aria-label="%s" font-family="ui-monospace,Menlo,Consolas,monospace" font-size="11">
<rect width="100%%" height="100%%" fill="#fff"/>
<text x="%d" y="20" font-size="15" font-family="sans-serif">%s</text>
`, svgWidth, height, svgWidth, height, escape(g.Title), svgMargin, escape(g.Title))
	s.legend()
	s.frame(g.Root, svgMargin, svgWidth-2*svgMargin, 0)
	s.printf("<text x=\"%d\" y=\"%d\" fill=\"#5b6675\" font-family=\"sans-serif\">%s</text>\n</svg>\n", svgMargin, height-10, escape(g.Subtitle))
	return s.out.Flush()
}

type svg struct {
	*Graph
	out *bufio.Writer
}

// printf leaves errors to Flush, which returns the first one.
func (s *svg) printf(format string, args ...any) { _, _ = fmt.Fprintf(s.out, format, args...) }

func (s *svg) legend() {
	type entry struct {
		name, colour string
	}
	var entries []entry
	if s.Compare {
		entries = []entry{{"more", difference(2, 1, 0)}, {"less", difference(1, 2, 0)}}
	} else {
		for _, k := range s.kinds() {
			entries = append(entries, entry{k, colour(float64(hues[k]), 0.62, 0.80)})
		}
	}
	x := float64(svgWidth - svgMargin)
	for _, e := range entries {
		x -= float64(len(e.name))*svgLetter + 24
		s.printf("<rect x=\"%.1f\" y=\"11\" width=\"10\" height=\"10\" fill=\"%s\"/><text x=\"%.1f\" y=\"20\">%s</text>\n", x, e.colour, x+14, e.name)
	}
}

func (s *svg) frame(n *Node, x, width float64, level int) {
	if width < svgMinimum {
		return
	}
	y := svgTop + level*svgRow
	s.printf("<g><title>%s</title><rect x=\"%.2f\" y=\"%d\" width=\"%.2f\" height=\"%d\" fill=\"%s\"/>", escape(s.describe(n)), x, y, math.Max(width-0.5, svgMinimum), svgRow-1, s.colour(n, level))
	if room := int((width - 6) / svgLetter); room >= 3 {
		s.printf("<text x=\"%.2f\" y=\"%d\">%s</text>", x+3, y+13, escape(fit(short(n.Name), room)))
	}
	s.printf("</g>\n")
	for _, c := range n.Children {
		w := width * float64(c.Total) / float64(n.Total)
		s.frame(c, x, w, level+1)
		x += w
	}
}

func (s *svg) colour(n *Node, level int) string {
	shade := 0.03 * float64(level%3)
	if s.Compare {
		return difference(n.Total, n.Base, shade)
	}
	if hue, ok := hues[n.Kind]; ok {
		return colour(float64(hue), 0.62, 0.80-shade)
	}
	return colour(215, 0.16, 0.84-shade)
}

// difference is red for what grew and blue for what shrank, the stronger the more of it is new or gone.
func difference(now, before int64, shade float64) string {
	change := (float64(now) - float64(before)) / math.Max(float64(max(now, before)), 1)
	hue := 215.0
	if change > 0 {
		hue = 4
	}
	return colour(hue, 0.85*math.Min(1, 1.5*math.Abs(change)), 0.80-shade)
}

// colour turns hue, saturation and lightness into what every viewer of SVG knows.
func colour(hue, saturation, lightness float64) string {
	channel := func(n float64) int {
		k := math.Mod(n+hue/30, 12)
		return int(math.Round(255 * (lightness - saturation*math.Min(lightness, 1-lightness)*math.Max(-1, math.Min(math.Min(k-3, 9-k), 1)))))
	}
	return fmt.Sprintf("#%02x%02x%02x", channel(0), channel(8), channel(4))
}

func depth(n *Node) int {
	most := 0
	for _, c := range n.Children {
		most = max(most, depth(c))
	}
	return most + 1
}

func fit(name string, room int) string {
	if utf8.RuneCountInString(name) <= room {
		return name
	}
	return string([]rune(name)[:room-1]) + "…"
}

func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder returns no error
	return b.String()
}
