package semconv

import (
	"cmp"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-plus/otelcol-plus/internal/semconv/internal/facts"
)

// Spans, events, metrics and resources are asked for attributes by the group of the conventions they belong to. Events and metrics
// say theirs by name. The group of a span has to be found out: selectors, best first, look at its kind, at the names it has and at
// the values of a few of them. A resource is asked for what the entities require that it identifies, and for service.name always.

// demands of all groups.
type demands struct {
	spans    [numKinds][]selector
	events   map[string]*group
	entities []entity
	notes    int // slots of values that decide
}

// group of the conventions.
type group struct {
	name        string
	required    []uint16
	recommended []uint16
	conditions  []condition
}

// condition under which an attribute is required: any of those that are set.
type condition struct {
	attribute uint16
	equals    uint16 // attribute that has to hold value
	value     string
	atLeast   uint16 // attribute that has to be number or more
	number    int64
	has       uint16
	failed    bool // the span's status is ERROR
}

// selector of span groups.
type selector struct {
	anyOf  [][]uint16 // each a set of names that must all be there
	equals uint16
	value  string
	group  *group
	// choose picks among several groups by value; it returns nil when none fits.
	choose func(w *Worker, m pcommon.Map) *group
}

// entity that a resource may describe: it does when what identifies it is there.
type entity struct {
	group
	identifying []uint16 // all of them; or, when the conventions name none,
	any         []uint16 // one of these
}

// known are the ids of names that rules in Go look at.
type known struct {
	methodOriginal, method, dbSystem, dbOperation, rpcSystem, rpcSystemOld, messagingSystem, operationType, operationName,
	serverAddress, serverPort, clientAddress, headerHost, urlFull, urlPath, urlQuery, urlFragment, urlScheme, errorType, statusCode,
	serviceName, executableName, rpcStatus, dbStatus, rpcMethod, rpcService, namespace, codeFunction, codeNamespace uint16
}

func (c *compiler) compileDemands() {
	r := c.reg
	k := &r.known
	for name, id := range map[string]*uint16{
		"http.request.method_original": &k.methodOriginal, "http.request.method": &k.method, "db.system.name": &k.dbSystem,
		"db.operation.name": &k.dbOperation, "rpc.system.name": &k.rpcSystem, "rpc.system": &k.rpcSystemOld,
		"messaging.system": &k.messagingSystem, "messaging.operation.type": &k.operationType, "messaging.operation.name": &k.operationName,
		"server.address": &k.serverAddress, "server.port": &k.serverPort, "client.address": &k.clientAddress,
		"http.request.header.host": &k.headerHost, "url.full": &k.urlFull, "url.path": &k.urlPath, "url.query": &k.urlQuery,
		"url.fragment": &k.urlFragment, "url.scheme": &k.urlScheme, "error.type": &k.errorType, "http.response.status_code": &k.statusCode,
		"service.name": &k.serviceName, "process.executable.name": &k.executableName, "rpc.response.status_code": &k.rpcStatus,
		"db.response.status_code": &k.dbStatus, "rpc.method": &k.rpcMethod, "rpc.service": &k.rpcService, "db.namespace": &k.namespace,
		"code.function": &k.codeFunction, "code.namespace": &k.codeNamespace,
	} {
		*id = c.ids[name]
	}
	for _, id := range []uint16{k.dbSystem, k.dbOperation, k.rpcSystem, k.rpcSystemOld, k.messagingSystem, k.operationType} {
		c.noteValue(id)
	}
	groups := map[string]*group{}
	for i := range c.Spans {
		if g := &c.Spans[i]; !g.Moved {
			groups[g.Name] = c.group(g)
		}
	}
	c.spanSelectors(groups)
	r.demands.events = map[string]*group{}
	for i := range c.Events {
		if g := &c.Events[i]; !g.Moved {
			r.demands.events[g.Name] = c.group(g)
		}
	}
	c.entities()
}

// maxNotes bounds the values that the look pass remembers; those of further names are searched for.
const maxNotes = 32

// noteValue makes the look pass remember the value of a name.
func (c *compiler) noteValue(id uint16) {
	r := &c.reg.records[id]
	if id == 0 || r.note != 0 || c.reg.demands.notes == maxNotes-1 {
		return
	}
	c.reg.demands.notes++
	r.note = uint8(c.reg.demands.notes)
	r.checks |= checkNote
}

