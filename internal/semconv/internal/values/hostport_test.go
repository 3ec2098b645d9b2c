package values

import (
	"strconv"
	"strings"
	"testing"
)

func TestSplitHostPort(t *testing.T) {
	type want struct {
		host    string
		port    int64
		hasPort bool
		ok      bool
	}
	for in, w := range map[string]want{
		"shop":               {"shop", 0, false, true},
		"shop.example:80":    {"shop.example", 80, true, true},
		"10.0.0.1:8080":      {"10.0.0.1", 8080, true, true},
		"10.0.0.1":           {"10.0.0.1", 0, false, true},
		"[::1]:80":           {"::1", 80, true, true},
		"[::1]":              {"::1", 0, false, true},
		"::1":                {"::1", 0, false, true},
		"2001:db8::1":        {"2001:db8::1", 0, false, true},
		"::ffff:10.0.0.1":    {"::ffff:10.0.0.1", 0, false, true},
		"fe80::1%eth0":       {"fe80::1%eth0", 0, false, true},
		"[fe80::1%25eth0]:1": {"fe80::1%25eth0", 1, true, true},
		"shop:":              {"shop", 0, false, true},
		"shop:0":             {"shop", 0, true, true},
		"shop:65535":         {"shop", 65535, true, true},
		"shop:00080":         {"shop", 80, true, true},
		"bücher.example:80":  {"bücher.example", 80, true, true},
		"my_service:80":      {"my_service", 80, true, true},

		"":                          {},
		":80":                       {},
		"shop:65536":                {},
		"shop:-1":                   {},
		"shop:+1":                   {},
		"shop:http":                 {},
		"shop:80 ":                  {},
		"shop:99999999999999999999": {},
		"a:1:2":                     {},
		"shop, mirror":              {},
		"a,b:1":                     {},
		"[]":                        {},
		"[::1":                      {},
		"[::1]80":                   {},
		"[10.0.0.1]:80":             {},
		"[shop]:80":                 {},
		"[::1%]:80":                 {},
		"::1]:80":                   {},
		"me@shop":                   {},
		"shop/cart":                 {},
		"http://shop":               {},
		"sh op":                     {},
		"shop\n":                    {},
	} {
		t.Run(in, func(t *testing.T) {
			var got want
			got.host, got.port, got.hasPort, got.ok = SplitHostPort(in)
			if got != w {
				t.Errorf("SplitHostPort(%q) = %+v, want %+v", in, got, w)
			}
		})
	}
}

func FuzzSplitHostPort(f *testing.F) {
	for _, s := range []string{"shop:80", "[::1]:80", "::1", "fe80::1%eth0", "10.0.0.1:8080"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		host, port, hasPort, ok := SplitHostPort(s)
		if !ok {
			return
		}
		if host == "" || port < 0 || port > maxPort || !hasPort && port != 0 || !strings.Contains(s, host) {
			t.Fatalf("SplitHostPort(%q) = %q, %d, %v", s, host, port, hasPort)
		}
		joined := host
		if strings.Contains(host, ":") {
			joined = "[" + host + "]"
		}
		if hasPort {
			joined += ":" + strconv.FormatInt(port, 10)
		}
		host2, port2, hasPort2, ok := SplitHostPort(joined)
		if !ok || host2 != host || port2 != port || hasPort2 != hasPort {
			t.Fatalf("%q became %q, which reads as %q, %d, %v, %v", s, joined, host2, port2, hasPort2, ok)
		}
		u, ok := ParseURL("http://" + joined + "/")
		if !ok || u.Host != host || u.Port != port || u.HasPort != hasPort {
			t.Fatalf("the URL of %q reads as %+v, %v", joined, u, ok)
		}
	})
}
