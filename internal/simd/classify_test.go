package simd

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestClassifyKnownAnswers(t *testing.T) {
	for v, want := range map[int64]byte{
		0: 0, 1: 1, -1: 2, 2: 5, -2: 6, 3: 7, -3: 8, 4: 9, 1000: 39, -1000: 40,
		1<<52 - 1: 207, 1 << 52: 209, 1<<53 - 1: 211, -1 << 52: 210,
		math.MaxInt64: 251, -math.MaxInt64: 252, math.MinInt64: 253,
	} {
		eachForm(t, func(t *testing.T) {
			vals := fill(33, uint64(v))
			classes := make([]byte, 33)
			Classify(classes, vals)
			assert.Equal(t, slices.Repeat([]byte{want}, 33), classes, "%d", v)
			assert.Equal(t, fill(33, uint64(max(v, -v))), vals, "%d", v)
		})
	}
}

// numbers are of all sizes; one in large is above what the kernel takes.
func numbers(rnd *rand.Rand, n, large int) []uint64 {
	vals := make([]uint64, n)
	for i := range vals {
		vals[i] = uint64(int64(rnd.Uint64()) >> (12 + rnd.IntN(52)))
		if rnd.IntN(large) == 0 {
			vals[i] = rnd.Uint64() >> rnd.IntN(12)
		}
	}
	return vals
}

func TestClassifyEveryLength(t *testing.T) {
	eachForm(t, func(t *testing.T) {
		rnd := rand.New(rand.NewPCG(1, 2))
		for n := range 200 {
			for _, large := range []int{1, 5, 50, 1 << 30} {
				vals := append(numbers(rnd, n, large), fill(32, 0xDEAD_BEEF_0BAD_CAFE)...)
				classes := slices.Repeat([]byte{0xCA}, n+64)
				want, wantVals := slices.Clone(classes), slices.Clone(vals)
				classifyGeneric(want[:n], wantVals[:n])
				Classify(classes[:n:n], vals[:n:n])
				require.Equal(t, want, classes, "n = %d", n)
				require.Equal(t, wantVals, vals, "n = %d", n)
			}
		}
	})
}

func TestClassifyRefusesUnequalLengths(t *testing.T) {
	assert.Panics(t, func() { Classify(make([]byte, 1), make([]uint64, 2)) })
	assert.Panics(t, func() { Classify(make([]byte, 2), make([]uint64, 1)) })
	assert.NotPanics(t, func() { Classify(nil, nil) })
}

func TestClassifyDoesNotAllocate(t *testing.T) {
	eachForm(t, func(t *testing.T) {
		classes, vals := make([]byte, 100), make([]uint64, 100)
		assert.Zero(t, testing.AllocsPerRun(100, func() { Classify(classes, vals) }))
	})
}

func FuzzClassify(f *testing.F) {
	f.Add(slices.Repeat([]byte{0, 255, 128, 127, 1}, 100))
	f.Add(make([]byte, 16*8))
	f.Fuzz(func(t *testing.T, data []byte) {
		vals := make([]uint64, len(data)/8)
		for i := range vals {
			vals[i] = binary.LittleEndian.Uint64(data[8*i:])
		}
		want, wantVals := make([]byte, len(vals)), slices.Clone(vals)
		classifyGeneric(want, wantVals)
		classes := make([]byte, len(vals))
		Classify(classes, vals)
		if !slices.Equal(want, classes) || !slices.Equal(wantVals, vals) {
			t.Fatalf("kernel %x %x, generic %x %x", classes, vals, want, wantVals)
		}
	})
}

// go test -run '^$' -bench Classify -count 10 ./internal/simd
func BenchmarkClassify(b *testing.B) {
	rnd := rand.New(rand.NewPCG(3, 4))
	for _, n := range []int{16, 64, 100, 1000, 5000} {
		numbers := numbers(rnd, n, 1<<30)
		vals, classes := make([]uint64, n), make([]byte, n)
		for _, form := range forms() {
			b.Run(fmt.Sprintf("%s/%d", form.name, n), func(b *testing.B) {
				form.use(b)
				for b.Loop() {
					copy(vals, numbers)
					Classify(classes, vals)
				}
			})
		}
	}
}
