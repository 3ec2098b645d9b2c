package values

import (
	"strings"
	"testing"
)

// secretKeys are those of release 1.44.0.
var secretKeys = []string{"X-Amz-Signature", "X-Amz-Credential", "X-Amz-Security-Token", "sig", "X-Goog-Signature"}

func TestRedactURL(t *testing.T) {
	for name, tt := range map[string]struct {
		in, want string // no want: nothing to change
		invalid  bool
	}{
		"clean":                          {in: "https://shop.example:8443/cart?id=1#top"},
		"user and password":              {in: "https://me:pw@shop.example/", want: "https://REDACTED:REDACTED@shop.example/"},
		"user only":                      {in: "https://me@shop.example", want: "https://REDACTED:REDACTED@shop.example"},
		"password only":                  {in: "https://:pw@shop.example", want: "https://REDACTED:REDACTED@shop.example"},
		"at sign in the password":        {in: "https://me:p@w@shop.example/", want: "https://REDACTED:REDACTED@shop.example/"},
		"no user before the at sign":     {in: "https://@shop.example/"},
		"at sign in the path":            {in: "https://shop.example/@me"},
		"at sign in the query":           {in: "https://shop.example?mail=a:b@c"},
		"redacted before":                {in: "https://REDACTED:REDACTED@shop.example/?sig=REDACTED"},
		"half redacted before":           {in: "https://me:REDACTED@shop.example/", want: "https://REDACTED:REDACTED@shop.example/"},
		"query key":                      {in: "https://h/p?a=1&sig=abc&b=2", want: "https://h/p?a=1&sig=REDACTED&b=2"},
		"query key without a path":       {in: "https://h?sig=abc", want: "https://h?sig=REDACTED"},
		"several query keys":             {in: "https://h/?X-Amz-Credential=a&X-Amz-Signature=b", want: "https://h/?X-Amz-Credential=REDACTED&X-Amz-Signature=REDACTED"},
		"query key up to the fragment":   {in: "https://h/?sig=abc#sig=x", want: "https://h/?sig=REDACTED#sig=x"},
		"question mark in the fragment":  {in: "https://h/#a?sig=abc"},
		"question mark in the query":     {in: "https://h/?a=?sig=1&sig=abc", want: "https://h/?a=?sig=1&sig=REDACTED"},
		"both":                           {in: "https://me@h/?sig=abc#f", want: "https://REDACTED:REDACTED@h/?sig=REDACTED#f"},
		"odd encoding stays":             {in: "HTTPS://me@H/%zz%2f?b=%7e&a=+&sig=x", want: "HTTPS://REDACTED:REDACTED@H/%zz%2f?b=%7e&a=+&sig=REDACTED"},
		"IPv6":                           {in: "http://me@[::1]:80/?sig=x", want: "http://REDACTED:REDACTED@[::1]:80/?sig=REDACTED"},
		"IPv6 with a zone":               {in: "http://[fe80::1%25eth0]/"},
		"bracket in the userinfo":        {in: "http://m[e@shop/", want: "http://REDACTED:REDACTED@shop/"},
		"colon in the userinfo, no port": {in: "http://a:b:c@shop/", want: "http://REDACTED:REDACTED@shop/"},
		"other schemes":                  {in: "a1+b.c-d://me@shop", want: "a1+b.c-d://REDACTED:REDACTED@shop"},
		"other scripts":                  {in: "https://bücher.example/straße"},
		"port without digits":            {in: "https://shop.example:/"},
		"file":                           {in: "file:///etc/hosts"},
		"without an authority":           {in: "data:text/plain,hello"},
		"opaque with a secret":           {in: "blob:x?sig=abc", want: "blob:x?sig=REDACTED"},
		"opaque that begins with digit":  {in: "urn:1a:2"},

		"empty":                   {invalid: true},
		"path":                    {in: "/cart?sig=abc", invalid: true},
		"relative":                {in: "cart?sig=abc", invalid: true},
		"no scheme":               {in: "//me:pw@h/", invalid: true},
		"scheme only":             {in: "https:", invalid: true},
		"no name of a scheme":     {in: "://h/", invalid: true},
		"bad scheme":              {in: "ht tp://me:pw@h/", invalid: true},
		"scheme begins badly":     {in: "1http://h/", invalid: true},
		"host and port":           {in: "localhost:8080/cart?sig=abc", invalid: true},
		"host and port, no path":  {in: "localhost:8080", invalid: true},
		"no host":                 {in: "https:///path", invalid: true},
		"no host, http":           {in: "http:///path", invalid: true},
		"no host, ws":             {in: "ws:///path", invalid: true},
		"no host, wss":            {in: "WSS:///path", invalid: true},
		"no host but a user":      {in: "http://me@/path", invalid: true},
		"no host but a port":      {in: "foo://:80/", invalid: true},
		"one slash":               {in: "http:/h/p", invalid: true},
		"bad port":                {in: "https://me:pw@h:eighty/", invalid: true},
		"port too large":          {in: "https://h:65536/", invalid: true},
		"two ports":               {in: "https://h:80:80/", invalid: true},
		"open bracket":            {in: "https://me:pw@[::1/", invalid: true},
		"no address in brackets":  {in: "https://[shop]/", invalid: true},
		"IPv4 in brackets":        {in: "https://[10.0.0.1]/", invalid: true},
		"text after the brackets": {in: "https://[::1]x/", invalid: true},
		"space in the host":       {in: "https://sh op/", invalid: true},
		"control character":       {in: "https://shop/a\nb", invalid: true},
		"control in the userinfo": {in: "https://me:p\nw@shop/", invalid: true},
		"control in opaque text":  {in: "about:bl\nank", invalid: true},
		"odd zone":                {in: "http://[fe80::1%25e(h]/", invalid: true},
		"empty zone":              {in: "http://[fe80::1%]/", invalid: true},
		"delete character":        {in: "https://shop/a\x7fbcdefghijk", invalid: true},
	} {
		t.Run(name, func(t *testing.T) {
			want := tt.want
			if want == "" {
				want = tt.in
			}
			out, changed, valid := RedactURL(tt.in, secretKeys)
			if out != want || changed != (tt.want != "") || valid == tt.invalid {
				t.Errorf("RedactURL(%q) = %q, %v, %v; want %q", tt.in, out, changed, valid, want)
			}
		})
	}
}

