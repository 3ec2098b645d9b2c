package semconv_test

import (
	"slices"

	"github.com/otelcol-plus/otelcol-plus/internal/semconv"
)

// ruleCases are the cases by the id of their rule.
var ruleCases = map[string][]ruleCase{}

func init() {
	for _, cases := range []map[string][]ruleCase{httpCases, networkCases, databaseCases, messagingCases, rpcCases, otherCases} {
		for id, list := range cases {
			ruleCases[id] = list
		}
	}
}

const secretURL = "https://me:pw@shop.example/cart?id=1&X-Amz-Signature=s&sig=t&SIG=u#top"
const hiddenURL = "https://REDACTED:REDACTED@shop.example/cart?id=1&X-Amz-Signature=REDACTED&sig=REDACTED&SIG=u#top"

var httpCases = map[string][]ruleCase{
	"http.method": slices.Concat([]ruleCase{
		{clause: "exact", at: at(spans, anyPoints), in: kv{"http.method", "GET"}, want: kv{"http.request.method", "GET"}, found: old("http.method")},
		{clause: "exact", at: at(spans, anyPoints), in: kv{"http.method", "PATCH"}, want: kv{"http.request.method", "PATCH"}, found: old("http.method")},
		{clause: "_OTHER is a member", at: at(spans, anyPoints), in: kv{"http.method", "_OTHER"}, want: kv{"http.request.method", "_OTHER"}, found: old("http.method")},
		{clause: "upper-cased known", at: at(spans, links, logs), in: kv{"http.method", "get"}, want: kv{"http.request.method", "GET", "http.request.method_original", "get"}, found: both(old("http.method"), "enum_case http.method")},
		{clause: "upper-cased known", at: spans, in: kv{"http.method", "dElEtE"}, want: kv{"http.request.method", "DELETE", "http.request.method_original", "dElEtE"}, found: both(old("http.method"), "enum_case http.method")},
		{clause: "else _OTHER", at: at(spans, logs), in: kv{"http.method", "BREW"}, want: kv{"http.request.method", "_OTHER", "http.request.method_original", "BREW"}, found: both(old("http.method"), "unknown_enum_value http.method")},
		{clause: "else _OTHER", at: spans, in: kv{"http.method", "GET "}, want: kv{"http.request.method", "_OTHER", "http.request.method_original", "GET "}, found: both(old("http.method"), "unknown_enum_value http.method")},
		{clause: "no original on points", at: anyPoints, in: kv{"http.method", "get"}, want: kv{"http.request.method", "GET"}, found: both(old("http.method"), "enum_case http.method")},
		{clause: "no original on points", at: anyPoints, in: kv{"http.method", "BREW"}, want: kv{"http.request.method", "_OTHER"}, found: both(old("http.method"), "unknown_enum_value http.method")},
		{clause: "an original that is there stays", at: spans, in: kv{"http.method", "get", "http.request.method_original", "gET"}, want: kv{"http.request.method", "GET", "http.request.method_original", "gET"}, found: both(old("http.method"), "enum_case http.method")},
		{clause: "equal after folding", at: spans, in: kv{"http.method", "get", "http.request.method", "GET"}, want: kv{"http.request.method", "GET"}, found: old("http.method")},
		{clause: "the new name in lower case", at: spans, in: kv{"http.request.method", "get"}, want: kv{"http.request.method", "GET", "http.request.method_original", "get"}, found: "enum_case http.request.method"},
		{clause: "different", at: spans, in: kv{"http.method", "GET", "http.request.method", "PUT"}, found: both(old("http.method"), "conflict http.method")},
		{clause: "no text", at: spans, in: kv{"http.method", true}, found: both(old("http.method"), "type_mismatch http.method")},
	}),
	"http.status_code": slices.Concat(castInt("http.status_code", "http.response.status_code", at(spans, anyPoints, logs, events)), []ruleCase{
		{clause: "outside of what a status can be", at: spans, in: kv{"http.status_code", 600}, want: kv{"http.response.status_code", 600}, found: both(old("http.status_code"), "invalid_value http.status_code")},
		{clause: "outside of what a status can be", at: spans, in: kv{"http.status_code", "99"}, want: kv{"http.response.status_code", 99}, found: both(old("http.status_code"), "invalid_value http.status_code", "type_mismatch http.status_code")},
	}),
	"http.url": {
		{clause: "rename on every kind", at: at(spans, logs, events), opts: redact, in: kv{"http.url", "https://shop.example/cart?id=1"}, want: kv{"url.full", "https://shop.example/cart?id=1"}, found: old("http.url")},
		{clause: "redacting", at: at(spans, logs, events), opts: redact, in: kv{"http.url", secretURL}, want: kv{"url.full", hiddenURL}, found: both(old("http.url"), "sensitive_data http.url")},
		{clause: "without the option", at: spans, in: kv{"http.url", secretURL}, want: kv{"url.full", secretURL}, found: both(old("http.url"), "sensitive_data http.url")},
		{clause: "already redacted", at: spans, opts: redact, in: kv{"http.url", hiddenURL}, want: kv{"url.full", hiddenURL}, found: old("http.url")},
		{clause: "equal after redaction", at: spans, opts: redact, in: kv{"http.url", secretURL, "url.full", hiddenURL}, want: kv{"url.full", hiddenURL}, found: old("http.url")},
		{clause: "no URL", at: spans, opts: redact, in: kv{"http.url", "/cart?sig=a"}, want: kv{"url.full", "/cart?sig=a"}, found: both(old("http.url"), "invalid_format http.url")},
		{clause: "different", at: spans, opts: redact, in: kv{"http.url", secretURL, "url.full", "https://shop.example/"}, want: kv{"http.url", hiddenURL, "url.full", "https://shop.example/"}, found: both(old("http.url"), "conflict http.url", "sensitive_data http.url")},
	},
	"http.url.server_parts": {
		{clause: "on SERVER", at: server, opts: derive, in: kv{"http.url", "https://shop.example:8443/cart?id=1"}, want: kv{"url.full", "https://shop.example:8443/cart?id=1", "url.scheme", "https", "url.path", "/cart", "url.query", "id=1"}, found: old("http.url")},
		{clause: "no query", at: server, opts: derive, in: kv{"http.url", "http://shop.example/"}, want: kv{"url.full", "http://shop.example/", "url.scheme", "http", "url.path", "/"}, found: old("http.url")},
		{clause: "scheme is there", at: server, opts: derive, in: kv{"http.url", "https://shop.example/", "http.scheme", "http"}, want: kv{"url.full", "https://shop.example/", "url.scheme", "http", "url.path", "/"}, found: old("http.url", "http.scheme")},
		{clause: "target is there", at: server, opts: derive, in: kv{"http.url", "https://shop.example/cart?id=1", "http.target", "/other"}, want: kv{"url.full", "https://shop.example/cart?id=1", "url.path", "/other"}, found: old("http.url", "http.target")},
		{clause: "path is there", at: server, opts: derive, in: kv{"http.url", "https://shop.example/cart?id=1", "url.path", "/other"}, want: kv{"url.full", "https://shop.example/cart?id=1", "url.path", "/other"}, found: old("http.url")},
		{clause: "only on SERVER", at: at(producer, consumer, others), opts: derive, in: kv{"http.url", "https://shop.example/cart"}, want: kv{"url.full", "https://shop.example/cart"}, found: old("http.url")},
		{clause: "only with derive", at: server, in: kv{"http.url", "https://shop.example/cart"}, want: kv{"url.full", "https://shop.example/cart"}, found: old("http.url")},
		{clause: "redacted", at: server, opts: semconv.Options{Derive: true, Redact: true}, in: kv{"http.url", "https://shop.example/cart?sig=a"}, want: kv{"url.full", "https://shop.example/cart?sig=REDACTED", "url.scheme", "https", "url.path", "/cart", "url.query", "sig=REDACTED"}, found: both(old("http.url"), "sensitive_data http.url")},
		{clause: "no URL", at: server, opts: derive, in: kv{"http.url", "cart"}, want: kv{"url.full", "cart"}, found: both(old("http.url"), "invalid_format http.url")},
	},
	"http.url.client_parts": {
		{clause: "port of the URL", at: client, opts: derive, in: kv{"http.url", "https://shop.example:8443/cart"}, want: kv{"url.full", "https://shop.example:8443/cart", "server.address", "shop.example", "server.port", 8443}, found: old("http.url")},
		{clause: "80 for http", at: client, opts: derive, in: kv{"http.url", "http://shop.example"}, want: kv{"url.full", "http://shop.example", "server.address", "shop.example", "server.port", 80}, found: old("http.url")},
		{clause: "443 for https", at: client, opts: derive, in: kv{"http.url", "HTTPS://[::1]/"}, want: kv{"url.full", "HTTPS://[::1]/", "server.address", "::1", "server.port", 443}, found: old("http.url")},
		{clause: "another source gives them", at: client, opts: derive, in: kv{"http.url", "https://shop.example/", "net.peer.name", "proxy", "net.peer.port", 3128}, want: kv{"url.full", "https://shop.example/", "server.address", "proxy", "server.port", 3128}, found: old("http.url", "net.peer.name", "net.peer.port")},
		{clause: "they are there", at: client, opts: derive, in: kv{"http.url", "https://shop.example/", "server.address", "proxy", "server.port", 1}, want: kv{"url.full", "https://shop.example/", "server.address", "proxy", "server.port", 1}, found: old("http.url")},
		{clause: "the port is there", at: client, opts: derive, in: kv{"http.url", "https://shop.example/", "server.port", 8443}, want: kv{"url.full", "https://shop.example/", "server.address", "shop.example", "server.port", 8443}, found: old("http.url")},
		{clause: "of url.full as well", at: client, opts: derive, in: kv{"url.full", "https://shop.example/"}, want: kv{"url.full", "https://shop.example/", "server.address", "shop.example", "server.port", 443}},
		{clause: "only with derive", at: client, in: kv{"http.url", "https://shop.example/"}, want: kv{"url.full", "https://shop.example/"}, found: old("http.url")},
	},
	"http.target": {
		{clause: "path, query, fragment", at: at(spans, logs), in: kv{"http.target", "/a?b=c#d"}, want: kv{"url.path", "/a", "url.query", "b=c", "url.fragment", "d"}, found: old("http.target")},
		{clause: "path", at: spans, in: kv{"http.target", "/a"}, want: kv{"url.path", "/a"}, found: old("http.target")},
		{clause: "first question mark", at: spans, in: kv{"http.target", "/a?b?c"}, want: kv{"url.path", "/a", "url.query", "b?c"}, found: old("http.target")},
		{clause: "hash before question mark", at: spans, in: kv{"http.target", "/a#b?c"}, want: kv{"url.path", "/a", "url.fragment", "b?c"}, found: old("http.target")},
		{clause: "first hash", at: spans, in: kv{"http.target", "/a#b#c"}, want: kv{"url.path", "/a", "url.fragment", "b#c"}, found: old("http.target")},
		{clause: "empty query and fragment", at: spans, in: kv{"http.target", "/a?#"}, want: kv{"url.path", "/a"}, found: old("http.target")},
		{clause: "query alone", at: spans, in: kv{"http.target", "?b"}, want: kv{"url.query", "b"}, found: old("http.target")},
		{clause: "redacted", at: spans, opts: redact, in: kv{"http.target", "/a?sig=b&c=d"}, want: kv{"url.path", "/a", "url.query", "sig=REDACTED&c=d"}, found: both(old("http.target"), "sensitive_data http.target")},
		{clause: "absolute form", at: spans, in: kv{"http.target", "http://shop.example:80/a?b#c"}, want: kv{"url.path", "/a", "url.query", "b"}, found: old("http.target")},
		{clause: "absolute form without query", at: spans, in: kv{"http.target", "https://shop.example/"}, want: kv{"url.path", "/"}, found: old("http.target")},
		{clause: "* stays *", at: spans, in: kv{"http.target", "*"}, want: kv{"url.path", "*"}, found: old("http.target")},
		{clause: "equal parts", at: spans, in: kv{"http.target", "/a?b", "url.path", "/a", "url.query", "b"}, want: kv{"url.path", "/a", "url.query", "b"}, found: old("http.target")},
		{clause: "one part is there", at: spans, in: kv{"http.target", "/a?b", "url.path", "/a"}, want: kv{"url.path", "/a", "url.query", "b"}, found: old("http.target")},
		{clause: "one part differs", at: spans, in: kv{"http.target", "/a?b", "url.path", "/c"}, found: both(old("http.target"), "conflict http.target")},
		{clause: "one part differs, redacted", at: spans, opts: redact, in: kv{"http.target", "/a?sig=b", "url.path", "/c"}, want: kv{"http.target", "/a?sig=REDACTED", "url.path", "/c"}, found: both(old("http.target"), "conflict http.target", "sensitive_data http.target")},
		{clause: "no text", at: spans, in: kv{"http.target", 1}, found: both(old("http.target"), "type_mismatch http.target")},
		{clause: "rows of profiles cannot be split", at: profiles, in: kv{"http.target", "/a?b"}, found: old("http.target")},
	},
	"http.scheme": slices.Concat(plain("http.scheme", "url.scheme", "https", at(spans, anyPoints, logs)), []ruleCase{
		{clause: "lower-cased", at: at(spans, anyPoints, profiles), in: kv{"http.scheme", "HTTPS"}, want: kv{"url.scheme", "https"}, found: old("http.scheme")},
		{clause: "equal after conversion", at: spans, in: kv{"http.scheme", "HTTPS", "url.scheme", "https"}, want: kv{"url.scheme", "https"}, found: old("http.scheme")},
		{clause: "different", at: spans, in: kv{"http.scheme", "http", "url.scheme", "https"}, found: both(old("http.scheme"), "conflict http.scheme")},
	}),
	"http.flavor": slices.Concat(
		mapped("http.flavor", "network.protocol.version", at(spans, anyPoints, profiles), map[string]string{
			"1.0": "1.0", "1.1": "1.1", "2.0": "2", "2": "2", "3.0": "3", "3": "3", "HTTP/1.1": "1.1", "HTTP/2.0": "2", "HTTP/2": "2",
		}),
		mapped("http.flavor", "network.protocol.name", at(spans, anyPoints), map[string]string{"SPDY": "spdy", "QUIC": "quic"}),
		[]ruleCase{
			{clause: "another version", at: at(spans, anyPoints), in: kv{"http.flavor", "0.9"}, found: both(old("http.flavor"), "unmapped_value http.flavor")},
			{clause: "the version is there", at: spans, in: kv{"http.flavor", "2.0", "network.protocol.version", "2"}, want: kv{"network.protocol.version", "2"}, found: old("http.flavor")},
			{clause: "the name is there", at: spans, in: kv{"http.flavor", "SPDY", "network.protocol.name", "spdy", "network.protocol.version", "3.1"}, want: kv{"network.protocol.name", "spdy", "network.protocol.version", "3.1"}, found: old("http.flavor")},
			{clause: "another version is there", at: spans, in: kv{"http.flavor", "1.1", "network.protocol.version", "2"}, found: both(old("http.flavor"), "conflict http.flavor")},
		}),
	"http.host.server": {
		{clause: "host and port", at: at(server, serverPoints), in: kv{"http.host", "shop:8443"}, want: kv{"server.address", "shop", "server.port", 8443}, found: old("http.host")},
		{clause: "host", at: at(server, serverPoints), in: kv{"http.host", "shop"}, want: kv{"server.address", "shop"}, found: old("http.host")},
		{clause: "IPv6", at: server, in: kv{"http.host", "[::1]:8080"}, want: kv{"server.address", "::1", "server.port", 8080}, found: old("http.host")},
		{clause: "net.host.name ranks higher and differs", at: at(server, serverPoints), in: kv{"http.host", "shop", "net.host.name", "pod-1"}, want: kv{"server.address", "pod-1", "http.request.header.host", []any{"shop"}}, found: old("http.host", "net.host.name")},
		{clause: "differs, with a port", at: server, in: kv{"http.host", "shop:80", "server.address", "pod-1"}, want: kv{"server.address", "pod-1", "http.request.header.host", []any{"shop:80"}}, found: old("http.host")},
		{clause: "equal host", at: at(server, serverPoints), in: kv{"http.host", "shop", "net.host.name", "shop"}, want: kv{"server.address", "shop"}, found: old("http.host", "net.host.name")},
		{clause: "equal host and port", at: server, in: kv{"http.host", "shop:80", "net.host.name", "shop", "net.host.port", "80"}, want: kv{"server.address", "shop", "server.port", 80}, found: both(old("http.host", "net.host.name", "net.host.port"), "type_mismatch net.host.port")},
		{clause: "equal to what is there", at: server, in: kv{"http.host", "shop:80", "server.address", "shop", "server.port", 80}, want: kv{"server.address", "shop", "server.port", 80}, found: old("http.host")},
		{clause: "its port fills server.port", at: at(server, serverPoints), in: kv{"http.host", "shop:80", "net.host.name", "shop"}, want: kv{"server.address", "shop", "server.port", 80}, found: old("http.host", "net.host.name")},
		{clause: "another port is there", at: server, in: kv{"http.host", "shop:80", "server.address", "shop", "server.port", 81}, want: kv{"server.address", "shop", "server.port", 81, "http.request.header.host", []any{"shop:80"}}, found: old("http.host")},
		{clause: "the header is there and equal", at: server, in: kv{"http.host", "shop", "server.address", "pod", "http.request.header.host", []any{"shop"}}, want: kv{"server.address", "pod", "http.request.header.host", []any{"shop"}}, found: old("http.host")},
		{clause: "the header is there and differs", at: server, in: kv{"http.host", "shop", "server.address", "pod", "http.request.header.host", []any{"other"}}, found: both(old("http.host"), "conflict http.host")},
		{clause: "the header is there in upper case and differs", at: server, in: kv{"http.host", "shop", "server.address", "pod", "http.request.header.Host", []any{"other"}}, want: kv{"http.host", "shop", "server.address", "pod", "http.request.header.host", []any{"other"}}, found: both(old("http.host"), "conflict http.host", "key_format http.request.header.Host")},
		{clause: "no text", at: server, in: kv{"http.host", 1}, found: both(old("http.host"), "type_mismatch http.host")},
		{clause: "places without a kind", at: at(resources, events, links, logs, onPoints, profiles), in: kv{"http.host", "shop:80"}, found: old("http.host")},
	},
	"http.host.client": {
		{clause: "host and port", at: at(client, clientPoints), in: kv{"http.host", "shop:8443"}, want: kv{"server.address", "shop", "server.port", 8443}, found: old("http.host")},
		{clause: "every kind but SERVER", at: notServer, in: kv{"http.host", "shop"}, want: kv{"server.address", "shop"}, found: old("http.host")},
		{clause: "net.peer.name ranks higher and differs", at: at(client, clientPoints), in: kv{"http.host", "shop:80", "net.peer.name", "10.0.0.1"}, want: kv{"server.address", "10.0.0.1", "http.request.header.host", []any{"shop:80"}}, found: old("http.host", "net.peer.name")},
		{clause: "equal", at: at(client, clientPoints), in: kv{"http.host", "shop:80", "net.peer.name", "shop", "net.peer.port", 80}, want: kv{"server.address", "shop", "server.port", 80}, found: old("http.host", "net.peer.name", "net.peer.port")},
		{clause: "its port fills server.port", at: client, in: kv{"http.host", "shop:80", "net.peer.name", "shop"}, want: kv{"server.address", "shop", "server.port", 80}, found: old("http.host", "net.peer.name")},
		{clause: "net.host.name does not rank on CLIENT", at: client, in: kv{"http.host", "shop", "net.host.name", "laptop"}, want: kv{"server.address", "shop", "net.host.name", "laptop"}, found: old("http.host", "net.host.name")},
	},
	"http.server_name": {
		{clause: "lowest rank", at: at(server, serverPoints), in: kv{"http.server_name", "shop"}, want: kv{"server.address", "shop"}, found: old("http.server_name")},
		{clause: "behind net.host.name", at: at(server, serverPoints), in: kv{"http.server_name", "shop", "net.host.name", "pod"}, want: kv{"http.server_name", "shop", "server.address", "pod"}, found: both(old("http.server_name", "net.host.name"), "conflict http.server_name")},
		{clause: "behind http.host", at: server, in: kv{"http.server_name", "shop", "http.host", "www:80"}, want: kv{"http.server_name", "shop", "server.address", "www", "server.port", 80}, found: both(old("http.server_name", "http.host"), "conflict http.server_name")},
		{clause: "all three", at: server, in: kv{"http.server_name", "c", "http.host", "b", "net.host.name", "a"}, want: kv{"http.server_name", "c", "server.address", "a", "http.request.header.host", []any{"b"}}, found: both(old("http.server_name", "http.host", "net.host.name"), "conflict http.server_name")},
		{clause: "another address is there", at: server, in: kv{"http.server_name", "shop", "server.address", "pod"}, found: both(old("http.server_name"), "conflict http.server_name")},
		{clause: "the same address is there", at: server, in: kv{"http.server_name", "shop", "server.address", "shop"}, want: kv{"server.address", "shop"}, found: old("http.server_name")},
		{clause: "not on other kinds", at: at(notServer, clientPoints, withoutKind), in: kv{"http.server_name", "shop"}, found: old("http.server_name")},
	},
	"http.client_ip": slices.Concat(plain("http.client_ip", "client.address", "10.0.0.1", at(spans, logs, profiles)), []ruleCase{
		{clause: "wins over net.peer.name", at: server, in: kv{"http.client_ip", "10.0.0.1", "net.peer.name", "proxy"}, want: kv{"client.address", "10.0.0.1", "net.peer.name", "proxy"}, found: both(old("http.client_ip", "net.peer.name"), "conflict net.peer.name")},
		{clause: "says what net.peer.name says", at: server, in: kv{"http.client_ip", "10.0.0.1", "net.peer.name", "10.0.0.1"}, want: kv{"client.address", "10.0.0.1"}, found: old("http.client_ip", "net.peer.name")},
		{clause: "wins over net.peer.ip and net.sock.peer.addr", at: server, opts: derive, in: kv{"http.client_ip", "10.0.0.1", "net.peer.ip", "10.0.0.2", "http.request.method", "GET"}, want: kv{"client.address", "10.0.0.1", "network.peer.address", "10.0.0.2", "http.request.method", "GET"}, found: old("http.client_ip", "net.peer.ip")},
		{clause: "another address is there", at: spans, in: kv{"http.client_ip", "a", "client.address", "b"}, found: both(old("http.client_ip"), "conflict http.client_ip")},
	}),
	"http.client_ip.fallback": {
		{clause: "net.sock.peer.addr", at: server, opts: derive, in: kv{"net.sock.peer.addr", "10.0.0.1", "http.method", "GET"}, want: kv{"network.peer.address", "10.0.0.1", "client.address", "10.0.0.1", "http.request.method", "GET"}, found: old("net.sock.peer.addr", "http.method")},
		{clause: "net.peer.ip", at: server, opts: derive, in: kv{"net.peer.ip", "10.0.0.1", "http.request.method", "GET"}, want: kv{"network.peer.address", "10.0.0.1", "client.address", "10.0.0.1", "http.request.method", "GET"}, found: old("net.peer.ip")},
		{clause: "no method", at: server, opts: derive, in: kv{"net.sock.peer.addr", "10.0.0.1"}, want: kv{"network.peer.address", "10.0.0.1"}, found: old("net.sock.peer.addr")},
		{clause: "net.peer.name is there", at: server, opts: derive, in: kv{"net.sock.peer.addr", "10.0.0.1", "net.peer.name", "c", "http.request.method", "GET"}, want: kv{"network.peer.address", "10.0.0.1", "client.address", "c", "http.request.method", "GET"}, found: old("net.sock.peer.addr", "net.peer.name")},
		{clause: "http.client_ip is there", at: server, opts: derive, in: kv{"net.sock.peer.addr", "10.0.0.1", "http.client_ip", "c", "http.request.method", "GET"}, want: kv{"network.peer.address", "10.0.0.1", "client.address", "c", "http.request.method", "GET"}, found: old("net.sock.peer.addr", "http.client_ip")},
		{clause: "only on SERVER", at: notServer, opts: derive, in: kv{"net.sock.peer.addr", "10.0.0.1", "http.request.method", "GET"}, want: kv{"network.peer.address", "10.0.0.1", "http.request.method", "GET"}, found: old("net.sock.peer.addr")},
		{clause: "only with derive", at: server, in: kv{"net.sock.peer.addr", "10.0.0.1", "http.request.method", "GET"}, want: kv{"network.peer.address", "10.0.0.1", "http.request.method", "GET"}, found: old("net.sock.peer.addr")},
	},
	"http.request_content_length": slices.Concat(castInt("http.request_content_length", "http.request.body.size", at(spans, profiles)), []ruleCase{
		{clause: "below zero", at: spans, in: kv{"http.request_content_length", -1}, want: kv{"http.request.body.size", -1}, found: both(old("http.request_content_length"), "invalid_value http.request_content_length")},
	}),
	"http.response_content_length":              castInt("http.response_content_length", "http.response.body.size", at(spans, profiles)),
	"http.request_content_length_uncompressed":  uncompressed("http.request"),
	"http.response_content_length_uncompressed": uncompressed("http.response"),
	"http.header.shape":                         slices.Concat(header("http.request.header"), header("http.response.header")),
}

