//go:build !amd64 || purego

package simd

func hashIDs(dst, first, last, span []uint64, seed *Seed) {
	hashIDsGeneric(dst, first, last, span, seed)
}
