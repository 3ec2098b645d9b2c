package semconv

import (
	"slices"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-plus/otelcol-plus/internal/semconv/internal/values"
)

// structure is an operation that needs more than a new key: it splits a value, joins two, or moves one out of the attributes. Like
// every operation it decides and reports; nothing moves yet.
type structure func(w *Worker, m pcommon.Map, p *place, o *operation, s *source)

// structures are the structural rules, by their id in the facts, that have functions of their own, each for the attribute that
// starts it; an empty name stands for every attribute of the rule.
var structures map[string]map[string]structure

func init() {
	structures = map[string]map[string]structure{
		"http.target":               {"": (*Worker).splitTarget},
		"http.host.server":          {"": (*Worker).splitHost},
		"http.host.client":          {"": (*Worker).splitHost},
		"db.name":                   {"": (*Worker).joinDatabase},
		"db.mssql.instance_name":    {"": (*Worker).instance},
		"db.connection_string":      {"": (*Worker).parseConnection},
		"db.instance.id":            {"": (*Worker).nodeName},
		"rpc.service":               {"rpc.service": (*Worker).joinMethod},
		"rpc.jsonrpc.error_message": {"": (*Worker).moveToStatus},
		"code.function":             {"code.function": (*Worker).joinFunction, "code.namespace": (*Worker).half},
		"event.name":                {"": (*Worker).moveToEvent},
		"otel.library":              {"": (*Worker).moveToScope},
	}
}

// pair is a value that goes under a name.
type pair struct {
	id    uint16
	value converted
}

func textPair(id uint16, s string) pair { return pair{id, converted{how: asString, s: s}} }
func intPair(id uint16, i int64) pair   { return pair{id, converted{how: asInt, i: i}} }

// text is the string of a source; a value of another type keeps its old key.
func (w *Worker) text(p *place, o *operation, s *source) (string, bool) {
	if s.v.Type() == pcommon.ValueTypeStr {
		return s.v.Str(), true
	}
	w.settled(p, o, s, false)
	if s.v.Type() != pcommon.ValueTypeEmpty {
		w.found(TypeMismatch, p.signal, s.spot(), "string", false)
	}
	return "", false
}

// replace gives a source up for several attributes, all or none: a name that holds something else is a conflict, and then the
// source stays. Names that hold the same already are left as they are.
func (w *Worker) replace(m pcommon.Map, p *place, o *operation, s *source, pairs ...pair) bool {
	var problems problems
	for i := range pairs {
		r := &w.reg.records[pairs[i].id]
		problems |= w.final(r, r.checks, &pairs[i].value)
	}
	for i := range pairs {
		if w.compare(m, pairs[i].id, &pairs[i].value) == different {
			w.settled(p, o, s, false)
			w.found(Conflict, p.signal, s.spot(), w.reg.names[pairs[i].id], false)
			return false
		}
	}
	ch := change{source: *s, op: OpDropDuplicate, problems: problems}
	for i := range pairs {
		id := pairs[i].id
		if w.seen[id] != 0 {
			continue
		}
		w.seen[id] = 1
		w.present.set(id)
		if ch.op == OpDropDuplicate {
			ch.op, ch.to, ch.value = OpRename, id, pairs[i].value
		} else {
			w.puts = append(w.puts, put{id: id, value: pairs[i].value, op: OpRename})
		}
	}
	w.changes = append(w.changes, ch)
	w.settled(p, o, s, true)
	if ch.op == OpDropDuplicate {
		return true
	}
	for i := range pairs {
		r := &w.reg.records[pairs[i].id]
		c := pairs[i].value
		w.tell(p, s, r, r.checks, &c, problems)
		problems = 0 // once for all parts
	}
	return true
}

