package pprofconv

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"strings"
	"testing"

	"github.com/google/pprof/profile"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pprofile"
)

// meaning writes out everything a profile says, with equal samples added up and nothing of how it is stored: ids, and the
// order of samples, locations and functions.
func meaning(p *profile.Profile) string {
	var b strings.Builder
	for _, t := range p.SampleType {
		fmt.Fprintf(&b, "type %q %q\n", t.Type, t.Unit)
	}
	period := profile.ValueType{}
	if p.PeriodType != nil {
		period = *p.PeriodType
	}
	fmt.Fprintf(&b, "default %q, period %d %q %q, time %d + %d\n", p.DefaultSampleType, p.Period, period.Type, period.Unit, p.TimeNanos, p.DurationNanos)
	fmt.Fprintf(&b, "comments %q, doc %q, drop %q, keep %q\n", p.Comments, p.DocURL, p.DropFrames, p.KeepFrames)
	rows := map[string][]int64{}
	for _, s := range p.Sample {
		key := sampleMeaning(s)
		if rows[key] == nil {
			rows[key] = make([]int64, len(s.Value))
		}
		for i, v := range s.Value {
			rows[key][i] = addSaturated(rows[key][i], v)
		}
	}
	keys := make([]string, 0, len(rows))
	for key, values := range rows {
		keys = append(keys, fmt.Sprint(values)+key)
	}
	slices.Sort(keys)
	return b.String() + strings.Join(keys, "\n")
}

func sampleMeaning(s *profile.Sample) string {
	var b strings.Builder
	for _, l := range labelsOf(s) {
		slices.Sort(l.texts)
		fmt.Fprintf(&b, " %q=%q,%d%q", l.key, l.texts, l.numbers, l.unit)
	}
	for _, l := range s.Location {
		fmt.Fprintf(&b, "\n  %#x folded=%t", l.Address, l.IsFolded)
		if m := l.Mapping; m != nil {
			fmt.Fprintf(&b, " %q %x-%x+%x id=%q %t%t%t%t", m.File, m.Start, m.Limit, m.Offset, m.BuildID, m.HasFunctions, m.HasFilenames, m.HasLineNumbers, m.HasInlineFrames)
		}
		for _, line := range l.Line {
			f := line.Function
			fmt.Fprintf(&b, "; %q %q %q:%d at %d:%d", f.Name, f.SystemName, f.Filename, f.StartLine, line.Line, line.Column)
		}
	}
	return b.String()
}

// otlp converts and sends the result through the wire.
func otlp(t *testing.T, profiles ...*profile.Profile) pprofile.Profiles {
	t.Helper()
	e := NewEncoder("test", "1")
	for _, p := range profiles {
		require.NoError(t, e.Add(pcommon.NewMap(), p))
	}
	return wire(t, e.Profiles())
}

func wire(t *testing.T, pd pprofile.Profiles) pprofile.Profiles {
	t.Helper()
	var m pprofile.ProtoMarshaler
	data, err := m.MarshalProfiles(pd)
	require.NoError(t, err)
	var u pprofile.ProtoUnmarshaler
	pd, err = u.UnmarshalProfiles(data)
	require.NoError(t, err)
	pd.MarkReadOnly()
	return pd
}

