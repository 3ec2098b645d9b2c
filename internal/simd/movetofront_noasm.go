//go:build !amd64 || purego

package simd

func moveToFront(list *[64]uint32, v uint32) int { return moveToFrontGeneric(list[:], v) }
