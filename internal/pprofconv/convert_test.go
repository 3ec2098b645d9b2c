package pprofconv

import (
	"bytes"
	"errors"
	"math"
	"testing"

	"github.com/google/pprof/profile"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pprofile"
)

// shop is a request of two processes of one service, with everything that has a place in pprof.
func shop(t *testing.T) *request {
	r := newRequest(t)
	id := r.attr("process.executable.build_id.gnu", "abcdef", "")
	other := r.attr("process.executable.build_id.htlhash", "123456", "")
	m := r.mapping("/usr/bin/shop", 0x1000, 0x9000, other, id)
	libc := r.mapping("/lib/libc.so", 0xa000, 0xb000)
	mainFn, inl, leaf := r.function("main", "", "main.c"), r.function("inlined", "", "main.c"), r.function("", "_Z4leafv", "leaf.cc")
	root := r.location(m, 0x1100, inl, mainFn)
	top := r.location(m, 0x1200, leaf)
	bare := r.location(libc, 0xa010)
	stack, short := r.stack(top, root), r.stack(bare, root)
	link := r.link(pcommon.TraceID{1, 2}, pcommon.SpanID{3, 4})

	p := r.profile(map[string]any{"service.name": "shop", "process.pid": int64(7)}, "samples", "count")
	s := r.sample(p, stack, 2, 3)
	s.SetLinkIndex(link)
	s.AttributeIndices().Append(r.attr("thread.name", "worker", ""), r.attr("allocation", int64(64), "bytes"), r.attr("ratio", 1.5, "s"), r.attr("flag", true, ""))
	s = r.sample(p, short)
	s.TimestampsUnixNano().Append(5, 6, 7)

	p = r.profile(map[string]any{"service.name": "shop", "process.pid": int64(8)}, "samples", "count")
	p.SetTime(10_000_000_000)
	r.sample(p, stack, 11)
	p = r.profile(map[string]any{"service.name": "shop", "process.pid": int64(8)}, "growth", "bytes")
	r.sample(p, short, 4096)
	r.sample(r.profile(map[string]any{"process.executable.name": "cron"}, "", ""), 0, 1)
	return r
}

func TestFromOTLP(t *testing.T) {
	r := shop(t)
	r.pd.MarkReadOnly()
	got, err := FromOTLP(r.pd)
	require.NoError(t, err)
	require.Len(t, got, 3)

	type head struct {
		service, kind, unit string
		samples             int
	}
	for i, want := range []head{{"shop", "samples", "count", 3}, {"shop", "growth", "bytes", 1}, {"cron", "samples", "count", 1}} {
		assert.Equal(t, want, head{got[i].Service, got[i].Type, got[i].Unit, got[i].Samples})
	}

	p := throughFile(t, got[0].Pprof)
	assert.Equal(t, int64(1_000_000_000), p.TimeNanos)
	assert.Equal(t, int64(24_000_000_000), p.DurationNanos, "from the first start to the last end, not the sum")
	assert.Equal(t, "cpu", p.PeriodType.Type)
	assert.Equal(t, "nanoseconds", p.PeriodType.Unit)
	assert.Equal(t, int64(52631578), p.Period)
	assert.Equal(t, []string{"service.name=shop"}, p.Comments)
	require.Len(t, p.Sample, 3)

	s := p.Sample[0]
	assert.Equal(t, []int64{5}, s.Value)
	assert.Equal(t, map[string][]string{
		"trace_id": {"01020000000000000000000000000000"}, "span_id": {"0304000000000000"},
		"thread.name": {"worker"}, "ratio": {"1.5s"}, "flag": {"true"},
	}, s.Label)
	assert.Equal(t, map[string][]int64{"allocation": {64}, "process.pid": {7}}, s.NumLabel)
	assert.Equal(t, []string{"bytes"}, s.NumUnit["allocation"])
	require.Len(t, s.Location, 2)
	assert.Equal(t, "_Z4leafv", s.Location[0].Line[0].Function.Name, "the system name stands in")
	assert.Equal(t, "leaf.cc", s.Location[0].Line[0].Function.Filename)
	assert.Equal(t, uint64(0x1200), s.Location[0].Address)
	inlined := s.Location[1].Line
	require.Len(t, inlined, 2)
	assert.Equal(t, "inlined", inlined[0].Function.Name)
	assert.Equal(t, "main", inlined[1].Function.Name)
	assert.Equal(t, int64(11), inlined[1].Line)

	m := s.Location[0].Mapping
	assert.Equal(t, "/usr/bin/shop", m.File)
	assert.Equal(t, "abcdef", m.BuildID)
	assert.Equal(t, [3]uint64{0x1000, 0x9000, 0}, [3]uint64{m.Start, m.Limit, m.Offset})
	assert.True(t, m.HasFunctions && m.HasFilenames && m.HasLineNumbers && m.HasInlineFrames)

	assert.Equal(t, []int64{3}, p.Sample[1].Value, "one for each time")
	bare := p.Sample[1].Location[0]
	assert.Empty(t, bare.Line)
	assert.False(t, bare.Mapping.HasFunctions)
	assert.Equal(t, []int64{11}, p.Sample[2].Value)
	assert.Equal(t, []int64{8}, p.Sample[2].NumLabel["process.pid"])
}