// uncompressed are the cases of a body's size before it was compressed.
func uncompressed(side string) []ruleCase {
	name, length, size := side+"_content_length_uncompressed", side+"_content_length", side+".body.size"
	return slices.Concat(castInt(name, size, spans), []ruleCase{
		{clause: "the compressed size gave a value", at: spans, in: kv{name, 9, length, 5}, want: kv{name, 9, size, 5}, found: both(old(name, length), "conflict "+name)},
		{clause: "the compressed size is the same", at: spans, in: kv{name, 5, length, 5}, want: kv{size, 5}, found: old(name, length)},
		{clause: "the compressed size gave no value", at: spans, in: kv{name, 9, length, "much"}, want: kv{size, 9, length, "much"}, found: both(old(name, length), "type_mismatch "+length)},
	})
}

// header are the cases of the attributes of one side's headers.
func header(prefix string) []ruleCase {
	mixed, name := prefix+".Content-Type", prefix+".content-type"
	return []ruleCase{
		{clause: "right", at: at(spans, logs, events), in: kv{name, []any{"a", "b"}}},
		{clause: "key lower-cased", at: at(spans, logs, events), in: kv{mixed, []any{"a"}}, want: kv{name, []any{"a"}}, found: "key_format " + mixed},
		{clause: "string becomes a list, of a header that rules write", at: spans, in: kv{prefix + ".host", "a"}, want: kv{prefix + ".host", []any{"a"}}, found: "type_mismatch " + prefix + ".host"},
		{clause: "string becomes a list", at: at(spans, logs, events, profiles), in: kv{name, "a"}, want: kv{name, []any{"a"}}, found: "type_mismatch " + name},
		{clause: "both", at: spans, in: kv{mixed, "a,b"}, want: kv{name, []any{"a,b"}}, found: both("key_format "+mixed, "type_mismatch "+mixed)},
		{clause: "underscores stay", at: spans, in: kv{prefix + ".X_Request_Id", []any{"a"}}, want: kv{prefix + ".x_request_id", []any{"a"}}, found: "key_format " + prefix + ".X_Request_Id"},
		{clause: "the lower-case key is there and equal", at: spans, in: kv{mixed, "a", name, []any{"a"}}, want: kv{name, []any{"a"}}, found: both("key_format "+mixed, "type_mismatch "+mixed)},
		{clause: "the lower-case key is there and differs", at: spans, in: kv{mixed, []any{"a"}, name, []any{"b"}}, found: both("key_format "+mixed, "conflict "+mixed)},
		{clause: "authenticates", at: spans, opts: redact, in: kv{prefix + ".Set-Cookie", "id=1"}, want: kv{prefix + ".set-cookie", []any{"REDACTED"}}, found: both("key_format "+prefix+".Set-Cookie", "type_mismatch "+prefix+".Set-Cookie", "sensitive_data "+prefix+".Set-Cookie")},
		{clause: "no header", at: spans, in: kv{prefix, "a", prefix + "s.A", "b"}},
	}
}

