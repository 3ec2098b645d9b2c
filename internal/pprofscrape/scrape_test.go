package pprofscrape

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"net/http/pprof"
	"strconv"
	"strings"
	"testing"

	"github.com/google/pprof/profile"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// values makes a profile of one sample for each function.
func values(types []string, samples map[string][]int64) *profile.Profile {
	p := &profile.Profile{}
	for _, t := range types {
		p.SampleType = append(p.SampleType, &profile.ValueType{Type: t})
	}
	for name, v := range samples {
		l := &profile.Location{ID: uint64(len(p.Location) + 1), Line: []profile.Line{{Function: &profile.Function{Name: name}}}}
		p.Location = append(p.Location, l)
		p.Sample = append(p.Sample, &profile.Sample{Location: []*profile.Location{l}, Value: v})
	}
	return p
}

func byName(p *profile.Profile) map[string][]int64 {
	out := map[string][]int64{}
	for _, s := range p.Sample {
		out[s.Location[0].Line[0].Function.Name] = s.Value
	}
	return out
}

func TestDeltas(t *testing.T) {
	types := []string{"alloc_space", "inuse_space"}
	d := NewDeltas()
	f := func(first bool, in, want map[string][]int64) {
		t.Helper()
		p := values(types, in)
		assert.Equal(t, Change{Cumulative: true, First: first}, d.Apply(p))
		assert.Equal(t, want, byName(p))
	}
	f(true, map[string][]int64{"f": {10, 1}, "g": {5, 0}}, map[string][]int64{"f": {0, 1}})
	f(false, map[string][]int64{"f": {15, 0}, "g": {5, 0}, "h": {2, 2}}, map[string][]int64{"f": {5, 0}, "h": {2, 2}})
	f(false, map[string][]int64{"f": {15, 0}, "g": {4, 0}, "h": {9, 0}}, map[string][]int64{"h": {7, 0}}) // g is an estimate that shrank
	f(false, map[string][]int64{"f": {1, 0}, "h": {3, 0}}, map[string][]int64{"f": {1, 0}, "h": {3, 0}})  // started anew
	f(false, map[string][]int64{"f": {1, 0}, "h": {4, 0}}, map[string][]int64{"h": {1, 0}})
	types = []string{"alloc_objects"}
	f(true, map[string][]int64{"f": {100}}, map[string][]int64{}) // another kind of profile
}

func TestDeltasLeaveTheMomentAlone(t *testing.T) {
	d := NewDeltas()
	for range 2 {
		p := values([]string{"inuse_space"}, map[string][]int64{"f": {10}})
		assert.Equal(t, Change{}, d.Apply(p))
		assert.Equal(t, map[string][]int64{"f": {10}}, byName(p))
	}
}

func TestDeltasOfEqualSamples(t *testing.T) {
	d := NewDeltas()
	twice := func(a, b int64) *profile.Profile {
		p := values([]string{"delay"}, map[string][]int64{"f": {a}})
		p.Sample = append(p.Sample, &profile.Sample{Location: p.Sample[0].Location, Value: []int64{b}})
		return p
	}
	d.Apply(twice(1, 2))
	p := twice(4, 6)
	d.Apply(p)
	assert.Equal(t, map[string][]int64{"f": {7}}, byName(p))
}

func TestDeltasAreBounded(t *testing.T) {
	d := NewDeltas()
	d.limit = 3
	many := map[string][]int64{}
	for i := range 10 {
		many["f"+strconv.Itoa(i)] = []int64{1}
	}
	for range 3 {
		assert.Equal(t, 7, d.Apply(values([]string{"delay"}, many)).Untracked)
		assert.Len(t, d.before, 3)
	}
	d.Apply(values([]string{"delay"}, map[string][]int64{"f": {100}}))
	assert.Len(t, d.before, 1, "what is gone is forgotten")
}

