package consoleextension

import (
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"sync"
	"time"

	"github.com/otelcol-plus/otelcol-plus/internal/flame"
	"github.com/otelcol-plus/otelcol-plus/internal/pprofdir"
)

// cachedViews is how many selections are kept; a page asks for the same one twice, for its list and its graph.
const cachedViews = 4

var errNoDirectory = errors.New("`profiles_directory` of the console extension is not set; give it the `directory` of the pprof exporter")

// profiles reads the directory, one request at a time: that is the bound on memory and CPU.
type profiles struct {
	dir string

	mu     sync.Mutex
	cached []cachedView
}

type cachedView struct {
	query pprofdir.Query
	state uint64
	view  *pprofdir.View
}

func newProfiles(dir string) *profiles { return &profiles{dir: dir} }

// view puts the selected files together, or returns what it did for the same selection of the same files.
func (p *profiles) view(q pprofdir.Query) (*pprofdir.View, error) {
	if p.dir == "" {
		return nil, errNoDirectory
	}
	files, err := pprofdir.List(p.dir)
	if err != nil {
		return nil, err
	}
	state := fingerprint(files)
	// What was put together of other files is of no more use.
	p.cached = slices.DeleteFunc(p.cached, func(c cachedView) bool { return c.state != state })
	for _, c := range p.cached {
		if c.query == q {
			return c.view, nil
		}
	}
	v := pprofdir.ReadFiles(files, q)
	p.cached = append([]cachedView{{query: q, state: state, view: v}}, p.cached...)
	p.cached = p.cached[:min(len(p.cached), cachedViews)]
	return v, nil
}

func fingerprint(files []pprofdir.File) uint64 {
	h := fnv.New64a()
	for _, f := range files {
		_, _ = fmt.Fprintln(h, f.Path, f.Size, f.Modified.UnixNano())
	}
	return h.Sum64()
}

// selection describes what an answer is about.
type selection struct {
	Service  string    `json:"service"`
	Type     string    `json:"type"`
	Unit     string    `json:"unit"`
	Total    int64     `json:"total"`
	From     time.Time `json:"from,omitzero"`
	To       time.Time `json:"to,omitzero"`
	Files    int       `json:"files"`
	Skipped  int       `json:"skipped"`
	Services []string  `json:"services"`
	Types    []string  `json:"types"`
}

func describe(q pprofdir.Query, v *pprofdir.View) selection {
	return selection{
		Service: q.Service, Type: v.Type, Unit: v.Unit, Total: v.Tree.Total(), From: v.From, To: v.To,
		Files: v.Files, Skipped: v.Skipped, Services: v.Services, Types: v.Types,
	}
}

type topAnswer struct {
	selection
	Functions []topFunction `json:"functions"`
}

type topFunction struct {
	Name      string  `json:"name"`
	Module    string  `json:"module"`
	Flat      int64   `json:"flat"`
	Cum       int64   `json:"cum"`
	FlatShare float64 `json:"flat_share"`
	CumShare  float64 `json:"cum_share"`
}

func (p *profiles) top(q pprofdir.Query, n int) (*topAnswer, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	v, err := p.view(q)
	if err != nil {
		return nil, err
	}
	t := &topAnswer{selection: describe(q, v), Functions: []topFunction{}}
	for _, f := range v.Tree.Top(n) {
		t.Functions = append(t.Functions, topFunction{
			Name: f.Name, Module: f.Module, Flat: f.Flat, Cum: f.Cum, FlatShare: f.FlatShare, CumShare: f.CumShare,
		})
	}
	return t, nil
}

type flameAnswer struct {
	selection
	Root *flame.Node `json:"root"`
	// Hidden counts the frames that are too small to be drawn.
	Hidden int `json:"hidden"`
}

func (p *profiles) flame(q pprofdir.Query) (*flameAnswer, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	v, err := p.view(q)
	if err != nil {
		return nil, err
	}
	a := &flameAnswer{selection: describe(q, v)}
	a.Root, a.Hidden = flame.Draw(v.Tree.Root())
	return a, nil
}