var networkCases = map[string][]ruleCase{
	"net.peer.name.client": slices.Concat(plain("net.peer.name", "server.address", "shop", notServer), []ruleCase{
		{clause: "another address is there", at: notServer, in: kv{"net.peer.name", "a", "server.address", "b"}, found: both(old("net.peer.name"), "conflict net.peer.name")},
		{clause: "places without a kind", at: withoutKind, in: kv{"net.peer.name", "a"}, found: old("net.peer.name")},
	}),
	"net.peer.name.server": slices.Concat(plain("net.peer.name", "client.address", "phone", server), []ruleCase{
		{clause: "loses to http.client_ip", at: server, in: kv{"net.peer.name", "a", "http.client_ip", "b"}, want: kv{"net.peer.name", "a", "client.address", "b"}, found: both(old("net.peer.name", "http.client_ip"), "conflict net.peer.name")},
	}),
	"net.peer.name.metric": slices.Concat(plain("net.peer.name", "server.address", "a", clientPoints), plain("net.peer.name", "client.address", "a", serverPoints), []ruleCase{
		{clause: "metrics of no side", at: onPoints, in: kv{"net.peer.name", "a"}, found: old("net.peer.name")},
	}),
	"net.peer.port.client": slices.Concat(castInt("net.peer.port", "server.port", notServer), []ruleCase{
		{clause: "no port", at: notServer, in: kv{"net.peer.port", 65536}, want: kv{"server.port", 65536}, found: both(old("net.peer.port"), "invalid_value net.peer.port")},
	}),
	"net.peer.port.server": castInt("net.peer.port", "client.port", server),
	"net.peer.port.metric": slices.Concat(castInt("net.peer.port", "server.port", clientPoints), castInt("net.peer.port", "client.port", serverPoints), []ruleCase{
		{clause: "metrics of no side", at: onPoints, in: kv{"net.peer.port", 80}, found: old("net.peer.port")},
	}),
	"net.host.name": slices.Concat(plain("net.host.name", "server.address", "pod", at(server, serverPoints)), []ruleCase{
		{clause: "kept and reported elsewhere", at: at(notServer, clientPoints, withoutKind), in: kv{"net.host.name", "laptop"}, found: old("net.host.name")},
		{clause: "another address is there", at: server, in: kv{"net.host.name", "a", "server.address", "b"}, found: both(old("net.host.name"), "conflict net.host.name")},
	}),
	"net.host.port": slices.Concat(castInt("net.host.port", "server.port", at(server, serverPoints)), []ruleCase{
		{clause: "kept and reported elsewhere", at: at(notServer, clientPoints, withoutKind), in: kv{"net.host.port", 80}, found: old("net.host.port")},
	}),
	"net.host.ip": plain("net.host.ip", "network.local.address", "10.0.0.1", at(spans, withoutKind)),
	"net.peer.ip": slices.Concat(plain("net.peer.ip", "network.peer.address", "10.0.0.1", at(spans, withoutKind)), []ruleCase{
		{clause: "after net.sock.peer.addr", at: spans, in: kv{"net.peer.ip", "a", "net.sock.peer.addr", "b"}, want: kv{"net.peer.ip", "a", "network.peer.address", "b"}, found: both(old("net.peer.ip", "net.sock.peer.addr"), "conflict net.peer.ip")},
		{clause: "says what net.sock.peer.addr says", at: spans, in: kv{"net.peer.ip", "a", "net.sock.peer.addr", "a"}, want: kv{"network.peer.address", "a"}, found: old("net.peer.ip", "net.sock.peer.addr")},
	}),
	"net.sock.peer.name": kept("shop", "net.sock.peer.name"),
	"net.sock.family": slices.Concat(
		mapped("net.sock.family", "network.type", at(spans, profiles), map[string]string{"inet": "ipv4", "inet6": "ipv6"}),
		mapped("net.sock.family", "network.transport", spans, map[string]string{"unix": "unix"}),
		[]ruleCase{{clause: "another family", at: spans, in: kv{"net.sock.family", "ipx"}, found: both(old("net.sock.family"), "unmapped_value net.sock.family")}},
	),
	"net.transport": slices.Concat(
		mapped("net.transport", "network.transport", at(spans, anyPoints), map[string]string{
			"ip_tcp": "tcp", "IP.TCP": "tcp", "ip_udp": "udp", "IP.UDP": "udp", "pipe": "pipe", "unix": "unix", "Unix": "unix",
		}),
		noCounterpart("net.transport", "inproc", "other", "ip", "IP"),
		[]ruleCase{
			{clause: "equal after the map", at: spans, in: kv{"net.transport", "ip_tcp", "network.transport", "tcp"}, want: kv{"network.transport", "tcp"}, found: old("net.transport")},
			{clause: "different", at: spans, in: kv{"net.transport", "ip_tcp", "network.transport", "udp"}, found: both(old("net.transport"), "conflict net.transport")},
		}),
	"net.protocol.name": lower("net.protocol.name", "network.protocol.name", at(spans, anyPoints)),
	"net.protocol.version": {
		{clause: "2.0 of http", at: at(spans, anyPoints), in: kv{"net.protocol.version", "2.0", "net.protocol.name", "HTTP"}, want: kv{"network.protocol.version", "2", "network.protocol.name", "http"}, found: old("net.protocol.version", "net.protocol.name")},
		{clause: "3.0 of http", at: spans, in: kv{"net.protocol.version", "3.0", "network.protocol.name", "http"}, want: kv{"network.protocol.version", "3", "network.protocol.name", "http"}, found: old("net.protocol.version")},
		{clause: "beside a method", at: at(spans, anyPoints), in: kv{"net.protocol.version", "2.0", "http.request.method", "GET"}, want: kv{"network.protocol.version", "2", "http.request.method", "GET"}, found: old("net.protocol.version")},
		{clause: "beside an old method", at: spans, in: kv{"net.protocol.version", "3.0", "http.method", "GET"}, want: kv{"network.protocol.version", "3", "http.request.method", "GET"}, found: old("net.protocol.version", "http.method")},
		{clause: "beside the older name of the protocol", at: spans, in: kv{"net.protocol.version", "2.0", "net.app.protocol.name", "http"}, want: kv{"network.protocol.version", "2", "network.protocol.name", "http"}, found: old("net.protocol.version", "net.app.protocol.name")},
		{clause: "1.1 is unchanged", at: spans, in: kv{"net.protocol.version", "1.1", "http.request.method", "GET"}, want: kv{"network.protocol.version", "1.1", "http.request.method", "GET"}, found: old("net.protocol.version")},
		{clause: "of another protocol", at: spans, in: kv{"net.protocol.version", "2.0", "net.protocol.name", "amqp"}, want: kv{"network.protocol.version", "2.0", "network.protocol.name", "amqp"}, found: old("net.protocol.version", "net.protocol.name")},
		{clause: "of no known protocol", at: at(spans, anyPoints), in: kv{"net.protocol.version", "2.0"}, want: kv{"network.protocol.version", "2.0"}, found: old("net.protocol.version")},
		{clause: "different", at: spans, in: kv{"net.protocol.version", "1.1", "network.protocol.version", "2"}, found: both(old("net.protocol.version"), "conflict net.protocol.version")},
	},
	"net.app.protocol.name":    slices.Concat(lower("net.app.protocol.name", "network.protocol.name", spans), lower("messaging.protocol", "network.protocol.name", spans)),
	"net.app.protocol.version": slices.Concat(plain("net.app.protocol.version", "network.protocol.version", "2.0", spans), plain("messaging.protocol_version", "network.protocol.version", "0.9.1", spans)),
	"server.socket.address":    slices.Concat(plain("server.socket.address", "network.local.address", "a", server), plain("server.socket.address", "network.peer.address", "a", notServer), noKind("server.socket.address", "a")),
	"server.socket.port":       slices.Concat(plain("server.socket.port", "network.local.port", 80, server), plain("server.socket.port", "network.peer.port", 80, notServer), noKind("server.socket.port", 80)),
	"client.socket.address":    slices.Concat(plain("client.socket.address", "network.peer.address", "a", server), plain("client.socket.address", "network.local.address", "a", notServer), noKind("client.socket.address", "a")),
	"client.socket.port":       slices.Concat(plain("client.socket.port", "network.peer.port", 80, server), plain("client.socket.port", "network.local.port", 80, notServer), noKind("client.socket.port", 80)),
	"server.socket.domain":     kept("shop", "server.socket.domain"),
}

