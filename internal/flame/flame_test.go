package flame

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/pprof/profile"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-plus/otelcol-plus/internal/pprofdir"
)

// stacks makes a profile; a stack is its functions, the root first.
func stacks(values map[string]int64) *profile.Profile {
	p := &profile.Profile{SampleType: []*profile.ValueType{{Type: "cpu", Unit: "nanoseconds"}}}
	for stack, v := range values {
		s := &profile.Sample{Value: []int64{v}}
		for _, name := range strings.Split(stack, ";") {
			f := &profile.Function{Name: name, Filename: "x.go"}
			s.Location = append([]*profile.Location{{Line: []profile.Line{{Function: f}}}}, s.Location...)
		}
		p.Sample = append(p.Sample, s)
	}
	return p
}

const hostile = "</script><b>&\x00\"'" + "]]>"

func graph() *Graph {
	tree := pprofdir.NewTree()
	tree.Add(stacks(map[string]int64{"main;github.com/x/pkg.work": 600, "main;" + hostile: 300, "main;tiny;a": 1, "other": 99}), 0)
	root, _ := Draw(tree.Root())
	root.Name = "all"
	return &Graph{Title: "shop & co", Subtitle: "cpu " + hostile, Root: root, Unit: "nanoseconds"}
}

type rect struct{ x, y, width float64 }

// readSVG returns the frames by title, and fails for what is no XML.
func readSVG(t *testing.T, data []byte) map[string]rect {
	t.Helper()
	out := map[string]rect{}
	d := xml.NewDecoder(bytes.NewReader(data))
	title, inTitle := "", false
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return out
		}
		require.NoError(t, err)
		switch e := token.(type) {
		case xml.StartElement:
			inTitle = e.Name.Local == "title"
			if e.Name.Local == "rect" && title != "" {
				var r rect
				for _, a := range e.Attr {
					v, _ := strconv.ParseFloat(a.Value, 64)
					switch a.Name.Local {
					case "x":
						r.x = v
					case "y":
						r.y = v
					case "width":
						r.width = v
					}
				}
				out[title] = r
			}
		case xml.CharData:
			if inTitle {
				title = string(e)
			}
		case xml.EndElement:
			inTitle = false
			if e.Name.Local == "g" {
				title = ""
			}
		}
	}
}

func TestSVG(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, graph().WriteSVG(&b))
	frames := readSVG(t, b.Bytes())
	all := frames["all — 100.00 % of all, 1.00 µs"]
	mainFrame := frames["main — 90.10 % of all, 901 ns"]
	work := frames["github.com/x/pkg.work — 60.00 % of all, 600 ns, itself 60.00 %"]
	assert.Equal(t, rect{10, 34, 1179.5}, all)
	assert.Equal(t, rect{10, 52, 1062.68}, mainFrame)
	assert.Equal(t, rect{10, 70, 707.5}, work)
	assert.Contains(t, b.String(), ">pkg.work</text>")
	assert.Contains(t, b.String(), colour(186, 0.62, 0.80), "the colour of Go")
	assert.NotContains(t, b.String(), "<script")
	assert.NotRegexp(t, `(href|src|url)`, b.String(), "nothing is fetched")
}

