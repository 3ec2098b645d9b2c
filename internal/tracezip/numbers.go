package tracezip

import (
	"encoding/binary"
	"math/bits"
	"slices"
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

const classMin = 253

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
	width     uint8 // of the mantissa
}

// noClass is the width of a class that does not exist: above all others, and a bit that they do not have.
const noClass = 64

var classValues = func() (t [256]classValue) {
	for i := range t {
		v := &t[i]
		if v.width = classWidth[i]; !validClass(byte(i)) {
			v.width = noClass
			continue
		}
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

// mantissas collects the numbers of a frame section by section and packs their mantissas into one stream of bits, least
// significant bit first, in the order of the classes.
type mantissas struct {
	vals   []uint64 // of the section at hand
	stream []byte
	acc    uint64 // bits that do not fill a word of the stream yet
	have   uint
}

func (m *mantissas) reset() {
	m.vals, m.stream = cut(m.vals), cut(m.stream)
	m.acc, m.have = 0, 0
}

// add takes the next number of a section.
func (m *mantissas) add(v int64) { m.vals = append(m.vals, uint64(v)) }

// finish ends a section: it appends the classes of its numbers to classes and their mantissas to the stream.
func (m *mantissas) finish(classes []byte) []byte {
	at := len(classes)
	classes = slices.Grow(classes, len(m.vals))[:at+len(m.vals)]
	m.classify(classes[at:])
	m.pack(classes[at:])
	m.vals = m.vals[:0]
	return classes
}

// classify writes the classes of the numbers at hand and replaces each number by its magnitude.
func (m *mantissas) classify(classes []byte) {
	vals := m.vals[:len(classes)]
	for i, v := range vals {
		sign := uint64(int64(v) >> 63)
		magnitude := (v ^ sign) - sign
		n := bits.Len64(magnitude)
		top := magnitude << 1 >> ((n - 1) & 63) // the two leading bits, 0b10 for 1
		c := 4*n - 7 + 2*int(top) - int(int64(sign))
		if magnitude == 0 {
			c = 0
		}
		if n == 64 {
			c = classMin
		}
		classes[i], vals[i] = byte(c), magnitude
	}
}

func (m *mantissas) pack(classes []byte) {
	at := len(m.stream)
	dst := slices.Grow(m.stream, 8*len(classes)+8)
	dst = dst[:cap(dst)]
	acc, have := m.acc, m.have
	vals := m.vals[:len(classes)]
	for i, c := range classes {
		w := uint(classWidth[c])
		v := vals[i] & (1<<(w&63) - 1)
		acc |= v << (have & 63)
		if have += w; have >= 64 {
			binary.LittleEndian.PutUint64(dst[at:], acc)
			at += 8
			have -= 64
			acc = v >> ((w - have) & 63)
		}
	}
	m.stream, m.acc, m.have = dst[:at], acc, have
}

// appendTo appends the stream of all sections to dst.
func (m *mantissas) appendTo(dst []byte) []byte {
	dst = append(dst, m.stream...)
	for have := int(m.have); have > 0; have -= 8 {
		dst = append(dst, byte(m.acc))
		m.acc >>= 8
	}
	return dst
}

// mantissaReader reads the stream that mantissas wrote.
type mantissaReader struct {
	src []byte
	at  uint // in bits
	err error
}

func (m *mantissaReader) reset(src []byte) { *m = mantissaReader{src: src} }

// read appends the values of one class section to dst. What is not in the stream is read as zeros; end tells.
func (m *mantissaReader) read(dst []int64, classes []byte) []int64 {
	first := len(dst)
	dst = slices.Grow(dst, len(classes))[:first+len(classes)]
	at, widths := m.at, uint(0)
	for i, c := range classes {
		v := &classValues[c]
		w := uint(v.width)
		var bits uint64
		if src := m.src; at/8+9 <= uint(len(src)) {
			word := src[at/8:]
			bits = binary.LittleEndian.Uint64(word) >> (at % 8)
			if w > 57 {
				bits |= uint64(word[8]) << (64 - at%8)
			}
		} else {
			bits = m.tail(at)
		}
		dst[first+i] = v.value(bits & (1<<(w&63) - 1))
		at += w
		widths |= w
	}
	m.at = at
	if widths >= noClass && m.err == nil {
		m.err = unknownClass(classes)
	}
	return dst
}

// tail returns the 64 bits from at on, near the end of the stream or behind it.
func (m *mantissaReader) tail(at uint) uint64 {
	var word [9]byte
	if at/8 < uint(len(m.src)) {
		copy(word[:], m.src[at/8:])
	}
	return binary.LittleEndian.Uint64(word[:])>>(at%8) | uint64(word[8])<<(64-at%8)
}

// end reports whether what has been read is what the stream holds.
func (m *mantissaReader) end() error {
	if m.err == nil && (m.at+7)/8 != uint(len(m.src)) {
		return &Error{Kind: ErrCorrupt, Section: "mantissas", Offset: len(m.src), Reason: "length does not match the classes"}
	}
	return m.err
}

func unknownClass(classes []byte) error {
	at := slices.IndexFunc(classes, func(c byte) bool { return !validClass(c) })
	return &Error{Kind: ErrCorrupt, Section: "numbers", Offset: at, Reason: "unknown class"}
}

// grow returns s with length n; its contents are undefined.
func grow[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, n+n/4)
	}
	return s[:n]
}

// doubleDelta turns a double into an integer that is small when it shares its exponent and upper bits with the number before
// and has few significant bits, as values that people choose do: the differing bits, in reverse. Worked example: 2.5 is
// 4004000000000000 in hexadecimal, 2 is 4000000000000000; they differ in bit 50, which reversed is bit 13: 8192.
func doubleDelta(double uint64, last int64) int64 {
	return int64(bits.Reverse64(double ^ uint64(last)))
}

// doubleAfter is the inverse of doubleDelta.
func doubleAfter(delta, last int64) int64 {
	return int64(bits.Reverse64(uint64(delta))) ^ last
}