// noKind are the cases of a name whose meaning depends on a span's kind, in places without one.
func noKind(name string, value any) []ruleCase {
	return []ruleCase{{clause: "places without a kind", at: withoutKind, in: kv{name, value}, found: old(name)}}
}

// noCounterpart are the cases of old values that nothing replaced.
func noCounterpart(name string, values ...string) (out []ruleCase) {
	for _, v := range values {
		out = append(out, ruleCase{clause: "no counterpart", at: at(spans, anyPoints), in: kv{name, v}, found: both(old(name), "unmapped_value "+name)})
	}
	return out
}

// mapOf is a value map of the facts.
func mapOf(from, to string) map[string]string {
	for _, m := range facts().ValueMaps {
		if m.From == from && m.To == to {
			return m.Map
		}
	}
	return nil
}

var databaseCases = map[string][]ruleCase{
	"db.system": slices.Concat(
		mapped("db.system", "db.system.name", at(spans, anyPoints, profiles), mapOf("db.system", "db.system.name")),
		mapped("db.system", "db.system.name", spans, map[string]string{"postgresql": "postgresql", "mysql": "mysql", "redis": "redis"}),
		mapped("db.system", "db.system.name", at(spans, anyPoints), map[string]string{"coldfusion": "coldfusion", "edb": "edb", "sybase": "sybase"}, "unknown_enum_value db.system"),
		[]ruleCase{
			{clause: "equal after the map", at: spans, in: kv{"db.system", "mssql", "db.system.name", "microsoft.sql_server"}, want: kv{"db.system.name", "microsoft.sql_server"}, found: old("db.system")},
			{clause: "different", at: spans, in: kv{"db.system", "mssql", "db.system.name", "mysql"}, found: both(old("db.system"), "conflict db.system")},
		}),
	"db.name": slices.Concat(plain("db.name", "db.namespace", "shop", at(spans, anyPoints, logs, profiles)), []ruleCase{
		{clause: "SQL Server", at: at(spans, anyPoints), in: kv{"db.name", "shop", "db.mssql.instance_name", "prod", "db.system", "mssql"}, want: kv{"db.namespace", "prod|shop", "db.system.name", "microsoft.sql_server"}, found: old("db.name", "db.mssql.instance_name", "db.system")},
		{clause: "SQL Server by its new name", at: spans, in: kv{"db.name", "shop", "db.mssql.instance_name", "prod", "db.system.name", "microsoft.sql_server"}, want: kv{"db.namespace", "prod|shop", "db.system.name", "microsoft.sql_server"}, found: old("db.name", "db.mssql.instance_name")},
		{clause: "another system", at: spans, in: kv{"db.name", "shop", "db.mssql.instance_name", "prod", "db.system.name", "mysql"}, want: kv{"db.namespace", "shop", "db.mssql.instance_name", "prod", "db.system.name", "mysql"}, found: old("db.name", "db.mssql.instance_name")},
		{clause: "no instance", at: spans, in: kv{"db.name", "shop", "db.system.name", "microsoft.sql_server"}, want: kv{"db.namespace", "shop", "db.system.name", "microsoft.sql_server"}, found: old("db.name")},
		{clause: "joined already", at: spans, in: kv{"db.name", "shop", "db.mssql.instance_name", "prod", "db.system.name", "microsoft.sql_server", "db.namespace", "prod|shop"}, want: kv{"db.namespace", "prod|shop", "db.system.name", "microsoft.sql_server"}, found: old("db.name", "db.mssql.instance_name")},
		{clause: "joined to something else", at: spans, in: kv{"db.name", "shop", "db.mssql.instance_name", "prod", "db.system.name", "microsoft.sql_server", "db.namespace", "test|shop"}, found: both(old("db.name", "db.mssql.instance_name"), "conflict db.name")},
		{clause: "different", at: spans, in: kv{"db.name", "shop", "db.namespace", "cart"}, found: both(old("db.name"), "conflict db.name")},
		{clause: "no text", at: spans, in: kv{"db.name", true}, found: both(old("db.name"), "type_mismatch db.name")},
	}),
	"db.mssql.instance_name": {
		{clause: "prefix", at: spans, in: kv{"db.mssql.instance_name", "prod", "db.name", "shop", "db.system", "mssql"}, want: kv{"db.namespace", "prod|shop", "db.system.name", "microsoft.sql_server"}, found: old("db.name", "db.mssql.instance_name", "db.system")},
		{clause: "alone", at: at(spans, logs, profiles), in: kv{"db.mssql.instance_name", "prod"}, found: old("db.mssql.instance_name")},
		{clause: "alone on SQL Server", at: spans, in: kv{"db.mssql.instance_name", "prod", "db.system.name", "microsoft.sql_server"}, found: old("db.mssql.instance_name")},
		{clause: "there as a prefix", at: spans, in: kv{"db.mssql.instance_name", "prod", "db.namespace", "prod|shop"}, want: kv{"db.namespace", "prod|shop"}, found: old("db.mssql.instance_name")},
	},
	"db.redis.database_index": slices.Concat(castString("db.redis.database_index", "db.namespace", at(spans, profiles)), []ruleCase{
		{clause: "db.name differs", at: spans, in: kv{"db.redis.database_index", 3, "db.name", "shop"}, want: kv{"db.redis.database_index", 3, "db.namespace", "shop"}, found: both(old("db.redis.database_index", "db.name"), "conflict db.redis.database_index")},
		{clause: "db.name says the same", at: spans, in: kv{"db.redis.database_index", 3, "db.name", "3"}, want: kv{"db.namespace", "3"}, found: old("db.redis.database_index", "db.name")},
	}),
	"db.cassandra.keyspace": slices.Concat(plain("db.cassandra.keyspace", "db.namespace", "shop", at(spans, profiles)), plain("db.hbase.namespace", "db.namespace", "shop", at(spans, profiles))),
	"db.connection_string": {
		{clause: "the address is there", at: at(spans, logs), in: kv{"db.connection_string", "postgres://db/shop", "server.address", "db-1"}, want: kv{"server.address", "db-1"}, found: old("db.connection_string")},
		{clause: "the address comes of another name", at: client, in: kv{"db.connection_string", "postgres://db/shop", "net.peer.name", "db-1"}, want: kv{"server.address", "db-1"}, found: old("db.connection_string", "net.peer.name")},
		{clause: "the address is there, with a password", at: spans, opts: redact, in: kv{"db.connection_string", "postgres://me:pw@db/shop", "server.address", "db-1"}, want: kv{"server.address", "db-1"}, found: both(old("db.connection_string"), "sensitive_data db.connection_string")},
		{clause: "host", at: spans, in: kv{"db.connection_string", "mysql://db"}, want: kv{"server.address", "db"}, found: old("db.connection_string")},
		{clause: "host and port", at: spans, in: kv{"db.connection_string", "postgres://db:5432/shop?sslmode=off"}, want: kv{"server.address", "db", "server.port", 5432}, found: old("db.connection_string")},
		{clause: "user and password", at: spans, in: kv{"db.connection_string", "postgres://me:p@w@db:5432/shop"}, want: kv{"server.address", "db", "server.port", 5432}, found: both(old("db.connection_string"), "sensitive_data db.connection_string")},
		{clause: "jdbc", at: spans, in: kv{"db.connection_string", "jdbc:mysql://db:3306/shop"}, want: kv{"server.address", "db", "server.port", 3306}, found: old("db.connection_string")},
		{clause: "another port is there", at: spans, in: kv{"db.connection_string", "mysql://db:3306/", "server.port", 1}, want: kv{"server.address", "db", "server.port", 1}, found: old("db.connection_string")},
		{clause: "no URL, redacted", at: spans, opts: redact, in: kv{"db.connection_string", "Server=db;User Id=me;Password=pw"}, want: kv{"db.connection_string", "Server=db;User Id=me;Password=REDACTED"}, found: both(old("db.connection_string"), "sensitive_data db.connection_string")},
		{clause: "no URL, redacted already", at: spans, opts: redact, in: kv{"db.connection_string", "Server=db;Password=REDACTED"}, found: old("db.connection_string")},
		{clause: "several hosts", at: spans, in: kv{"db.connection_string", "mongodb://a:1,b:2/shop"}, found: old("db.connection_string")},
	},
	"db.instance.id": {
		{clause: "elasticsearch", at: spans, in: kv{"db.instance.id", "n1", "db.system", "elasticsearch"}, want: kv{"elasticsearch.node.name", "n1", "db.system.name", "elasticsearch"}, found: old("db.instance.id", "db.system")},
		{clause: "elasticsearch by its new name", at: spans, in: kv{"db.instance.id", "n1", "db.system.name", "elasticsearch"}, want: kv{"elasticsearch.node.name", "n1", "db.system.name", "elasticsearch"}, found: old("db.instance.id")},
		{clause: "another system", at: spans, in: kv{"db.instance.id", "n1", "db.system.name", "mysql"}, found: old("db.instance.id")},
		{clause: "no system", at: at(spans, profiles), in: kv{"db.instance.id", "n1"}, found: old("db.instance.id")},
		{clause: "the node is there and differs", at: spans, in: kv{"db.instance.id", "n1", "db.system.name", "elasticsearch", "elasticsearch.node.name", "n2"}, found: both(old("db.instance.id"), "conflict db.instance.id")},
	},
	"db.sql.table": slices.Concat(
		plain("db.sql.table", "db.collection.name", "t", at(spans, profiles)), plain("db.cassandra.table", "db.collection.name", "t", spans),
		plain("db.mongodb.collection", "db.collection.name", "t", spans), plain("db.cosmosdb.container", "db.collection.name", "t", spans),
		[]ruleCase{
			{clause: "first in order", at: spans, in: kv{"db.cosmosdb.container", "d", "db.mongodb.collection", "c", "db.cassandra.table", "b", "db.sql.table", "a"},
				want:  kv{"db.cosmosdb.container", "d", "db.mongodb.collection", "c", "db.cassandra.table", "b", "db.collection.name", "a"},
				found: both(old("db.cosmosdb.container", "db.mongodb.collection", "db.cassandra.table", "db.sql.table"), findings("conflict", []string{"db.cosmosdb.container", "db.mongodb.collection", "db.cassandra.table"}))},
			{clause: "first in order", at: spans, in: kv{"db.cosmosdb.container", "d", "db.mongodb.collection", "c"}, want: kv{"db.cosmosdb.container", "d", "db.collection.name", "c"}, found: both(old("db.cosmosdb.container", "db.mongodb.collection"), "conflict db.cosmosdb.container")},
			{clause: "first in order", at: spans, in: kv{"db.mongodb.collection", "c", "db.cassandra.table", "b"}, want: kv{"db.mongodb.collection", "c", "db.collection.name", "b"}, found: both(old("db.mongodb.collection", "db.cassandra.table"), "conflict db.mongodb.collection")},
		}),
	"db.cosmosdb.status_code":     castString("db.cosmosdb.status_code", "db.response.status_code", at(spans, profiles)),
	"db.cosmosdb.operation_type":  kept("batch", "db.cosmosdb.operation_type"),
	"db.user":                     kept("me", "db.user"),
	"db.jdbc.driver_classname":    kept("org.h2.Driver", "db.jdbc.driver_classname"),
	"db.elasticsearch.path_parts": template("db.elasticsearch.path_parts", "db.operation.parameter", "Doc_id.x", "Doc_id.x", "7", "8", at(spans, logs)),
}

