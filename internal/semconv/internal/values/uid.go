package values

const uuidLength, plainUIDLength = 36, 32

// IsUID says whether s has the form of a Kubernetes uid: a UUID in groups of 8-4-4-4-12 hex digits of either case, or 32 hex digits.
// Versions and variants are not looked at.
func IsUID(s string) bool {
	switch len(s) {
	case uuidLength:
		return s[8] == '-' && s[13] == '-' && s[18] == '-' && s[23] == '-' &&
			allHex(s[:8]) && allHex(s[9:13]) && allHex(s[14:18]) && allHex(s[19:23]) && allHex(s[24:])
	case plainUIDLength:
		return allHex(s)
	default:
		return false
	}
}

func allHex(s string) bool {
	for i := range len(s) {
		if _, ok := hexDigit(s[i]); !ok {
			return false
		}
	}
	return true
}

func hexDigit(c byte) (byte, bool) {
	if isDigit(c) {
		return c - '0', true
	}
	c |= 'a' - 'A'
	return c - 'a' + 10, 'a' <= c && c <= 'f'
}