func throughFile(t *testing.T, p *profile.Profile) *profile.Profile {
	t.Helper()
	var buf bytes.Buffer
	require.NoError(t, p.Write(&buf))
	p, err := profile.Parse(&buf)
	require.NoError(t, err)
	return p
}

func TestRefused(t *testing.T) {
	f := func(name, want string, damage func(r *request, p pprofile.Profile)) {
		t.Run(name, func(t *testing.T) {
			r := newRequest(t)
			bad := r.profile(map[string]any{"service.name": "bad"}, "samples", "count")
			damage(r, bad)
			good := r.profile(map[string]any{"service.name": "good"}, "samples", "count")
			r.sample(good, 0, 1)
			got, err := FromOTLP(r.pd)
			require.ErrorContains(t, err, want)
			require.ErrorContains(t, err, "resource 0, scope 0, profile 0: ")
			require.Len(t, got, 1)
			assert.Equal(t, "good", got[0].Service)
		})
	}
	f("stack", "sample 0: stack_table has no index 9", func(r *request, p pprofile.Profile) { r.sample(p, 9, 1) })
	f("negative", "stack_table has no index -1, its length is 1", func(r *request, p pprofile.Profile) { r.sample(p, -1, 1) })
	f("location", "stack 1: location_table has no index 9", func(r *request, p pprofile.Profile) { r.sample(p, r.stack(9), 1) })
	f("mapping", "location 1: mapping_table has no index 9", func(r *request, p pprofile.Profile) { r.sample(p, r.stack(r.location(9, 1)), 1) })
	f("function", "location 1: function_table has no index 9", func(r *request, p pprofile.Profile) { r.sample(p, r.stack(r.location(0, 1, 9)), 1) })
	f("function name", "function 1: string_table has no index 99", func(r *request, p pprofile.Profile) {
		fn := r.function("f", "", "")
		r.pd.Dictionary().FunctionTable().At(int(fn)).SetNameStrindex(99)
		r.sample(p, r.stack(r.location(0, 1, fn)), 1)
	})
	f("mapping name", "mapping 1: string_table has no index 99", func(r *request, p pprofile.Profile) {
		m := r.mapping("m", 0, 0)
		r.pd.Dictionary().MappingTable().At(int(m)).SetFilenameStrindex(99)
		r.sample(p, r.stack(r.location(m, 1)), 1)
	})
	f("mapping attribute", "mapping 1: attribute: attribute_table has no index 99", func(r *request, p pprofile.Profile) {
		r.sample(p, r.stack(r.location(r.mapping("m", 0, 0, 99), 1)), 1)
	})
	f("attribute", "sample 0: attribute: attribute_table has no index 9", func(r *request, p pprofile.Profile) {
		r.sample(p, 0, 1).AttributeIndices().Append(9)
	})
	f("attribute key", "attribute: string_table has no index 99", func(r *request, p pprofile.Profile) {
		a := r.attr("k", "v", "")
		r.pd.Dictionary().AttributeTable().At(int(a)).SetKeyStrindex(99)
		r.sample(p, 0, 1).AttributeIndices().Append(a)
	})
	f("link", "link: link_table has no index 9", func(r *request, p pprofile.Profile) { r.sample(p, 0, 1).SetLinkIndex(9) })
	f("sample type", "sample type: string_table has no index 99", func(_ *request, p pprofile.Profile) { p.SampleType().SetTypeStrindex(99) })
	f("period type", "period type's unit: string_table has no index 99", func(_ *request, p pprofile.Profile) { p.PeriodType().SetUnitStrindex(99) })
	f("timestamps", "sample 0: 2 values for 1 timestamps", func(r *request, p pprofile.Profile) {
		r.sample(p, 0, 1, 2).TimestampsUnixNano().Append(1)
	})
}

