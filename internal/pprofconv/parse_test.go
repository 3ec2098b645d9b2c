package pprofconv

import (
	"bytes"
	"compress/gzip"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParse(t *testing.T) {
	var plain, zipped bytes.Buffer
	require.NoError(t, full().WriteUncompressed(&plain))
	require.NoError(t, full().Write(&zipped))
	enc, err := zstd.NewWriter(nil)
	require.NoError(t, err)
	both := enc.EncodeAll(zipped.Bytes(), nil)
	for name, data := range map[string][]byte{"plain": plain.Bytes(), "gzip": zipped.Bytes(), "zstd of gzip": both} {
		p, err := Parse(data, 1<<20)
		require.NoError(t, err, name)
		assert.Equal(t, meaning(full()), meaning(p), name)
		_, err = Parse(data, plain.Len()-1)
		require.ErrorIs(t, err, ErrTooManyBytes, name)
	}
	_, err = Parse(nil, 100)
	require.ErrorContains(t, err, "empty")
	_, err = Parse([]byte("no profile"), 100)
	require.ErrorContains(t, err, "unrecognized")
	_, err = Parse(zipped.Bytes()[:zipped.Len()/2], 1<<20)
	require.ErrorContains(t, err, "unexpected EOF")
}

func TestBombs(t *testing.T) {
	var b bytes.Buffer
	gz := gzip.NewWriter(&b)
	for range 8 {
		_, err := gz.Write(make([]byte, 1<<20))
		require.NoError(t, err)
	}
	require.NoError(t, gz.Close())
	_, err := Parse(b.Bytes(), 1<<20)
	require.ErrorIs(t, err, ErrTooManyBytes)

	// Samples without anything: 2 bytes on the wire, 200 in memory.
	_, err = Parse(bytes.Repeat([]byte{0x12, 0}, 500_000), 1<<20)
	require.ErrorIs(t, err, ErrTooManyParts)
}

func TestParseTexts(t *testing.T) {
	// gperftools: two of 2 MiB seen, at one sample in 512 KiB.
	p, err := Parse([]byte("heap profile: 2: 4194304 [2: 4194304] @ heap_v2/524288\n2: 4194304 [2: 4194304] @ 0x401105 0x401206\n"), 1000)
	require.NoError(t, err)
	assert.Len(t, p.Sample, 1)
	assert.Greater(t, p.Sample[0].Value[1], int64(4194304))

	p, err = Parse([]byte("heap_v2/524288\n t*: 2: 4194304 [0: 0]\n@ 0x401105\n t*: 2: 4194304 [0: 0]\n"), 1000)
	require.NoError(t, err)
	assert.Equal(t, []int64{2, 4272559}, p.Sample[0].Value)
}

// The texts are read by parsers that were written for files of one's own.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"heap profile: 2: 4194304 [2: 4194304] @ heap_v2/524288\n2: 4194304 [2: 4194304] @ 0x401105 0x401206\nMAPPED_LIBRARIES:\n00400000-00500000 r-xp 00000000 08:01 42 /usr/bin/app\n",
		"heap profile: 1: 8 [9: 99] @ heapprofile\n1: 8 [9: 99] @ 0x1\n",
		"heap_v2/524288\n t*: 2: 4194304 [0: 0]\n@ 0x401105\n t*: 2: 4194304 [0: 0]\n",
		"--- contention:\ncycles/second = 1000\nsampling period = 1\n100 2 @ 0x1 0x2\n",
		"--- threadz 1 ---\n--- Thread 7f (name: x/1) stack: ---\n  PC: 0x1 f\n",
		"goroutine profile: total 2\n2 @ 0x1 0x2\n#\t0x1\tmain.main+0x1\t/x.go:1\n",
		"--- heapz 1 ---\nheap profile: 1: 1 [1: 1] @ java\n1: 1 [1: 1] @ 0x1\n0x1 f (x.java:1)\n",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := Parse(data, 1<<16)
		if err != nil {
			require.Nil(t, p)
			return
		}
		require.NoError(t, p.CheckValid())
	})
}
