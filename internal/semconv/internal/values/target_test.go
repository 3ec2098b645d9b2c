package values

import "testing"

func TestSplitTarget(t *testing.T) {
	type want struct {
		path, query, fragment     string
		hasQuery, hasFragment, ok bool
	}
	for in, w := range map[string]want{
		"/":                            {path: "/", ok: true},
		"/a?b#c":                       {"/a", "b", "c", true, true, true},
		"/a?b?c":                       {path: "/a", query: "b?c", hasQuery: true, ok: true},
		"/a#b?c#d":                     {path: "/a", fragment: "b?c#d", hasFragment: true, ok: true},
		"/a?":                          {path: "/a", ok: true},
		"/a?#":                         {path: "/a", ok: true},
		"?a=b":                         {query: "a=b", hasQuery: true, ok: true},
		"*":                            {path: "*", ok: true},
		"a/b?c":                        {path: "a/b", query: "c", hasQuery: true, ok: true},
		"shop:443":                     {path: "shop:443", ok: true},
		"/to/http://shop/x?u=http://y": {path: "/to/http://shop/x", query: "u=http://y", hasQuery: true, ok: true},
		"http://shop/a?b=c":            {path: "/a", query: "b=c", hasQuery: true, ok: true},
		"http://me:pw@shop/a?b=c#d":    {path: "/a", query: "b=c", hasQuery: true, ok: true},
		"HTTPS://shop:80?b":            {query: "b", hasQuery: true, ok: true},
		"http://shop":                  {ok: true},
		"":                             {},
		"http://sh op/a":               {},
		"http://shop:x/a?b":            {},
	} {
		var got want
		got.path, got.query, got.fragment, got.hasQuery, got.hasFragment, got.ok = SplitTarget(in)
		if got != w {
			t.Errorf("SplitTarget(%q) = %+v, want %+v", in, got, w)
		}
	}
}

func FuzzSplitTarget(f *testing.F) {
	f.Add("/a?b#c")
	f.Add("http://shop/a?b=c#d")
	f.Fuzz(func(t *testing.T, s string) {
		path, query, fragment, hasQuery, hasFragment, ok := SplitTarget(s)
		if !ok && path+query+fragment != "" || hasQuery != (query != "") || hasFragment != (fragment != "") {
			t.Fatalf("SplitTarget(%q) = %q, %q, %q, %v, %v, %v", s, path, query, fragment, hasQuery, hasFragment, ok)
		}
		if !ok || path == "" || path[0] != '/' {
			return
		}
		joined := path
		if hasQuery {
			joined += "?" + query
		}
		if hasFragment {
			joined += "#" + fragment
		}
		path2, query2, fragment2, _, _, ok := SplitTarget(joined)
		if path2 != path || query2 != query || fragment2 != fragment || !ok {
			t.Fatalf("%q became %q, which reads as %q, %q, %q, %v", s, joined, path2, query2, fragment2, ok)
		}
	})
}
