package values

// LowerASCII lower-cases ASCII letters and no others: schemes, protocol names and header names have only those, and bytes that are no
// UTF-8 come through as they are.
func LowerASCII(s string) string {
	for i := range len(s) {
		if isUpper(s[i]) {
			return lowerFrom(s, i)
		}
	}
	return s
}

func lowerFrom(s string, first int) string {
	lower := []byte(s)
	for i := first; i < len(lower); i++ {
		if isUpper(lower[i]) {
			lower[i] += 'a' - 'A'
		}
	}
	return string(lower)
}

func isUpper(c byte) bool { return 'A' <= c && c <= 'Z' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isLetter(c byte) bool {
	c |= 'a' - 'A'
	return 'a' <= c && c <= 'z'
}

func isSpace(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }

// foldEqual compares with an ASCII text in lower case, whatever the case of s.
func foldEqual(s, lower string) bool {
	if len(s) != len(lower) {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if isUpper(c) {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

func hasFoldPrefix(s, lower string) bool {
	return len(s) >= len(lower) && foldEqual(s[:len(lower)], lower)
}

func hasFoldSuffix(s, lower string) bool {
	return len(s) >= len(lower) && foldEqual(s[len(s)-len(lower):], lower)
}
