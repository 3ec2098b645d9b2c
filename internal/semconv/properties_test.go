package semconv

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
)

// realistic are values by the names that have rules for their values: what instrumentation writes, and what breaks it.
var realistic = map[string][]any{
	"http.url": {
		"https://shop.example/cart?id=1", "https://me:pw@shop.example:8443/?sig=a&X-Amz-Signature=b#c", "http://[::1]:80/a", "/relative?sig=a", "https://h/\xff?sig=\xfe",
	},
	"url.full":         {"https://shop.example/cart?id=1", "https://me:pw@shop.example/", "not a url"},
	"url.query":        {"a=b", "sig=a&b", "?sig=a", ""},
	"http.target":      {"/cart?id=1#top", "/?sig=a", "*", "", "http://h:1/p?q", "?a", "#f", "/a\xff"},
	"url.path":         {"/cart", "/", ""},
	"http.host":        {"shop", "shop:8443", "[::1]:80", "::1", "a b", "shop:99999", ""},
	"http.server_name": {"shop", "other"}, "net.host.name": {"shop", "pod-1"}, "net.peer.name": {"shop", "10.0.0.1"}, "server.address": {"shop", "pod-1", int64(1)},
	"server.port": {int64(8443), "8443", 8443.0, int64(70000)}, "net.peer.port": {int64(80), "80", "x"}, "net.host.port": {int64(8443), "8443"},
	"http.method": {"GET", "get", "gEt", "BREW", "_OTHER"}, "http.request.method": {"GET", "Put", "brew"}, "http.request.method_original": {"get"},
	"db.connection_string": {"postgres://me:pw@db:5432/shop", "jdbc:mysql://db/shop", "Server=db;Password=pw", "mongodb://a,b", "x"},
	"db.system":            {"mssql", "mysql", "redis", "acme"}, "db.system.name": {"microsoft.sql_server", "MySQL"}, "db.name": {"shop", "3"}, "db.mssql.instance_name": {"prod", ""},
	"db.redis.database_index": {int64(3), "3"}, "db.statement": {"SELECT * FROM t WHERE a = 'x'", "select\xff 1"}, "db.query.text": {"SELECT 1", "SELECT 2"},
	"rpc.system": {"grpc", "aws-api", "apache_dubbo"}, "rpc.service": {"shop.Cart", ""}, "rpc.method": {"Add", "shop.Cart/Add", "x/y"}, "rpc.grpc.status_code": {int64(14), "0", "x"},
	"code.function": {"f", "n.f"}, "code.namespace": {"n", ""}, "messaging.operation": {"publish", "receive", "settle"}, "messaging.url": {"amqp://mq:5672", "[1]"},
	"messaging.rocketmq.client_group": {"g"}, "tls.client.server_name": {"shop"}, "net.sock.peer.addr": {"10.0.0.1"}, "net.peer.ip": {"10.0.0.1", "10.0.0.2"},
	"http.flavor": {"2.0", "HTTP/1.1", "SPDY"}, "net.protocol.version": {"2.0"}, "net.protocol.name": {"HTTP"}, "messaging.protocol": {"AMQP"},
	"http.request.header.Host": {"shop", []any{"shop"}}, "http.request.header.host": {[]any{"shop"}, "other"}, "http.request.header.HOST": {[]any{"shop:8443"}},
	"http.request.header.Authorization": {"Bearer x", []any{"a", "b"}}, "http.response.header.set-cookie": {[]any{"REDACTED"}, []any{"id=1"}},
	"http.request.header.X_\xff": {"a"}, "rpc.grpc.request.metadata.X-Id": {[]any{"a"}, "a"}, "rpc.connect_rpc.request.metadata.X-Id": {[]any{"a"}, []any{"b"}},
	"rpc.request.metadata.x-id": {[]any{"a"}}, "rpc.grpc.request.metadata.cookie": {"a"}, "rpc.connect_rpc.request.metadata.x-id": {[]any{"c"}},
	"k8s.pod.labels.App": {"shop"}, "k8s.pod.label.App": {"shop", "cart"}, "k8s.pod.labels.\xffx": {"a"}, "k8s.pod.uid": {"275ecb36-5aa8-4c2a-9c47-d8bb681b9aff", "x"},
	"container.labels.a.b": {"1", int64(1)}, "db.elasticsearch.path_parts.index": {"i"}, "db.operation.parameter.index": {"i", "j"},
	"service.name": {"shop", "unknown_service:go", "undefined", ""}, "process.executable.name": {"shop"}, "acme.\xff": {"a"}, "acme.\xfe": {"b"}, "acme.\uFFFD": {"c"},
	"db.user": {"me"}, "error.message": {"oops"}, "acme.nested": {map[string]any{"k\xff": []any{"\xff"}}}, "cloud.platform": {"azure_vm", "AWS_EC2"},
}