// FuzzRedactURL puts a secret into a URL in the places that are known to hold some.
func FuzzRedactURL(f *testing.F) {
	f.Add("https://shop.example:8443/cart", "id=1", "pw")
	f.Add("http://[::1]/", "a=b&c", "s%69g")
	f.Add("file:///x", "", "@")
	f.Fuzz(func(t *testing.T, base, query, secret string) {
		for _, u := range []string{base, base + "?" + query, base + "?sig=" + secret + "&" + query} {
			out, changed, valid := RedactURL(u, secretKeys)
			if changed != (out != u) || !valid && changed {
				t.Fatalf("RedactURL(%q) = %q, %v, %v", u, out, changed, valid)
			}
			again, changedAgain, validAgain := RedactURL(out, secretKeys)
			if again != out || changedAgain || validAgain != valid {
				t.Fatalf("%q became %q, then %q, %v", u, out, again, validAgain)
			}
			if !valid {
				continue
			}
			before, ok := ParseURL(u)
			if !ok {
				continue
			}
			after, ok := ParseURL(out)
			after.Query, before.Query = "", ""
			if !ok || after != before {
				t.Fatalf("%q reads as %+v, redacted as %+v", u, before, after)
			}
		}
		const marker = "s3cr3t"
		if strings.ContainsAny(secret, "/?#&") || strings.Contains(base+query, marker) {
			return
		}
		for _, u := range []string{
			"https://me:" + secret + marker + "@shop.example" + base,
			"https://" + secret + marker + "@shop.example/" + query,
			"https://shop.example/?" + query + "&sig=" + secret + marker + "#" + base,
		} {
			out, _, valid := RedactURL(u, secretKeys)
			if valid && strings.Contains(out, marker) && !strings.Contains(query, "#") {
				t.Fatalf("RedactURL(%q) = %q", u, out)
			}
		}
	})
}
