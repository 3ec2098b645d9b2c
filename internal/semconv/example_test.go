package semconv

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/pcommon"
)

// Nothing that could be a secret is in an example, whatever the finding is about.
func TestExamplesTellNoSecrets(t *testing.T) {
	f := func(name string, value any, want string) {
		v := pcommon.NewValueEmpty()
		assert.NoError(t, v.FromRaw(value))
		assert.Equal(t, want, example(name, v), "%s = %v", name, value)
	}
	f("http.url", "https://user:hunter2@shop.example/x", "https://REDACTED@shop.example/x")
	f("http.url", "https://user:hun@ter2@shop.example/x", "https://REDACTED@shop.example/x")
	f("http.url", "https://user:hun/ter2@shop.example/x", "https://REDACTED@shop.example/x")
	f("http.url", "https://shop.example/?sig=hunter2", "https://shop.example/?REDACTED")
	f("http.url", "https://shop.example/cart?", "https://shop.example/cart?")
	f("http.url", "https://"+strings.Repeat("u", 90)+":hunter2@shop.example/", "https://REDACTED@shop.example/")
	f("http.target", "/x?AWSAccessKeyId=hunter2#top", "/x?REDACTED")
	f("url.query", "Signature=hunter2", "REDACTED")
	f("http.request.header.Authorization", "Bearer hunter2", "REDACTED")
	f("http.request.header.x-api-key", []any{"hunter2"}, "REDACTED")
	f("db.connection_string", "Server=db;Password=hunter2", "REDACTED")
	f("db.statement", "select 'hunter2'", "REDACTED")
	f("process.command_args", []any{"--password", "hunter2"}, "REDACTED")
	f("peer.service", map[string]any{"url": "redis://:hunter2@db"}, `{"url":"redis://REDACTED@db"}`)
	f("http.method", "GET", "GET")
	f("http.status_code", "200", "200")
	f("db.query.parameter.1", 7, "7")
	f("db.statement", "", "")
	f("user_agent.original", strings.Repeat("é", 50), strings.Repeat("é", 40)+"…")
	f("http.route", "/caf\xe9", "/caf\uFFFD")
}