func (c *compiler) idsOf(names []string) []uint16 {
	var out []uint16
	for _, name := range names {
		if id := c.ids[name]; id != 0 {
			out = append(out, id)
		}
	}
	return out
}

func (c *compiler) group(g *facts.Group) *group {
	out := &group{name: g.Name, required: c.idsOf(g.Required), recommended: c.idsOf(g.Recommended)}
	for i := range c.Conditions {
		cond := &c.Conditions[i]
		if !cond.Decidable() || !conditionHolds(cond.Group, g) || !slices.Contains(g.Conditional, cond.Attribute) {
			continue
		}
		o := condition{attribute: c.ids[cond.Attribute], atLeast: c.ids[cond.AtLeast], number: cond.Number, has: c.ids[cond.Has], failed: cond.Error}
		if len(cond.Equals) == 2 {
			o.equals, o.value = c.ids[cond.Equals[0]], cond.Equals[1]
			c.noteValue(o.equals)
		}
		c.noteValue(o.atLeast)
		out.conditions = append(out.conditions, o)
	}
	return out
}

// conditionHolds tells whether a condition speaks of a group: by name, by a pattern, or because the group refines the database's.
func conditionHolds(of string, g *facts.Group) bool {
	if prefix, isPattern := strings.CutSuffix(of, "*"); isPattern {
		return strings.HasPrefix(g.Name, prefix)
	}
	return of == g.Name || of == "span.db.client" && strings.HasPrefix(g.Name, "span.db.")
}

var spanKindOf = map[string]Kind{
	"server": KindServer, "client": KindClient, "producer": KindProducer, "consumer": KindConsumer, "internal": KindOther,
}

// spanSelectors compiles the selectors by span kind, those of the lowest priority number first.
func (c *compiler) spanSelectors(groups map[string]*group) {
	list := slices.Concat(c.Selectors, moreSelectors)
	slices.SortStableFunc(list, func(a, b facts.Selector) int { return cmp.Compare(a.Priority, b.Priority) })
	for _, s := range list {
		sel := selector{equals: c.ids[s.Equals], value: s.Value, group: groups[s.Group]}
		for _, alternative := range s.AnyOf {
			names := strings.Split(alternative, "+")
			if ids := c.idsOf(names); len(ids) == len(names) {
				sel.anyOf = append(sel.anyOf, ids)
			}
		}
		c.noteValue(sel.equals)
		for _, kind := range s.Kinds {
			own := sel
			if strings.ContainsAny(s.Group, "<*") {
				own.choose = c.chooser(s.Group, kind, groups)
			}
			if own.group != nil || own.choose != nil {
				k := spanKindOf[kind]
				c.reg.demands.spans[k] = append(c.reg.demands.spans[k], own)
			}
		}
	}
}

// chooser picks among the groups that a pattern stands for.
func (c *compiler) chooser(pattern, kind string, groups map[string]*group) func(*Worker, pcommon.Map) *group {
	k := c.reg.known
	switch {
	case strings.Contains(pattern, "<system>"):
		general := &group{name: "span.messaging", required: []uint16{k.messagingSystem, k.operationName}}
		byKey := messagingByKey(groups)
		return func(w *Worker, m pcommon.Map) *group {
			key := messagingKey{w.noted(m, k.messagingSystem), w.noted(m, k.operationType), kind}
			return cmp.Or(byKey[key], byKey[messagingKey{"", key.operation, kind}], byKey[messagingKey{key.system, "generic", kind}], general)
		}
	case strings.Contains(pattern, "dynamodb"):
		var calls []*group
		for name, g := range groups {
			if strings.HasPrefix(name, "span.dynamodb.") {
				calls = append(calls, g)
			}
		}
		return func(w *Worker, m pcommon.Map) *group {
			operation := w.noted(m, k.dbOperation)
			i := slices.IndexFunc(calls, func(g *group) bool {
				return strings.EqualFold(strings.TrimSuffix(strings.TrimPrefix(g.name, "span.dynamodb."), ".client"), operation)
			})
			if i < 0 {
				return nil
			}
			return calls[i]
		}
	case strings.Contains(pattern, "<kind>"):
		g := groups[strings.Replace(pattern, "<kind>", kind, 1)]
		return func(*Worker, pcommon.Map) *group { return g }
	default:
		return nil
	}
}

// messagingKey finds the group of a messaging span; system is empty for the groups of every system.
type messagingKey struct{ system, operation, kind string }