var messagingCases = map[string][]ruleCase{
	"messaging.operation": slices.Concat(
		mapped("messaging.operation", "messaging.operation.type", at(spans, anyPoints, profiles), map[string]string{
			"publish": "send", "deliver": "process", "create": "create", "send": "send", "receive": "receive", "process": "process", "settle": "settle",
		}),
		[]ruleCase{
			{clause: "derived name", at: spans, opts: derive, in: kv{"messaging.operation", "publish"}, want: kv{"messaging.operation.type", "send", "messaging.operation.name", "publish"}, found: old("messaging.operation")},
			{clause: "the name is there", at: spans, opts: derive, in: kv{"messaging.operation", "publish", "messaging.operation.name", "push"}, want: kv{"messaging.operation.type", "send", "messaging.operation.name", "push"}, found: old("messaging.operation")},
			{clause: "another value", at: spans, in: kv{"messaging.operation", "ack"}, want: kv{"messaging.operation.type", "ack"}, found: both(old("messaging.operation"), "unknown_enum_value messaging.operation")},
			{clause: "equal after the map", at: spans, in: kv{"messaging.operation", "publish", "messaging.operation.type", "send"}, want: kv{"messaging.operation.type", "send"}, found: old("messaging.operation")},
			{clause: "different", at: spans, in: kv{"messaging.operation", "publish", "messaging.operation.type", "receive"}, found: both(old("messaging.operation"), "conflict messaging.operation")},
		}),
	"messaging.kafka.partition": slices.Concat(
		castString("messaging.kafka.destination.partition", "messaging.destination.partition.id", at(spans, anyPoints, profiles)),
		castString("messaging.kafka.partition", "messaging.destination.partition.id", at(spans, anyPoints)),
	),
	"messaging.rocketmq.client_group": slices.Concat(plain("messaging.rocketmq.client_group", "messaging.consumer.group.name", "g", consumer), []ruleCase{
		{clause: "CLIENT that receives", at: client, in: kv{"messaging.rocketmq.client_group", "g", "messaging.operation.type", "receive"}, want: kv{"messaging.consumer.group.name", "g", "messaging.operation.type", "receive"}, found: old("messaging.rocketmq.client_group")},
		{clause: "CLIENT that settles", at: client, in: kv{"messaging.rocketmq.client_group", "g", "messaging.operation", "settle"}, want: kv{"messaging.consumer.group.name", "g", "messaging.operation.type", "settle"}, found: old("messaging.rocketmq.client_group", "messaging.operation")},
		{clause: "CLIENT that sends", at: client, in: kv{"messaging.rocketmq.client_group", "g", "messaging.operation.type", "send"}, found: old("messaging.rocketmq.client_group")},
		{clause: "CLIENT of no known operation", at: client, in: kv{"messaging.rocketmq.client_group", "g"}, found: old("messaging.rocketmq.client_group")},
		{clause: "PRODUCER keep", at: at(producer, server, others, withoutKind), in: kv{"messaging.rocketmq.client_group", "g"}, found: old("messaging.rocketmq.client_group")},
	}),
	"messaging.destination_kind":                      kept("queue", "messaging.destination_kind", "messaging.destination.kind"),
	"messaging.message.payload_compressed_size_bytes": kept(7, "messaging.message.payload_compressed_size_bytes", "messaging.message_payload_compressed_size_bytes"),
	"messaging.url": {
		{clause: "one URL", at: spans, opts: derive, in: kv{"messaging.url", "amqp://mq:5672"}, want: kv{"messaging.url", "amqp://mq:5672", "server.address", "mq", "server.port", 5672}},
		{clause: "no port", at: spans, opts: derive, in: kv{"messaging.url", "amqp://mq"}, want: kv{"messaging.url", "amqp://mq", "server.address", "mq"}},
		{clause: "the address is there", at: spans, opts: derive, in: kv{"messaging.url", "amqp://mq:5672", "server.address", "a"}},
		{clause: "the address comes of another name", at: notServer, opts: derive, in: kv{"messaging.url", "amqp://mq:5672", "net.peer.name", "a"}, want: kv{"messaging.url", "amqp://mq:5672", "server.address", "a"}, found: old("net.peer.name")},
		{clause: "a list", at: spans, opts: derive, in: kv{"messaging.url", `["a:9092", "b:9092"]`}},
		{clause: "two hosts", at: spans, opts: derive, in: kv{"messaging.url", "kafka://a:9092,b:9092"}},
		{clause: "only with derive", at: spans, in: kv{"messaging.url", "amqp://mq:5672"}},
	},
	"messaging.consumer_id":         kept("c", "messaging.consumer_id", "messaging.consumer.id"),
	"messaging.destination_publish": slices.Concat(kept("q", "messaging.destination_publish.name"), kept(true, "messaging.destination_publish.anonymous")),
}

