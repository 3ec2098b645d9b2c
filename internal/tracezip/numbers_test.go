package tracezip

import (
	"bytes"
	"errors"
	"math"
	"math/rand/v2"
	"testing"
)

// classOf splits a number.
func classOf(v int64) (class byte, mantissa uint64) {
	var m mantissas
	m.add(v)
	class = m.finish(nil)[0]
	for i, b := range m.appendTo(nil) {
		mantissa |= uint64(b) << (8 * i)
	}
	return class, mantissa
}

func TestClasses(t *testing.T) {
	for v, want := range map[int64]struct {
		class    byte
		mantissa uint64
	}{
		0: {0, 0}, 1: {1, 0}, -1: {2, 0}, 2: {5, 0}, 3: {7, 0}, -3: {8, 0}, 1000: {39, 0b11101000},
		math.MaxInt64: {251, 1<<61 - 1}, -math.MaxInt64: {252, 1<<61 - 1}, math.MinInt64: {253, 0},
	} {
		c, m := classOf(v)
		if back := classValues[c].value(m); c != want.class || m != want.mantissa || back != v {
			t.Errorf("%d: class %d, mantissa %b, back %d", v, c, m, back)
		}
	}
	for c := range 256 {
		if back, _ := classOf(classValues[c].value(0)); validClass(byte(c)) != (back == byte(c)) {
			t.Errorf("class %d: valid is %v, its value has class %d", c, validClass(byte(c)), back)
		}
	}
}

// TestMantissaLayout pins the example of SPEC.md, section 3.
func TestMantissaLayout(t *testing.T) {
	var m mantissas
	m.add(0b10101)    // 101 in 3 bits
	m.add(-0b1111111) // 11111 in 5 bits
	m.add(0)
	m.add(1000) // 11101000
	m.finish(nil)
	if packed := m.appendTo(nil); !bytes.Equal(packed, []byte{0xfd, 0b11101000}) {
		t.Errorf("% x", packed)
	}
}

// TestMantissas sends numbers of every width through the stream, over three sections.
func TestMantissas(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var m mantissas
	var sections [3][]byte
	var want [3][]int64
	for s := range sections {
		for i := range 5000 {
			v := int64(r.Uint64()) >> (i % 70 % 64)
			if i%3 == 0 {
				v = int64(r.Uint64N(1 << 20))
			}
			want[s] = append(want[s], v)
			m.add(v)
		}
		sections[s] = m.finish(sections[s])
	}
	packed := m.appendTo(nil)
	var back mantissaReader
	back.reset(packed)
	for s := range sections {
		for i, v := range back.read(nil, sections[s]) {
			if v != want[s][i] {
				t.Fatalf("section %d, number %d: %d came back as %d", s, i, want[s][i], v)
			}
		}
	}
	if err := back.end(); err != nil {
		t.Fatal(err)
	}
	for _, wrong := range [][]byte{packed[:len(packed)-1], packed[:9], nil, append(bytes.Clone(packed), 0)} {
		back.reset(wrong)
		for _, classes := range sections {
			back.read(nil, classes)
		}
		if back.end() == nil {
			t.Errorf("%d bytes instead of %d are accepted", len(wrong), len(packed))
		}
	}
	for c := range 256 {
		back.reset(make([]byte, 8))
		back.read(nil, []byte{0, byte(c)})
		if errors.Is(back.err, ErrCorrupt) == validClass(byte(c)) {
			t.Errorf("class %d: %v", c, back.err)
		}
	}
}

func TestTokens(t *testing.T) {
	const hex32 = "00112233445566778899aabbccddeeff"
	f := func(s string, start, end int, mark byte) {
		t.Helper()
		if a, b, m := findToken(s, 0, false); a != start || b != end || m != mark {
			t.Errorf("%q: [%d:%d] %d", s, a, b, m)
		}
	}
	f("id=0011223344556677;", 3, 19, markHex8)
	f(hex32, 0, 32, markHex16)
	f("x"+hex32+"0", 0, 0, 0)                // 33 digits
	f("x0011223344556677A", 1, 17, markHex8) // upper case is no digit here
	f("123e4567-e89b-12d3-a456-426614174000", 0, 36, markUUID)
	f("123e4567-e89b-12d3-a456-4266141740000", 0, 0, 0)
	f("12345678-1234 0011223344556677", 14, 30, markHex8)
	f("001122334455667", 0, 0, 0)
}

// TestTokensEqualPlainScan compares findHex, which skips, with a scan that looks at every byte.
func TestTokensEqualPlainScan(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 20000 {
		var s []byte
		for len(s) < 120 {
			// Runs of digits of lengths around those that matter, ended by one other byte or by the dashes of a UUID.
			for range []int{1, 4, 4, 7, 8, 8, 12, 15, 16, 17, 31, 32, 33}[r.IntN(13)] {
				s = append(s, "0123456789abcdef"[r.IntN(16)])
			}
			s = append(s, "--------gGA /"[r.IntN(13)])
			if r.IntN(4) == 0 {
				s = append(s, "123e4567-e89b-12d3-a456-426614174000"[:36-r.IntN(2)]...)
			}
		}
		text := string(s[:r.IntN(len(s)+1)])
		for from := 0; from <= len(text); {
			start, end, mark := findHex(text, from)
			if a, b, m := plainFindToken(text, from); a != start || b != end || m != mark {
				t.Fatalf("%q from %d: [%d:%d] %d, want [%d:%d] %d", text, from, start, end, mark, a, b, m)
			}
			if from = end; mark == 0 {
				break
			}
		}
	}
}

func plainFindToken(s string, from int) (start, end int, mark byte) {
	for i := from; i < len(s); i++ {
		j := i
		for j < len(s) && hexDigit[s[j]] != 0xff {
			j++
		}
		switch {
		case j-i == 16:
			return i, j, markHex8
		case j-i == 32:
			return i, j, markHex16
		case j-i == 8 && isUUID(s, i):
			return i, i + 36, markUUID
		}
		i = j
	}
	return 0, 0, 0
}

func TestDoubleDelta(t *testing.T) {
	f := func(double, last float64, want int64) {
		t.Helper()
		bits, before := math.Float64bits(double), int64(math.Float64bits(last))
		got := doubleDelta(bits, before)
		if got != want || uint64(doubleAfter(got, before)) != bits {
			t.Errorf("%v after %v: %d, and back %x", double, last, got, doubleAfter(got, before))
		}
	}
	f(2.5, 2, 8192)
	f(2, 2, 0)
	f(1, 0, 1023<<2) // the exponent, reversed
	f(math.Inf(-1), math.Inf(1), 1)
	if d := doubleDelta(0x7ff8000000000001, 0); d >= 0 || uint64(doubleAfter(d, 0)) != 0x7ff8000000000001 {
		t.Error("a NaN with a payload does not come back")
	}
}
