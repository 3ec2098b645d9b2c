//go:build unix

package simd

import (
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// guarded returns n items that end where a page begins which nobody may touch: one read or write beyond is a fault.
func guarded[T any](t *testing.T, n int) []T {
	page := unix.Getpagesize()
	bytes := n * int(unsafe.Sizeof(*new(T)))
	size := (bytes + page - 1) / page * page
	mem, err := unix.Mmap(-1, 0, size+page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, unix.Munmap(mem)) })
	require.NoError(t, unix.Mprotect(mem[size:], unix.PROT_NONE))
	if n == 0 {
		return nil
	}
	return unsafe.Slice((*T)(unsafe.Pointer(&mem[size-bytes])), n)
}

func TestHashIDsStaysInsideItsColumns(t *testing.T) {
	eachForm(t, func(t *testing.T) {
		seed := NewSeed()
		rnd := rand.New(rand.NewPCG(7, 8))
		for n := range 40 {
			cols := columns{guarded[uint64](t, n), guarded[uint64](t, n), guarded[uint64](t, n), guarded[uint64](t, n)}
			for _, c := range [][]uint64{cols.first, cols.last, cols.span} {
				copy(c, column(rnd, n))
			}
			HashIDs(cols.dst, cols.first, cols.last, cols.span, &seed)
			want := make([]uint64, n)
			hashIDsGeneric(want, cols.first, cols.last, cols.span, &seed)
			require.ElementsMatch(t, want, cols.dst, "n = %d", n)
		}
	})
}

func TestMoveToFrontStaysInsideItsList(t *testing.T) {
	eachForm(t, func(t *testing.T) {
		list := (*[64]uint32)(guarded[uint32](t, 64))
		for v := range uint32(100) {
			MoveToFront(list, v)
			MoveToFront(list, v/2)
		}
		require.EqualValues(t, 49, list[0])
	})
}
