package values

import (
	"net/url"
	"strings"
	"testing"
)

func TestRedactQuery(t *testing.T) {
	for in, want := range map[string]string{
		"":                         "",
		"a=1&b=2":                  "",
		"sig":                      "",
		"sig=":                     "",
		"sig=&a=1":                 "",
		"Sig=abc":                  "",
		"sig2=abc&xsig=abc":        "",
		"a=sig=abc":                "",
		"sig=REDACTED":             "",
		"&&=&":                     "",
		"sig=abc":                  "sig=REDACTED",
		"sig=a=b":                  "sig=REDACTED",
		"sig=REDACTED2":            "sig=REDACTED",
		"sig=1&sig=2":              "sig=REDACTED&sig=REDACTED",
		"a=1&sig=abc&b=%zz":        "a=1&sig=REDACTED&b=%zz",
		"&sig=abc&":                "&sig=REDACTED&",
		"s%69g=abc":                "s%69g=REDACTED",
		"%73%69%67=abc":            "%73%69%67=REDACTED",
		"X%2DAmz-Signature=abc":    "X%2DAmz-Signature=REDACTED",
		"s%69=abc&s%69gx=abc":      "",
		"%53ig=abc":                "",
		"sig%=abc&sig%6=1&%6":      "",
		"%sig=abc":                 "",
		"?sig=abc":                 "?sig=REDACTED",
		"X-Goog-Signature=a&x":     "X-Goog-Signature=REDACTED&x",
		"X-Amz-Security-Token=a#b": "X-Amz-Security-Token=REDACTED",
	} {
		w := want
		if w == "" {
			w = in
		}
		if out, changed := RedactQuery(in, secretKeys); out != w || changed != (want != "") {
			t.Errorf("RedactQuery(%q) = %q, %v, want %q", in, out, changed, w)
		}
	}
	if out, changed := RedactQuery("sig=abc", nil); out != "sig=abc" || changed {
		t.Errorf("without keys: %q, %v", out, changed)
	}
}

func FuzzRedactQuery(f *testing.F) {
	f.Add("a=1&sig=abc", "sig", "abc")
	f.Add("s%69g=abc", "%", "?")
	f.Fuzz(func(t *testing.T, q, key, secret string) {
		keys := []string{key, "sig"}
		out, changed := RedactQuery(q, keys)
		if changed != (out != q) {
			t.Fatalf("RedactQuery(%q, %q) = %q, %v", q, keys, out, changed)
		}
		if again, changed := RedactQuery(out, keys); again != out || changed {
			t.Fatalf("%q became %q, then %q", q, out, again)
		}
		before, after := strings.Split(q, "&"), strings.Split(out, "&")
		if len(before) != len(after) {
			t.Fatalf("RedactQuery(%q, %q) = %q", q, keys, out)
		}
		for i := range before {
			name, _, _ := strings.Cut(before[i], "=")
			if before[i] != after[i] && after[i] != name+"=REDACTED" {
				t.Fatalf("RedactQuery(%q, %q) = %q", q, keys, out)
			}
		}
		// Whatever a server would read under a key is hidden.
		text := q + "&" + url.PathEscape(key) + "=" + secret + "&" + q
		if out, _ := RedactQuery(text, keys); !strings.HasPrefix(text, "?") {
			for pair := range strings.SplitSeq(out, "&") {
				name, value, _ := strings.Cut(pair, "=")
				if decoded, err := url.PathUnescape(name); err == nil && decoded == key && value != redacted && value != "" {
					t.Fatalf("RedactQuery(%q, %q) = %q", text, keys, out)
				}
			}
		}
	})
}