func messagingByKey(groups map[string]*group) map[messagingKey]*group {
	systems := map[string]string{}
	for system, name := range messagingGroups {
		systems[name] = system
	}
	out := map[messagingKey]*group{}
	for name, g := range groups {
		rest, ok := strings.CutPrefix(name, "span.messaging.")
		if !ok {
			continue
		}
		words := strings.Split(rest, ".")
		last := len(words) - 1
		if last < 1 {
			continue
		}
		system := strings.Join(words[:last-1], ".")
		out[messagingKey{cmp.Or(systems[system], system), words[last-1], words[last]}] = g
	}
	return out
}

func (c *compiler) entities() {
	for i := range c.Entities {
		e := &c.Entities[i]
		if e.Moved || e.Name == "service" {
			continue
		}
		out := entity{group: *c.group(e), identifying: c.idsOf(e.Identifying)}
		out.name = "entity " + e.Name
		if len(out.identifying) == 0 {
			out.any = slices.Concat(out.required, c.idsOf(e.Conditional), out.recommended)
		}
		c.reg.demands.entities = append(c.reg.demands.entities, out)
	}
	for i := range c.Entities {
		if e := &c.Entities[i]; e.Name == "service" {
			out := entity{group: *c.group(e)}
			out.name = "entity service"
			c.reg.demands.entities = append(c.reg.demands.entities, out)
		}
	}
}

// describedBy tells whether a resource with these names describes the entity. One without any condition is always described.
func (e *entity) describedBy(present bitset) bool {
	if len(e.identifying) > 0 {
		return !slices.ContainsFunc(e.identifying, func(id uint16) bool { return !present.has(id) })
	}
	return len(e.any) == 0 || slices.ContainsFunc(e.any, present.has)
}

func (s *selector) allowedBy(present bitset) bool {
	return slices.ContainsFunc(s.anyOf, func(all []uint16) bool {
		return !slices.ContainsFunc(all, func(id uint16) bool { return !present.has(id) })
	})
}

// noted is the text that a name holds after all that was decided, empty when there is none. m is the zero map when nothing was.
func (w *Worker) noted(m pcommon.Map, id uint16) string {
	var c converted
	if !w.notedValue(m, id, &c) {
		return ""
	}
	text, _ := c.text()
	return text
}

func (w *Worker) notedValue(m pcommon.Map, id uint16, c *converted) bool {
	if !w.present.has(id) {
		return false
	}
	if len(w.changes)+len(w.puts) > 0 || id < w.reg.tracked && w.seen[id] > 1 { // of duplicates the note is the last
		return w.virtual(m, id, c)
	}
	if r := &w.reg.records[id]; r.note != 0 {
		*c = converted{v: w.noteOf(m, id)}
		w.final(r, r.checks, c) // who only observes asks for what would be asked for
		return true
	}
	return w.virtual(m, id, c)
}

// noteOf is the value of a name that is there, in a map in which nothing changes.
func (w *Worker) noteOf(m pcommon.Map, id uint16) pcommon.Value {
	if note := w.reg.records[id].note; note != 0 {
		return w.notes[note%maxNotes]
	}
	v, _ := m.Get(w.reg.names[id])
	return v
}

// missing is an attribute that a group asks for in vain.
type missing struct {
	id    uint16
	rule  Rule
	group *group
}

// calm tells quickly of most items whose shape is known that nothing is missing.
func (e *ending) calm(w *Worker, p *place) bool {
	if w.opts.Derive || w.recommend {
		return false
	}
	switch p.signal {
	case SignalSpan:
		if len(e.groups) == 0 {
			return true
		}
		c := &e.groups[0]
		return c.simple && !p.failed && (c.limited == 0 || !atLeast(w.notes[c.limited%maxNotes], c.limit)) && (c.barred == 0 || !isText(w.notes[c.barred%maxNotes], c.bar))
	case SignalMetric:
		return p.metric == e.metric
	default:
		return false
	}
}

// candidate is a group that a shape may belong to, with what the shape leaves open.
type candidate struct {
	selector
	lacks, lacksRecommended bool
	conditions              []condition
	// simple: it is the group whatever the values are, nothing is missing, and what could be is under one of these conditions: the
	// span failed, the number in slot limited is limit or more, the text in slot barred is bar.
	simple  bool
	limited uint8
	barred  uint8
	limit   int64
	bar     string
}

// lacking tells whether the group asks for something that is not there whatever the values are.
func (w *Worker) lacking(c *candidate) bool { return c.lacks || c.lacksRecommended && w.recommend }

