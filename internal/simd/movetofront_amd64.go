//go:build !purego

package simd

func moveToFront(list *[64]uint32, v uint32) int {
	if !useAVX2 {
		return moveToFrontGeneric(list[:], v)
	}
	return moveToFrontAVX2(&list[0], v, len(list))
}
