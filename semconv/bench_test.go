package semconv

import (
	"testing"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// What typed attributes cost over putting the same by hand:
//
//	go test ./semconv -run '^$' -bench BuildSpan -benchmem
func BenchmarkBuildSpan(b *testing.B) {
	b.Run("hand", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			m := pcommon.NewMap()
			m.EnsureCapacity(6)
			m.PutStr("http.request.method", "GET")
			m.PutStr("url.path", "/cart")
			m.PutStr("url.scheme", "https")
			m.PutStr("http.route", "/cart")
			m.PutInt("http.response.status_code", 200)
			m.PutInt("server.port", 443)
		}
	})
	b.Run("put", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			m := pcommon.NewMap()
			Put(m, HTTPRequestMethodGet.Attr(), URLPath("/cart"), URLScheme("https"), HTTPRoute("/cart"), HTTPResponseStatusCode(200), ServerPort(443))
		}
	})
	b.Run("span", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			m := pcommon.NewMap()
			Put(m, HTTPServerSpan(HTTPRequestMethodGet, "/cart", "https", HTTPRoute("/cart"), HTTPResponseStatusCode(200), ServerPort(443))...)
		}
	})
}
