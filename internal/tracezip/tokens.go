package tracezip

// Ids written as hex digits inside text (traceparent headers, request ids, UUIDs) are random, so a general compressor
// stores every digit in about four bits and spends time on it. They are cut out: the text keeps one marker byte in the place of
// each, and the bytes go to the raw section or, when the frame already knows them, become a number.
//
//	01  16 lowercase hex digits, 8 bytes
//	02  32 lowercase hex digits, 16 bytes
//	03  a lowercase UUID, 8-4-4-4-12 digits, 16 bytes
//	00  the next byte stands for itself (used for 00-03 in a text that has markers)
//
// Worked example: "id=00112233aabbccdd!" becomes "id=" 01 "!" and the bytes 00 11 22 33 aa bb cc dd.
const (
	markLiteral = 0
	markHex8    = 1
	markHex16   = 2
	markUUID    = 3
)

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

// findToken returns the next token in s at or after from. Runs of hex digits of other lengths are no tokens.
func findToken(s string, from int) (start, end int, mark byte) {
	for i := from; i+minToken <= len(s); {
		if hexDigit[s[i]] == 0xff {
			i++
			continue
		}
		j := i + 1
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
		i = j + 1
	}
	return 0, 0, 0
}

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
