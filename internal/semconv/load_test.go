package semconv

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func registryFile(t *testing.T, content string) string {
	path := filepath.Join(t.TempDir(), "acme.json")
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

const acme = `{
  "format": 1, "release": "acme-7",
  "attributes": {
    "acme.order.id": {"type": "string", "stability": "stable"},
    "acme.order.state": {"type": "enum", "value_type": "string", "members": [{"value": "open"}, {"value": "paid"}], "stability": "development"},
    "orderId": {"type": "string", "deprecated": {"reason": "renamed", "renamed_to": "acme.order.id"}},
    "db.query.text": {"type": "int", "stability": "stable"}
  },
  "spans": [{"id": "span.acme.order", "kind": "internal", "attributes": {"required": ["acme.order.id"], "recommended": ["acme.order.state"]}}],
  "span_selectors": [{"spans": "span.acme.order", "kinds": ["internal"], "any_of": ["acme.order.state"], "priority": 5}],
  "metrics": [{"name": "acme.orders", "instrument": "counter", "unit": "{order}", "stability": "stable", "attributes": {"required": ["acme.order.state"]}}],
  "renames": {
    "attributes": [{"from": "orderId", "to": "acme.order.id", "action": "rename"}],
    "metrics": [{"from": "orders_total_ms", "to": "acme.orders", "action": "rename"}]
  },
  "redaction": {"query_keys": {"keys": ["token"]}, "headers": ["x-acme-key"]}
}`

func TestLoad(t *testing.T) {
	r, err := Load(registryFile(t, acme))
	require.NoError(t, err)
	assert.Equal(t, Release+"+acme-7", r.Release)

	w := r.NewWorker(Options{Redact: true})
	m := attrs("orderId", "7", "acme.order.state", "open", "url.full", "https://a/?token=x", "http.request.header.x-acme-key", []any{"k"})
	w.spanMap(m, KindOther)
	assert.Equal(t, text(attrs("acme.order.id", "7", "acme.order.state", "open", "url.full", "https://a/?token=REDACTED",
		"http.request.header.x-acme-key", []any{"REDACTED"})), text(m))

	var missing []string
	w.OnFinding(func(f *Finding) { missing = append(missing, f.Message()) })
	w.spanMap(attrs("acme.order.state", "paid"), KindOther)
	assert.Equal(t, []string{"span.acme.order requires acme.order.id"}, missing)

	// A later registry wins by name; the one that is compiled in is not touched by it.
	w.OnFinding(nil)
	number := attrs("db.statement", "1")
	w.spanMap(number, KindOther)
	assert.Equal(t, "db.query.text=Int:1", text(number))
	plain := attrs("db.statement", "1", "orderId", "7")
	Default().NewWorker(Options{}).spanMap(plain, KindOther)
	assert.Equal(t, "db.query.text=Str:1 orderId=Str:7", text(plain))

	same, err := Load()
	require.NoError(t, err)
	assert.Same(t, Default(), same)
}

func TestLoadRefuses(t *testing.T) {
	for want, content := range map[string]string{
		`rename "a": attribute "b.c" is unknown`:                `{"format":1,"renames":{"attributes":[{"from":"a","to":"b.c","action":"rename"}]}}`,
		`rename "a": attribute "http.method" is itself renamed`: `{"format":1,"renames":{"attributes":[{"from":"a","to":"http.method","action":"rename"}]}}`,
		`rename "a": attribute "b.d" is unknown`:                `{"format":1,"attributes":{"a":{"type":"string","deprecated":{"reason":"renamed","renamed_to":"b.d"}}}}`,
		`rename of metric "a": metric "b" is unknown`:           `{"format":1,"renames":{"metrics":[{"from":"a","to":"b","action":"rename"}]}}`,
		`value map of "a": attribute "b" is unknown`:            `{"format":1,"value_maps":[{"from":"a","to":"b","map":{"x":"y"}}]}`,
		`selector: span group "span.x" is unknown`:              `{"format":1,"span_selectors":[{"spans":"span.x","kinds":["client"],"any_of":["a"]}]}`,
		`group "span.x": attribute "nope" is unknown`:           `{"format":1,"spans":[{"id":"span.x","kind":"client","attributes":{"required":["nope"]}}]}`,
		`metric "m": attribute "nope" is unknown`:               `{"format":1,"metrics":[{"name":"m","attributes":{"required":["nope"]}}]}`,
		`structural rule "mine": op "guess" needs code`:         `{"format":1,"structural":[{"id":"mine","op":"guess","span_kind":"any","from":["a"],"to":["url.path"]}]}`,
		`scoped rename of "a": attribute "b" is unknown`:        `{"format":1,"renames":{"attributes_on_named_metrics_only":[{"from":"a","to":"b","only_metrics":["m"]}]}}`,
		`unknown format 0`:                                      `{}`,
		`attribute a: unknown type "quaternion"`:                `{"format":1,"attributes":{"a":{"type":"quaternion"}}}`,
		`unexpected end of JSON input`:                          ``,
	} {
		path := registryFile(t, content)
		_, err := Load(path)
		assert.ErrorContains(t, err, want)
		assert.ErrorContains(t, err, path)
	}
	_, err := Load("/does/not/exist.json")
	assert.ErrorContains(t, err, "/does/not/exist.json")
}