func TestRefusedOfKnownGroupAddsNothing(t *testing.T) {
	r := newRequest(t)
	res := map[string]any{"service.name": "shop"}
	r.sample(r.profile(res, "samples", "count"), 0, 1)
	bad := r.profile(res, "samples", "count")
	r.sample(bad, 0, 100)
	r.sample(bad, 7, 100)
	got, err := FromOTLP(r.pd)
	var index *IndexError
	require.ErrorAs(t, err, &index)
	assert.Equal(t, IndexError{Table: "stack_table", Index: 7, Len: 1}, *index)
	require.Len(t, got, 1)
	assert.Equal(t, 1, got[0].Samples)
	assert.Len(t, got[0].Pprof.Sample, 1)
}

// A small request: one stack of 20 000 frames, named 2000 times, would be 40 million frames in pprof.
func TestExpansionIsBounded(t *testing.T) {
	r := newRequest(t)
	l := r.location(0, 1)
	frames := make([]int32, 20_000)
	for i := range frames {
		frames[i] = l
	}
	stack := r.stack(frames...)
	p := r.profile(map[string]any{"service.name": "bomb"}, "samples", "count")
	for range 2000 {
		r.sample(p, stack, 1)
	}
	got, err := FromOTLP(r.pd)
	require.ErrorIs(t, err, ErrTooLarge)
	assert.Empty(t, got)
}

func TestManyErrorsAreSummarised(t *testing.T) {
	r := newRequest(t)
	for range 100 {
		r.sample(r.profile(nil, "samples", "count"), 5, 1)
	}
	_, err := FromOTLP(r.pd)
	require.ErrorContains(t, err, "and 92 more refused")
	var joined interface{ Unwrap() []error }
	require.True(t, errors.As(err, &joined))
	assert.Len(t, joined.Unwrap(), maxErrors+1)
}

func TestServiceName(t *testing.T) {
	f := func(want string, attrs map[string]any) {
		t.Helper()
		res := pcommon.NewResource()
		require.NoError(t, res.Attributes().FromRaw(attrs))
		assert.Equal(t, want, service(res))
	}
	f("shop", map[string]any{"process.executable.name": "java", "service.name": "shop"})
	f("java", map[string]any{"process.executable.name": "java", "service.name": ""})
	f("42", map[string]any{"service.name": int64(42)})
	f("unknown_service", nil)
}