// full has everything pprof can say, more than any real profile does.
func full() *profile.Profile {
	app := &profile.Mapping{ID: 1, Start: 0x400000, Limit: 0x500000, Offset: 0x1000, File: "/usr/bin/app", BuildID: "abcdef0123", HasFunctions: true, HasFilenames: true, HasLineNumbers: true, HasInlineFrames: true}
	goBuilt := &profile.Mapping{ID: 2, Start: 0x7f0000, Limit: 0x7f8000, File: "/usr/lib/x.so", BuildID: "aBc/def/ghi", HasFunctions: true}
	kernel := &profile.Mapping{ID: 3, File: "[kernel.kallsyms]_text", KernelRelocationSymbol: "_text"}
	outer := &profile.Function{ID: 1, Name: "outer", SystemName: "_Z5outerv", Filename: "outer.cc", StartLine: 5}
	inner := &profile.Function{ID: 2, Name: "inner", SystemName: "", Filename: "inner.h"}
	bare := &profile.Function{ID: 3, SystemName: "only_system"}
	leaf := &profile.Location{ID: 1, Mapping: app, Address: 0x400100, IsFolded: true, Line: []profile.Line{{Function: inner, Line: 3, Column: 9}, {Function: outer, Line: 7}}}
	root := &profile.Location{ID: 2, Mapping: goBuilt, Address: 0x7f0010, Line: []profile.Line{{Function: bare}}}
	k := &profile.Location{ID: 3, Mapping: kernel, Address: 0xffffffff81000000}
	nowhere := &profile.Location{ID: 4, Address: 0x12}
	p := &profile.Profile{
		SampleType:        []*profile.ValueType{{Type: "alloc_objects", Unit: "count"}, {Type: "alloc_space", Unit: "bytes"}, {Type: "inuse_space", Unit: "bytes"}},
		DefaultSampleType: "inuse_space",
		Mapping:           []*profile.Mapping{app, goBuilt, kernel},
		Function:          []*profile.Function{outer, inner, bare},
		Location:          []*profile.Location{leaf, root, k, nowhere},
		Comments:          []string{"first", "second"},
		DocURL:            "https://example.com/doc",
		DropFrames:        "malloc|new",
		KeepFrames:        "new_thread",
		TimeNanos:         1_700_000_000_000_000_123,
		DurationNanos:     15_000_000_001,
		PeriodType:        &profile.ValueType{Type: "space", Unit: "bytes"},
		Period:            524288,
	}
	add := func(values []int64, texts map[string][]string, numbers map[string][]int64, units map[string][]string, stack ...*profile.Location) {
		p.Sample = append(p.Sample, &profile.Sample{Location: stack, Value: values, Label: texts, NumLabel: numbers, NumUnit: units})
	}
	add([]int64{1, 64, 0}, nil, nil, nil, leaf, root)
	add([]int64{2, 128, 128}, map[string][]string{"thread": {"a"}}, map[string][]int64{"bytes": {64}}, map[string][]string{"bytes": {"bytes"}}, leaf, root)
	add([]int64{0, 0, 0}, map[string][]string{"thread": {"b", "c"}}, map[string][]int64{"thread": {7}}, nil, k, nowhere)
	add([]int64{-1, 0, 5}, map[string][]string{"trace_id": {"0102030405060708090a0b0c0d0e0f10"}, "span_id": {"0102030405060708"}}, nil, nil, leaf)
	add([]int64{0, 1, 0}, map[string][]string{"trace_id": {"0102030405060708090A0B0C0D0E0F10"}, "span_id": {"0102030405060708"}}, nil, nil, leaf)
	add([]int64{0, 0, 9}, map[string][]string{"span_id": {"0102030405060708"}}, map[string][]int64{"n": {1, 2}}, map[string][]string{"n": {"ms", "ms"}})
	add([]int64{3, 4, 5}, map[string][]string{"service.name": {"shop"}}, map[string][]int64{"process.pid": {7}}, nil, leaf, root)
	add([]int64{3, 4, 5}, map[string][]string{"service.name": {"shop"}}, map[string][]int64{"process.pid": {8}}, nil, leaf, root)
	return p
}

func TestFullRoundTrip(t *testing.T) {
	p := full()
	pd := otlp(t, p)
	assert.Equal(t, 3, pd.ResourceProfiles().Len(), "no resource, shop 7, shop 8")
	got, err := Join(pd)
	require.NoError(t, err)
	assert.Equal(t, meaning(p), meaning(throughFile(t, got.Profile)))
	assert.Equal(t, "/usr/bin/app", got.Mapping[0].File)

	split, err := Split(pd)
	require.NoError(t, err)
	require.Len(t, split, 3)
	assert.Equal(t, map[string][]string{"service.name": {"shop"}}, split[2].Sample[0].Label)
	assert.Equal(t, map[string][]int64{"process.pid": {8}}, split[2].Sample[0].NumLabel)
}

