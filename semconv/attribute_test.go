package semconv

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/otel/attribute"
)

// object is a value with everything in it that a value can hold.
func object() pcommon.Value {
	v := pcommon.NewValueMap()
	v.Map().PutBool("on", true)
	v.Map().PutEmpty("nothing")
	v.Map().PutEmptyBytes("raw").FromRaw([]byte{1, 2})
	list := v.Map().PutEmptySlice("list")
	list.AppendEmpty().SetStr("a")
	list.AppendEmpty().SetInt(2)
	list.AppendEmpty().SetDouble(0.5)
	return v
}

// Each kind of value arrives as itself in both worlds.
func TestValues(t *testing.T) {
	for _, c := range []struct {
		name string
		attr Attribute
		raw  any
		sdk  attribute.Value
	}{
		{"text", URLPath("/cart"), "/cart", attribute.StringValue("/cart")},
		{"negative int", ProcessExitCode(-1), int64(-1), attribute.Int64Value(-1)},
		{"large int", HTTPRequestBodySize(int64(1) << 40), int64(1) << 40, attribute.Int64Value(1 << 40)},
		{"small int", ServerPort(uint16(443)), int64(443), attribute.Int64Value(443)},
		{"double", GeoLocationLat(-47.25), -47.25, attribute.Float64Value(-47.25)},
		{"true", TLSResumed(true), true, attribute.BoolValue(true)},
		{"false", TLSResumed(false), false, attribute.BoolValue(false)},
		{"texts", ContainerImageTags("v1", "latest"), []any{"v1", "latest"}, attribute.StringSliceValue([]string{"v1", "latest"})},
		{"ints", PprofScopeSampleTypeOrder(2, -1), []any{int64(2), int64(-1)}, attribute.Int64SliceValue([]int64{2, -1})},
		{"enum", HTTPRequestMethodGet.Attr(), "GET", attribute.StringValue("GET")},
		{"enum of ints", CPythonGCGeneration2.Attr(), int64(2), attribute.Int64Value(2)},
		{"unlisted member", MessagingSystem("nats").Attr(), "nats", attribute.StringValue("nats")},
		{"any", FeatureFlagResultValue(object()),
			map[string]any{"on": true, "nothing": nil, "raw": []byte{1, 2}, "list": []any{"a", int64(2), 0.5}},
			attribute.MapValue(attribute.Bool("on", true), attribute.KeyValue{Key: "nothing"}, attribute.KeyValue{Key: "raw", Value: attribute.ByteSliceValue([]byte{1, 2})},
				attribute.KeyValue{Key: "list", Value: attribute.SliceValue(attribute.StringValue("a"), attribute.Int64Value(2), attribute.Float64Value(0.5))})},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := pcommon.NewMap()
			c.attr.Put(m)
			assert.Equal(t, map[string]any{c.attr.Key(): c.raw}, m.AsRaw())
			assert.Equal(t, attribute.KeyValue{Key: attribute.Key(c.attr.Key()), Value: c.sdk}, c.attr.KeyValue())
		})
	}
}

// A value put is a copy: what becomes of the original does not matter any more.
func TestAnyValueIsCopied(t *testing.T) {
	v := object()
	m := pcommon.NewMap()
	FeatureFlagResultValue(v).Put(m)
	before := m.AsRaw()
	v.Map().PutBool("on", false)
	assert.Equal(t, before, m.AsRaw())
}

func TestPut(t *testing.T) {
	m := pcommon.NewMap()
	m.PutStr("url.path", "/old")
	m.PutStr("own", "stays")
	Put(m, URLPath("/new"), Attribute{}, HTTPRequestHeader("Content-Type", "text/html"), URLScheme("http"), URLScheme("https"))
	assert.Equal(t, map[string]any{
		"url.path": "/new", "own": "stays", "http.request.header.content-type": []any{"text/html"}, "url.scheme": "https",
	}, m.AsRaw())
	assert.Equal(t, []attribute.KeyValue{attribute.String("url.path", "/"), {}}, KeyValues(URLPath("/"), Attribute{}))
	assert.Empty(t, Attribute{}.Key())
}

// Only names whose variable part does not depend on case are folded.
func TestKeysOfTemplates(t *testing.T) {
	for attr, want := range map[Attribute]string{
		K8SPodLabel("App.Kubernetes.io/Name", "shop"):   "k8s.pod.label.App.Kubernetes.io/Name",
		ProcessEnvironmentVariable("PATH", "/bin"):      "process.environment_variable.PATH",
		DBQueryParameter("userName", "me"):              "db.query.parameter.userName",
		RPCRequestMetadata("X-Tenant").withoutValues():  "rpc.request.metadata.x-tenant",
		RPCResponseMetadata("X-Tenant").withoutValues(): "rpc.response.metadata.x-tenant",
		HTTPResponseHeader("ETag").withoutValues():      "http.response.header.etag",
	} {
		assert.Equal(t, want, attr.Key())
	}
}

// withoutValues makes an attribute comparable.
func (a Attribute) withoutValues() Attribute {
	a.other = nil
	return a
}

func TestSpanKeepsTheListItIsGiven(t *testing.T) {
	more := make([]Attribute, 1, 8)
	more[0] = HTTPRoute("/cart/{id}")
	attrs := HTTPServerSpan(HTTPRequestMethodPost, "/cart/7", "https", more...)
	require.Len(t, attrs, 4)
	m := pcommon.NewMap()
	Put(m, attrs...)
	assert.Equal(t, map[string]any{"http.request.method": "POST", "url.path": "/cart/7", "url.scheme": "https", "http.route": "/cart/{id}"}, m.AsRaw())
	attrs[3] = URLQuery("a=b")
	assert.Equal(t, "http.route", more[0].Key())
}

func TestSuccessor(t *testing.T) {
	for _, c := range []struct{ name, want string }{
		{"http.method", HTTPRequestMethodKey},
		{"db.cosmosdb.client_id", AzureClientIDKey},
		{"http.request.method", ""}, // current
		{"enduser.id", ""},          // current, whatever a schema file says
		{"net.peer.name", ""},       // client.address or server.address
		{"k8s.pod.labels", ""},      // a prefix
		{"state", ""},               // means something on one metric only
		{"gen_ai.system", ""},       // moved
		{"error.message", ""},       // none
		{"com.example.own", ""},
	} {
		got, ok := Successor(c.name)
		assert.Equal(t, c.want, got, c.name)
		assert.Equal(t, c.want != "", ok, c.name)
	}
}
