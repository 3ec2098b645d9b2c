package simd

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestHashIDsKnownAnswers(t *testing.T) {
	ones := Seed{key: [3]uint64{1<<32 | 1, 1<<32 | 1, 1<<32 | 1}}
	var asc [24]byte
	for i := range asc {
		asc[i] = byte(i)
	}
	ascending := seedFrom(asc)
	type row struct {
		seed              Seed
		first, last, span uint64
		want              uint64
	}
	rows := []row{
		{ones, 0, 0, 0, 3 * 0x9E3779B1},
		// a = 3<<32|2, b = 5<<32|4, c = 7<<32|6: 2*4 + 3*5 + 6*7 = 65.
		{ones, 3<<32 | 2 ^ ones.key[0], 5<<32 | 4 ^ ones.key[1], 7<<32 | 6 ^ ones.key[2], 65 * 0x9E3779B1},
		// Everything at its largest: 3*(2^32-1)^2 wraps modulo 2^64.
		{ones, ^ones.key[0], ^ones.key[1], ^ones.key[2], 0xC3910C82303F9BE3},
		{ascending, 0x0123456789abcdef, 0xfedcba9876543210, 0x0f1e2d3c4b5a6978, 0x91CDCA2B901447F1},
	}
	eachForm(t, func(t *testing.T) {
		for i, r := range rows {
			// 17 copies, so that the kernel's blocks and the rest after them both answer.
			n := 17
			dst := make([]uint64, n)
			HashIDs(dst, fill(n, r.first), fill(n, r.last), fill(n, r.span), &r.seed)
			for _, got := range dst {
				assert.Equal(t, r.want, got, "row %d: got %#x", i, got)
			}
		}
	})
}

func fill(n int, v uint64) []uint64 { return slices.Repeat([]uint64{v}, n) }

func TestHashIDsEveryLength(t *testing.T) {
	eachForm(t, func(t *testing.T) {
		rnd := rand.New(rand.NewPCG(1, 2))
		seed := NewSeed()
		for n := range 200 {
			first, last, span := column(rnd, n), column(rnd, n), column(rnd, n)
			want := make([]uint64, n)
			hashIDsGeneric(want, first, last, span, &seed)
			const canary = 0xDEAD_BEEF_0BAD_CAFE
			got := fill(n+16, canary)
			HashIDs(got[:n:n], first, last, span, &seed)
			require.Equal(t, want, got[:n:n], "n = %d", n)
			require.Equal(t, fill(16, canary), got[n:], "written beyond the end, n = %d", n)
		}
	})
}

func column(rnd *rand.Rand, n int) []uint64 {
	c := make([]uint64, n)
	for i := range c {
		c[i] = rnd.Uint64()
	}
	return c
}

func TestHashIDsRefusesUnequalColumns(t *testing.T) {
	seed := NewSeed()
	f := func(dst, first, last, span int) {
		assert.Panics(t, func() {
			HashIDs(make([]uint64, dst), make([]uint64, first), make([]uint64, last), make([]uint64, span), &seed)
		}, "%d %d %d %d", dst, first, last, span)
	}
	f(1, 2, 2, 2)
	f(2, 1, 2, 2)
	f(2, 2, 1, 2)
	f(2, 2, 2, 3)
	assert.NotPanics(t, func() { HashIDs(nil, nil, nil, nil, &seed) })
}

func TestHashIDsDoesNotAllocate(t *testing.T) {
	eachForm(t, func(t *testing.T) {
		seed := NewSeed()
		cols := newColumns(100)
		assert.Zero(t, testing.AllocsPerRun(100, func() { HashIDs(cols.dst, cols.first, cols.last, cols.span, &seed) }))
	})
}

