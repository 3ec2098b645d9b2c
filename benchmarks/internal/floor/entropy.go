package floor

import (
	"math"
	"math/bits"
)

// bill is what each request owes, in bits.
type bill []float64

func (b bill) total() float64 {
	var sum float64
	for _, x := range b {
		sum += x
	}
	return sum
}

func (b bill) add(other bill) {
	for i, x := range other {
		b[i] += x
	}
}

// symbols is a column of categories under contexts: an occurrence costs the logarithm of how rare it is in its context,
// which sums up to the order-0 entropy.
type symbols struct {
	seen   []occurrence
	counts map[occurrence]int
	totals map[uint64]int // by context
}

type occurrence struct {
	request         int
	context, symbol uint64
}

func newSymbols() *symbols {
	return &symbols{counts: map[occurrence]int{}, totals: map[uint64]int{}}
}

func (s *symbols) add(request int, context, symbol uint64) {
	s.seen = append(s.seen, occurrence{request, context, symbol})
	s.counts[occurrence{context: context, symbol: symbol}]++
	s.totals[context]++
}

func (s *symbols) price(requests int) bill {
	b := make(bill, requests)
	for _, o := range s.seen {
		n := s.counts[occurrence{context: o.context, symbol: o.symbol}]
		b[o.request] += math.Log2(float64(s.totals[o.context]) / float64(n))
	}
	return b
}

// numbers is a column of integers: sign and bit length as categories, the bits below the leading one as they are.
type numbers struct {
	classes  *symbols
	mantissa map[int]float64 // by request, in bits
}

func newNumbers() *numbers { return &numbers{newSymbols(), map[int]float64{}} }

func (n *numbers) add(request int, context uint64, v int64) {
	magnitude, sign := uint64(v), uint64(0)
	if v < 0 {
		magnitude, sign = -magnitude, 1
	}
	length := bits.Len64(magnitude)
	n.classes.add(request, context, uint64(length)<<1|sign)
	n.mantissa[request] += float64(max(0, length-1))
}

func (n *numbers) price(requests int) bill {
	b := n.classes.price(requests)
	for r, m := range n.mantissa {
		b[r] += m
	}
	return b
}

// newValue is the category of whatever was not there before; what it is, is paid elsewhere.
const newValue = math.MaxUint64

// column is what one place (resource, scope, name, key) holds, priced in the cheaper of two ways: as categories, where a
// value not seen before costs its number or text, or all as numbers.
type column struct {
	categories *symbols
	firsts     *numbers // the numbers among values not seen before
	all        *numbers // nil where a value is no integer
	known      map[uint64]bool
}

func newColumn() *column {
	return &column{newSymbols(), newNumbers(), newNumbers(), map[uint64]bool{}}
}

// integer adds a number.
func (c *column) integer(request int, v int64) {
	if c.all != nil {
		c.all.add(request, 0, v)
	}
	if c.known[uint64(v)] {
		c.categories.add(request, 0, uint64(v))
		return
	}
	c.known[uint64(v)] = true
	c.categories.add(request, 0, newValue)
	c.firsts.add(request, 0, v)
}

// category adds a value known by an identity; what it costs to tell it the first time is paid elsewhere.
func (c *column) category(request int, id uint64, first bool) {
	c.all = nil
	if first {
		id = newValue
	}
	c.categories.add(request, 0, id)
}

func (c *column) price(requests int) bill {
	b := c.categories.price(requests)
	b.add(c.firsts.price(requests))
	if c.all != nil {
		if n := c.all.price(requests); n.total() < b.total() {
			return n
		}
	}
	return b
}