// simplify finds out whether a candidate can be dealt with quickly.
func (c *candidate) simplify(r *Registry, present bitset) {
	if c.equals != 0 || c.choose != nil || c.lacks {
		return
	}
	for i := range c.conditions {
		cond := &c.conditions[i]
		switch {
		case cond.has != 0 && present.has(cond.has):
			return
		case cond.atLeast != 0 && present.has(cond.atLeast):
			if c.limited != 0 || r.records[cond.atLeast].note == 0 {
				return
			}
			c.limited, c.limit = r.records[cond.atLeast].note, cond.number
		case cond.equals != 0 && present.has(cond.equals):
			if c.barred != 0 || r.records[cond.equals].note == 0 {
				return
			}
			c.barred, c.bar = r.records[cond.equals].note, cond.value
		}
	}
	c.simple = true
}

// checkShape asks for what is missing from a map in which all is as it should be. What a shape has, which groups it allows and
// what it lacks is kept at its end.
func (w *Worker) checkShape(end *node, m pcommon.Map, p *place) {
	switch {
	case p.signal == SignalScope || p.signal == SignalSpanLink:
		return
	case p.signal == SignalSpan && len(w.reg.demands.spans[p.plan.kind]) == 0:
		return
	case p.signal == SignalMetric && p.metric == nil:
		return
	case p.signal != SignalSpan && p.signal != SignalMetric && p.signal != SignalResource && p.group == nil:
		return
	}
	if end.loose {
		w.gather(m)
		w.demand(nil, m, p)
		return
	}
	if end.ending == nil {
		end.ending = w.newEnding(m, p)
	}
	e := end.ending
	if p.signal == SignalSpan {
		w.checkSpan(e, m, p)
		return
	}
	if p.signal == SignalMetric && p.metric == e.metric {
		return
	}
	w.present = e.present
	w.demandOthers(p)
	w.present = w.own
	if len(w.missing) == 0 {
		e.metric = p.metric
		return
	}
	w.tellMissing(p)
}

// checkSpan finds the group of a span among the candidates of its shape.
func (w *Worker) checkSpan(e *ending, m pcommon.Map, p *place) {
	for i := range e.groups {
		c := &e.groups[i]
		if c.equals != 0 && (!e.present.has(c.equals) || !isText(w.noteOf(m, c.equals), c.value)) {
			continue
		}
		if c.choose == nil && !w.lacking(c) && !w.anyHolds(e, m, p, c.conditions) {
			return
		}
		w.present = e.present
		w.demandOfSpan(m, p, w.reg.demands.spans[p.plan.kind])
		w.present = w.own
		if len(w.missing) > 0 {
			w.tellMissing(p)
		}
		return
	}
}

// anyHolds is holds for conditions on a map in which nothing changes.
func (w *Worker) anyHolds(e *ending, m pcommon.Map, p *place, conditions []condition) bool {
	for i := range conditions {
		c := &conditions[i]
		switch {
		case c.failed && p.failed, c.has != 0 && e.present.has(c.has):
			return true
		case c.equals != 0 && e.present.has(c.equals) && isText(w.noteOf(m, c.equals), c.value):
			return true
		case c.atLeast != 0 && e.present.has(c.atLeast):
			if atLeast(w.noteOf(m, c.atLeast), c.number) {
				return true
			}
		}
	}
	return false
}

// atLeast tells whether v is an integer of n or more; n is above zero, which is what other types read as.
func atLeast(v pcommon.Value, n int64) bool { return v.Int() >= n }

// isText tells whether v is this text, which is not empty.
func isText(v pcommon.Value, text string) bool { return v.Str() == text }

// gather notes which names are there.
func (w *Worker) gather(m pcommon.Map) {
	clear(w.present)
	i := 0
	for name := range m.All() {
		if n := w.nodeAt(i, name); n.id != 0 {
			w.present.set(n.id)
		}
		i++
	}
}

func (w *Worker) newEnding(m pcommon.Map, p *place) *ending {
	w.gather(m)
	e := &ending{}
	w.fillEnding(e, p)
	return e
}

