package pprofdir

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/pprof/profile"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// stacks is a profile in short: the functions of each stack from its root, and the value.
type stacks []struct {
	value int64
	path  []string
}

func (s stacks) profile(unit string) *profile.Profile {
	m := &profile.Mapping{ID: 1, File: "/usr/bin/shop"}
	p := &profile.Profile{SampleType: []*profile.ValueType{{Type: "samples", Unit: unit}}, Mapping: []*profile.Mapping{m}}
	known := map[string]*profile.Location{}
	for _, row := range s {
		sample := &profile.Sample{Value: []int64{row.value}}
		for i := len(row.path) - 1; i >= 0; i-- {
			name := row.path[i]
			l := known[name]
			if l == nil {
				l = &profile.Location{ID: uint64(len(p.Location) + 1), Mapping: m}
				if name != "" {
					f := &profile.Function{ID: l.ID, Name: name}
					p.Function = append(p.Function, f)
					l.Line = []profile.Line{{Function: f}}
				}
				p.Location = append(p.Location, l)
				known[name] = l
			}
			sample.Location = append(sample.Location, l)
		}
		p.Sample = append(p.Sample, sample)
	}
	return p
}

func write(t *testing.T, dir string, name Name, p *profile.Profile) {
	t.Helper()
	var buf bytes.Buffer
	require.NoError(t, p.Write(&buf))
	require.NoError(t, os.WriteFile(filepath.Join(dir, name.String()), buf.Bytes(), 0o600))
}

func TestTree(t *testing.T) {
	tree := NewTree()
	tree.Add(stacks{
		{6, []string{"main", "work", "hash"}},
		{3, []string{"main", "work", "hash", "work"}}, // recursion
		{1, []string{"main"}},
		{0, []string{"main", "never"}},
		{-5, []string{"main", "negative"}},
	}.profile("count"), 0)

	assert.Equal(t, int64(10), tree.Total())
	assert.Equal(t, []Function{
		{Frame{"hash", "shop"}, 6, 9, 0.6, 0.9},
		{Frame{"work", "shop"}, 3, 9, 0.3, 0.9},
		{Frame{"main", "shop"}, 1, 10, 0.1, 1},
	}, tree.Top(10))
	assert.Len(t, tree.Top(1), 1)
	assert.Empty(t, tree.Top(-1))
	assert.Empty(t, NewTree().Top(5))

	assert.Equal(t, "10/0(main 10/1(work 9/0(hash 9/6(work 3/3))))", draw(tree.Root()))
}

// draw writes a tree as name total/self(children).
func draw(n *Node) string {
	s := fmt.Sprintf("%d/%d", n.Total, n.Self)
	if n.Name != "" {
		s = n.Name + " " + s
	}
	for _, c := range n.Children() {
		s += "(" + draw(c) + ")"
	}
	return s
}

func TestTreeKeepsInlinedFramesAndUnnamedOnes(t *testing.T) {
	p := stacks{{2, []string{"main", ""}}}.profile("count")
	inlined := &profile.Function{ID: 9, Name: "inlined"}
	p.Function = append(p.Function, inlined)
	main := p.Sample[0].Location[1]
	main.Line = append([]profile.Line{{Function: inlined}}, main.Line...)
	require.NoError(t, p.CheckValid())
	tree := NewTree()
	tree.Add(p, 0)
	assert.Equal(t, "2/0(main 2/0(inlined 2/0([shop] 2/2)))", draw(tree.Root()))

	p.Sample[0].Location = nil
	tree.Add(p, 0, "service")
	assert.Equal(t, int64(4), tree.Total())
	assert.Equal(t, int64(2), tree.Top(1)[0].Flat, "a sample without a stack is in no function")
}

func TestTreeIsBounded(t *testing.T) {
	tree := NewTree()
	deep := make([]string, 5000)
	for i := range deep {
		deep[i] = fmt.Sprint("f", i)
	}
	tree.Add(stacks{{1, deep}}.profile("count"), 0)
	assert.Equal(t, maxDepth, tree.nodes)

	tree.limit = 1000
	for i := range 100 {
		path := make([]string, 41)
		for j := range path {
			path[j] = fmt.Sprint(i, ".", j)
		}
		tree.Add(stacks{{1, path}}.profile("count"), 0)
	}
	assert.LessOrEqual(t, tree.nodes, 1000+100, "at the bound a path has one more node, for the rest")
	assert.Equal(t, int64(101), tree.Total())
}