func TestLabelsTellSamplesApart(t *testing.T) {
	d := NewDeltas()
	s := func(label string, bytes int64) *profile.Sample {
		return &profile.Sample{Label: map[string][]string{"k": {label}}, NumLabel: map[string][]int64{"bytes": {bytes}}}
	}
	assert.Equal(t, d.hash(s("a", 1)), d.hash(s("a", 1)))
	assert.NotEqual(t, d.hash(s("a", 1)), d.hash(s("b", 1)))
	assert.NotEqual(t, d.hash(s("a", 1)), d.hash(s("a", 2)))
}

func TestKeep(t *testing.T) {
	types := []string{"alloc_space", "inuse_space"}
	in := func() *profile.Profile {
		p := values(types, map[string][]int64{"f": {10, 0}, "g": {0, 4}})
		p.DefaultSampleType = "inuse_space"
		return p
	}
	p := in()
	Keep(p, "heap")
	assert.Equal(t, map[string][]int64{"g": {4}}, byName(p))
	assert.Equal(t, "inuse_space", p.DefaultSampleType)
	p = in()
	Keep(p, "allocs")
	assert.Equal(t, map[string][]int64{"f": {10}}, byName(p))
	assert.Equal(t, "alloc_space", p.SampleType[0].Type)
	assert.Empty(t, p.DefaultSampleType)
	p = in()
	Keep(p, "goroutine")
	assert.Len(t, p.SampleType, 2)
	types = []string{"objects", "space"}
	p = in()
	Keep(p, "heap")
	assert.Len(t, p.SampleType, 2, "what has other names is kept")
}

func serve(t *testing.T, h http.HandlerFunc) string {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func TestFetchFromGo(t *testing.T) {
	url := serve(t, pprof.Handler("allocs").ServeHTTP)
	p, err := Fetch(context.Background(), http.DefaultClient, url, 1<<20)
	require.NoError(t, err)
	assert.Len(t, p.SampleType, 4)
	assert.NotEmpty(t, p.Sample)
}

func TestFetchFails(t *testing.T) {
	client := &http.Client{CheckRedirect: Refuse}
	ctx := context.Background()
	f := func(want error, h http.HandlerFunc) {
		t.Helper()
		_, err := Fetch(ctx, client, serve(t, h), 1000)
		require.ErrorIs(t, err, want)
	}
	f(ErrStatus, http.NotFound)
	f(ErrStatus, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
	})
	f(ErrMalformed, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) })
	f(ErrMalformed, func(http.ResponseWriter, *http.Request) {})
	f(ErrTooLarge, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 1001)) })
	f(ErrTooLarge, func(w http.ResponseWriter, _ *http.Request) { // without a length
		for range 20 {
			_, _ = w.Write(make([]byte, 100))
			w.(http.Flusher).Flush()
		}
	})
	f(ErrTooLarge, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(bytes.Repeat([]byte{0x12, 0}, 499)) // small, but not in memory
	})
	_, err := Fetch(ctx, client, "http://127.0.0.1:1/"+strings.Repeat("x", 10), 1000)
	require.ErrorContains(t, err, "connect")

	slow, cancel := context.WithCancel(ctx)
	_, err = Fetch(slow, client, serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte("heap"))
		w.(http.Flusher).Flush()
		cancel() // as the timeout does, in the middle of the answer
		<-r.Context().Done()
	}), 1000)
	require.ErrorIs(t, err, context.Canceled)
}

// The mean size of blocks changes with every allocation of a stack, which stays the same stack.
func TestDeltasOfTexts(t *testing.T) {
	d := NewDeltas()
	for _, step := range []struct {
		text string
		want map[string]int64
	}{
		{"2: 100 [4: 200]", map[string]int64{"alloc_objects": 0, "alloc_space": 0, "inuse_objects": 2, "inuse_space": 100}},
		{"1: 10 [9: 900]", map[string]int64{"alloc_objects": 5, "alloc_space": 700, "inuse_objects": 1, "inuse_space": 10}},
	} {
		p, err := Parse([]byte("heap profile: "+step.text+" @ heapprofile\n"+step.text+" @ 0x1 0x2\n"), 1000)
		require.NoError(t, err)
		d.Apply(p)
		got := map[string]int64{}
		for i, kind := range p.SampleType {
			got[kind.Type] = p.Sample[0].Value[i]
		}
		assert.Equal(t, step.want, got)
	}
}
