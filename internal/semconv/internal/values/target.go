package values

import "strings"

// SplitTarget cuts the target of an HTTP request line: at the first hash, then at the first question mark. Of a target in absolute
// form (http://shop/cart?id=1) only path and query count. hasQuery and hasFragment are false for parts that are empty. ok is false
// for no target at all and for an absolute form that is no URL.
func SplitTarget(t string) (path, query, fragment string, hasQuery, hasFragment, ok bool) {
	if t == "" {
		return "", "", "", false, false, false
	}
	if end := schemeEnd(t); end > 0 && strings.HasPrefix(t[end:], "://") {
		var l layout
		if !l.read(t) {
			return "", "", "", false, false, false
		}
		query = after(t[l.query:l.fragment])
		return t[l.path:l.query], query, "", query != "", false, true
	}
	rest, fragment, _ := strings.Cut(t, "#")
	path, query, _ = strings.Cut(rest, "?")
	return path, query, fragment, query != "", fragment != "", true
}