// splitTarget: http.target /a?b#c becomes url.path /a, url.query b and url.fragment c.
func (w *Worker) splitTarget(m pcommon.Map, p *place, o *operation, s *source) {
	text, ok := w.text(p, o, s)
	if !ok {
		return
	}
	path, query, fragment, hasQuery, hasFragment, ok := values.SplitTarget(text)
	if !ok {
		w.settled(p, o, s, false)
		return
	}
	pairs := make([]pair, 0, 3)
	if path != "" {
		pairs = append(pairs, textPair(w.reg.known.urlPath, path))
	}
	if hasQuery {
		pairs = append(pairs, textPair(w.reg.known.urlQuery, query))
	}
	if hasFragment {
		pairs = append(pairs, textPair(w.reg.known.urlFragment, fragment))
	}
	if len(pairs) == 0 {
		w.settled(p, o, s, false)
		return
	}
	w.replace(m, p, o, s, pairs...)
}

// splitHost: http.host shop:8443 becomes server.address and server.port where nothing better says what they are. A host that
// says something else is what it always was: the Host header.
func (w *Worker) splitHost(m pcommon.Map, p *place, o *operation, s *source) {
	text, ok := w.text(p, o, s)
	if !ok {
		return
	}
	k := &w.reg.known
	header := pair{k.headerHost, converted{how: asList, s: text}}
	host, port, hasPort, ok := values.SplitHostPort(text)
	if !ok {
		w.replace(m, p, o, s, header)
		return
	}
	address, number := textPair(k.serverAddress, host), intPair(k.serverPort, port)
	atAddress, atPort := w.compare(m, address.id, &address.value), equal
	if hasPort {
		atPort = w.compare(m, number.id, &number.value)
	}
	switch {
	case atAddress == different:
		w.replace(m, p, o, s, header)
	case atPort == different && atAddress == absent:
		w.replace(m, p, o, s, address, header)
	case atPort == different:
		w.replace(m, p, o, s, header)
	case hasPort:
		w.replace(m, p, o, s, address, number)
	default:
		w.replace(m, p, o, s, address)
	}
}

const (
	mssqlInstance = "db.mssql.instance_name"
	mssqlSystem   = "microsoft.sql_server"
)

// joinDatabase: db.name of SQL Server follows the name of its instance, as in instance|database.
func (w *Worker) joinDatabase(m pcommon.Map, p *place, o *operation, s *source) {
	instance, _, ok := w.second(m, mssqlInstance)
	system := w.systemOf(m)
	if !ok || instance.v.Type() != pcommon.ValueTypeStr || instance.v.Str() == "" || s.v.Type() != pcommon.ValueTypeStr || system != "mssql" && system != mssqlSystem {
		w.rename(m, p, o, s)
		return
	}
	if w.replace(m, p, o, s, textPair(o.to, instance.v.Str()+"|"+s.v.Str())) {
		w.absorb(&instance)
	}
}

// second finds another old attribute that an operation takes along, unless it occurs twice.
func (w *Worker) second(m pcommon.Map, name string) (source, uint16, bool) {
	id := w.reg.find(name)
	if id == 0 || id >= w.reg.tracked || w.seen[id] != 1 {
		return source{}, 0, false
	}
	i := 0
	for have, v := range m.All() {
		if have == name {
			return source{v: v, node: w.nodeAt(i, have), pos: i}, id, true
		}
		i++
	}
	return source{}, 0, false
}

// absorb removes a second old attribute whose value went where the first one's just did; half or instance report it.
func (w *Worker) absorb(s *source) {
	w.changes = append(w.changes, change{source: *s, op: w.changes[len(w.changes)-1].op})
}

// half is the turn of an old attribute that another may have taken along. Alone it stays.
func (w *Worker) half(_ pcommon.Map, p *place, o *operation, s *source) {
	w.settled(p, o, s, slices.ContainsFunc(w.changes, func(ch change) bool { return ch.node == s.node }))
}

// instance is half for SQL Server: the name also goes when db.namespace begins with it already.
func (w *Worker) instance(m pcommon.Map, p *place, o *operation, s *source) {
	taken := slices.ContainsFunc(w.changes, func(ch change) bool { return ch.node == s.node })
	if !taken && s.v.Type() == pcommon.ValueTypeStr && s.v.Str() != "" && strings.HasPrefix(w.virtualText(m, w.reg.known.namespace), s.v.Str()+"|") {
		w.changes = append(w.changes, change{source: *s, op: OpDropDuplicate})
		taken = true
	}
	w.settled(p, o, s, taken)
}

