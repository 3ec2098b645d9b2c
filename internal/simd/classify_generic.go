package simd

import "math/bits"

func classifyGeneric(classes []byte, vals []uint64) {
	for i := range classes {
		v := vals[i]
		sign := uint64(int64(v) >> 63)
		m := (v ^ sign) - sign
		n := bits.Len64(m)
		top := m << 1 >> ((n - 1) & 63) // the two leading bits, 0b10 for 1
		c := 4*n - 7 + 2*int(top) - int(int64(sign))
		if m == 0 {
			c = 0
		}
		if n == 64 {
			c = 253
		}
		classes[i], vals[i] = byte(c), m
	}
}
