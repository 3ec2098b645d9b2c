package tracezip

// Ids written as hex digits inside text (traceparent headers, request ids, UUIDs) are random, so a general compressor
// stores every digit in about four bits and spends time on it. They are cut out: the text keeps one marker byte in the place of
// each, and the bytes go to the raw section or, when the frame already knows them, become a number.
//
//	01  16 lowercase hex digits, 8 bytes
//	02  32 lowercase hex digits, 16 bytes
//	03  a lowercase UUID, 8-4-4-4-12 digits, 16 bytes
//	04  decimal digits without a leading zero, where the writer finds that they pay
//	00  the next byte stands for itself (used for 00-04 in a text that has markers)
//
// Worked example: "id=00112233aabbccdd!" becomes "id=" 01 "!" and the bytes 00 11 22 33 aa bb cc dd.
const (
	markLiteral = 0
	markHex8    = 1
	markHex16   = 2
	markUUID    = 3
	markDecimal = 4
)

// sameSkeleton is the definition of a string whose text with markers is that of the last string that had any.
const sameSkeleton = 1

// minToken is the length of the shortest token.
const minToken = 16

var hexDigit = func() (t [256]byte) {
	for i := range t {
		t[i] = 0xff
	}
	for i := range byte(10) {
		t['0'+i] = i
	}
	for i := range byte(6) {
		t['a'+i] = 10 + i
	}
	return t
}()

// findToken returns the next token in s at or after from. Runs of hex digits of other lengths are no tokens; runs of decimal
// digits are if decimals is set.
func findToken(s string, from int, decimals bool) (start, end int, mark byte) {
	if decimals {
		return findDecimal(s, from)
	}
	return findHex(s, from)
}

// minRun is the length of the shortest run of hex digits a token begins with: the first group of a UUID.
const minRun = 8

// findHex does not look at every byte: a run of eight that begins within the next eight bytes holds the last of them, and
// also the byte four before or the one four behind.
func findHex(s string, from int) (start, end int, mark byte) {
	for i := from; i+minToken <= len(s); {
		last := i + minRun - 1
		if hexDigit[s[last]]|hexDigit[s[last-4]]&hexDigit[s[last+4]] == 0xff {
			i += minRun
			continue
		}
		for last >= i && hexDigit[s[last]] != 0xff {
			last--
		}
		if last >= i {
			i = last + 1
			continue
		}
		j := i + minRun
		for j < len(s) && hexDigit[s[j]] != 0xff {
			j++
		}
		if mark := hexMark(s, i, j); mark != 0 {
			return i, i + markLen[mark], mark
		}
		i = j + 1
	}
	return 0, 0, 0
}

// markLen is how many characters a token of hex digits takes.
var markLen = [...]int{markHex8: 16, markHex16: 32, markUUID: 36}

// hexMark returns the token that a run of hex digits, s[i:j], is or begins, or 0.
func hexMark(s string, i, j int) byte {
	switch {
	case j-i == 16:
		return markHex8
	case j-i == 32:
		return markHex16
	case j-i == 8 && isUUID(s, i):
		return markUUID
	}
	return 0
}

// findDecimal is findToken for keys whose values differ in decimal digits.
func findDecimal(s string, from int) (start, end int, mark byte) {
	for i := from; i < len(s); {
		if hexDigit[s[i]] == 0xff {
			i++
			continue
		}
		j, decimal := i, true
		for ; j < len(s) && hexDigit[s[j]] != 0xff; j++ {
			decimal = decimal && s[j] <= '9'
		}
		if mark := hexMark(s, i, j); mark != 0 {
			return i, i + markLen[mark], mark
		}
		// A letter before or behind the digits belongs to a word.
		if decimal && j-i <= maxDecimal && (s[i] != '0' || j-i == 1) {
			return i, j, markDecimal
		}
		i = j
	}
	return 0, 0, 0
}

// maxDecimal is the longest run of digits that is a token; it fits an int64.
const maxDecimal = 18

// decimal is the value of a token of decimal digits.
func decimal(s string) int64 {
	v := int64(0)
	for i := range len(s) {
		v = v*10 + int64(s[i]-'0')
	}
	return v
}

// sameButDecimals reports whether two texts differ, and only in runs of decimal digits.
func sameButDecimals(a, b string) bool {
	if a == b {
		return false
	}
	i, j := 0, 0
	for i < len(a) && j < len(b) {
		x, y := isDigit(a[i]), isDigit(b[j])
		switch {
		case x && y:
			for i < len(a) && isDigit(a[i]) {
				i++
			}
			for j < len(b) && isDigit(b[j]) {
				j++
			}
		case x || y || a[i] != b[j]:
			return false
		default:
			i++
			j++
		}
	}
	return i == len(a) && j == len(b)
}

func isDigit(c byte) bool { return c-'0' <= 9 }

// isUUID reports whether a UUID begins at s[at:], where eight digits and something else are known to be.
func isUUID(s string, at int) bool {
	if len(s)-at < 36 || len(s)-at > 36 && hexDigit[s[at+36]] != 0xff {
		return false
	}
	for i, c := range []byte(s[at : at+36]) {
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if hexDigit[c] == 0xff {
				return false
			}
		}
	}
	return true
}

// packHex turns hex digits, with or without dashes, into bytes.
func packHex(dst []byte, s string) {
	for n, i := 0, 0; n < len(dst); n++ {
		if s[i] == '-' {
			i++
		}
		dst[n] = hexDigit[s[i]]<<4 | hexDigit[s[i+1]]
		i += 2
	}
}

func appendHex(dst, b []byte) []byte {
	const digits = "0123456789abcdef"
	for _, c := range b {
		dst = append(dst, digits[c>>4], digits[c&15])
	}
	return dst
}

func appendUUID(dst, b []byte) []byte {
	dst = append(appendHex(dst, b[:4]), '-')
	dst = append(appendHex(dst, b[4:6]), '-')
	dst = append(appendHex(dst, b[6:8]), '-')
	dst = append(appendHex(dst, b[8:10]), '-')
	return appendHex(dst, b[10:])
}
