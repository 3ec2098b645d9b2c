package tracezip

import (
	"bytes"
	"encoding/binary"
	"slices"

	"github.com/otelcol-plus/otelcol-plus/internal/simd"
)

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

// classValue is what a class says about its values: the magnitude without the mantissa, and the sign as all ones or zeros.
type classValue struct {
	magnitude uint64
	sign      uint64
	width     uint8
	step      uint8 // 1 when there is a mantissa
}

var classValues = func() (t [256]classValue) {
	for i := range t {
		if !validClass(byte(i)) {
			continue
		}
		v := &t[i]
		v.width = classWidth[i]
		v.step = min(v.width, 1)
		n, b, negative := uint(i-1)/4+1, uint64(i-1)>>1&1, (i-1)&1 == 1
		switch {
		case i == 0:
		case i == classMin:
			v.magnitude = 1 << 63
		case n == 1:
			v.magnitude = 1
		default:
			v.magnitude = (2 | b) << (n - 2)
		}
		if i > 0 && negative {
			v.sign = ^uint64(0)
		}
	}
	return t
}()

// value is the number that has the class and the mantissa.
func (v *classValue) value(mantissa uint64) int64 {
	return int64((v.magnitude | mantissa) ^ v.sign - v.sign)
}

// mantissas collects the numbers of a frame, section by section, and stores their mantissas by width, so that those of one
// width lie together and fill vertical blocks.
type mantissas struct {
	vals   []uint64 // values; magnitudes up to done
	done   int
	sorted []uint64
}

func (m *mantissas) reset() { m.vals, m.done = m.vals[:0], 0 }

// add takes the next number of a section.
func (m *mantissas) add(v int64) { m.vals = append(m.vals, uint64(v)) }

// finish ends a section: it appends the classes of the numbers added since the last one.
func (m *mantissas) finish(classes []byte) []byte {
	vals := m.vals[m.done:]
	m.done = len(m.vals)
	at := len(classes)
	classes = slices.Grow(classes, len(vals))[:at+len(vals)]
	simd.Classify(classes[at:], vals)
	return classes
}

// appendTo writes first the full blocks of every width, narrow to wide, then all remainders as one bit stream. It takes the
// sections that finish has made, in the same order.
func (m *mantissas) appendTo(dst []byte, sections ...[]byte) []byte {
	var count [64]int
	for _, classes := range sections {
		for _, c := range classes {
			count[classWidth[c]&63]++
		}
	}
	var next [64]int // those without a mantissa are sorted too, which is cheaper than a branch
	at, size := 0, 0
	for w, n := range count[:numWidths] {
		next[w] = at
		at += n
		size += n * w
	}
	m.sorted = grow(m.sorted, at)
	vals := m.vals
	for _, classes := range sections {
		for i, c := range classes {
			place := &next[classWidth[c]&63]
			m.sorted[*place] = vals[i]
			*place++
		}
		vals = vals[len(classes):]
	}
	dst = slices.Grow(dst, size/8+9)
	at = count[0]
	for w := 1; w < numWidths; w++ {
		for i := 0; i+blockValues <= count[w]; i += blockValues {
			dst = appendBlock(dst, m.sorted[at+i:], uint(w))
		}
		at += count[w]
	}
	rest := bitWriter{dst: dst[len(dst):cap(dst)]}
	at = count[0]
	for w := 1; w < numWidths; w++ {
		rest.write(m.sorted[at+count[w]&^(blockValues-1):at+count[w]], uint(w))
		at += count[w]
	}
	binary.LittleEndian.PutUint64(rest.dst, rest.acc)
	return dst[:cap(dst)-len(rest.dst)+int(rest.have+7)/8]
}

// mantissaReader hands the mantissas back in the order in which their classes stand in the class sections.
type mantissaReader struct {
	vals []uint64 // vals[0] is the mantissa of those that have none
	next [64]int
}

// reset unpacks src; columns are all class sections of the frame, in order.
func (m *mantissaReader) reset(src []byte, columns ...[]byte) error {
	var perClass [256]int
	for _, col := range columns {
		for _, c := range col {
			perClass[c]++
		}
	}
	var count [numWidths]int
	for c, n := range perClass {
		if n == 0 {
			continue
		}
		if !validClass(byte(c)) {
			return unknownClass(byte(c), columns)
		}
		count[classWidth[c]] += n
	}
	total, bitsLeft, blocks := 1, 0, 0
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
	m.vals[0] = 0
	rest := bitReader{src: src[blocks:]}
	at := 1
	for w := 1; w < numWidths; w++ {
		i := 0
		for ; i+blockValues <= count[w]; i += blockValues {
			unpackBlock(m.vals[at+i:], src[:blockBytes(uint(w))], uint(w))
			src = src[blockBytes(uint(w)):]
		}
		rest.read(m.vals[at+i:at+count[w]], uint(w))
		at += count[w]
	}
	return nil
}

func unknownClass(class byte, columns [][]byte) error {
	at := -1
	for i := 0; at < 0; i++ {
		at = bytes.IndexByte(columns[i], class)
	}
	return &Error{Kind: ErrCorrupt, Section: "numbers", Offset: at, Reason: "unknown class"}
}

// read appends the values of one class section to dst.
func (m *mantissaReader) read(dst []int64, classes []byte) []int64 {
	at := len(dst)
	dst = slices.Grow(dst, len(classes))[:at+len(classes)]
	for i, c := range classes {
		v := &classValues[c]
		place := &m.next[v.width&63]
		dst[at+i] = v.value(m.vals[*place])
		*place += int(v.step)
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