// fillEnding notes the present names and which groups of spans they allow.
func (w *Worker) fillEnding(e *ending, p *place) {
	e.present, e.groups = append(e.present[:0], w.present...), e.groups[:0]
	if p.signal != SignalSpan {
		return
	}
	for _, s := range w.reg.demands.spans[p.plan.kind] {
		if !s.allowedBy(e.present) {
			continue
		}
		c := candidate{selector: s}
		if s.choose == nil {
			lacks := func(id uint16) bool { return !e.present.has(id) }
			c.lacks = slices.ContainsFunc(s.group.required, lacks)
			c.lacksRecommended = slices.ContainsFunc(s.group.recommended, lacks)
			for _, open := range s.group.conditions {
				if !e.present.has(open.attribute) {
					c.conditions = append(c.conditions, open)
				}
			}
		}
		c.simplify(w.reg, e.present)
		e.groups = append(e.groups, c)
	}
}

// demand asks for what is missing after all that was decided, and derives what can be.
func (w *Worker) demand(end *node, m pcommon.Map, p *place) {
	switch {
	case p.signal != SignalSpan:
		w.demandOthers(p)
	case end != nil && end.repairs != nil && !w.opts.Derive:
		w.demandAfter(&end.repairs.after, m, p)
	default:
		w.demandOfSpan(m, p, w.reg.demands.spans[p.plan.kind])
	}
	if w.opts.Derive {
		w.derive(m, p)
	}
	if len(w.missing) > 0 {
		w.tellMissing(p)
	}
}

// demandAfter asks a repaired span. Repairing a shape nearly always leads to the same names, and so to the same groups.
func (w *Worker) demandAfter(after *ending, m pcommon.Map, p *place) {
	if !slices.Equal(after.present, w.present) {
		w.fillEnding(after, p)
	}
	for i := range after.groups {
		c := &after.groups[i]
		if c.equals != 0 && w.noted(m, c.equals) != c.value {
			continue
		}
		if c.choose == nil && !w.lacking(c) && !slices.ContainsFunc(c.conditions, func(open condition) bool { return w.holds(m, p, &open) }) {
			return
		}
		w.demandOfSpan(m, p, w.reg.demands.spans[p.plan.kind])
		return
	}
}

func (w *Worker) demandOfSpan(m pcommon.Map, p *place, selectors []selector) {
	for i := range selectors {
		s := &selectors[i]
		if !s.allowedBy(w.present) || s.equals != 0 && w.noted(m, s.equals) != s.value {
			continue
		}
		g := s.group
		if s.choose != nil {
			g = s.choose(w, m)
		}
		if g != nil {
			w.demandGroup(m, p, g)
			return
		}
	}
}

func (w *Worker) demandOthers(p *place) {
	if p.signal == SignalResource {
		for i := range w.reg.demands.entities {
			if e := &w.reg.demands.entities[i]; e.describedBy(w.present) {
				w.demandGroup(pcommon.Map{}, p, &e.group)
			}
		}
		return
	}
	if p.metric != nil {
		w.demandGroup(pcommon.Map{}, p, &p.metric.group)
	}
	if p.group != nil {
		w.demandGroup(pcommon.Map{}, p, p.group)
	}
}

func (w *Worker) demandGroup(m pcommon.Map, p *place, g *group) {
	for _, id := range g.required {
		if !w.present.has(id) {
			w.missing = append(w.missing, missing{id, MissingRequired, g})
		}
	}
	for i := range g.conditions {
		c := &g.conditions[i]
		if !w.present.has(c.attribute) && w.holds(m, p, c) {
			w.missing = append(w.missing, missing{c.attribute, MissingConditional, g})
		}
	}
	for _, id := range g.recommended {
		if !w.present.has(id) && w.rules.level(MissingRecommended, id) != Off {
			w.missing = append(w.missing, missing{id, MissingRecommended, g})
		}
	}
}

func (w *Worker) holds(m pcommon.Map, p *place, c *condition) bool {
	switch {
	case c.failed && p.failed:
		return true
	case c.has != 0 && w.present.has(c.has):
		return true
	case c.equals != 0 && w.noted(m, c.equals) == c.value:
		return true
	case c.atLeast != 0:
		var v converted
		return w.notedValue(m, c.atLeast, &v) && v.typ() == pcommon.ValueTypeInt && v.int() >= c.number
	default:
		return false
	}
}

// tellMissing reports what is missing. What was derived is reported as fixed.
func (w *Worker) tellMissing(p *place) {
	for _, miss := range w.missing {
		derived := slices.ContainsFunc(w.puts, func(put put) bool { return put.id == miss.id })
		w.found(miss.rule, p.signal, spot{id: miss.id, name: w.reg.names[miss.id]}, miss.group.name, derived && w.changing(miss.id))
	}
	w.missing = w.missing[:0]
}
