package semconv

import (
	"slices"
	"strconv"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-plus/otelcol-plus/internal/semconv/internal/values"
)

// derive adds what can be read off other attributes, where nothing says it yet. It runs after everything else was decided, so that
// a derived value never competes with one that was sent.
func (w *Worker) derive(m pcommon.Map, p *place) {
	switch p.signal {
	case SignalResource:
		w.deriveService(m)
	case SignalSpan:
		w.deriveURL(m, p)
		w.deriveClient(p)
		w.deriveBroker(m)
		w.deriveOperation()
		w.deriveError(m)
	}
}

// add puts a derived value under a name that is free.
func (w *Worker) derived(id uint16, value converted) {
	if id == 0 || w.present.has(id) || !w.changing(id) {
		return
	}
	r := &w.reg.records[id]
	w.final(r, r.checks, &value) // may cut it
	w.present.set(id)
	if id < w.reg.tracked {
		w.seen[id] = 1
	}
	w.puts = append(w.puts, put{id: id, value: value, op: OpDerive})
}

func (w *Worker) derivedText(id uint16, s string) { w.derived(id, converted{how: asString, s: s}) }

// deriveService names a service that has no name after its executable.
func (w *Worker) deriveService(m pcommon.Map) {
	k := &w.reg.known
	if w.present.has(k.serviceName) {
		return
	}
	name := unknownService
	if v, ok := m.Get(w.reg.names[k.executableName]); ok && v.Type() == pcommon.ValueTypeStr && v.Str() != "" {
		name += ":" + values.RepairUTF8(v.Str())
	}
	w.derivedText(k.serviceName, name)
}

// deriveURL reads the parts of url.full that a server's or a client's span is asked for.
func (w *Worker) deriveURL(m pcommon.Map, p *place) {
	k := &w.reg.known
	if !w.present.has(k.urlFull) || p.plan.kind != KindServer && p.plan.kind != KindClient {
		return
	}
	u, ok := values.ParseURL(w.virtualText(m, k.urlFull))
	switch {
	case !ok:
	case p.plan.kind == KindClient:
		w.deriveServer(m, u)
	case !w.present.has(k.urlPath):
		w.derivedText(k.urlScheme, u.Scheme)
		if u.Path != "" {
			w.derivedText(k.urlPath, u.Path)
		}
		if u.Query != "" {
			w.derivedText(k.urlQuery, u.Query)
		}
	}
}

// deriveServer reads the server off a URL; the port is the scheme's when the URL has none. A connection string that could not be read
// names the server too: beside another name for it, it would have to go.
func (w *Worker) deriveServer(m pcommon.Map, u values.URL) {
	k := &w.reg.known
	if w.present.has(k.serverAddress) || u.Host == "" {
		return
	}
	if v, ok := m.Get("db.connection_string"); ok && v.Type() == pcommon.ValueTypeStr {
		return
	}
	w.derivedText(k.serverAddress, u.Host)
	port, known := u.Port, u.HasPort
	if !known {
		port, known = values.DefaultPort(u.Scheme)
	}
	if known {
		w.derived(k.serverPort, converted{how: asInt, i: port})
	}
}

// deriveClient: the peer that a server's socket saw is the client when nothing names a better one.
func (w *Worker) deriveClient(p *place) {
	k := &w.reg.known
	if p.plan.kind != KindServer || !w.present.has(k.method) || w.present.has(k.clientAddress) {
		return
	}
	for i := range w.changes {
		if ch := &w.changes[i]; ch.to != 0 && (ch.name() == "net.sock.peer.addr" || ch.name() == "net.peer.ip") {
			if text, ok := ch.value.text(); ok {
				w.derivedText(k.clientAddress, text)
				return
			}
		}
	}
}

// deriveBroker reads the server off messaging.url where that is one URL; some libraries put a list there.
func (w *Worker) deriveBroker(m pcommon.Map) {
	if v, ok := m.Get("messaging.url"); ok && v.Type() == pcommon.ValueTypeStr {
		if u, ok := values.ParseURL(v.Str()); ok {
			w.deriveServer(m, u)
		}
	}
}

// deriveOperation: what was messaging.operation is also the best name of the operation that there is.
func (w *Worker) deriveOperation() {
	for i := range w.changes {
		if ch := &w.changes[i]; ch.name() == "messaging.operation" && ch.v.Type() == pcommon.ValueTypeStr {
			w.derivedText(w.reg.known.operationName, ch.v.Str())
		}
	}
}

// deriveError says what kind of error a failed call met: its status code, or that nobody knows.
func (w *Worker) deriveError(m pcommon.Map) {
	k := &w.reg.known
	if !slices.ContainsFunc(w.missing, func(miss missing) bool { return miss.id == k.errorType }) {
		return
	}
	var c converted
	if w.present.has(k.statusCode) && w.virtual(m, k.statusCode, &c) && c.typ() == pcommon.ValueTypeInt && c.int() >= 400 {
		w.derivedText(k.errorType, strconv.FormatInt(c.int(), 10))
		return
	}
	for _, id := range []uint16{k.rpcStatus, k.dbStatus} {
		if text := w.virtualText(m, id); text != "" {
			w.derivedText(k.errorType, text)
			return
		}
	}
	w.derivedText(k.errorType, other)
}
