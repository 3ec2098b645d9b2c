package simd

import (
	"crypto/rand"
	"encoding/binary"
)

// hashIDsMin is the batch from which the kernel is used: its smallest block, where it already wins (see HashIDs).
const hashIDsMin = 8

// Seed keys the hash. Everybody who knows the seed can choose ids that collide: take a new one for each table.
type Seed struct {
	// Read by the kernel as it lies: key[0..2] are mixed into the two halves of the trace id and the span id.
	key [3]uint64
}

// NewSeed returns a random seed.
func NewSeed() Seed {
	var b [24]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the process instead
	return seedFrom(b)
}

func seedFrom(b [24]byte) (s Seed) {
	for i := range s.key {
		// Both halves of a key odd: no half is zero, so no constant half of an id (such as the upper half of a 64-bit
		// trace id) can cancel what it is multiplied with.
		s.key[i] = binary.LittleEndian.Uint64(b[i*8:]) | 1<<32 | 1
	}
	return s
}

// HashIDs writes a 64-bit hash of every (trace id, span id) pair to dst. The ids come as three columns: the first and the
// last eight bytes of the trace ids, and the span ids, in any byte order the caller keeps to. All four slices have the same
// length; anything else panics.
//
// Take the high bits first: they depend on every bit of the ids. The hash is for tables in this process, under a seed that
// is not given away; it is no checksum and nothing to put on a wire.
//
// # The hash
//
// A multiplier of 32 by 32 bits is what AVX2 has (VPMULUDQ), so the hash is made of those, in the manner of NH and xxh3:
//
//	a, b, c = first ^ key[0], last ^ key[1], span ^ key[2]
//	h  = lo(a)*lo(b) + hi(a)*hi(b) + lo(c)*hi(c)     lo, hi: halves of 32 bits; sums modulo 2^64
//	h ^= h >> 29
//	h *= 0x9E3779B1
//
// With key = {1<<32|1, ...} in all three places the ids 0, 0, 0 give (1 + 1 + 1) * 0x9E3779B1 = 0x1DAA66D13.
//
// # What it gains
//
// ns for a batch, medians of 30 runs, AMD EPYC, 2 shared and busy vCPU, Go 1.26.8, November 2026:
//
//	pairs   AVX2   twin    mum
//	    4   16.2   16.0    8.8   (kernel not used)
//	    8   16.7   23.8   13.2
//	   16   18.7   42.8   24.0
//	   64   39.4    165   93.8
//	  256    117    635    384
//	 1000    435   2396   1464
//
//	go test -run '^$' -bench HashIDs -count 30 -benchtime 2ms ./internal/simd
//
// "mum" is the best portable hash known to us (two 64x64 to 128 multiplications per pair), which has no AVX2 form. On the caller's
// path, the dedup window of processor/tracezipprocessor at 1,000 spans a batch, the hashes cost 0.45 ns a span instead of
// 2.6 ns with the twin (BenchmarkPhases/ids there), of about 235 ns for everything: 5.7 times less for this step, but 1 % of
// the whole at best, which is below what BenchmarkConsume varies by (239 ns with AVX2, 238 ns without).
func HashIDs(dst, first, last, span []uint64, seed *Seed) {
	n := len(dst)
	if len(first) != n || len(last) != n || len(span) != n {
		panic("simd: HashIDs: columns of different lengths")
	}
	hashIDs(dst, first, last, span, seed)
}
