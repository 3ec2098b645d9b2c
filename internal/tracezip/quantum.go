package tracezip

import "math/bits"

// quantum finds the largest power of ten up to 10^9 that divides all values.
type quantum struct{ less uint8 } // 9 minus the exponent, so that the zero value is the start

func (q *quantum) exponent() uint8 { return 9 - q.less }

func (q *quantum) power() *power { return &powers[9-q.less] }

func (q *quantum) add(v uint64) {
	for q.less < 9 && !q.power().divides(v) {
		q.less++
	}
}

// power is a power of ten by which times are divided. Each span needs several such divisions; the CPU's own instruction takes
// about 5 ns for one, a multiplication with a constant of the divisor 1 ns.
type power struct {
	n        uint64 // 10^exponent
	exponent uint8
	inverse  uint64 // of 5^exponent modulo 2^64
	limit    uint64 // of quotients
	factor   uint64 // 2^(64+shift) / 5^exponent, rounded up
	shift    uint8
}

var powers = func() (t [10]power) {
	n, odd := uint64(1), uint64(1)
	for i := range t {
		p := &t[i]
		p.n, p.exponent, p.limit = n, uint8(i), ^uint64(0)/n
		p.inverse = odd // right in its three low bits, and twice as many after every step
		for range 5 {
			p.inverse *= 2 - odd*p.inverse
		}
		if i > 0 {
			p.shift = uint8(bits.Len64(odd) - 1)
			p.factor, _ = bits.Div64(1<<p.shift, 0, odd)
			p.factor++
		}
		n, odd = n*10, odd*5
	}
	return t
}()

// divides reports whether v is a multiple: dividing a multiple by the odd part is multiplying with its inverse, and
// anything else gives a number above all quotients or with low bits that the rotation makes high ones.
func (p *power) divides(v uint64) bool {
	return bits.RotateLeft64(v*p.inverse, -int(p.exponent)) <= p.limit
}

// exact divides a multiple.
func (p *power) exact(v int64) int64 { return v >> (p.exponent & 63) * int64(p.inverse) }

// quotient divides any v, rounding down. With x = v / 2^exponent and d = 5^exponent, the factor f has
// f*d = 2^(64+shift) + e, 0 < e <= d < 2^(shift+1), so that x*f / 2^(64+shift) = x/d + x*e/(d * 2^(64+shift)); the error is
// less than 1/d because x < 2^(64-exponent), and cannot reach the next integer.
func (p *power) quotient(v uint64) uint64 {
	if p.exponent == 0 {
		return v
	}
	high, _ := bits.Mul64(v>>(p.exponent&63), p.factor)
	return high >> (p.shift & 63)
}