var rpcCases = map[string][]ruleCase{
	"rpc.system": slices.Concat(
		mapped("rpc.system", "rpc.system.name", at(spans, anyPoints, profiles), map[string]string{"apache_dubbo": "dubbo", "connect_rpc": "connectrpc", "grpc": "grpc", "jsonrpc": "jsonrpc"}),
		mapped("rpc.system", "rpc.system.name", at(spans, anyPoints), map[string]string{"java_rmi": "java_rmi", "dotnet_wcf": "dotnet_wcf", "onc_rpc": "onc_rpc"}, "unknown_enum_value rpc.system"),
		[]ruleCase{
			{clause: "aws-api", at: at(spans, anyPoints, profiles), in: kv{"rpc.system", "aws-api"}},
			{clause: "aws-api keeps all of rpc", at: at(spans, anyPoints, profiles), in: kv{"rpc.system", "aws-api", "rpc.service", "S3", "rpc.method", "GetObject", "rpc.grpc.status_code", 1}},
			{clause: "aws-api keeps all of rpc", at: spans, in: kv{"rpc.system", "aws-api", "rpc.jsonrpc.error_code", 1, "rpc.message.id", 1, "rpc.grpc.request.metadata.a", []any{"b"}}},
			{clause: "aws-api keeps nothing else", at: client, in: kv{"rpc.system", "aws-api", "net.peer.name", "a"}, want: kv{"rpc.system", "aws-api", "server.address", "a"}, found: old("net.peer.name")},
			{clause: "equal after the map", at: spans, in: kv{"rpc.system", "apache_dubbo", "rpc.system.name", "dubbo"}, want: kv{"rpc.system.name", "dubbo"}, found: old("rpc.system")},
			{clause: "different", at: spans, in: kv{"rpc.system", "grpc", "rpc.system.name", "dubbo"}, found: both(old("rpc.system"), "conflict rpc.system")},
		}),
	"rpc.service": {
		{clause: "no slash", at: at(spans, anyPoints, logs), in: kv{"rpc.service", "shop.Cart", "rpc.method", "Add"}, want: kv{"rpc.method", "shop.Cart/Add"}, found: old("rpc.service")},
		{clause: "joined already", at: at(spans, anyPoints), in: kv{"rpc.service", "shop.Cart", "rpc.method", "shop.Cart/Add"}, want: kv{"rpc.method", "shop.Cart/Add"}, found: old("rpc.service")},
		{clause: "another service", at: spans, in: kv{"rpc.service", "shop.Cart", "rpc.method", "shop.Order/Add"}, found: both(old("rpc.service"), "conflict rpc.service")},
		{clause: "service alone", at: at(spans, anyPoints, profiles), in: kv{"rpc.service", "shop.Cart"}, found: old("rpc.service")},
		{clause: "method alone", at: at(spans, anyPoints), in: kv{"rpc.method", "Add"}},
		{clause: "rows of profiles cannot be joined", at: profiles, in: kv{"rpc.service", "shop.Cart", "rpc.method", "Add"}, found: old("rpc.service")},
		{clause: "aws-api", at: spans, in: kv{"rpc.service", "S3", "rpc.method", "GetObject", "rpc.system", "aws-api"}},
	},
	"rpc.grpc.status_code": slices.Concat(
		mapped("rpc.grpc.status_code", "rpc.response.status_code", at(spans, anyPoints, profiles), mapOf("rpc.grpc.status_code", "rpc.response.status_code")),
		grpcCodes(),
		[]ruleCase{
			{clause: "a code of the future", at: spans, in: kv{"rpc.grpc.status_code", 99}, want: kv{"rpc.response.status_code", "99"}, found: old("rpc.grpc.status_code")},
			{clause: "equal after the map", at: spans, in: kv{"rpc.grpc.status_code", 14, "rpc.response.status_code", "UNAVAILABLE"}, want: kv{"rpc.response.status_code", "UNAVAILABLE"}, found: old("rpc.grpc.status_code")},
			{clause: "different", at: spans, in: kv{"rpc.grpc.status_code", 0, "rpc.response.status_code", "ABORTED"}, found: both(old("rpc.grpc.status_code"), "conflict rpc.grpc.status_code")},
		}),
	"rpc.jsonrpc.error_code":     castString("rpc.jsonrpc.error_code", "rpc.response.status_code", at(spans, profiles)),
	"rpc.connect_rpc.error_code": plain("rpc.connect_rpc.error_code", "rpc.response.status_code", "not_found", at(spans, profiles)),
	"rpc.jsonrpc.error_message": {
		{clause: "failed, no description", at: failing(spans, ""), in: kv{"rpc.jsonrpc.error_message", "oops", "a", 1}, want: kv{"a", 1}, found: old("rpc.jsonrpc.error_message"), fields: "status=oops"},
		{clause: "failed, another description", at: failing(spans, "bad"), in: kv{"rpc.jsonrpc.error_message", "oops"}, found: old("rpc.jsonrpc.error_message"), fields: "status=bad"},
		{clause: "not failed", at: spans, in: kv{"rpc.jsonrpc.error_message", "oops"}, found: old("rpc.jsonrpc.error_message"), fields: "status="},
		{clause: "only spans have a status", at: withoutKind, in: kv{"rpc.jsonrpc.error_message", "oops"}, found: old("rpc.jsonrpc.error_message")},
		{clause: "no text", at: failing(spans, ""), in: kv{"rpc.jsonrpc.error_message", 1}, found: both(old("rpc.jsonrpc.error_message"), "type_mismatch rpc.jsonrpc.error_message"), fields: "status="},
	},
	"rpc.metadata": slices.Concat(
		template("rpc.grpc.request.metadata", "rpc.request.metadata", "x-id", "x-id", []any{"a"}, []any{"b"}, at(spans, logs)),
		template("rpc.grpc.response.metadata", "rpc.response.metadata", "x-id", "x-id", []any{"a"}, []any{"b"}, at(spans, logs)),
		template("rpc.connect_rpc.request.metadata", "rpc.request.metadata", "x_id", "x_id", []any{"a"}, []any{"b"}, spans),
		template("rpc.connect_rpc.response.metadata", "rpc.response.metadata", "x.id", "x.id", []any{"a"}, []any{"b"}, spans),
		[]ruleCase{
			{clause: "keys are lower case", at: spans, in: kv{"rpc.grpc.request.metadata.X-Id", []any{"a"}}, want: kv{"rpc.request.metadata.x-id", []any{"a"}}, found: old("rpc.grpc.request.metadata.X-Id")},
			{clause: "two names for one", at: spans, in: kv{"rpc.grpc.request.metadata.a", []any{"a"}, "rpc.connect_rpc.request.metadata.a", []any{"b"}}, want: kv{"rpc.grpc.request.metadata.a", []any{"a"}, "rpc.request.metadata.a", []any{"b"}}, found: both(old("rpc.grpc.request.metadata.a", "rpc.connect_rpc.request.metadata.a"), "conflict rpc.grpc.request.metadata.a")},
			{clause: "two names that say the same", at: spans, in: kv{"rpc.grpc.request.metadata.a", []any{"a"}, "rpc.connect_rpc.request.metadata.a", []any{"a"}}, want: kv{"rpc.request.metadata.a", []any{"a"}}, found: old("rpc.grpc.request.metadata.a", "rpc.connect_rpc.request.metadata.a")},
			{clause: "authenticates", at: spans, opts: redact, in: kv{"rpc.grpc.request.metadata.authorization", []any{"a"}}, want: kv{"rpc.request.metadata.authorization", []any{"REDACTED"}}, found: both(old("rpc.grpc.request.metadata.authorization"), "sensitive_data rpc.grpc.request.metadata.authorization")},
			{clause: "a string becomes a list", at: spans, in: kv{"rpc.grpc.request.metadata.a", "b"}, want: kv{"rpc.request.metadata.a", []any{"b"}}, found: both(old("rpc.grpc.request.metadata.a"), "type_mismatch rpc.grpc.request.metadata.a")},
		}),
	"rpc.message": slices.Concat(
		kept("SENT", "rpc.message.type"), kept(1, "rpc.message.id", "rpc.message.compressed_size", "rpc.message.uncompressed_size"),
		messageCases("SENT", "message.type"), messageCases(1, "message.id", "message.compressed_size", "message.uncompressed_size"),
	),
}