// Ids as they occur: the hash has to spread each of these patterns over a table by its high bits, without equal hashes.
func TestHashIDsSpreads(t *testing.T) {
	const n = 1 << 16
	rnd := rand.New(rand.NewPCG(3, 4))
	patterns := map[string]func(i uint64) (first, last, span uint64){
		"random":                   func(uint64) (uint64, uint64, uint64) { return rnd.Uint64(), rnd.Uint64(), rnd.Uint64() },
		"one trace":                func(uint64) (uint64, uint64, uint64) { return 7, 9, rnd.Uint64() },
		"one trace, spans counted": func(i uint64) (uint64, uint64, uint64) { return 7, 9, i },
		"counted, big endian":      func(i uint64) (uint64, uint64, uint64) { return 0, 0, bits.ReverseBytes64(i) },
		"64-bit trace ids":         func(uint64) (uint64, uint64, uint64) { r := rnd.Uint64(); return 0, r, r },
		"traces counted":           func(i uint64) (uint64, uint64, uint64) { return 0, i, 1 },
		"first half counted":       func(i uint64) (uint64, uint64, uint64) { return i, 0, 0 },
		"all the same number":      func(i uint64) (uint64, uint64, uint64) { return i, i, i },
		"one bit set or two": func(i uint64) (uint64, uint64, uint64) {
			return 1 << (i % 64), 1 << (i / 64 % 64), i / 4096
		},
	}
	for name, pattern := range patterns {
		t.Run(name, func(t *testing.T) {
			cols := newColumns(n)
			for i := range n {
				cols.first[i], cols.last[i], cols.span[i] = pattern(uint64(i))
			}
			seed := fixedSeed()
			HashIDs(cols.dst, cols.first, cols.last, cols.span, &seed)
			buckets := make([]int, 1<<12)
			for _, h := range cols.dst {
				buckets[h>>52]++
			}
			// 16 per bucket when random; six standard deviations are 24 more.
			assert.Less(t, slices.Max(buckets), 48, "fullest of %d buckets", len(buckets))
			slices.Sort(cols.dst)
			assert.Equal(t, n, len(slices.Compact(cols.dst)), "distinct hashes")
		})
	}
}

// fixedSeed is random looking, as the hash requires, and the same in every run.
func fixedSeed() Seed {
	rnd := rand.New(rand.NewPCG(9, 10))
	var key [24]byte
	for i := range key {
		key[i] = byte(rnd.Uint32())
	}
	return seedFrom(key)
}

func TestSeedsDiffer(t *testing.T) {
	assert.NotEqual(t, NewSeed(), NewSeed())
	zero := seedFrom([24]byte{})
	for _, k := range zero.key {
		assert.NotZero(t, uint32(k))
		assert.NotZero(t, k>>32)
	}
}

func FuzzHashIDs(f *testing.F) {
	f.Add([]byte("0123456789abcdefghijklmn"), slices.Repeat([]byte{0, 255, 128, 127, 1}, 200))
	f.Add([]byte{}, []byte{1})
	f.Fuzz(func(t *testing.T, key, ids []byte) {
		var k [24]byte
		copy(k[:], key)
		seed := seedFrom(k)
		n := len(ids) / 24
		cols := newColumns(n)
		for i := range n {
			cols.first[i] = binary.LittleEndian.Uint64(ids[i*24:])
			cols.last[i] = binary.LittleEndian.Uint64(ids[i*24+8:])
			cols.span[i] = binary.LittleEndian.Uint64(ids[i*24+16:])
		}
		want := make([]uint64, n)
		hashIDsGeneric(want, cols.first, cols.last, cols.span, &seed)
		HashIDs(cols.dst, cols.first, cols.last, cols.span, &seed)
		if !slices.Equal(want, cols.dst) {
			t.Fatalf("kernel %x, generic %x", cols.dst, want)
		}
	})
}

type columns struct{ dst, first, last, span []uint64 }

func newColumns(n int) columns {
	all := make([]uint64, 4*n)
	return columns{all[:n:n], all[n : 2*n : 2*n], all[2*n : 3*n : 3*n], all[3*n:]}
}

// go test -run '^$' -bench HashIDs -count 10 ./internal/simd
func BenchmarkHashIDs(b *testing.B) {
	seed := NewSeed()
	rnd := rand.New(rand.NewPCG(5, 6))
	for _, n := range []int{4, 8, 12, 16, 64, 256, 1000} {
		cols := columns{make([]uint64, n), column(rnd, n), column(rnd, n), column(rnd, n)}
		for _, form := range forms() {
			b.Run(fmt.Sprintf("%s/%d", form.name, n), func(b *testing.B) {
				form.use(b)
				for b.Loop() {
					HashIDs(cols.dst, cols.first, cols.last, cols.span, &seed)
				}
			})
		}
		b.Run(fmt.Sprintf("mum/%d", n), func(b *testing.B) {
			for b.Loop() {
				hashMum(cols.dst, cols.first, cols.last, cols.span, &seed)
			}
		})
	}
}

// hashMum is what the kernel has to beat: the fastest portable hash of three words known to us.
func hashMum(dst, first, last, span []uint64, seed *Seed) {
	k0, k1, k2 := seed.key[0], seed.key[1], seed.key[2]
	first, last, span = first[:len(dst)], last[:len(dst)], span[:len(dst)]
	for i := range dst {
		hi, lo := bits.Mul64(first[i]^k0, last[i]^k1)
		hi, lo = bits.Mul64(hi^lo^span[i], k2)
		dst[i] = hi ^ lo
	}
}
