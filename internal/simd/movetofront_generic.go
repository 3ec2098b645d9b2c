package simd

func moveToFrontGeneric(list []uint32, v uint32) int {
	carry := v
	for i, was := range list {
		list[i] = carry
		if was == v {
			return i
		}
		carry = was
	}
	return len(list)
}
