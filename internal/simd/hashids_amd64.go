//go:build !purego

package simd

// hashIDsBlock is the number of pairs the kernel takes at once.
const hashIDsBlock = 8

func hashIDs(dst, first, last, span []uint64, seed *Seed) {
	n := len(dst)
	if !useAVX2 || n < hashIDsMin {
		hashIDsGeneric(dst, first, last, span, seed)
		return
	}
	whole := n &^ (hashIDsBlock - 1)
	hashIDsAVX2(&dst[0], &first[0], &last[0], &span[0], &seed.key[0], whole)
	hashIDsGeneric(dst[whole:], first[whole:], last[whole:], span[whole:], seed)
}
