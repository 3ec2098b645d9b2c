package profilingreceiver

import (
	"testing"
	"unique"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// table names frames from a map, as the namer does from files.
type table map[frame]place

func (t table) lookUp(f frame) place { return t[f] }

func TestEncode(t *testing.T) {
	lib := unique.Make(fileID{path: "/lib/libx.so", buildID: "ab12"})
	leaf, root, gone, kern := frame{lib, 0x1010}, frame{lib, 0x2020}, frame{fileUnknown, 0xdead}, frame{fileKernel, 0xffffffff81000010}
	n := table{
		leaf: {name: "x::leaf", linkage: "_ZN1x4leafEv", kind: "native", addr: 0x401010, start: 0x400000, limit: 0x500000, buildID: "ab12"},
		root: {name: "main", kind: "native", addr: 0x402020, start: 0x400000, limit: 0x500000, buildID: "ab12"},
		gone: {kind: "native", addr: 0xdead},
		kern: {name: "do_work", kind: "kernel", addr: kern.off},
	}
	w := newWindow(1000)
	w.end = 16000
	a := &process{pid: 7, exe: "/usr/bin/app", container: "c1"}
	b := &process{pid: 9, comm: "kworker/0:1", kernel: true}
	w.add(a, []frame{leaf, root}, 1100)
	w.add(a, []frame{gone, root}, 1200)
	w.add(a, []frame{leaf, root}, 1300)
	w.add(b, []frame{kern}, 1400)

	pd, stats := encode(w, n, 52631578, "v1")
	assert.Empty(t, invalid(pd))
	assert.Equal(t, encodeStats{samples: 4, frames: 7, unnamed: 1}, stats)
	require.Equal(t, 2, pd.ResourceProfiles().Len())
	rp := pd.ResourceProfiles().At(0)
	assert.Equal(t, map[string]any{"service.name": "app", "process.pid": int64(7), "process.executable.name": "app",
		"process.executable.path": "/usr/bin/app", "container.id": "c1"}, rp.Resource().Attributes().AsRaw())
	assert.Equal(t, map[string]any{"service.name": "kernel", "process.pid": int64(9), "process.executable.name": "kworker/0:1"},
		pd.ResourceProfiles().At(1).Resource().Attributes().AsRaw())
	p := rp.ScopeProfiles().At(0).Profiles().At(0)
	d := pd.Dictionary()
	str := func(i int32) string { return d.StringTable().At(int(i)) }
	assert.Equal(t, []string{"samples", "count", "cpu", "nanoseconds"}, []string{str(p.SampleType().TypeStrindex()), str(p.SampleType().UnitStrindex()), str(p.PeriodType().TypeStrindex()), str(p.PeriodType().UnitStrindex())})
	assert.EqualValues(t, 52631578, p.Period())
	assert.EqualValues(t, 1000, p.Time())
	assert.EqualValues(t, 15000, p.DurationNano())
	found := false
	for _, s := range p.Samples().All() {
		loc := d.LocationTable().At(int(d.StackTable().At(int(s.StackIndex())).LocationIndices().At(0)))
		if loc.Lines().Len() == 0 {
			assert.EqualValues(t, 0xdead, loc.Address())
			continue
		}
		found = true
		fn := d.FunctionTable().At(int(loc.Lines().At(0).FunctionIndex()))
		assert.Equal(t, "x::leaf", str(fn.NameStrindex()))
		assert.Equal(t, "_ZN1x4leafEv", str(fn.SystemNameStrindex()))
		assert.Equal(t, []uint64{1100, 1300}, s.TimestampsUnixNano().AsRaw())
		m := d.MappingTable().At(int(loc.MappingIndex()))
		assert.Equal(t, "/lib/libx.so", str(m.FilenameStrindex()))
		kv := d.AttributeTable().At(int(m.AttributeIndices().At(0)))
		assert.Equal(t, "process.executable.build_id.gnu=ab12", str(kv.KeyStrindex())+"="+kv.Value().AsString())
	}
	assert.True(t, found)
}

func TestWindowIsBounded(t *testing.T) {
	w := newWindow(0)
	p := &process{pid: 1}
	for i := range maxStacks + 1000 {
		w.add(p, []frame{{fileUnknown, uint64(i)}}, uint64(i))
	}
	assert.Equal(t, maxStacks+1000, w.samples)
	assert.LessOrEqual(t, w.stacks, maxStacks+1)
	assert.Equal(t, 1000, w.folded)
	for !w.full() {
		w.add(p, []frame{{fileUnknown, 0}}, 1)
	}
	assert.Equal(t, maxSamples, w.samples)
}

// A storm of short processes, after the stacks have run out.
func TestProcessesOfAWindowAreBounded(t *testing.T) {
	w := newWindow(1)
	first := &process{pid: 1, comm: "first"}
	shared := frame{fileUnknown, 1}
	w.add(first, []frame{shared}, 1)
	for pid := range uint32(maxGroups - 1) {
		w.add(&process{pid: pid + 2, comm: "p"}, []frame{shared}, 2)
	}
	require.Len(t, w.groups, maxGroups)
	require.NotContains(t, w.groups, otherProcess, "nothing is folded before its time")

	const late = 3000
	for pid := range uint32(late) {
		w.add(&process{pid: pid + maxGroups + 1, comm: "late"}, []frame{shared}, 3)
	}
	w.add(first, []frame{shared}, 4)
	require.Len(t, w.groups, maxGroups+1)
	assert.Equal(t, []uint64{1, 4}, w.groups[first].find(hash([]frame{shared}), []frame{shared}).times, "who has a group keeps it")
	assert.Len(t, w.groups[otherProcess].find(hash([]frame{shared}), []frame{shared}).times, late, "the stack is kept")
	assert.Zero(t, w.folded)

	w.end = 2
	pd, stats := encode(w, table{}, 1, "")
	assert.Empty(t, invalid(pd))
	assert.Equal(t, maxGroups+late+1, stats.samples, "every sample counts")
	other := 0
	for _, rp := range pd.ResourceProfiles().All() {
		if v, _ := rp.Resource().Attributes().Get("service.name"); v.Str() == "[other]" {
			other++
			assert.Equal(t, map[string]any{"service.name": "[other]", "process.pid": int64(0), "process.executable.name": "[other]"}, rp.Resource().Attributes().AsRaw())
		}
	}
	assert.Equal(t, 1, other)
}

func TestWorstWindowIsBounded(t *testing.T) {
	w := newWindow(1)
	hog := &process{pid: 1}
	for i := range uint64(maxStacks) {
		w.add(hog, []frame{{fileUnknown, i}}, 1)
	}
	for i := uint32(2); !w.full(); i++ {
		w.add(&process{pid: i}, []frame{{fileKernel, uint64(i)}}, 1)
	}
	assert.Len(t, w.groups, maxGroups+1)
	kept := 0
	for _, g := range w.groups {
		for _, list := range g.stacks {
			kept += len(list)
		}
	}
	assert.Equal(t, maxStacks+maxGroups, kept, "one [other] for each process but the hog")
	assert.Equal(t, kept, w.stacks)
	assert.Equal(t, maxSamples-maxStacks, w.folded)
}

// go test -run - -bench Encode -benchmem ./receiver/profilingreceiver
func BenchmarkEncode(b *testing.B) {
	n := table{}
	w := newWindow(1)
	w.end = 2
	for pid := range 40 {
		p := &process{pid: uint32(pid), exe: "/usr/bin/app"}
		for s := range 15 {
			var frames []frame
			for i := range 20 {
				f := frame{fileUnknown, uint64(s*7 + i)}
				n[f] = place{name: "function" + string(rune('a'+s+i)), kind: "native", addr: f.off}
				frames = append(frames, f)
			}
			w.add(p, frames, uint64(s))
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, st := encode(w, n, 1, ""); st.samples != 600 {
			b.Fatal(st)
		}
	}
}
