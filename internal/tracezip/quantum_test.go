package tracezip

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestPowers(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for i := range powers {
		p := &powers[i]
		if want := uint64(math.Pow10(i)); p.n != want {
			t.Fatalf("power %d is %d", i, p.n)
		}
		check := func(v uint64) {
			t.Helper()
			if got := p.quotient(v); got != v/p.n {
				t.Errorf("%d / %d = %d", v, p.n, got)
			}
			if p.divides(v) != (v%p.n == 0) {
				t.Errorf("%d %% %d == 0: %v", v, p.n, p.divides(v))
			}
			for _, s := range []int64{int64(v), -int64(v)} {
				s -= s % int64(p.n)
				if got := p.exact(s); got != s/int64(p.n) {
					t.Errorf("%d / %d = %d", s, p.n, got)
				}
			}
		}
		for _, v := range []uint64{0, 1, math.MaxInt64, 1 << 63, math.MaxUint64} {
			for d := range uint64(40) {
				check(v + d)
				check(v - d)
			}
			multiple := v / p.n * p.n
			check(multiple)
			check(multiple - 1)
			check(multiple + 1)
		}
		for range 100000 {
			v := r.Uint64() >> r.IntN(64)
			check(v)
			check(v / p.n * p.n)
			check(v/p.n*p.n - 1)
		}
	}
}
