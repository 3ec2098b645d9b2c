package values

import "unicode/utf8"

// Truncate gives the beginning of s: at most max bytes, less where the cut would split a code point.
func Truncate(s string, max int) string {
	if len(s) <= max {
		return s
	}
	if max <= 0 {
		return ""
	}
	// In valid text one of these four bytes begins a code point. In other text there is nothing to keep whole.
	for end := max; end >= 0 && end > max-utf8.UTFMax; end-- {
		if utf8.RuneStart(s[end]) {
			return s[:end]
		}
	}
	return s[:max]
}
