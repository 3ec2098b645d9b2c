package simd

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// movedToFront is the definition.
func movedToFront(list []uint32, v uint32) ([]uint32, int) {
	place := slices.Index(list, v)
	if place < 0 {
		return append([]uint32{v}, list[:len(list)-1]...), len(list)
	}
	return slices.Concat([]uint32{v}, list[:place], list[place+1:]), place
}

// TestMoveToFrontEveryPlace looks for every entry, for one that is not there, and for one that is there twice.
func TestMoveToFrontEveryPlace(t *testing.T) {
	eachForm(t, func(t *testing.T) {
		const canary = 0xDEAD_BEEF
		var guarded struct {
			list  [64]uint32
			after [16]uint32
		}
		for v := range uint32(66) {
			for i := range guarded.list {
				guarded.list[i] = uint32(i) + 1
			}
			guarded.list[63] = 5
			for i := range guarded.after {
				guarded.after[i] = canary
			}
			want, wantPlace := movedToFront(guarded.list[:], v)
			place := MoveToFront(&guarded.list, v)
			assert.Equal(t, wantPlace, place, "v = %d", v)
			assert.Equal(t, want, guarded.list[:], "v = %d", v)
			for _, c := range guarded.after {
				require.EqualValues(t, canary, c, "written beyond the end, v = %d", v)
			}
		}
	})
}

func TestMoveToFrontDoesNotAllocate(t *testing.T) {
	eachForm(t, func(t *testing.T) {
		var list [64]uint32
		v := uint32(0)
		assert.Zero(t, testing.AllocsPerRun(100, func() { v++; MoveToFront(&list, v%70) }))
	})
}

// FuzzMoveToFront replays a sequence of values on both forms.
func FuzzMoveToFront(f *testing.F) {
	f.Add([]byte{0, 1, 2, 1, 0, 255, 63, 64, 65})
	f.Fuzz(func(t *testing.T, values []byte) {
		var got, want [64]uint32
		for i, b := range values {
			v := uint32(b) * 0x01010101
			p, q := MoveToFront(&got, v), moveToFrontGeneric(want[:], v)
			if p != q || got != want {
				t.Fatalf("step %d: kernel %d %v, generic %d %v", i, p, got, q, want)
			}
		}
	})
}

// go test -run '^$' -bench MoveToFront -count 10 ./internal/simd
func BenchmarkMoveToFront(b *testing.B) {
	rnd := rand.New(rand.NewPCG(1, 2))
	patterns := map[string]func(i int) uint32{
		"new":     func(i int) uint32 { return uint32(i) + 100 },
		"near":    func(int) uint32 { return rnd.Uint32N(8) },
		"anyhow":  func(int) uint32 { return rnd.Uint32N(64) },
		"place63": func(i int) uint32 { return uint32(i % 64) },
	}
	for _, name := range []string{"new", "near", "anyhow", "place63"} {
		values := make([]uint32, 1<<14)
		for i := range values {
			values[i] = patterns[name](i)
		}
		for _, form := range forms() {
			b.Run(fmt.Sprintf("%s/%s", form.name, name), func(b *testing.B) {
				form.use(b)
				var list [64]uint32
				for i := 0; b.Loop(); i++ {
					MoveToFront(&list, values[i%len(values)])
				}
			})
		}
	}
}
