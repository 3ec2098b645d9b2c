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
	var l layout
	if !l.read(u) || l.user < 0 || l.name != "" && !isOneHost(l.name) {
		return URL{}, false
	}
	return URL{
		Scheme: LowerASCII(u[:l.scheme]), Host: l.name, Port: l.port, HasPort: l.hasPort,
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

// layout is where the parts of a URL end, and what its authority says.
//
//	https://user:pw@shop.example:8443/cart?id=1#top
//	     ^  ^       ^                ^    ^    ^
//	scheme  user    host          path query fragment
type layout struct {
	scheme   int // end of the scheme: its colon
	user     int // start of the authority, -1 for URLs without one
	host     int // start of the host, without an at sign the same; -1 for URLs without an authority
	path     int // end of the authority
	query    int // the question mark, or where it would be
	fragment int // the hash, or the end

	name    string // of the host, without brackets
	port    int64
	hasPort bool
}

// read finds the parts and checks those that decide whether this is a URL at all: the scheme, the host and the port. Percent encoding
// is not checked: a URL with a stray percent sign still has its secrets in the usual places.
func (l *layout) read(u string) bool {
	l.scheme = schemeEnd(u)
	if l.scheme < 0 {
		return false
	}
	l.path = l.scheme + 1
	if strings.HasPrefix(u[l.path:], "//") {
		if !l.authority(u, l.path+2) || l.name == "" && needsHost(u[:l.scheme]) {
			return false
		}
	} else {
		if !isOpaque(u[l.path:]) || needsHost(u[:l.scheme]) {
			return false
		}
		l.user, l.host = -1, -1
	}
	if hasControl(u[l.path:]) {
		return false
	}
	l.query, l.fragment = len(u), len(u)
	if i := strings.IndexByte(u[l.path:], '#'); i >= 0 {
		l.fragment = l.path + i
		l.query = l.fragment
	}
	if i := strings.IndexByte(u[l.path:l.fragment], '?'); i >= 0 {
		l.query = l.path + i
	}
	return true
}

// authority reads [userinfo@]host[:port] in one pass. Only hosts in brackets need a second one.
func (l *layout) authority(u string, start int) (ok bool) {
	l.user, l.host = start, start
	colon, odd, end := -1, false, start
scan:
	for ; end < len(u); end++ {
		switch classes[u[end]] {
		case inName:
		case ends:
			break scan
		case ats:
			if hasControl(u[l.host:end]) {
				return false
			}
			l.host, colon, odd = end+1, -1, false
		case colons:
			if colon < 0 {
				colon = end
			}
		default:
			odd = true
		}
	}
	l.path = end
	if odd {
		l.name, l.port, l.hasPort, ok = splitAuthority(u[l.host:end])
		return ok
	}
	if colon < 0 {
		colon = end
	}
	l.name = u[l.host:colon]
	l.port, l.hasPort, ok = splitPort(l.name, u[colon:end])
	return ok
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
