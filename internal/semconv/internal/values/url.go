package values

import "strings"

// URL is what the conventions read off a URL. Host has no brackets, Query no question mark, Fragment no hash.
type URL struct {
	Scheme, Host, Path, Query, Fragment string
	Port                                int64
	HasPort                             bool
}

// ParseURL reads scheme://[userinfo@]host[:port][/path][?query][#fragment]. Only the scheme is rewritten, to lower case. The host
// may be empty where the scheme allows it, as in file:///etc/hosts; a list of hosts is not one URL.
func ParseURL(u string) (URL, bool) {
	l, ok := layOut(u)
	if !ok || l.host < 0 {
		return URL{}, false
	}
	host, port, hasPort, ok := splitAuthority(u[l.host:l.path])
	if !ok || host != "" && !isOneHost(host) {
		return URL{}, false
	}
	return URL{
		Scheme: LowerASCII(u[:l.scheme]), Host: host, Port: port, HasPort: hasPort,
		Path:     u[l.path:l.query],
		Query:    after(u[l.query:l.fragment]),
		Fragment: after(u[l.fragment:]),
	}, true
}

// after drops the separator that a part begins with.
func after(part string) string {
	if part == "" {
		return ""
	}
	return part[1:]
}

// DefaultPort is the port of a scheme, which is in lower case.
func DefaultPort(scheme string) (int64, bool) {
	switch scheme {
	case "http", "ws":
		return 80, true
	case "https", "wss":
		return 443, true
	default:
		return 0, false
	}
}

// layout is where the parts of a URL end.
//
//	https://user:pw@shop.example:8443/cart?id=1#top
//	     ^  ^       ^                ^    ^    ^
//	scheme  user    host          path query fragment
type layout struct {
	scheme   int // end of the scheme: its colon
	user     int // start of the authority, -1 for URLs without one
	host     int // start of the host, -1 for URLs without an authority; equal to user without an at sign
	path     int // end of the authority
	query    int // the question mark, or where it would be
	fragment int // the hash, or the end
}

// layOut finds the parts and checks those that decide whether this is a URL at all: the scheme, the host and the port. Percent
// encoding is not checked: a URL with a stray percent sign still has its secrets in the usual places.
func layOut(u string) (l layout, ok bool) {
	l = layout{user: -1, host: -1, scheme: schemeEnd(u)}
	if l.scheme < 0 || hasControl(u) {
		return l, false
	}
	rest := u[l.scheme+1:]
	l.path = l.scheme + 1
	if strings.HasPrefix(rest, "//") {
		if !l.authority(u) {
			return l, false
		}
	} else if needsHost(u[:l.scheme]) || !isOpaque(rest) {
		return l, false
	}
	l.query, l.fragment = len(u), len(u)
	if i := strings.IndexByte(u[l.path:], '#'); i >= 0 {
		l.fragment = l.path + i
		l.query = l.fragment
	}
	if i := strings.IndexByte(u[l.path:l.fragment], '?'); i >= 0 {
		l.query = l.path + i
	}
	return l, true
}

func (l *layout) authority(u string) bool {
	l.user = l.scheme + len("://")
	l.path = authorityEnd(u, l.user)
	l.host = l.user + strings.LastIndexByte(u[l.user:l.path], '@') + 1
	host, _, _, ok := splitAuthority(u[l.host:l.path])
	return ok && (host != "" || !needsHost(u[:l.scheme]))
}

func authorityEnd(u string, start int) int {
	for i := start; i < len(u); i++ {
		if c := u[i]; c == '/' || c == '?' || c == '#' {
			return i
		}
	}
	return len(u)
}

// schemeEnd is the place of the colon after a scheme, -1 when u begins with none.
func schemeEnd(u string) int {
	for i := range len(u) {
		switch c := u[i]; {
		case isLetter(c):
		case i > 0 && (isDigit(c) || c == '+' || c == '-' || c == '.'):
		case i > 0 && c == ':':
			return i
		default:
			return -1
		}
	}
	return -1
}

// needsHost names the schemes for which a URL without a host means nothing.
func needsHost(scheme string) bool {
	return foldEqual(scheme, "https") || foldEqual(scheme, "http") || foldEqual(scheme, "wss") || foldEqual(scheme, "ws")
}

// isOpaque accepts what may follow the scheme of a URL without an authority, as in about:blank. In localhost:8080/cart the name is no
// scheme but a host.
func isOpaque(rest string) bool {
	digits := 0
	for digits < len(rest) && isDigit(rest[digits]) {
		digits++
	}
	return digits < len(rest) && (digits == 0 || authorityEnd(rest, digits) != digits)
}

// hasControl looks for ASCII control characters, eight bytes at a time.
func hasControl(s string) bool {
	const (
		each   = 0x0101010101010101
		spaces = ' ' * each
		del    = 0x7f * each
	)
	for len(s) >= 8 {
		// A byte below a space borrows when the space is taken from it; xor turns DEL into zero, from which one borrows. Bytes
		// with the high bit set are not ASCII.
		x := load64(s)
		if ((x-spaces)|((x^del)-each))&^x&highBits != 0 {
			return true
		}
		s = s[8:]
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] == 0x7f {
			return true
		}
	}
	return false
}
