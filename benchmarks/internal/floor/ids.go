package floor

import "math"

// uniformity measures how many bits an id really has: two classes, those whose first half is zero and the rest, and for each
// byte of each class its entropy unless that is what uniform bytes would show in a sample of this size.
type uniformity struct {
	size   int
	counts map[bool]*[16][256]int
	n      map[bool]int
}

func newUniformity(size int) *uniformity {
	return &uniformity{size, map[bool]*[16][256]int{false: {}, true: {}}, map[bool]int{}}
}

func (u *uniformity) class(id []byte) bool {
	if u.size < 16 {
		return false
	}
	for _, b := range id[:u.size/2] {
		if b != 0 {
			return false
		}
	}
	return true
}

func (u *uniformity) add(id []byte) {
	c := u.class(id)
	u.n[c]++
	for i, b := range id {
		u.counts[c][i][b]++
	}
}

// bits is what an average id costs.
func (u *uniformity) bits() float64 {
	all := float64(u.n[false] + u.n[true])
	if all == 0 {
		return 0
	}
	var sum float64
	for class, counts := range u.counts {
		n := float64(u.n[class])
		if n == 0 {
			continue
		}
		sum += n / all * math.Log2(all/n)
		for i := range u.size {
			if class && i < u.size/2 {
				continue // the class says that these are zero
			}
			sum += n / all * byteEntropy(&counts[i], n)
		}
	}
	return sum
}

// byteEntropy corrects for the sample: n uniform bytes show about 255/(2n ln 2) bits too few. Too few bytes to tell, or no
// different from uniform, are 8 bits.
func byteEntropy(counts *[256]int, n float64) float64 {
	if n < 256 {
		return 8
	}
	var h float64
	for _, c := range counts {
		if c > 0 {
			h += float64(c) / n * math.Log2(n/float64(c))
		}
	}
	if bias := 255 / (2 * n * math.Ln2); h >= 8-3*bias-0.05 {
		return 8
	}
	return h
}
