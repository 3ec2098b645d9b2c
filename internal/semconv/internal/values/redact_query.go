package values

import (
	"slices"
	"strings"
)

// RedactQuery hides the values of the keys in a query, which comes without its question mark. Keys are compared by case, after
// undoing percent encoding: a server does not tell s%69g from sig. An empty value hides nothing and stays.
//
//	id=1&sig=abc&x  ->  id=1&sig=REDACTED&x
func RedactQuery(q string, keys []string) (out string, changed bool) {
	var b strings.Builder
	kept := 0 // what is before it, is in b
	at := 0
	if strings.HasPrefix(q, "?") {
		at = 1 // some instrumentation leaves it on
	}
	for at <= len(q) {
		end := len(q)
		if i := strings.IndexByte(q[at:], '&'); i >= 0 {
			end = at + i
		}
		if value := secretValue(q[at:end], keys); value != "" {
			start := end - len(value)
			if kept == 0 {
				b.Grow(len(q) + len(redacted))
			}
			b.WriteString(q[kept:start])
			b.WriteString(redacted)
			kept = end
		}
		at = end + 1
	}
	if kept == 0 {
		return q, false
	}
	b.WriteString(q[kept:])
	return b.String(), true
}

// secretValue is the value of key=value if it has to be hidden and is not yet.
func secretValue(pair string, keys []string) string {
	i := strings.IndexByte(pair, '=')
	if i < 0 || pair[i+1:] == redacted || !isSecretKey(pair[:i], keys) {
		return ""
	}
	return pair[i+1:]
}

func isSecretKey(key string, keys []string) bool {
	if strings.IndexByte(key, '%') >= 0 {
		return slices.ContainsFunc(keys, func(k string) bool { return decodesTo(key, k) })
	}
	return slices.Contains(keys, key)
}

// decodesTo compares text in percent encoding with plain text. Percent signs that begin no code stand for themselves.
func decodesTo(encoded, plain string) bool {
	for i := range len(plain) {
		if encoded == "" {
			return false
		}
		c, n := encoded[0], 1
		if c == '%' && len(encoded) >= 3 {
			high, ok1 := hexDigit(encoded[1])
			low, ok2 := hexDigit(encoded[2])
			if ok1 && ok2 {
				c, n = high<<4|low, 3
			}
		}
		if c != plain[i] {
			return false
		}
		encoded = encoded[n:]
	}
	return encoded == ""
}