// messageCases are the cases of a name that means something only on events of messages.
func messageCases(value any, names ...string) (out []ruleCase) {
	for _, name := range names {
		out = append(out,
			ruleCase{clause: "kept on messages", at: messageEvents, in: kv{name, value}, found: obsolete(name)},
			ruleCase{clause: "dropped on messages", at: messageEvents, opts: dropObsolete, in: kv{name, value, "a", 1}, want: kv{"a", 1}, found: obsolete(name)},
			ruleCase{clause: "nothing elsewhere", at: at(spans, withoutKind, anyPoints), in: kv{name, value}},
			ruleCase{clause: "nothing elsewhere", at: at(spans, withoutKind, anyPoints), opts: dropObsolete, in: kv{name, value}},
		)
	}
	return out
}

// grpcCodes are the codes as numbers.
func grpcCodes() (out []ruleCase) {
	for i, name := range []string{"OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED",
		"RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED"} {
		out = append(out, ruleCase{clause: name, at: at(spans, anyPoints, profiles), in: kv{"rpc.grpc.status_code", i}, want: kv{"rpc.response.status_code", name}, found: old("rpc.grpc.status_code")})
	}
	return out
}

// failing are spans whose status is ERROR with a description.
func failing(places []scene, message string) []scene {
	out := slices.Clone(places)
	for i := range out {
		out[i].failed, out[i].message = true, message
	}
	return out
}

