package consoleextension

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// guard keeps other web sites out. The page is meant for a browser on this machine, and a browser will send requests to
// 127.0.0.1 for any site: directly, or by a name of theirs that resolves to it (DNS rebinding), which only the Host header
// tells. A console that listens beyond loopback is reached by names that we cannot know; there, authentication decides.
func guard(addr net.Addr, endpoint string, next http.Handler) http.Handler {
	loopback := isLoopback(addr)
	own := hostOf(endpoint)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		secure(w.Header())
		switch {
		case r.Method != http.MethodGet:
			w.Header().Set("Allow", http.MethodGet)
			http.Error(w, "only GET is supported", http.StatusMethodNotAllowed)
		case loopback && !isLoopbackHost(r.Host) && hostOf(r.Host) != own:
			http.Error(w, "this host name is not that of the console; use 127.0.0.1 or localhost", http.StatusForbidden)
		case crossSite(r.Header):
			http.Error(w, "requests of other sites are refused", http.StatusForbidden)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

func secure(h http.Header) {
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", pageCSP)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
}

// crossSite is what browsers say of a request that another site's page makes, a followed link excepted.
func crossSite(h http.Header) bool {
	site := h.Get("Sec-Fetch-Site")
	return (site == "cross-site" || site == "same-site") && h.Get("Sec-Fetch-Mode") != "navigate"
}

func isLoopback(addr net.Addr) bool {
	tcp, ok := addr.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// isLoopbackHost judges a Host header; its port may be another one, that of a tunnel.
func isLoopbackHost(host string) bool {
	name := hostOf(host)
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(name)
	return err == nil && ip.IsLoopback()
}

// hostOf cuts the port and the brackets off.
func hostOf(hostport string) string {
	if host, _, err := net.SplitHostPort(hostport); err == nil {
		hostport = host
	}
	return strings.ToLower(strings.TrimSuffix(strings.TrimPrefix(hostport, "["), "]"))
}