func TestAttributesOfPprof(t *testing.T) {
	pd := otlp(t, full())
	d := pd.Dictionary()
	sp := pd.ResourceProfiles().At(0).ScopeProfiles().At(0)
	assert.Equal(t, map[string]any{"pprof.scope.default_sample_type": "inuse_space", "pprof.scope.sample_type_order": []any{int64(0), int64(1), int64(2)}}, sp.Scope().Attributes().AsRaw())
	require.Equal(t, 3, sp.Profiles().Len())
	attributes := func(indices pcommon.Int32Slice) map[string]any {
		m := map[string]any{}
		for _, i := range indices.All() {
			a := d.AttributeTable().At(int(i))
			m[d.StringTable().At(int(a.KeyStrindex()))] = a.Value().AsRaw()
		}
		return m
	}
	assert.Equal(t, map[string]any{
		"pprof.profile.comment": []any{"first", "second"}, "pprof.profile.doc_url": "https://example.com/doc",
		"pprof.profile.drop_frames": "malloc|new", "pprof.profile.keep_frames": "new_thread",
	}, attributes(sp.Profiles().At(1).AttributeIndices()))
	assert.Equal(t, map[string]any{
		"process.executable.build_id.gnu": "abcdef0123", "pprof.mapping.has_functions": true, "pprof.mapping.has_filenames": true,
		"pprof.mapping.has_line_numbers": true, "pprof.mapping.has_inline_frames": true,
	}, attributes(d.MappingTable().At(1).AttributeIndices()))
	assert.Equal(t, "aBc/def/ghi", attributes(d.MappingTable().At(2).AttributeIndices())["process.executable.build_id.go"])
	assert.Equal(t, map[string]any{"pprof.location.is_folded": true, "profile.frame.type": "native"}, attributes(d.LocationTable().At(1).AttributeIndices()))

	// A value of zero is in no profile, but a sample of zeros is in the first.
	assert.Equal(t, []int{4, 3, 3}, []int{sp.Profiles().At(0).Samples().Len(), sp.Profiles().At(1).Samples().Len(), sp.Profiles().At(2).Samples().Len()})
	assert.Equal(t, 2, d.LinkTable().Len(), "ids in capital letters are not what OTLP would give back")
}

func TestResourceGoesBeforeLabels(t *testing.T) {
	res := pcommon.NewMap()
	res.PutStr("service.name", "given")
	e := NewEncoder("test", "1")
	require.NoError(t, e.Add(res, full()))
	pd := wire(t, e.Profiles())
	require.Equal(t, 3, pd.ResourceProfiles().Len())
	assert.Equal(t, map[string]any{"service.name": "given", "process.pid": int64(8)}, pd.ResourceProfiles().At(2).Resource().Attributes().AsRaw())
	p, err := Join(pd)
	require.NoError(t, err)
	assert.Equal(t, []string{"shop"}, p.Sample[len(p.Sample)-1].Label["service.name"], "the sample's own label is kept")
}

func TestNoSampleTypes(t *testing.T) {
	e := NewEncoder("test", "1")
	require.ErrorIs(t, e.Add(pcommon.NewMap(), &profile.Profile{}), ErrNoSampleType)
	require.ErrorContains(t, e.Add(pcommon.NewMap(), &profile.Profile{Sample: []*profile.Sample{{}}}), "invalid profile")
	assert.Equal(t, 0, e.Profiles().ResourceProfiles().Len())
}

func TestEmptyProfileKeepsItsTypes(t *testing.T) {
	p := full()
	p.Sample = nil
	got, err := Join(otlp(t, p))
	require.NoError(t, err)
	assert.Equal(t, meaning(p), meaning(throughFile(t, got.Profile)))
}