var realisticNames = func() []string {
	var names []string
	for name := range realistic {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}()

// randomSpan mixes old, new and foreign names with values of every type and those that rules read, some keys twice.
func randomSpan(rnd *rand.Rand, n int) []any {
	names := Default().names
	values := []any{"x", "200", "true", "GET", "", "ip_tcp", "aws-api", "mssql", int64(200), 200.0, 1.5, true, []any{"a"}, []any{1}, map[string]any{"k": "v"}, nil, []byte{1}}
	var out []any
	for range n {
		var name string
		switch rnd.IntN(12) {
		case 0:
			name = []string{"", "x", "acme.a", "http.method ", "\xff"}[rnd.IntN(5)]
		case 1, 2:
			name = []string{"http.method", "http.request.method", "http.status_code", "http.response.status_code", "net.peer.name", "server.address",
				"db.name", "db.namespace", "db.redis.database_index", "rpc.system", "rpc.service", "http.flavor", "net.protocol.version"}[rnd.IntN(13)]
		case 3, 4, 5, 6, 7:
			name = realisticNames[rnd.IntN(len(realisticNames))]
			out = append(out, name, realistic[name][rnd.IntN(len(realistic[name]))])
			continue
		default:
			name = names[rnd.IntN(int(Default().tracked))]
		}
		out = append(out, name, values[rnd.IntN(len(values))])
	}
	return out
}

// randomOptions are any of the options together, but for Observe.
func randomOptions(rnd *rand.Rand) Options {
	yes := func() bool { return rnd.IntN(2) == 0 }
	return Options{
		KeepDeprecated: rnd.IntN(4) == 0, Derive: yes(), Redact: yes(), NoCoercion: rnd.IntN(4) == 0, DropObsolete: rnd.IntN(4) == 0, SanitizeQuery: rnd.IntN(4) == 0,
		MaxValueBytes: []int{0, 0, 0, 8, 24}[rnd.IntN(5)],
	}
}

// The properties of the contract, on random attributes in every place and with every set of options: twice is once, order does not
// matter, nothing without a new home disappears, observing finds the same and changes nothing.
func TestProperties(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	workers := map[string]*Worker{}
	worker := func(opts Options) *Worker {
		key := fmt.Sprint(opts)
		if workers[key] == nil {
			workers[key] = Default().NewWorker(opts)
		}
		return workers[key]
	}
	for range 30_000 {
		in, opts := randomSpan(rnd, rnd.IntN(10)), randomOptions(rnd)
		visit, where := randomPlace(rnd)
		observing := opts
		observing.Observe = true
		w, observer := worker(opts), worker(observing)

		m := attrs(in...)
		visit(w, m)
		once := text(m)
		found := drainAll(w)
		from := fmt.Sprintf("from %q as %s with %+v", in, where, opts)
		checkNothingLost(t, in, m, opts, from)
		checkNothingTwice(t, in, m, from)

		ro := attrs(in...)
		visit(observer, ro)
		require.Equal(t, text(attrs(in...)), text(ro), from)
		require.Equal(t, findingsOnly(found), drainAll(observer), from)

		if !hasDuplicates(in) {
			shuffled := shuffle(rnd, in)
			other := attrs(shuffled...)
			visit(w, other)
			require.Equal(t, sorted(m), sorted(other), "%s and %q", from, shuffled)
			require.Equal(t, found, drainAll(w), "%s and %q", from, shuffled)
		}

		visit(w, m)
		require.Equal(t, once, text(m), from)
		if again := opsOnly(drainAll(w)); opts.MaxValueBytes == 0 { // what is hidden may be cut again, to the same
			require.Empty(t, again, from)
		}
	}
}

// randomPlace is a span of any kind, or another place.
func randomPlace(rnd *rand.Rand) (visit func(*Worker, pcommon.Map), where string) {
	if rnd.IntN(3) > 0 {
		kind := Kind(rnd.IntN(int(numKinds)))
		return func(w *Worker, m pcommon.Map) { w.spanMap(m, kind) }, fmt.Sprint("span of kind ", kind)
	}
	switch rnd.IntN(4) {
	case 0:
		metric := []string{"http.server.duration", "rpc.client.duration", "db.client.connections.usage", "acme"}[rnd.IntN(4)]
		return func(w *Worker, m pcommon.Map) { w.point(m, Default().Plan(metric, Default().Metric(metric))) }, "point of " + metric
	case 1:
		return func(w *Worker, m pcommon.Map) { w.spanEventMap(m, "message") }, "event message"
	default:
		signal := []Signal{SignalResource, SignalScope, SignalSpanLink}[rnd.IntN(3)]
		return func(w *Worker, m pcommon.Map) { w.mapOf(m, signal) }, signal.String()
	}
}

func opsOnly(all map[string]int) map[string]int {
	for k := range findingsOnly(all) {
		delete(all, k)
	}
	return all
}

func hasDuplicates(in []any) bool {
	seen := map[any]bool{}
	for i := 0; i < len(in); i += 2 {
		if seen[in[i]] {
			return true
		}
		seen[in[i]] = true
	}
	return false
}

func shuffle(rnd *rand.Rand, in []any) []any {
	out := make([]any, 0, len(in))
	for _, i := range rnd.Perm(len(in) / 2) {
		out = append(out, in[2*i], in[2*i+1])
	}
	return out
}

// homes are the names that rules with functions of their own lead to.
var homes = map[string][]string{
	"http.target": {"url.path", "url.query", "url.fragment"}, "http.host": {"server.address", "http.request.header.host"},
	"db.connection_string": {"server.address"}, "rpc.service": {"rpc.method"}, "code.namespace": {"code.function.name"},
	"db.mssql.instance_name": {"db.namespace"},
}

// checkNothingLost: a key is gone only if it is the source of an operation whose target is there, or was dropped on request.
func checkNothingLost(t *testing.T, in []any, out pcommon.Map, opts Options, from string) {
	left := map[string]int{}
	for k := range out.All() {
		left[k]++
	}
	r := Default()
	for i := 0; i < len(in); i += 2 {
		name := in[i].(string)
		if valid := strings.ToValidUTF8(name, "\uFFFD"); left[valid] > 0 {
			left[valid]--
			continue
		}
		var n node
		r.resolve(name, &n)
		moved := slices.ContainsFunc(homes[name], func(home string) bool { return left[home] > 0 })
		moved = moved || n.key != "" && has(out, n.key) // the key was put right, or what has that key already says the same
		moved = moved || opts.DropObsolete && n.rec.rule == ObsoleteAttribute
		for _, o := range r.ops[1:] {
			if r.names[o.from] == name {
				moved = moved || has(out, r.names[o.to])
				for _, p := range pairsOf(o.values) {
					moved = moved || p.to != 0 && has(out, r.names[p.to])
				}
			}
		}
		require.True(t, moved, "%q is gone: %s became %s", name, from, text(out))
		require.False(t, opts.KeepDeprecated && n.flags&flagKey == 0 && n.rec.rule != ObsoleteAttribute, "%q is gone: %s became %s", name, from, text(out))
	}
}

// checkNothingTwice: no name occurs more often than it did. Keys that were no UTF-8 may have become the same.
func checkNothingTwice(t *testing.T, in []any, out pcommon.Map, from string) {
	before, after := map[string]int{}, map[string]int{}
	for i := 0; i < len(in); i += 2 {
		name := in[i].(string)
		if valid := strings.ToValidUTF8(name, "\uFFFD"); valid != name {
			var n node
			Default().resolve(name, &n)
			before[n.key]++ // and once more below, where it had that key already
			name = valid
		}
		before[name]++
	}
	for name := range out.All() {
		after[name]++
		require.LessOrEqual(t, after[name], max(before[name], 1), "%s twice: %s became %s", name, from, text(out))
	}
}

func has(m pcommon.Map, name string) bool {
	_, ok := m.Get(name)
	return ok
}