// parseConnection: db.connection_string names a server; with that said elsewhere or read off it, it has to go.
func (w *Worker) parseConnection(m pcommon.Map, p *place, o *operation, s *source) {
	text, ok := w.text(p, o, s)
	if !ok {
		return
	}
	k := &w.reg.known
	host, port, hasPort, ok := values.ParseConnectionString(text)
	if w.seen[k.serverAddress] != 0 || !ok && w.gives(m, p, tlsServerName) {
		w.tellSecret(p, o, s, text)
		w.changes = append(w.changes, change{source: *s, op: OpDropDuplicate})
		w.settled(p, o, s, true)
		return
	}
	if !ok {
		w.settled(p, o, s, false) // tells of the secret itself
		return
	}
	w.tellSecret(p, o, s, text)
	number := intPair(k.serverPort, port)
	if hasPort && w.compare(m, number.id, &number.value) != different {
		w.replace(m, p, o, s, textPair(k.serverAddress, host), number)
		return
	}
	w.replace(m, p, o, s, textPair(k.serverAddress, host))
}

// tlsServerName is the last resort for server.address, after connection strings.
const tlsServerName = "tls.client.server_name"

// gives tells whether an old attribute whose turn is still to come will be renamed if its new name is free then.
func (w *Worker) gives(m pcommon.Map, p *place, name string) bool {
	s, _, ok := w.second(m, name)
	if !ok {
		return false
	}
	o := &w.reg.ops[s.node.rec.ops[p.plan.kind]]
	var c converted
	_, mismatch, out := o.convert(s.v, &c)
	return out == fits && !(mismatch && w.opts.NoCoercion) && w.changing(o.from) && w.changing(o.to)
}

// tellSecret reports credentials in a connection string that goes.
func (w *Worker) tellSecret(p *place, o *operation, s *source, text string) {
	if _, secret := values.RedactConnectionString(text); secret {
		w.found(SensitiveData, p.signal, s.spot(), "credentials", w.changing(o.from))
	}
}

// nodeName: db.instance.id was the name of a node on Elasticsearch only.
func (w *Worker) nodeName(m pcommon.Map, p *place, o *operation, s *source) {
	if w.systemOf(m) == "elasticsearch" {
		w.rename(m, p, o, s)
		return
	}
	w.settled(p, o, s, false)
}

// joinMethod: rpc.service and rpc.method become rpc.method service/method.
func (w *Worker) joinMethod(m pcommon.Map, p *place, o *operation, s *source) {
	service, ok := w.text(p, o, s)
	if !ok {
		return
	}
	method, id, ok := w.second(m, "rpc.method")
	var c converted
	if !ok || service == "" || !w.virtual(m, id, &c) || c.typ() != pcommon.ValueTypeStr {
		w.settled(p, o, s, false)
		return
	}
	text, _ := c.text()
	switch {
	case strings.HasPrefix(text, service+"/"):
		w.changes = append(w.changes, change{source: *s, op: OpDropDuplicate})
	case !strings.Contains(text, "/"):
		joined := converted{how: asString, s: service + "/" + text}
		r := &w.reg.records[id]
		problems := w.final(r, r.checks, &joined)
		w.changes = append(w.changes, change{source: *s, op: OpRename}, change{source: method, to: id, value: joined, problems: problems, op: OpRename})
		w.tell(p, s, r, r.checks, &joined, problems)
	default:
		w.settled(p, o, s, false)
		w.found(Conflict, p.signal, s.spot(), method.name(), false)
		return
	}
	w.settled(p, o, s, true)
}

// moveToStatus: the message of a JSON-RPC error belongs in the status of a failed span.
func (w *Worker) moveToStatus(m pcommon.Map, p *place, o *operation, s *source) {
	_, ok := w.text(p, o, s)
	if !ok {
		return
	}
	status := w.span.Status
	if p.signal != SignalSpan || status().Code() != ptrace.StatusCodeError || status().Message() != "" {
		w.settled(p, o, s, false)
		return
	}
	w.moveTo(p, o, s, status().SetMessage)
}