func TestSaturation(t *testing.T) {
	assert.Equal(t, int64(math.MaxInt64), addSaturated(math.MaxInt64, 1))
	assert.Equal(t, int64(math.MinInt64), addSaturated(math.MinInt64, -1))
	assert.Equal(t, int64(math.MinInt64), addSaturated(math.MinInt64, math.MinInt64))
	assert.Equal(t, int64(-1), addSaturated(math.MaxInt64, math.MinInt64))
	assert.Equal(t, int64(3), addSaturated(1, 2))
}

func TestMerge(t *testing.T) {
	a, err := FromOTLP(shop(t).pd)
	require.NoError(t, err)
	b, err := FromOTLP(shop(t).pd)
	require.NoError(t, err)

	// The first has no names yet: what the second knows must count.
	for _, m := range a[0].Pprof.Mapping {
		m.HasFunctions, m.HasFilenames = false, false
	}
	b[0].Pprof.TimeNanos += 30_000_000_000
	m, err := Merge(a[0].Pprof, b[0].Pprof)
	require.NoError(t, err)
	assert.Equal(t, int64(1_000_000_000), m.TimeNanos)
	assert.Equal(t, int64(54_000_000_000), m.DurationNanos)
	assert.Len(t, m.Sample, 3)
	assert.Equal(t, []int64{10}, m.Sample[0].Value)
	assert.True(t, m.Mapping[0].HasFunctions)

	_, err = Merge(a[0].Pprof, a[1].Pprof)
	require.ErrorContains(t, err, "incompatible")
}

// Of values of the moment the last of each instance counts.
func TestReplace(t *testing.T) {
	memory := func(values map[int64]int64) *profile.Profile {
		r := newRequest(t)
		stack := r.stack(r.location(0, 1, r.function("f", "", "")))
		for pid, v := range values {
			r.sample(r.profile(map[string]any{"service.name": "shop", "process.pid": pid}, "inuse_space", "bytes"), stack, v)
		}
		got, err := FromOTLP(r.pd)
		require.NoError(t, err)
		require.Len(t, got, 1)
		return got[0].Pprof
	}
	before := memory(map[int64]int64{7: 100, 8: 10})
	p, err := Replace(before, memory(map[int64]int64{7: 120, 9: 1}))
	require.NoError(t, err)
	got := map[int64]int64{}
	for _, s := range p.Sample {
		got[s.NumLabel["process.pid"][0]] = s.Value[0]
	}
	assert.Equal(t, map[int64]int64{7: 120, 8: 10, 9: 1}, got)
	assert.Len(t, before.Sample, 2)

	for name, want := range map[string]bool{"inuse_space": true, "goroutine": true, "alloc_space": false, "cpu": false, "samples": false, "growth": false} {
		assert.Equal(t, want, OfTheMoment(name), name)
	}
}

func FuzzFromOTLP(f *testing.F) {
	marshaler := pprofile.ProtoMarshaler{}
	seed := func(build func(t *testing.T) *request) {
		data, err := marshaler.MarshalProfiles(build(&testing.T{}).pd)
		require.NoError(f, err)
		f.Add(data)
	}
	seed(shop)
	seed(newRequest)
	f.Fuzz(func(t *testing.T, data []byte) {
		unmarshaler := pprofile.ProtoUnmarshaler{}
		pd, err := unmarshaler.UnmarshalProfiles(data)
		if err != nil {
			t.Skip()
		}
		pd.MarkReadOnly()
		got, _ := FromOTLP(pd)
		for _, p := range got {
			require.NoError(t, p.Pprof.CheckValid())
			again := throughFile(t, p.Pprof)
			_, err := Merge(p.Pprof, again)
			require.NoError(t, err)
		}
		parts, _ := Split(pd)
		if one, _ := Join(pd); one != nil {
			parts = append(parts, one.Profile)
		}
		for _, p := range parts {
			require.NoError(t, p.CheckValid())
			back, err := Join(otlp(t, p))
			require.NoError(t, err)
			require.Len(t, back.SampleType, len(p.SampleType))
		}
	})
}
