package tracezip

import "math/bits"

// Integers are split into a class byte, which is entropy coded, and a mantissa, which is bit-packed as it is.
//
// The class holds the sign, the bit length n of the magnitude and the bit below the leading one:
//
//	0                          the value 0
//	1 + 4(n-1) + 2b + s        1 <= n <= 63, b the bit below the leading one (0 when n = 1), s = 1 for negative
//	253                        the value -2^63
//
// The mantissa is the magnitude without its two leading bits, n-2 bits wide. Worked example: 1000 = 0b1111101000 has
// n = 10, b = 1, s = 0: class 1+36+2 = 39, mantissa 0b11101000 in 8 bits.

const (
	classMin  = 253
	maxWidth  = 61
	numWidths = maxWidth + 1
)

// classWidth is the mantissa width of every class, or 255 for a class that does not exist.
var classWidth = func() (t [256]uint8) {
	for c := range t {
		switch n := (c-1)/4 + 1; {
		case c > classMin:
			t[c] = 255
		case c == 0 || c == classMin || n <= 2:
			t[c] = 0
		default:
			t[c] = uint8(n - 2)
		}
	}
	return t
}()

// validClass reports whether a class byte can be written by an encoder.
func validClass(c byte) bool {
	if c == 0 || c == classMin {
		return true
	}
	n, b := (int(c)-1)/4+1, (c-1)>>1&1
	return c < classMin && (n > 1 || b == 0)
}

func classOf(v int64) (class byte, mantissa uint64) {
	if v == 0 {
		return 0, 0
	}
	sign := byte(0)
	m := uint64(v)
	if v < 0 {
		sign = 1
		m = -m
	}
	n := uint(bits.Len64(m))
	switch {
	case n == 64:
		return classMin, 0
	case n == 1:
		return 1 + sign, 0
	}
	b := byte(m >> (n - 2) & 1)
	return 1 + byte(n-1)*4 + b*2 + sign, m & (1<<(n-2) - 1)
}

func valueOf(class byte, mantissa uint64) int64 {
	switch class {
	case 0:
		return 0
	case classMin:
		return -1 << 63
	}
	c := uint(class - 1)
	n, b, negative := c/4+1, uint64(c>>1&1), c&1 == 1
	m := uint64(1) << (n - 1)
	if n > 1 {
		m |= b<<(n-2) | mantissa
	}
	if negative {
		return -int64(m)
	}
	return int64(m)
}

// mantissas collects the mantissas of all class columns of a frame. They are stored by width, so that values of one
// width lie together and fill vertical blocks.
type mantissas struct {
	vals   []uint64
	widths []uint8
	count  [numWidths]int
	sorted []uint64
}

func (m *mantissas) reset() {
	m.vals, m.widths = m.vals[:0], m.widths[:0]
	clear(m.count[:])
}

// add appends the class of v to classes and keeps the mantissa.
func (m *mantissas) add(classes []byte, v int64) []byte {
	c, x := classOf(v)
	if w := classWidth[c]; w > 0 {
		m.vals = append(m.vals, x)
		m.widths = append(m.widths, w)
		m.count[w]++
	}
	return append(classes, c)
}

// appendTo writes first the full blocks of every width, narrow to wide, then all remainders as one bit stream.
func (m *mantissas) appendTo(dst []byte) []byte {
	m.sorted = grow(m.sorted, len(m.vals))
	var next [numWidths]int
	for w, at := 1, 0; w < numWidths; w++ {
		next[w] = at
		at += m.count[w]
	}
	for i, w := range m.widths {
		m.sorted[next[w]] = m.vals[i]
		next[w]++
	}
	at := 0
	for w := 1; w < numWidths; w++ {
		for i := 0; i+blockValues <= m.count[w]; i += blockValues {
			dst = appendBlock(dst, m.sorted[at+i:], uint(w))
		}
		at += m.count[w]
	}
	rest := bitWriter{dst: dst}
	at = 0
	for w := 1; w < numWidths; w++ {
		for i := m.count[w] &^ (blockValues - 1); i < m.count[w]; i++ {
			rest.write(m.sorted[at+i], uint(w))
		}
		at += m.count[w]
	}
	return rest.flush()
}

// mantissaReader hands the mantissas back in the order in which their classes stand in the class sections.
type mantissaReader struct {
	vals []uint64
	next [numWidths]int
}

// reset unpacks src; columns are all class sections of the frame, in order.
func (m *mantissaReader) reset(src []byte, columns ...[]byte) error {
	var count [numWidths]int
	for _, col := range columns {
		for i, c := range col {
			if !validClass(c) {
				return &Error{Kind: ErrCorrupt, Section: "numbers", Offset: i, Reason: "unknown class"}
			}
			count[classWidth[c]]++
		}
	}
	total, bitsLeft, blocks := 0, 0, 0
	for w := 1; w < numWidths; w++ {
		m.next[w] = total
		total += count[w]
		blocks += count[w] / blockValues * blockBytes(uint(w))
		bitsLeft += count[w] % blockValues * w
	}
	if len(src) != blocks+(bitsLeft+7)/8 {
		return &Error{Kind: ErrCorrupt, Section: "mantissas", Offset: len(src), Reason: "length does not match the classes"}
	}
	m.vals = grow(m.vals, total)
	rest := bitReader{src: src[blocks:]}
	at := 0
	for w := 1; w < numWidths; w++ {
		i := 0
		for ; i+blockValues <= count[w]; i += blockValues {
			unpackBlock(m.vals[at+i:], src[:blockBytes(uint(w))], uint(w))
			src = src[blockBytes(uint(w)):]
		}
		for ; i < count[w]; i++ {
			m.vals[at+i] = rest.read(uint(w))
		}
		at += count[w]
	}
	return nil
}

// read appends the values of one class section to dst.
func (m *mantissaReader) read(dst []int64, classes []byte) []int64 {
	for _, c := range classes {
		w := classWidth[c]
		var x uint64
		if w > 0 {
			x = m.vals[m.next[w]]
			m.next[w]++
		}
		dst = append(dst, valueOf(c, x))
	}
	return dst
}

// grow returns s with length n; its contents are undefined.
func grow[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, n+n/4)
	}
	return s[:n]
}
