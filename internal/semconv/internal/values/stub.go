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
func ValidUTF8(s string) bool                                    { return utf8.ValidString(s) }
func RepairUTF8(s string) string                                 { return strings.ToValidUTF8(s, "\uFFFD") }
func Truncate(s string, max int) string                          { return s[:max] }
func IsUID(s string) bool                                        { return len(s) == 36 || len(s) == 32 }
func LowerASCII(s string) string                                 { return strings.ToLower(s) }