// moveTo takes an attribute out and stores its text in a field.
func (w *Worker) moveTo(p *place, o *operation, s *source, set func(string)) {
	text := values.RepairUTF8(s.v.Str())
	w.changes = append(w.changes, change{source: *s, op: OpMove})
	w.settled(p, o, s, true)
	if w.changing(o.from) {
		set(text)
	}
}

// moveToEvent: event.name of a log record is a field of its own.
func (w *Worker) moveToEvent(m pcommon.Map, p *place, o *operation, s *source) {
	text, ok := w.text(p, o, s)
	switch {
	case !ok:
	case p.signal != SignalLog || text == "":
		w.settled(p, o, s, false)
	case w.log.EventName() != "" && w.log.EventName() != text:
		w.settled(p, o, s, false)
		w.found(Conflict, p.signal, s.spot(), "EventName", false)
	default:
		w.moveTo(p, o, s, w.log.SetEventName)
		p.group = w.reg.demands.events[text]
	}
}

// moveToScope: exporters of other formats wrote the name and version of the scope as attributes of each span or of the resource.
func (w *Worker) moveToScope(m pcommon.Map, p *place, o *operation, s *source) {
	text, ok := w.text(p, o, s)
	if !ok {
		return
	}
	scopes := w.scopesAt(p)
	isVersion := s.name() == "otel.library.version"
	fits := func(scope pcommon.InstrumentationScope) bool {
		have := scope.Name()
		if isVersion {
			have = scope.Version()
		}
		return have == "" || have == text
	}
	if len(scopes) == 0 || !allOf(scopes, fits) {
		w.settled(p, o, s, false)
		return
	}
	w.moveTo(p, o, s, func(text string) {
		for _, scope := range scopes {
			if isVersion {
				scope.SetVersion(text)
			} else {
				scope.SetName(text)
			}
		}
	})
}

// scopesAt are the scopes that an attribute of a span or of a resource is about.
func (w *Worker) scopesAt(p *place) []pcommon.InstrumentationScope {
	switch {
	case p.signal == SignalSpan && w.scope != (pcommon.InstrumentationScope{}):
		return []pcommon.InstrumentationScope{w.scope}
	case p.signal == SignalResource && w.scopes != nil:
		return w.scopes()
	default:
		return nil
	}
}

func allOf[T any](list []T, fits func(T) bool) bool {
	return !slices.ContainsFunc(list, func(e T) bool { return !fits(e) })
}

// joinFunction: code.namespace and code.function become one name, joined the way the language does.
func (w *Worker) joinFunction(m pcommon.Map, p *place, o *operation, s *source) {
	namespace, _, ok := w.second(m, "code.namespace")
	if !ok || namespace.v.Type() != pcommon.ValueTypeStr || namespace.v.Str() == "" || s.v.Type() != pcommon.ValueTypeStr {
		w.rename(m, p, o, s)
		return
	}
	text := s.v.Str()
	if !strings.HasPrefix(text, namespace.v.Str()) {
		text = namespace.v.Str() + separator(w.language) + text
	}
	if w.replace(m, p, o, s, textPair(o.to, text)) {
		w.absorb(&namespace)
	}
}

func separator(language string) string {
	switch {
	case slices.Contains([]string{"php", "rust", "cpp", "ruby"}, language):
		return "::"
	case language == "erlang":
		return ":"
	default:
		return "."
	}
}

// hide replaces what must not be shown in the value of an old name that stays.
func (w *Worker) hide(name, text string) string {
	out := text
	switch name {
	case "http.url":
		out, _, _ = values.RedactURL(text, w.queryKeys)
	case "http.target":
		if hidden, _, isURL := values.RedactURL(text, w.queryKeys); isURL {
			return hidden
		}
		if path, query, ok := strings.Cut(text, "?"); ok {
			if hidden, changed := values.RedactQuery(query, w.queryKeys); changed {
				out = path + "?" + hidden
			}
		}
	case "db.connection_string":
		out, _ = values.RedactConnectionString(text)
	}
	return out
}
