package main

import (
	"fmt"
	"math/rand/v2"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// dataset is what the contenders are measured with: requests of one signal as bytes.
type dataset struct {
	name     string
	what     string // in a few words
	signal   signal
	requests [][]byte
	items    int
	old      map[string]bool // old names that a short recipe deals with
	guard    string          // an attribute that all items with old names have, or empty
}

// assumed is the version of the conventions that data without a schema_url is said to be of, for who needs one: the last that has
// all old names of the generated sets.
const assumed = "1.18.0"

// recipe makes the attributes of one item: keys and values in turn.
type recipe func(r *rand.Rand) []any

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

func cleanHTTP(r *rand.Rand) []any {
	return []any{
		"http.request.method", pick(r, "GET", "GET", "POST"), "url.scheme", "https", "url.path", path(r), "server.address", "shop.example",
		"server.port", 443, "http.response.status_code", pick(r, 200, 200, 201, 404), "network.protocol.version", "1.1",
		"user_agent.original", pick(r, agents...), "client.address", address(r), "http.route", "/cart/{id}",
		"network.peer.address", address(r), "network.peer.port", 32768 + r.IntN(28000),
	}
}

func oldNames(r *rand.Rand) []any {
	return []any{
		"http.method", pick(r, "GET", "GET", "POST"), "http.scheme", "https", "http.target", path(r), "net.host.name", "shop.example",
		"net.host.port", 443, "http.status_code", pick(r, 200, 200, 201, 404), "http.flavor", "1.1", "http.user_agent", pick(r, agents...),
		"http.client_ip", address(r), "http.route", "/cart/{id}", "net.sock.peer.addr", address(r), "net.sock.peer.port", 32768 + r.IntN(28000),
	}
}

// both is what instrumentation emits that is told to write old and new names.
func both(r *rand.Rand) []any {
	method, status, agent := pick(r, "GET", "GET", "POST"), pick(r, 200, 200, 201, 404), pick(r, agents...)
	return []any{
		"http.method", method, "http.request.method", method, "http.status_code", status, "http.response.status_code", status,
		"http.scheme", "https", "url.scheme", "https", "net.host.name", "shop.example", "server.address", "shop.example",
		"net.host.port", 443, "server.port", 443, "http.user_agent", agent, "user_agent.original", agent,
	}
}

func unknown(r *rand.Rand) []any {
	return []any{
		"app.user.tier", pick(r, "gold", "silver"), "com.example.a", r.IntN(1000), "com.example.b", word(r), "component", "net",
		"peer.hostname", word(r), "order.id", word(r), "tenant", pick(r, "t1", "t2", "t3"), "feature", "checkout", "region.short", "eu",
		"flag", r.IntN(2) == 0, "retries", r.IntN(4), "shard.number", r.IntN(16),
	}
}

// forty is a span full of attributes of an application's own.
func forty(r *rand.Rand) []any {
	out := append(cleanHTTP(r), unknown(r)...)
	for i := range 16 {
		out = append(out, fmt.Sprintf("app.field.%02d", i), r.IntN(1000))
	}
	return out
}

func cleanLog(r *rand.Rand) []any {
	return []any{"log.file.name", "shop.log", "log.iostream", "stdout", "exception.type", pick(r, "IOError", "Timeout"), "exception.message", word(r)}
}

func oldLog(r *rand.Rand) []any {
	return []any{
		"code.filepath", "/srv/shop/" + word(r) + ".py", "code.lineno", r.IntN(900) + 1, "exception.type", pick(r, "IOError", "Timeout"),
		"exception.message", word(r), "http.method", "GET", "http.user_agent", pick(r, agents...),
	}
}

func cleanPoint(r *rand.Rand) []any {
	return []any{
		"http.request.method", pick(r, "GET", "POST"), "url.scheme", "https", "http.response.status_code", pick(r, 200, 404, 500),
		"http.route", path(r), "network.protocol.version", "1.1",
	}
}

func oldPoint(r *rand.Rand) []any {
	return []any{
		"http.method", pick(r, "GET", "POST"), "http.scheme", "https", "http.status_code", pick(r, 200, 404, 500),
		"http.route", path(r), "net.protocol.version", "1.1",
	}
}

var agents = []string{"curl/8.5.0", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "okhttp/4.12.0", "Go-http-client/2.0"}

func path(r *rand.Rand) string    { return fmt.Sprintf("/cart/%d", r.IntN(5000)) }
func word(r *rand.Rand) string    { return fmt.Sprintf("%08x", r.Uint32()) }
func address(r *rand.Rand) string { return fmt.Sprintf("10.0.%d.%d", r.IntN(8), r.IntN(256)) }

// generated makes the sets that no recording is needed for, each of n items in requests of size items.
func generated(n, size int) ([]dataset, error) {
	type spec struct {
		name, what string
		signal     signal
		version    string
		make       recipe
		metrics    []metric
	}
	specs := []spec{
		{"clean", "12 attributes, all current, SERVER", traces, assumed, cleanHTTP, nil},
		{"clean, current schema_url", "the same, and the schema_url says so", traces, "1.44.0", cleanHTTP, nil},
		{"old HTTP", "12 attributes, all but http.route old, SERVER", traces, assumed, oldNames, nil},
		{"old and new", "6 old names and the 6 new ones with the same values, SERVER", traces, assumed, both, nil},
		{"40 attributes", "12 current ones, 28 of an application's own", traces, assumed, forty, nil},
		{"unknown", "12 attributes that no convention knows", traces, assumed, unknown, nil},
		{"points", "5 attributes, all current", metrics, assumed, cleanPoint, currentMetrics},
		{"old points", "5 attributes, 4 of them old, under metrics of old names, partly in ms", metrics, assumed, oldPoint, oldMetrics},
		{"logs", "4 attributes, all current", logs, assumed, cleanLog, nil},
		{"old logs", "6 attributes, 4 of them old", logs, assumed, oldLog, nil},
	}
	var out []dataset
	for _, s := range specs {
		d := dataset{name: s.name, what: s.what, signal: s.signal}
		r := rand.New(rand.NewPCG(1, 2))
		for d.items < n {
			b := batch{signal: s.signal}
			switch s.signal {
			case traces:
				b.traces = makeSpans(r, size, s.make)
			case metrics:
				b.metrics = makePoints(r, size, s.make, s.metrics)
			default:
				b.logs = makeLogs(r, size, s.make)
			}
			b.relabel("https://opentelemetry.io/schemas/", s.version)
			body, err := b.encode()
			if err != nil {
				return nil, err
			}
			d.requests = append(d.requests, body)
			d.items += b.count()
		}
		out = append(out, d)
	}
	// The short recipes are written for all sets of a signal, as for a fleet whose services are not all of one age.
	for i := range out {
		d := &out[i]
		d.old, d.guard = map[string]bool{}, shortRecipes[d.signal][0]
		for _, name := range shortRecipes[d.signal] {
			d.old[name] = true
		}
	}
	return out, nil
}

// shortRecipes are the old names of the generated sets, by signal. The first is one that every item of an old set has.
var shortRecipes = map[signal][]string{
	traces: {
		"http.method", "http.scheme", "http.target", "net.host.name", "net.host.port", "http.status_code", "http.flavor",
		"http.user_agent", "http.client_ip", "net.sock.peer.addr", "net.sock.peer.port",
	},
	metrics: {"http.method", "http.scheme", "http.status_code", "net.protocol.version"},
	logs:    {"code.filepath", "code.lineno", "http.method", "http.user_agent"},
}

func fill(m pcommon.Map, pairs []any) {
	m.EnsureCapacity(len(pairs) / 2)
	for i := 0; i < len(pairs); i += 2 {
		_ = m.PutEmpty(pairs[i].(string)).FromRaw(pairs[i+1]) // of types that it knows
	}
}

func describe(res pcommon.Resource) {
	fill(res.Attributes(), []any{
		"service.name", "shop", "service.version", "1.2.3", "telemetry.sdk.language", "java", "telemetry.sdk.name", "opentelemetry",
		"telemetry.sdk.version", "1.50.0", "host.name", "node-1", "process.pid", 4711, "deployment.environment.name", "production",
	})
}

func makeSpans(r *rand.Rand, n int, attrs recipe) ptrace.Traces {
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	describe(rs.Resource())
	ss := rs.ScopeSpans().AppendEmpty()
	ss.Scope().SetName("io.opentelemetry.http")
	for range n {
		s := ss.Spans().AppendEmpty()
		s.SetName("GET /cart/{id}")
		s.SetKind(ptrace.SpanKindServer)
		s.SetTraceID([16]byte{byte(r.Uint32()), byte(r.Uint32()), 15: 1})
		s.SetSpanID([8]byte{byte(r.Uint32()), byte(r.Uint32()), 7: 1})
		s.SetStartTimestamp(pcommon.Timestamp(1_760_000_000_000_000_000 + r.Int64N(1_000_000_000)))
		s.SetEndTimestamp(s.StartTimestamp() + pcommon.Timestamp(r.Int64N(1_000_000)))
		fill(s.Attributes(), attrs(r))
	}
	return td
}

func makeLogs(r *rand.Rand, n int, attrs recipe) plog.Logs {
	ld := plog.NewLogs()
	rl := ld.ResourceLogs().AppendEmpty()
	describe(rl.Resource())
	sl := rl.ScopeLogs().AppendEmpty()
	sl.Scope().SetName("shop.log")
	for range n {
		l := sl.LogRecords().AppendEmpty()
		l.SetTimestamp(pcommon.Timestamp(1_760_000_000_000_000_000 + r.Int64N(1_000_000_000)))
		l.SetSeverityNumber(plog.SeverityNumberInfo)
		l.Body().SetStr("cannot read " + word(r))
		fill(l.Attributes(), attrs(r))
	}
	return ld
}

// metric is a metric of the generated sets.
type metric struct {
	name, unit string
	histogram  bool
}

var (
	currentMetrics = []metric{
		{"http.server.request.duration", "s", true}, {"http.server.request.body.size", "By", true},
		{"http.server.response.body.size", "By", true}, {"http.server.active_requests", "{request}", false},
	}
	oldMetrics = []metric{
		{"http.server.duration", "ms", true}, {"http.server.request.size", "By", true},
		{"http.server.response.size", "By", true}, {"http.server.active_requests", "{request}", false},
	}
)

// pointsEach is how many points a metric of the generated sets has.
const pointsEach = 32

func makePoints(r *rand.Rand, n int, attrs recipe, kinds []metric) pmetric.Metrics {
	md := pmetric.NewMetrics()
	for md.DataPointCount() < n {
		rm := md.ResourceMetrics().AppendEmpty()
		describe(rm.Resource())
		sm := rm.ScopeMetrics().AppendEmpty()
		sm.Scope().SetName("io.opentelemetry.http")
		for _, k := range kinds {
			m := sm.Metrics().AppendEmpty()
			m.SetName(k.name)
			m.SetUnit(k.unit)
			if !k.histogram {
				sum := m.SetEmptySum()
				sum.SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
				for range pointsEach {
					p := sum.DataPoints().AppendEmpty()
					p.SetIntValue(r.Int64N(50))
					fill(p.Attributes(), attrs(r))
				}
				continue
			}
			h := m.SetEmptyHistogram()
			h.SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
			for range pointsEach {
				p := h.DataPoints().AppendEmpty()
				p.SetCount(uint64(r.IntN(1000)))
				p.SetSum(r.Float64() * 5000)
				p.ExplicitBounds().FromRaw([]float64{5, 10, 25, 50, 75, 100, 250, 500, 1000})
				p.BucketCounts().FromRaw([]uint64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
				fill(p.Attributes(), attrs(r))
			}
		}
	}
	return md
}
