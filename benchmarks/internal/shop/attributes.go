package shop

import (
	"encoding/binary"
	"fmt"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

func (g *generator) describeServer(s ptrace.Span, t *trace, op operation, name string) {
	a := s.Attributes()
	method, path, http := strings.Cut(name, " ")
	if !http {
		rpc(a, name)
		a.PutStr("server.address", op.service)
		a.PutInt("server.port", 8080)
		if g.redundancy == Low {
			a.PutStr("client.address", g.address())
			a.PutStr("enduser.id", t.user)
			a.PutInt("thread.id", g.random.Int64N(64))
		}
		return
	}
	a.PutStr("http.request.method", method)
	a.PutStr("http.route", path)
	a.PutStr("url.scheme", "https")
	a.PutStr("url.path", strings.ReplaceAll(path, "{id}", products[g.skewed(len(products))]))
	a.PutInt("http.response.status_code", 200)
	a.PutStr("network.protocol.version", "1.1")
	a.PutStr("server.address", "shop.example.com")
	a.PutStr("user_agent.original", agents[g.skewed(len(agents))])
	if g.redundancy == Low {
		a.PutStr("client.address", g.address())
		a.PutInt("client.port", 1024+g.random.Int64N(60000))
		a.PutStr("url.query", fmt.Sprintf("session=%016x&page=%d", g.random.Uint64(), g.random.IntN(40)))
		a.PutStr("http.request.header.x-request-id", t.request)
		a.PutStr("enduser.id", t.user)
		a.PutInt("http.response.body.size", g.random.Int64N(60000))
	}
}

func (g *generator) describeClient(s ptrace.Span, callee string) {
	a := s.Attributes()
	rpc(a, callee)
	address, _, _ := strings.Cut(callee, ".")
	a.PutStr("server.address", address)
	a.PutInt("server.port", 8080)
	if g.redundancy == Low {
		a.PutStr("network.peer.address", g.address())
		a.PutInt("rpc.message.compressed_size", g.random.Int64N(4000))
	}
}

func rpc(a pcommon.Map, name string) {
	service, method, _ := strings.Cut(name, "/")
	a.PutStr("rpc.system", "grpc")
	a.PutStr("rpc.service", service)
	a.PutStr("rpc.method", method)
	a.PutInt("rpc.grpc.status_code", 0)
}

func (g *generator) describeQuery(s ptrace.Span, t *trace, q query) {
	a := s.Attributes()
	operation, _, _ := strings.Cut(q.text, " ")
	text := q.text
	if g.redundancy == Low {
		literal := q.literal
		if literal == "" {
			literal = "'" + t.order + "'"
		}
		text = strings.NewReplacer("$1", literal, "?", t.user).Replace(text)
		a.PutInt("db.response.returned_rows", g.random.Int64N(30))
		a.PutDouble("db.client.connection.wait", float64(g.random.IntN(1000))/1000)
	}
	a.PutStr("db.system.name", q.system)
	a.PutStr("db.namespace", q.namespace)
	a.PutStr("db.operation.name", operation)
	a.PutStr("db.query.text", text)
	a.PutStr("server.address", q.system+".shop.svc.cluster.local")
}

func (g *generator) fail(s ptrace.Span, t *trace, at int64) {
	s.Status().SetCode(ptrace.StatusCodeError)
	message := "deadline exceeded"
	if g.redundancy == Low {
		message = "order " + t.order + ": deadline exceeded after " + fmt.Sprint(g.random.IntN(5000)) + " ms"
	}
	s.Status().SetMessage(message)
	e := s.Events().AppendEmpty()
	e.SetName("exception")
	e.SetTimestamp(pcommon.Timestamp(at))
	e.Attributes().PutStr("exception.type", "DeadlineExceeded")
	e.Attributes().PutStr("exception.message", message)
	e.Attributes().PutStr("exception.stacktrace", "DeadlineExceeded: "+message+"\n\tat shop.call(shop:114)\n\tat shop.serve(shop:52)\n\tat main(shop:9)")
}

var products = []string{"OLJCESPC7Z", "66VCHSJNUP", "1YMWWN1N4O", "L9ECAV7KIM", "2ZYFJ3GM2N", "0PUK6V6EV0", "LS4PSXUNUM", "9SIQT8TOJO", "6E92ZMYYFZ", "HQTGWGPNH4"}

var agents = []string{
	"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
	"Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1",
	"shop-load/1.2",
}

func (g *generator) address() string {
	return fmt.Sprintf("10.%d.%d.%d", g.random.IntN(4), g.random.IntN(256), g.random.IntN(256))
}

func (g *generator) uuid() string {
	id := g.traceID()
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}

func (g *generator) traceID() (id pcommon.TraceID) {
	binary.LittleEndian.PutUint64(id[:], g.random.Uint64())
	binary.LittleEndian.PutUint64(id[8:], g.random.Uint64())
	return id
}

func (g *generator) spanID() (id pcommon.SpanID) {
	binary.LittleEndian.PutUint64(id[:], g.random.Uint64())
	return id
}
