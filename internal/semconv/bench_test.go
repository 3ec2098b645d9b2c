package semconv

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// Keys are cloned for every span, so that no comparison can succeed by pointer as it never could on decoded data.
func spans(n int, pairs ...any) []pcommon.Map {
	out := make([]pcommon.Map, n)
	for i := range out {
		out[i] = pcommon.NewMap()
		fill(out[i], pairs)
	}
	return out
}

func fill(m pcommon.Map, pairs []any) {
	for i := 0; i < len(pairs); i += 2 {
		_ = m.PutEmpty(strings.Clone(pairs[i].(string))).FromRaw(pairs[i+1])
	}
}

var benchSets = map[string][]any{
	"clean12": {
		"http.request.method", "GET", "url.scheme", "https", "url.path", "/cart", "server.address", "shop", "server.port", 443,
		"http.response.status_code", 200, "network.protocol.version", "1.1", "user_agent.original", "curl/8", "client.address", "10.0.0.1",
		"http.route", "/cart", "network.peer.address", "10.0.0.2", "network.peer.port", 51000,
	},
	"oldhttp12": {
		"http.method", "GET", "http.scheme", "https", "http.target", "/cart", "net.host.name", "shop", "net.host.port", 443,
		"http.status_code", 200, "http.flavor", "1.1", "http.user_agent", "curl/8", "http.client_ip", "10.0.0.1",
		"http.route", "/cart", "net.sock.peer.addr", "10.0.0.2", "net.sock.peer.port", 51000,
	},
	"dup": {
		"http.method", "GET", "http.request.method", "GET", "http.status_code", 200, "http.response.status_code", 200,
		"http.scheme", "https", "url.scheme", "https", "net.host.name", "shop", "server.address", "shop",
		"net.host.port", 443, "server.port", 443, "http.user_agent", "curl/8", "user_agent.original", "curl/8",
	},
	"unknown12": {
		"app.user.tier", "gold", "com.example.a", 1, "com.example.b", "x", "component", "net", "peer.hostname", "h", "order.id", "77",
		"tenant", "t1", "feature", "checkout", "region.short", "eu", "flag", true, "retries", 0, "shard.number", 4,
	},
	"logs4":  {"log.file.name", "a.log", "log.iostream", "stdout", "exception.type", "Err", "exception.message", "no"},
	"point3": {"http.request.method", "GET", "http.response.status_code", 200, "server.address", "shop"},
}

func cpuTime(b *testing.B) int64 {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		b.Fatal(err)
	}
	return r.Utime.Nano() + r.Stime.Nano()
}

// cpu reports the processor time of each iteration, which other programs of the machine disturb less than they do the clock.
func cpu(b *testing.B) {
	before := cpuTime(b)
	b.Cleanup(func() { b.ReportMetric(float64(cpuTime(b)-before)/float64(b.N), "cpu-ns/op") })
}

func init() {
	var forty []any
	forty = append(forty, benchSets["clean12"]...)
	forty = append(forty, benchSets["unknown12"]...)
	for i := range 16 {
		forty = append(forty, fmt.Sprintf("app.field.%02d", i), i)
	}
	benchSets["attributes40"] = forty
}

// go test -run '^$' -bench Clean -benchtime 2s -count 6 ./internal/semconv
func BenchmarkClean(b *testing.B) {
	for _, name := range []string{"clean12", "attributes40", "unknown12", "logs4", "point3"} {
		b.Run(name, func(b *testing.B) {
			w := Default().NewWorker(Options{})
			maps := spans(512, benchSets[name]...)
			look := func(m pcommon.Map) { w.spanMap(m, KindServer) }
			switch name {
			case "logs4":
				look = func(m pcommon.Map) { w.mapOf(m, SignalLog) }
			case "point3":
				plan := Default().Plan("http.server.active_requests", Default().Metric("http.server.active_requests"))
				look = func(m pcommon.Map) { w.point(m, plan) }
			}
			b.ReportAllocs()
			cpu(b)
			b.ResetTimer()
			for i := 0; b.Loop(); i++ {
				look(maps[i%len(maps)])
			}
			if len(w.counts.dirty) != 0 {
				b.Fatal("clean items have findings")
			}
		})
	}
}

// Spans of three shapes in turn, as one service sends them: the prediction of the next key has to survive that.
//
// go test -run '^$' -bench Mixed -benchtime 2s -count 6 ./internal/semconv
func BenchmarkMixed(b *testing.B) {
	w := Default().NewWorker(Options{})
	var maps []pcommon.Map
	for range 128 {
		maps = append(maps, spans(1, benchSets["clean12"]...)...)
		maps = append(maps, spans(1, benchSets["unknown12"]...)...)
		maps = append(maps, spans(1, benchSets["clean12"][6:]...)...)
		maps = append(maps, spans(1, "db.system.name", "postgresql", "db.namespace", "shop", "db.query.text", "select 1",
			"server.address", "db", "server.port", 5432, "network.peer.address", "::1", "network.peer.port", 5432)...)
	}
	b.ReportAllocs()
	cpu(b)
	b.ResetTimer()
	for i := 0; b.Loop(); i++ {
		w.spanMap(maps[i%len(maps)], KindServer)
	}
}

// One operation is a batch of 512 spans that are all still to be repaired. Making them is not measured, nor is collecting what
// that left behind: the collector only runs between batches.
//
// go test -run '^$' -bench Rewrite -benchtime 1s -count 6 ./internal/semconv
func BenchmarkRewrite(b *testing.B) {
	for _, name := range []string{"oldhttp12", "dup"} {
		b.Run(name, func(b *testing.B) {
			defer debug.SetGCPercent(debug.SetGCPercent(-1))
			w := Default().NewWorker(Options{})
			maps := spans(512, benchSets[name]...)
			source := spans(1, benchSets[name]...)[0]
			var used int64
			for i := 0; b.Loop(); i++ {
				b.StopTimer()
				if i%64 == 0 {
					runtime.GC()
				}
				for i := range maps {
					maps[i] = pcommon.NewMap()
					maps[i].EnsureCapacity(16) // as decoding leaves it
					source.CopyTo(maps[i])
				}
				b.StartTimer()
				before := cpuTime(b)
				for _, m := range maps {
					w.spanMap(m, KindServer)
				}
				used += cpuTime(b) - before
			}
			b.ReportMetric(float64(used)/float64(b.N*len(maps)), "cpu-ns/span")
		})
	}
}
