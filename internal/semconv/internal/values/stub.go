package values

import (
	"strings"
	"unicode/utf8"
)

type URL struct {
	Scheme, Host, Path, Query, Fragment string
	Port                                int64
	HasPort                             bool
}

func RedactURL(u string, keys []string) (string, bool, bool) {
	return u, false, strings.Contains(u, "://")
}
func RedactQuery(q string, keys []string) (string, bool) { return q, false }
func SplitTarget(t string) (string, string, string, bool, bool, bool) {
	rest, frag, hf := strings.Cut(t, "#")
	p, q, hq := strings.Cut(rest, "?")
	return p, q, frag, hq && q != "", hf && frag != "", t != ""
}
func SplitHostPort(h string) (string, int64, bool, bool)         { return h, 0, false, true }
func ParseURL(u string) (URL, bool)                              { return URL{}, false }
func DefaultPort(s string) (int64, bool)                         { return 0, false }
func ParseConnectionString(s string) (string, int64, bool, bool) { return "", 0, false, false }
func RedactConnectionString(s string) (string, bool)             { return s, false }
func SanitizeQuery(t, s string) (string, bool)                   { return t, false }

func RepairUTF8(s string) string        { return strings.ToValidUTF8(s, "\uFFFD") }
func Truncate(s string, max int) string { return s[:max] }
func IsUID(s string) bool               { return len(s) == 36 || len(s) == 32 }
func LowerASCII(s string) string        { return strings.ToLower(s) }

func ValidUTF8(s string) bool {
	n := len(s)
	switch {
	case n >= 8:
		b := load64(s[n-8:])
		for t := s; len(t) >= 8; t = t[8:] {
			b |= load64(t)
		}
		if b&0x8080808080808080 == 0 {
			return true
		}
	case n >= 4:
		if (load32(s)|load32(s[n-4:]))&0x80808080 == 0 {
			return true
		}
	case n > 0:
		if (s[0]|s[n/2]|s[n-1])&0x80 == 0 {
			return true
		}
	default:
		return true
	}
	return utf8.ValidString(s)
}

func load64(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

func load32(s string) uint32 {
	_ = s[3]
	return uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24
}
