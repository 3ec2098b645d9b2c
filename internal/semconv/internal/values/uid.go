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
	var all byte
	for i := range len(s) {
		all |= hexValues[s[i]]
	}
	return all < notHex
}

// notHex has a bit that no hex digit has.
const notHex = 16

var hexValues = func() (v [256]byte) {
	for c := range v {
		v[c] = notHex
	}
	for i := range byte(10) {
		v['0'+i] = i
	}
	for i := range byte(6) {
		v['a'+i], v['A'+i] = 10+i, 10+i
	}
	return v
}()

func hexDigit(c byte) (byte, bool) {
	v := hexValues[c]
	return v, v < notHex
}
