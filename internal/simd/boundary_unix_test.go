//go:build unix

package simd

import (
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// guarded returns n words that end where a page begins which nobody may touch: one read or write beyond is a fault.
func guarded(t *testing.T, n int) []uint64 {
	page := unix.Getpagesize()
	size := (n*8 + page - 1) / page * page
	mem, err := unix.Mmap(-1, 0, size+page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, unix.Munmap(mem)) })
	require.NoError(t, unix.Mprotect(mem[size:], unix.PROT_NONE))
	if n == 0 {
		return nil
	}
	return unsafe.Slice((*uint64)(unsafe.Pointer(&mem[size-n*8])), n)
}

func TestHashIDsStaysInsideItsColumns(t *testing.T) {
	eachForm(t, func(t *testing.T) {
		seed := NewSeed()
		rnd := rand.New(rand.NewPCG(7, 8))
		for n := range 40 {
			cols := columns{guarded(t, n), guarded(t, n), guarded(t, n), guarded(t, n)}
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
