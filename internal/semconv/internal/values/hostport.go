package values

import (
	"net/netip"
	"strings"
)

const maxPort = 65535

// SplitHostPort reads a Host header: name, name:80, 10.0.0.1:8080, [::1]:80, and ::1, which has no brackets but can only be an
// address. The host comes without brackets. ok is false when h is no such text or its port is no number up to 65535.
func SplitHostPort(h string) (host string, port int64, hasPort, ok bool) {
	if first := strings.IndexByte(h, ':'); first >= 0 && h[0] != '[' && strings.IndexByte(h[first+1:], ':') >= 0 {
		host, ok = h, isIPv6(h)
	} else {
		host, port, hasPort, ok = splitAuthority(h)
	}
	if !ok || !isOneHost(host) {
		return "", 0, false, false
	}
	return host, port, hasPort, true
}

// splitAuthority reads host[:port] of a URL, where an IPv6 address has brackets. Host and port may be empty, but a port has a host.
func splitAuthority(a string) (host string, port int64, hasPort, ok bool) {
	end, rest := len(a), ""
	if a != "" && a[0] == '[' {
		end = strings.IndexByte(a, ']')
		if end < 0 || !isIPv6(a[1:end]) {
			return "", 0, false, false
		}
		host, rest = a[1:end], a[end+1:]
	} else {
		if i := strings.IndexByte(a, ':'); i >= 0 {
			end = i
		}
		host, rest = a[:end], a[end:]
		if !isName(host) {
			return "", 0, false, false
		}
	}
	port, hasPort, ok = splitPort(host, rest)
	return host, port, hasPort, ok
}

// splitPort reads what follows a host up to the end of its authority.
func splitPort(host, rest string) (port int64, hasPort, ok bool) {
	switch {
	case rest == "":
		return 0, false, true
	case rest[0] != ':' || host == "":
		return 0, false, false
	case rest == ":":
		return 0, false, true // RFC 3986 allows a port without digits: it is the default one
	default:
		port, ok = parsePort(rest[1:])
		return port, ok, ok
	}
}

func parsePort(digits string) (int64, bool) {
	var port int64
	for i := range len(digits) {
		if !isDigit(digits[i]) {
			return 0, false
		}
		port = port*10 + int64(digits[i]-'0')
		if port > maxPort {
			return 0, false
		}
	}
	return port, true
}

// isOneHost refuses no host and lists of hosts, also those of drivers that write (host=a,port=1). By the letter of RFC 3986 these
// characters may stand in a name, but no host has them.
func isOneHost(host string) bool { return host != "" && !strings.ContainsAny(host, ",;=()") }

// class is what a byte may be in an authority.
type class uint8

const (
	inName    class = iota
	ends            // the authority
	colons          // a port, or an address in brackets
	ats             // the userinfo
	notInName       // control characters, and what RFC 3986 keeps out of names
)

// classes lets letters of other scripts into names: instrumentation reports them as they were typed.
var classes = func() (c [256]class) {
	for i := range ' ' {
		c[i] = notInName
	}
	for _, odd := range " \"<>[\\]^`{|}\x7f" {
		c[odd] = notInName
	}
	c['/'], c['?'], c['#'], c[':'], c['@'] = ends, ends, ends, colons, ats
	return c
}()

func isName(host string) bool {
	for i := range len(host) {
		if classes[host[i]] != inName {
			return false
		}
	}
	return true
}

// isIPv6 allows a zone, with the percent sign encoded as in URLs or not.
func isIPv6(s string) bool {
	address, zone, hasZone := strings.Cut(s, "%")
	if hasZone && !isZone(zone) {
		return false
	}
	addr, err := netip.ParseAddr(address)
	return err == nil && addr.Is6()
}

// isZone accepts the names of interfaces. The digits of an encoded percent sign look like the start of one.
func isZone(zone string) bool {
	for i := range len(zone) {
		if c := zone[i]; !isLetter(c) && !isDigit(c) && c != '-' && c != '_' && c != '.' && c != '~' {
			return false
		}
	}
	return zone != ""
}
