package values

import (
	"net/url"
	"strconv"
	"strings"
	"testing"
)

func TestParseURL(t *testing.T) {
	for in, want := range map[string]URL{
		"https://shop.example/cart?id=1#top": {Scheme: "https", Host: "shop.example", Path: "/cart", Query: "id=1", Fragment: "top"},
		"HTTP://me:p:w@Shop:8080":            {Scheme: "http", Host: "Shop", Port: 8080, HasPort: true},
		"http://shop?a=1":                    {Scheme: "http", Host: "shop", Query: "a=1"},
		"http://shop#a?b":                    {Scheme: "http", Host: "shop", Fragment: "a?b"},
		"http://shop/?#":                     {Scheme: "http", Host: "shop", Path: "/"},
		"http://[::1]:80/":                   {Scheme: "http", Host: "::1", Port: 80, HasPort: true, Path: "/"},
		"http://shop:/":                      {Scheme: "http", Host: "shop", Path: "/"},
		"http://shop:0/":                     {Scheme: "http", Host: "shop", Path: "/", HasPort: true},
		"file:///etc/hosts":                  {Scheme: "file", Path: "/etc/hosts"},
		"mongodb+srv://shop/x":               {Scheme: "mongodb+srv", Host: "shop", Path: "/x"},
		"http://a@b@c/":                      {Scheme: "http", Host: "c", Path: "/"},
		"http://shop//x/../y":                {Scheme: "http", Host: "shop", Path: "//x/../y"},
	} {
		if got, ok := ParseURL(in); got != want || !ok {
			t.Errorf("ParseURL(%q) = %+v, %v", in, got, ok)
		}
	}
	for _, in := range []string{"", "shop", "/cart", "//shop/", "://shop", "data:text/plain,x", "shop:80/x", "http://", "http:///x",
		"http://a:1,b:2/", "http://a,b/", "http://sh op/", "http://shop:x/", "http://[::1/", "http://shop/\x00"} {
		if got, ok := ParseURL(in); ok || got != (URL{}) {
			t.Errorf("ParseURL(%q) = %+v, %v", in, got, ok)
		}
	}
}

func TestDefaultPort(t *testing.T) {
	for scheme, want := range map[string]int64{"http": 80, "ws": 80, "https": 443, "wss": 443, "ftp": 0, "": 0} {
		if port, ok := DefaultPort(scheme); port != want || ok != (want != 0) {
			t.Errorf("DefaultPort(%q) = %d, %v", scheme, port, ok)
		}
	}
}

func TestHasControl(t *testing.T) {
	for c := range 256 {
		want := c < ' ' || c == 0x7f
		// Each place of a text of two words and a rest, next to bytes that are nearly control characters.
		for _, fill := range []string{" ", "~", "\x80", "\xff", "\xa0"} {
			for at := range 20 {
				s := strings.Repeat(fill, at) + string([]byte{byte(c)}) + strings.Repeat(fill, 19-at)
				if hasControl(s) != want {
					t.Fatalf("hasControl(%q) = %v", s, !want)
				}
			}
		}
	}
}

// FuzzParseURL compares with net/url where both read the text.
func FuzzParseURL(f *testing.F) {
	f.Add("https://me:pw@shop.example:8443/cart?id=1#top")
	f.Add("http://[fe80::1%25eth0]:80/x")
	f.Add("FILE:///etc/hosts")
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := ParseURL(s)
		if !ok {
			return
		}
		host := got.Host
		if strings.Contains(host, ":") {
			host = "[" + host + "]"
		}
		if got.HasPort {
			host += ":" + strconv.FormatInt(got.Port, 10)
		}
		joined := got.Scheme + "://" + host + got.Path
		if got.Query != "" {
			joined += "?" + got.Query
		}
		if got.Fragment != "" {
			joined += "#" + got.Fragment
		}
		if again, ok := ParseURL(joined); !ok || again != got {
			t.Fatalf("%q reads as %+v, its parts as %+v, %v", s, got, again, ok)
		}
		u, err := url.Parse(s)
		if err != nil || u.Host == "" {
			return // percent encoding is not ours to check
		}
		if u.Scheme != got.Scheme || u.RawQuery != got.Query || strings.Contains(got.Host, "%") {
			if !strings.Contains(got.Host, "%") {
				t.Fatalf("ParseURL(%q) = %+v, net/url has %q", s, got, u)
			}
			return
		}
		if u.Hostname() != got.Host || u.Port() != "" != got.HasPort || u.Path != mustUnescape(got.Path) {
			t.Fatalf("ParseURL(%q) = %+v, net/url has %q", s, got, u)
		}
	})
}

func mustUnescape(path string) string {
	s, err := url.PathUnescape(path)
	if err != nil {
		return path
	}
	return s
}