// realProfiles are profiles as programs write them.
func realProfiles(t testing.TB) map[string][]byte {
	out := map[string][]byte{}
	var cpu bytes.Buffer
	if err := pprof.StartCPUProfile(&cpu); err == nil {
		pprof.Do(context.Background(), pprof.Labels("trace_id", "0102030405060708090a0b0c0d0e0f10", "span_id", "0102030405060708", "task", "spin"), func(context.Context) { spin() })
		pprof.StopCPUProfile()
		out["own/cpu"] = cpu.Bytes()
	}
	for _, name := range []string{"heap", "allocs", "goroutine", "threadcreate", "mutex", "block"} {
		var b bytes.Buffer
		require.NoError(t, pprof.Lookup(name).WriteTo(&b, 0))
		out["own/"+name] = b.Bytes()
	}
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Log("no go command: its profiles and those of the pprof library are left out")
		return out
	}
	paths := []string{filepath.Join(strings.TrimSpace(string(root)), "src/cmd/compile/default.pgo")}
	if dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/google/pprof").Output(); err == nil {
		for _, sub := range []string{"profile/testdata/*", "internal/driver/testdata/*"} {
			more, _ := filepath.Glob(filepath.Join(strings.TrimSpace(string(dir)), sub))
			paths = append(paths, more...)
		}
	}
	for _, path := range paths {
		if data, err := os.ReadFile(path); err == nil {
			out[filepath.Base(filepath.Dir(filepath.Dir(path)))+"/"+filepath.Base(path)] = data
		}
	}
	return out
}

var sink int

// spin is worth a few samples at the 100 a second that a CPU profile takes.
func spin() {
	for i := range 100_000_000 {
		sink += i ^ sink>>1
	}
}

func TestRealProfiles(t *testing.T) {
	converted := 0
	for name, data := range realProfiles(t) {
		p, err := Parse(data, 64<<20)
		if err != nil || len(p.SampleType) == 0 {
			if !strings.HasPrefix(name, "own/") {
				continue // among the library's files are many that are no profile
			}
			require.NoError(t, err, name)
		}
		converted++
		t.Run(name, func(t *testing.T) {
			got, err := Join(otlp(t, p))
			require.NoError(t, err)
			assert.Equal(t, meaning(p), meaning(throughFile(t, got.Profile)))
		})
	}
	t.Log(converted, "real profiles")
	assert.GreaterOrEqual(t, converted, 6)
}

// What OTLP can say beyond pprof is listed in the package's documentation; the rest comes back.
func TestOTLPRoundTrip(t *testing.T) {
	r := newRequest(t)
	m := r.mapping("/usr/bin/shop", 0x1000, 0x9000, r.attr("process.executable.build_id.gnu", "abcdef", ""))
	stack := r.stack(r.location(m, 0x1200, r.function("leaf", "_Z4leafv", "leaf.cc")), r.location(m, 0x1100, r.function("inlined", "", "main.c"), r.function("main", "", "main.c")))
	shop := func(pid int64) map[string]any {
		return map[string]any{"service.name": "shop", "process.pid": pid, "host.name": "n1"}
	}
	p := r.profile(shop(7), "samples", "count")
	s := r.sample(p, stack, 5)
	s.SetLinkIndex(r.link(pcommon.TraceID{1, 2}, pcommon.SpanID{3, 4}))
	s.AttributeIndices().Append(r.attr("thread.name", "worker", ""), r.attr("allocation", int64(64), "bytes"), r.attr("list", []any{"a", int64(3)}, ""))
	r.sample(p, stack, 7)
	r.sample(r.profile(shop(8), "samples", "count"), stack, 9)

	before, err := Split(r.pd)
	require.NoError(t, err)
	require.Len(t, before, 2)
	one, err := Join(r.pd)
	require.NoError(t, err)
	pd := otlp(t, one.Profile)
	require.Equal(t, 2, pd.ResourceProfiles().Len())
	assert.Equal(t, shop(7), pd.ResourceProfiles().At(0).Resource().Attributes().AsRaw())
	assert.Equal(t, shop(8), pd.ResourceProfiles().At(1).Resource().Attributes().AsRaw())
	after, err := Split(pd)
	require.NoError(t, err)
	require.Len(t, after, 2)
	for i := range before {
		assert.Equal(t, meaning(before[i]), meaning(after[i]))
	}
	got := pd.ResourceProfiles().At(0).ScopeProfiles().At(0).Profiles().At(0)
	assert.Equal(t, p.Time(), got.Time())
	assert.Equal(t, p.DurationNano(), got.DurationNano())
	assert.Equal(t, p.Period(), got.Period())
	link := pd.Dictionary().LinkTable().At(int(got.Samples().At(0).LinkIndex()))
	assert.Equal(t, pcommon.TraceID{1, 2}, link.TraceID())
	assert.Equal(t, pcommon.SpanID{3, 4}, link.SpanID())
}