func TestRead(t *testing.T) {
	dir := t.TempDir()
	a := stacks{{10, []string{"main", "a"}}}
	write(t, dir, NewName("shop", "samples", noon, 1), a.profile("count"))
	write(t, dir, NewName("shop", "samples", noon.Add(-time.Minute), 1), a.profile("count"))
	write(t, dir, NewName("shop", "samples", noon.Add(-time.Minute), 2), a.profile("count"))
	write(t, dir, NewName("shop", "samples", noon.Add(-5*time.Minute), 1), a.profile("count"))
	write(t, dir, NewName("shop", "growth", noon, 1), a.profile("bytes"))
	cron := stacks{{1, []string{"main", "b"}}}.profile("count")
	cron.Comments = []string{"service.name=cron/daily"}
	write(t, dir, NewName("cron/daily", "samples", noon, 1), cron)
	require.NoError(t, os.WriteFile(filepath.Join(dir, NewName("bad", "samples", noon, 1).String()), []byte("bad"), 0o600))

	v, err := Read(dir, Query{})
	require.NoError(t, err)
	assert.Equal(t, "31/0(shop 30/0(main 30/0(a 30/30)))(cron/daily 1/0(main 1/0(b 1/1)))", draw(v.Tree.Root()))
	assert.Equal(t, []any{"samples", "count", 4, 1}, []any{v.Type, v.Unit, v.Files, v.Skipped})
	assert.Equal(t, []time.Time{noon.Add(-time.Minute), noon}, []time.Time{v.From, v.To})
	assert.Equal(t, []string{"bad", safe("cron/daily", true), "shop"}, v.Services)
	assert.Equal(t, []string{"growth", "samples"}, v.Types)
	assert.Equal(t, "a", v.Tree.Top(1)[0].Name)
	for _, f := range v.Tree.Top(10) {
		assert.NotEqual(t, "shop", f.Name, "a service is no function")
	}

	v, err = Read(dir, Query{Service: "shop", Span: time.Hour})
	require.NoError(t, err)
	assert.Equal(t, "40/0(main 40/0(a 40/40))", draw(v.Tree.Root()))

	v, err = Read(dir, Query{Type: "growth"})
	require.NoError(t, err)
	assert.Equal(t, "bytes", v.Unit)
	assert.Equal(t, int64(10), v.Tree.Total())

	v, err = Read(dir, Query{Service: "none"})
	require.NoError(t, err)
	assert.Zero(t, v.Tree.Total())
	assert.True(t, v.To.IsZero())

	v, err = Read(t.TempDir(), Query{})
	require.NoError(t, err)
	assert.Empty(t, v.Services)

	_, err = Read(filepath.Join(dir, "none"), Query{})
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestOtherUnitIsSkipped(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, NewName("shop", "cpu", noon, 1), stacks{{10, []string{"a"}}}.profile("count"))
	write(t, dir, NewName("shop", "cpu", noon.Add(-time.Minute), 1), stacks{{1e9, []string{"a"}}}.profile("nanoseconds"))
	v, err := Read(dir, Query{})
	require.NoError(t, err)
	assert.Equal(t, int64(10), v.Tree.Total())
	assert.Equal(t, 1, v.Skipped)
}

func compress(t testing.TB, raw []byte) []byte {
	t.Helper()
	var buf bytes.Buffer
	gz := gzip.NewWriter(&buf)
	_, err := gz.Write(raw)
	require.NoError(t, err)
	require.NoError(t, gz.Close())
	return buf.Bytes()
}

func TestBombIsNotInflated(t *testing.T) {
	_, inflated, err := decode(compress(t, make([]byte, 1<<20)), 1000)
	require.ErrorContains(t, err, "more than 1000 bytes")
	assert.Equal(t, int64(1001), inflated)
}

func FuzzDecode(f *testing.F) {
	var buf bytes.Buffer
	require.NoError(f, stacks{{10, []string{"main", "a"}}}.profile("count").WriteUncompressed(&buf))
	f.Add(buf.Bytes())
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, _, err := decode(compress(t, raw), 1<<20)
		if err != nil || len(p.SampleType) == 0 {
			return
		}
		tree := NewTree()
		tree.Add(p, 0)
		tree.Top(5)
	})
}

// Memory in use is shown as it was last, also when several windows say how much it was.
func TestValuesOfTheMomentAreTheLast(t *testing.T) {
	dir := t.TempDir()
	noon := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	for _, f := range []struct {
		service, kind string
		minute        time.Duration
		value         int64
	}{
		{"shop", "inuse_space", 0, 100}, {"shop", "inuse_space", 1, 120}, {"cart", "inuse_space", 0, 7},
		{"shop", "alloc_space", 0, 100}, {"shop", "alloc_space", 1, 120},
	} {
		write(t, dir, Name{Service: f.service, Type: f.kind, Start: noon.Add(f.minute * time.Minute)}, stacks{{f.value, []string{"main"}}}.profile("bytes"))
	}
	v, err := Read(dir, Query{Type: "inuse_space"})
	require.NoError(t, err)
	assert.Equal(t, []any{int64(127), 2, 0}, []any{v.Tree.Total(), v.Files, v.Skipped})
	v, err = Read(dir, Query{Type: "alloc_space"})
	require.NoError(t, err)
	assert.Equal(t, int64(220), v.Tree.Total())
}
