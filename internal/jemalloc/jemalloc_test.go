package jemalloc

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"github.com/google/pprof/profile"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const dump = `heap_v2/524288
  t*: 4: 1048640 [9: 2097280]
  t0: 3: 1048576 [8: 2097152]
  t3: 1: 64 [1: 128]
@ 0x401105 0x7f0000001205 0x7fffffffffffffff
  t*: 2: 1048576 [4: 2097152]
  t0: 2: 1048576 [4: 2097152]
@ 0x401105 0x401206
  t*: 1: 64 [1: 128]
  t3: 1: 64 [1: 128]
@ 0x401306
  t*: 0: 0 [0: 0]

MAPPED_LIBRARIES:
00400000-00500000 r-xp 00000000 08:01 42       /usr/bin/app
7f0000000000-7f0000100000 r-xp 00001000 08:01 43 /usr/lib/libx.so.1
`

func TestParse(t *testing.T) {
	p, err := Parse([]byte(dump))
	require.NoError(t, err)
	var types []string
	for _, v := range p.SampleType {
		types = append(types, v.Type+"/"+v.Unit)
	}
	assert.Equal(t, []string{"alloc_objects/count", "alloc_space/bytes", "inuse_objects/count", "inuse_space/bytes"}, types)
	assert.Equal(t, int64(524288), p.Period)
	require.Len(t, p.Sample, 3)
	// 524288 bytes an object at a rate of 524288: 1/(1-1/e) = 1.582.
	assert.Equal(t, []int64{6, 3317646, 3, 1658823}, p.Sample[0].Value)
	// 64 bytes: one in 8192.5 is sampled, and one of 128 in 4096.5.
	assert.Equal(t, []int64{4097, 524352, 8193, 524320}, p.Sample[1].Value)
	assert.Equal(t, []int64{0, 0, 0, 0}, p.Sample[2].Value)

	leaf, lib, nowhere := p.Sample[0].Location[0], p.Sample[0].Location[1], p.Sample[0].Location[2]
	assert.Equal(t, uint64(0x401104), leaf.Address)
	assert.Equal(t, "/usr/bin/app", leaf.Mapping.File)
	assert.Equal(t, "/usr/lib/libx.so.1", lib.Mapping.File)
	assert.Nil(t, nowhere.Mapping)
	assert.Same(t, leaf, p.Sample[1].Location[0])

	var b bytes.Buffer
	require.NoError(t, p.Write(&b))
	_, err = profile.Parse(&b)
	require.NoError(t, err)
}

func TestWithoutAccumulation(t *testing.T) {
	p, err := Parse([]byte("heap_v2/1\n  t*: 3: 30 [0: 0]\n@ 0x10\n  t*: 3: 30 [0: 0]\n"))
	require.NoError(t, err)
	require.Len(t, p.SampleType, 2)
	assert.Equal(t, []int64{3, 30}, p.Sample[0].Value)
}

func TestMalformed(t *testing.T) {
	f := func(want, data string) {
		t.Helper()
		_, err := Parse([]byte(data))
		require.ErrorContains(t, err, want)
	}
	f("not a heap profile", "heap profile: 1: 2 [3: 4] @ heap_v2/1")
	f("not a heap profile", "")
	f("line 1: ", "heap_v2/x")
	f("the rate is not positive", "heap_v2/0")
	f(`line 3: there is no "["`, "heap_v2/1\n@ 0x1\n  t*: 3: 30\n")
	f("line 3: a negative count", "heap_v2/1\n@ 0x1\n  t*: -3: 30 [0: 0]\n")
	f(`line 2: strconv.ParseUint: parsing "0y1"`, "heap_v2/1\n@ 0y1\n")
	f("line 4: a second total", "heap_v2/1\n@ 0x1\n t*: 1: 1 [0: 0]\n t*: 1: 1 [0: 0]\n")
	f("line 2: neither a stack nor counts", "heap_v2/1\nhello\n")
	f("mapped libraries: ", "heap_v2/1\nMAPPED_LIBRARIES:\n"+strings.Repeat("y", 1<<17)+"\n")
}

func TestUnsample(t *testing.T) {
	n, size := unsample(1, math.MaxInt64, 1)
	assert.Equal(t, [2]int64{1, math.MaxInt64}, [2]int64{n, size})
	n, size = unsample(math.MaxInt64, 1, math.MaxInt64)
	assert.Equal(t, [2]int64{math.MaxInt64, math.MaxInt64}, [2]int64{n, size})
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(dump))
	f.Add([]byte("heap_v2/1\n  t*: 3: 30 [0: 0]\n@ 0x10\n  t*: 3: 30 [0: 0]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := Parse(data)
		if err != nil {
			t.Skip()
		}
		for _, s := range p.Sample {
			for _, v := range s.Value {
				require.GreaterOrEqual(t, v, int64(0))
			}
		}
		var b bytes.Buffer
		require.NoError(t, p.WriteUncompressed(&b))
		_, err = profile.ParseData(b.Bytes())
		require.NoError(t, err)
	})
}