// scoped are places in a scope of this name and version.
func scoped(places []scene, name, version string) []scene {
	out := slices.Clone(places)
	for i := range out {
		out[i].scope, out[i].version = name, version
	}
	return out
}

// named_ are records of an event.
func recordsOf(event string) []scene { return []scene{{signal: semconv.SignalLog, name: event}} }

var otherCases = map[string][]ruleCase{
	"code.function": slices.Concat(
		plain("code.function", "code.function.name", "f", at(spans, logs, profiles)),
		joined("php", "::"), joined("rust", "::"), joined("cpp", "::"), joined("ruby", "::"), joined("erlang", ":"), joined("go", "."), joined("java", "."), joined("", "."),
		[]ruleCase{
			{clause: "begins with the namespace", at: at(spans, logs), in: kv{"code.function", "shop.Cart.add", "code.namespace", "shop.Cart"}, want: kv{"code.function.name", "shop.Cart.add"}, found: old("code.function", "code.namespace")},
			{clause: "namespace alone", at: at(spans, logs, profiles), in: kv{"code.namespace", "shop"}, found: old("code.namespace")},
			{clause: "joined already", at: at(spans, logs), in: kv{"code.function", "f", "code.namespace", "n", "code.function.name", "n.f"}, want: kv{"code.function.name", "n.f"}, found: old("code.function", "code.namespace")},
			{clause: "something else is there", at: spans, in: kv{"code.function", "f", "code.namespace", "n", "code.function.name", "g"}, found: both(old("code.function", "code.namespace"), "conflict code.function")},
			{clause: "rows of profiles cannot be joined", at: profiles, in: kv{"code.function", "f", "code.namespace", "n"}, found: old("code.function", "code.namespace")},
		}),
	"deployment.environment": slices.Concat(
		plain("deployment.environment", "deployment.environment.name", "production", at(spans, anyPoints, withoutKind, []scene{{signal: semconv.SignalScope}})),
		mapped("deployment.environment", "deployment.environment.name", at(spans, withoutKind), map[string]string{"prod": "prod", "Blue 7": "Blue 7"}, "unknown_enum_value deployment.environment"),
		[]ruleCase{{clause: "different", at: resources, in: kv{"deployment.environment", "production", "deployment.environment.name", "test"}, found: both(old("deployment.environment"), "conflict deployment.environment")}}),
	"enduser.role":        wrap("enduser.role", "user.roles", at(spans, logs)),
	"container.image.tag": wrap("container.image.tag", "container.image.tags", resources),
	"event.name": {
		{clause: "no EventName", at: logs, in: kv{"event.name", "acme.done", "a", 1}, want: kv{"a", 1}, found: old("event.name"), fields: "event=acme.done"},
		{clause: "equal", at: recordsOf("acme.done"), in: kv{"event.name", "acme.done"}, want: kv{}, found: old("event.name"), fields: "event=acme.done"},
		{clause: "different", at: recordsOf("acme.done"), in: kv{"event.name", "acme.begun"}, found: both(old("event.name"), "conflict event.name"), fields: "event=acme.done"},
		{clause: "never on spans", at: at(spans, resources, events, links, onPoints, profiles), in: kv{"event.name", "acme.done"}, found: old("event.name")},
		{clause: "no text", at: logs, in: kv{"event.name", 1}, found: both(old("event.name"), "type_mismatch event.name"), fields: "event="},
	},
	"otel.library": {
		{clause: "empty", at: at(spans, resources), in: kv{"otel.library.name", "lib", "otel.library.version", "1.2", "a", 1}, want: kv{"a", 1}, found: old("otel.library.name", "otel.library.version"), fields: "scope=lib, version=1.2"},
		{clause: "equal", at: scoped(at(spans, resources), "lib", "1.2"), in: kv{"otel.library.name", "lib", "otel.library.version", "1.2"}, want: kv{}, found: old("otel.library.name", "otel.library.version"), fields: "scope=lib, version=1.2"},
		{clause: "different", at: scoped(at(spans, resources), "other", ""), in: kv{"otel.library.name", "lib"}, found: old("otel.library.name"), fields: "scope=other, version="},
		{clause: "each by itself", at: scoped(at(spans, resources), "other", ""), in: kv{"otel.library.name", "lib", "otel.library.version", "1.2"}, want: kv{"otel.library.name", "lib"}, found: old("otel.library.name", "otel.library.version"), fields: "scope=other, version=1.2"},
		{clause: "only spans and resources", at: at(events, links, onPoints, profiles), in: kv{"otel.library.name", "lib"}, found: old("otel.library.name")},
	},
	"exception.escaped": kept(true, "exception.escaped"),
	"error.message":     kept("oops", "error.message"),
	"tls.client.server_name": slices.Concat(plain("tls.client.server_name", "server.address", "shop", at(spans, logs)), []ruleCase{
		{clause: "another source gives the address", at: client, in: kv{"tls.client.server_name", "shop", "net.peer.name", "10.0.0.1"}, want: kv{"tls.client.server_name", "shop", "server.address", "10.0.0.1"}, found: both(old("tls.client.server_name", "net.peer.name"), "conflict tls.client.server_name")},
		{clause: "http.host gives the address", at: spans, in: kv{"tls.client.server_name", "shop", "http.host", "www"}, want: kv{"tls.client.server_name", "shop", "server.address", "www"}, found: both(old("tls.client.server_name", "http.host"), "conflict tls.client.server_name")},
		{clause: "http.server_name gives the address", at: server, in: kv{"tls.client.server_name", "shop", "http.server_name", "www"}, want: kv{"tls.client.server_name", "shop", "server.address", "www"}, found: both(old("tls.client.server_name", "http.server_name"), "conflict tls.client.server_name")},
		{clause: "db.connection_string gives the address", at: spans, in: kv{"tls.client.server_name", "shop", "db.connection_string", "mysql://db"}, want: kv{"tls.client.server_name", "shop", "server.address", "db"}, found: both(old("tls.client.server_name", "db.connection_string"), "conflict tls.client.server_name")},
		{clause: "another source says the same", at: client, in: kv{"tls.client.server_name", "shop", "net.peer.name", "shop"}, want: kv{"server.address", "shop"}, found: old("tls.client.server_name", "net.peer.name")},
	}),
	"enduser.scope": kept("read", "enduser.scope"),
	"template_prefixes": slices.Concat(
		template("k8s.pod.labels", "k8s.pod.label", "App.kubernetes.io/Name", "App.kubernetes.io/Name", "shop", "other", at(resources, spans)),
		template("container.labels", "container.label", "Org", "Org", "shop", "other", at(resources, spans)),
	),
	"gen_ai": kept("p", "gen_ai.prompt", "gen_ai.completion"),
	"generic.state": slices.Concat(
		plain("state", "db.client.connection.state", "idle", pools), plain("pool.name", "db.client.connection.pool.name", "p", pools),
		[]ruleCase{
			{clause: "elsewhere", at: at(spans, withoutKind, anyPoints, pointsOf("db.client.operation.duration")), in: kv{"state", "idle", "pool.name", "p"}},
			{clause: "another state", at: pools, in: kv{"state", "odd"}, want: kv{"db.client.connection.state", "odd"}, found: both(old("state"), "unknown_enum_value state")},
			{clause: "different", at: pools, in: kv{"pool.name", "p", "db.client.connection.pool.name", "q"}, found: both(old("pool.name"), "conflict pool.name")},
		}),
}

var pools = pointsOf("db.client.connections.usage", "db.client.connections.wait_time", "db.client.connection.count", "db.client.connection.hits", "db.client.connections.hits")

// joined are the cases of a function and its namespace in one language.
func joined(language, separator string) []ruleCase {
	return []ruleCase{{clause: language, at: written(language), in: kv{"code.function", "f", "code.namespace", "n"}, want: kv{"code.function.name", "n" + separator + "f"}, found: old("code.function", "code.namespace")}}
}