// Profiles of one scope without the scope's word for it: those that cover the same time are sample types of one profile.
func TestSetsOfScope(t *testing.T) {
	r := newRequest(t)
	stack := r.stack(r.location(0, 1, r.function("f", "", "")))
	first := r.profile(nil, "samples", "count")
	r.sample(first, stack, 1)
	scope := r.pd.ResourceProfiles().At(0).ScopeProfiles().At(0)
	more := func(kind string, time pcommon.Timestamp) {
		p := scope.Profiles().AppendEmpty()
		first.CopyTo(p)
		p.SampleType().SetTypeStrindex(r.str(kind))
		p.SetTime(time)
	}
	more("growth", first.Time())
	more("growth", first.Time())
	more("growth", first.Time()+1)
	got, err := Split(r.pd)
	require.NoError(t, err)
	require.Len(t, got, 3)
	assert.Len(t, got[0].SampleType, 2)
	assert.Equal(t, []int64{1, 1}, got[0].Sample[0].Value)
	one, err := Join(r.pd)
	require.NoError(t, err)
	assert.Len(t, one.SampleType, 2)
	assert.Len(t, one.Sample, 3)
	assert.Equal(t, first.DurationNano()+1, uint64(one.DurationNanos))
}

func TestSplitRefusesTheDamaged(t *testing.T) {
	r := newRequest(t)
	r.sample(r.profile(nil, "samples", "count"), 9, 1)
	r.sample(r.profile(nil, "samples", "count"), 0, 1)
	got, err := Split(r.pd)
	require.ErrorContains(t, err, "resource 0, scope 0, profile 0: type 0, sample 0: stack_table has no index 9")
	assert.Len(t, got, 1)
	one, err := Join(r.pd)
	require.ErrorContains(t, err, "stack_table has no index 9")
	assert.Len(t, one.Sample, 1)
}

func TestTooManySampleTypes(t *testing.T) {
	r := newRequest(t)
	for i := range maxSampleTypes + 1 {
		r.profile(nil, fmt.Sprint("type", i), "count")
	}
	got, err := Join(r.pd)
	require.ErrorIs(t, err, ErrTooLarge)
	assert.Len(t, got.SampleType, maxSampleTypes)
}

func FuzzToOTLP(f *testing.F) {
	for name, data := range realProfiles(f) {
		if p, err := Parse(data, 1<<20); err == nil && len(data) < 50_000 && !strings.HasPrefix(name, "own/") {
			var b bytes.Buffer
			require.NoError(f, p.WriteUncompressed(&b))
			f.Add(b.Bytes())
		}
	}
	var b bytes.Buffer
	require.NoError(f, full().WriteUncompressed(&b))
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := Parse(data, 1<<20)
		if err != nil || len(p.SampleType) == 0 || len(p.SampleType) > maxSampleTypes {
			t.Skip()
		}
		p.Comments = slices.DeleteFunc(p.Comments, func(c string) bool { return c == "" })
		if len(p.Comments) == 0 {
			p.Comments = nil
		}
		pd := otlp(t, p)
		got, err := Join(pd)
		require.NoError(t, err)
		if want := meaning(p); !unkept(p) {
			require.Equal(t, want, meaning(got.Profile))
		}
		again := otlp(t, got.Profile)
		_, err = Join(again)
		require.NoError(t, err)
	})
}

// unkept tells whether a profile has labels that OTLP cannot keep: with different units for the values of one key,
// or without a key.
func unkept(p *profile.Profile) bool {
	for _, s := range p.Sample {
		for key, units := range s.NumUnit {
			for _, u := range units {
				if u != units[0] || u == "" || key == "" {
					return true
				}
			}
		}
		if s.Label[""] != nil || s.NumLabel[""] != nil {
			return true
		}
	}
	return false
}
