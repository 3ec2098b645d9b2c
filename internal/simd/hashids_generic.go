package simd

// hashIDsPrime is odd, has 32 bits and spreads them well (2^32 divided by the golden ratio, next prime).
const hashIDsPrime = 0x9E3779B1

func hashIDsGeneric(dst, first, last, span []uint64, seed *Seed) {
	k0, k1, k2 := seed.key[0], seed.key[1], seed.key[2]
	first, last, span = first[:len(dst)], last[:len(dst)], span[:len(dst)]
	for i := range dst {
		dst[i] = hashID(first[i]^k0, last[i]^k1, span[i]^k2)
	}
}

func hashID(a, b, c uint64) uint64 {
	h := uint64(uint32(a))*uint64(uint32(b)) + (a>>32)*(b>>32) + uint64(uint32(c))*(c>>32)
	return (h ^ h>>29) * hashIDsPrime
}
