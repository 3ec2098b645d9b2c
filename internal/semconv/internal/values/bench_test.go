package values

import (
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// go test -run '^$' -bench . -benchmem ./internal/semconv/internal/values

var sink bool

// BenchmarkValidUTF8 has the lengths of attribute values: most have 4 to 24 bytes. Both forms run over several texts, so that no
// branch is learned from one.
func BenchmarkValidUTF8(b *testing.B) {
	for _, n := range []int{4, 8, 12, 16, 24, 40, 200} {
		var texts [16]string
		for i := range texts {
			texts[i] = strings.Repeat(string(rune('a'+i)), n)
		}
		for name, valid := range map[string]func(string) bool{"own": ValidUTF8, "std": utf8.ValidString} {
			b.Run(strconv.Itoa(n)+"/"+name, func(b *testing.B) {
				for i := range b.N {
					sink = valid(texts[i%len(texts)])
				}
			})
		}
	}
}

func BenchmarkRedactURL(b *testing.B) {
	for name, u := range map[string]string{
		"clean":  "https://api.shop.example:8443/v1/customers/42/orders?limit=10&page=2",
		"short":  "http://cart:8080/",
		"secret": "https://me:pw@api.shop.example/v1/orders?limit=10&sig=0123456789abcdef",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, sink, _ = RedactURL(u, secretKeys)
			}
		})
	}
}

func BenchmarkRedactQuery(b *testing.B) {
	for name, q := range map[string]string{
		"clean":  "limit=10&page=2&sort=name&filter=active",
		"secret": "limit=10&page=2&sig=0123456789abcdef",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, sink = RedactQuery(q, secretKeys)
			}
		})
	}
}

func BenchmarkSplit(b *testing.B) {
	b.Run("target", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, _, _, sink, _, _ = SplitTarget("/v1/customers/42/orders?limit=10&page=2")
		}
	})
	b.Run("host and port", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, _, sink, _ = SplitHostPort("api.shop.example:8443")
		}
	})
	b.Run("URL", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, sink = ParseURL("https://api.shop.example:8443/v1/customers/42/orders?limit=10&page=2")
		}
	})
	b.Run("connection string", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, _, sink, _ = ParseConnectionString("postgres://me:pw@db.shop.example:5432/shop")
		}
	})
}

func BenchmarkSanitizeQuery(b *testing.B) {
	for name, tt := range map[string]struct{ system, text string }{
		"literals":      {"postgresql", "SELECT id, name FROM customers WHERE country = 'CH' AND age > 30 ORDER BY name LIMIT 10"},
		"parameterized": {"postgresql", "SELECT id, name FROM customers WHERE country = $1 AND age > $2 ORDER BY name LIMIT 10"},
		"document":      {"mongodb", `{"find": "users", "filter": {"name": "Ann", "age": {"$gt": 30}}}`},
		"command":       {"redis", "SET user:1 Ann EX 10"},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, sink = SanitizeQuery(tt.text, tt.system)
			}
		})
	}
}

func BenchmarkForms(b *testing.B) {
	b.Run("uid", func(b *testing.B) {
		for b.Loop() {
			sink = IsUID("275ecb36-5aa8-4c2a-9c47-d8bb681b9aff")
		}
	})
}

// TestNoAllocations holds for all text that stays as it is.
func TestNoAllocations(t *testing.T) {
	for name, run := range map[string]func(){
		"RedactURL": func() {
			_, sink, _ = RedactURL("https://REDACTED:REDACTED@shop:1/?a=b&sig=REDACTED&s%69g=REDACTED#x", secretKeys)
		},
		"RedactURL, invalid":     func() { _, sink, _ = RedactURL("localhost:8080/x?sig=1", secretKeys) },
		"RedactURL, IPv6":        func() { _, sink, _ = RedactURL("http://[fe80::1%25eth0]:80/", secretKeys) },
		"RedactQuery":            func() { _, sink = RedactQuery("a=b&c=%20&sig", secretKeys) },
		"SplitTarget":            func() { _, _, _, sink, _, _ = SplitTarget("http://shop:80/a?b#c") },
		"SplitHostPort":          func() { _, _, sink, _ = SplitHostPort("[::1]:80") },
		"ParseURL":               func() { _, sink = ParseURL("https://me@shop:80/a?b#c") },
		"ParseConnectionString":  func() { _, _, sink, _ = ParseConnectionString("jdbc:postgres://db:5432/x?y") },
		"RedactConnectionString": func() { _, sink = RedactConnectionString("jdbc:sqlserver://db:1433;user=sa;password=REDACTED") },
		"with a list of hosts":   func() { _, sink = RedactConnectionString("mongodb://a:1,b:2/x?mail=a@b") },
		"parameterized":          func() { _, sink = SanitizeQuery("SELECT 'a', 1 FROM t WHERE b = ?", "") },
		"no literals":            func() { _, sink = SanitizeQuery("SELECT a FROM t -- x", "mysql") },
		"empty document":         func() { _, sink = SanitizeQuery(`{"a": {}}`, "mongodb") },
		"ValidUTF8":              func() { sink = ValidUTF8("größe") },
		"RepairUTF8":             func() { sink = RepairUTF8("größe") == "" },
		"Truncate":               func() { sink = Truncate("größe", 3) == "" },
		"LowerASCII":             func() { sink = LowerASCII("content-type") == "" },
	} {
		if n := testing.AllocsPerRun(100, run); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