func TestHTML(t *testing.T) {
	var b bytes.Buffer
	g := graph()
	require.NoError(t, g.WriteHTML(&b))
	page := b.String()
	assert.Equal(t, 2, strings.Count(page, "<script"))
	assert.Equal(t, 2, strings.Count(page, "</script"))
	assert.NotRegexp(t, `(src|href)="[^d"]`, page, "nothing is fetched")
	assert.NotContains(t, page, "/*")
	csp := regexp.MustCompile(`content="(default-src[^"]*)"`).FindStringSubmatch(page)[1]
	assert.Contains(t, csp, SourceHash(between(page, "<style>", "</style>")))
	assert.Contains(t, csp, SourceHash(between(page, "<script>", "</script>")))

	var data struct {
		Root   *Node          `json:"root"`
		Total  int64          `json:"total"`
		Hues   map[string]int `json:"hues"`
		Legend []string       `json:"legend"`
	}
	require.NoError(t, json.Unmarshal([]byte(between(page, `id="data">`, "</script>")), &data))
	assert.Equal(t, g.Root, data.Root)
	assert.Equal(t, int64(1000), data.Total)
	assert.Equal(t, []string{"go"}, data.Legend)
	assert.Equal(t, 186, data.Hues["go"])

	// What the page's script asks for is there.
	for _, m := range regexp.MustCompile(`\$\('([^']+)'\)`).FindAllStringSubmatch(reportJS, -1) {
		assert.Contains(t, reportHTML, `id="`+m[1]+`"`)
	}
	assert.NotContains(t, Script+reportJS, "innerHTML")
	assert.NotContains(t, Script+reportJS, "</script")
}

func between(s, from, to string) string {
	s = s[strings.Index(s, from)+len(from):]
	return s[:strings.Index(s, to)]
}

func TestCompare(t *testing.T) {
	tree := pprofdir.NewTree()
	tree.Add(stacks(map[string]int64{"main;a": 600, "main;b": 400}), 0)
	tree.Compare(stacks(map[string]int64{"main;a": 100, "main;b": 400, "main;gone": 500}), 0)
	root, _ := Draw(tree.Root())
	root.Name = "all"
	g := &Graph{Title: "t", Root: root, Unit: "nanoseconds", Compare: true}
	var b bytes.Buffer
	require.NoError(t, g.WriteSVG(&b))
	frames := readSVG(t, b.Bytes())
	assert.Contains(t, frames, "a — 60.00 % of all, 600 ns, itself 60.00 %, +500 ns against 100 ns")
	assert.Contains(t, frames, "b — 40.00 % of all, 400 ns, itself 40.00 %, +0 ns against 400 ns")
	assert.Len(t, frames, 4, "what is gone has no width")
	assert.Equal(t, "#f7a6a1", difference(600, 100, 0))
	assert.Equal(t, "#cccccc", difference(400, 400, 0))
	assert.Equal(t, colour(215, 0.6375, 0.80), difference(50, 100, 0))
}

func TestDrawingIsBounded(t *testing.T) {
	values := map[string]int64{}
	for i := range maxFrames + 500 {
		values["f"+strconv.Itoa(i)] = 1
	}
	tree := pprofdir.NewTree()
	tree.Add(stacks(values), 0)
	d := drawing{least: 1}
	out := d.draw(tree.Root())
	assert.Len(t, out.Children, maxFrames)
	assert.Equal(t, 500, d.hidden)

	out, hidden := Draw(tree.Root())
	assert.Empty(t, out.Children, "each is less than a pixel")
	assert.Equal(t, maxFrames+500, hidden)
}

func TestAmounts(t *testing.T) {
	for want, got := range map[string]string{
		"0 B": amount(0, "bytes"), "1023 B": amount(1023, "bytes"), "1.50 KiB": amount(1536, "bytes"), "8388608.00 TiB": amount(1<<63-1, "bytes"),
		"999": amount(999, "count"), "1.50 k": amount(1500, "count"), "2.00 s": amount(2_000_000_000, "nanoseconds"), "5 widgets": amount(5, "widgets"),
	} {
		assert.Equal(t, want, got)
	}
	assert.Equal(t, "pkg.(*T[a/b]).M", short("github.com/x/pkg.(*T[a/b]).M"))
	assert.Equal(t, "std::vector<a/b>", short("std::vector<a/b>"))
}

func TestEmpty(t *testing.T) {
	root, hidden := Draw(pprofdir.NewTree().Root())
	assert.Zero(t, hidden)
	g := &Graph{Title: "nothing", Root: root, Unit: "count"}
	var svg, page bytes.Buffer
	require.NoError(t, g.WriteSVG(&svg))
	require.NoError(t, g.WriteHTML(&page))
	readSVG(t, svg.Bytes())
}
