package semconv_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-plus/otelcol-plus/internal/semconv"
)

// A group asks for attributes at four levels. Each pair of a group and an attribute is proven on an item that has all attributes of
// the group but this one.

// pairName names a pair of the requirement lists.
func pairName(group, attribute, level string) string { return group + " " + level + " " + attribute }

// asked is an item that belongs to a group.
type asked struct {
	// id is the group's name in the facts, detail its name in findings.
	id, detail string
	at         []scene // where the group is asked for; every one has to behave
	base       []way   // what makes the item belong to the group; the first is that of all proofs but the selection's
	attributes map[string][]string
}

// way is one set of attributes that makes an item belong to a group.
type way map[string]any

var levels = []string{"required", "conditionally_required", "recommended", "opt_in"}

// groupProof collects the proofs of groups and of their pairs.
type groupProof struct {
	groups, pairs proof
	strict, usual *engine // with all rules, and with those that are on by default
	// selecting are the pairs of attributes that make an item belong to the group: without one there is no group to miss it.
	selecting map[string]bool
}

func newGroupProof() *groupProof {
	return &groupProof{
		groups: proof{}, pairs: proof{}, selecting: map[string]bool{},
		strict: newEngine(semconv.Options{}), usual: newEngine(semconv.Options{}, optional...),
	}
}

// full is an item with everything the group asks for.
func (a *asked) full(base way) way {
	out := way{}
	for _, names := range a.attributes {
		for _, name := range names {
			out[facts().key(name)] = facts().sample(name)
		}
	}
	maps.Copy(out, base)
	return out
}

func (w way) pairs() (out []any) {
	for _, name := range sortedKeys(w) {
		out = append(out, name, w[name])
	}
	return out
}

func (w way) without(name string) way {
	out := maps.Clone(w)
	delete(out, facts().key(name))
	return out
}

func (w way) with(name string, value any) way {
	out := maps.Clone(w)
	out[facts().key(name)] = value
	return out
}

// missed are the findings that say that something is missing, by attribute, of one group.
func missed(r result, detail string) map[string][]semconv.Rule {
	out := map[string][]semconv.Rule{}
	for _, f := range r.found {
		if f.detail == detail && isMissing(f.rule) {
			out[f.name] = append(out[f.name], f.rule)
		}
	}
	return out
}

func isMissing(r semconv.Rule) bool {
	return r == semconv.MissingRequired || r == semconv.MissingConditional || r == semconv.MissingRecommended
}

func (g *groupProof) prove(a *asked) {
	g.groups[a.id] = ""
	for _, level := range levels {
		for _, name := range a.attributes[level] {
			g.pairs[pairName(a.id, name, level)] = ""
		}
	}
	if len(a.base) == 0 {
		g.groups.fail(a.id, "nothing in its attributes tells it from others")
		for _, level := range levels {
			for _, name := range a.attributes[level] {
				g.pairs.fail(pairName(a.id, name, level), "its group is not told from others")
			}
		}
		return
	}
	for _, at := range a.at {
		g.selection(a, at)
		full := a.full(a.base[0])
		if r := g.strict.run(at, full.pairs()...); len(missed(r, a.detail)) > 0 {
			g.groups.fail(a.id, "%s: complete, but %v", at.signal, missed(r, a.detail))
		}
		for _, level := range levels {
			for _, name := range a.attributes[level] {
				g.pair(a, at, full, name, level)
			}
		}
	}
	for _, name := range a.attributes["required"] {
		if why := g.pairs[pairName(a.id, name, "required")]; why != "" {
			g.groups.fail(a.id, "required %s: %s", name, why)
		}
	}
}

// selection: an item with nothing but what makes it belong to the group is asked for exactly what the group lists.
func (g *groupProof) selection(a *asked, at scene) {
	for _, base := range a.base {
		r := g.strict.run(at, base.pairs()...)
		got := missed(r, a.detail)
		for _, level := range []string{"required", "recommended"} {
			rule := map[string]semconv.Rule{"required": semconv.MissingRequired, "recommended": semconv.MissingRecommended}[level]
			for _, name := range a.attributes[level] {
				if has(base, name) {
					continue
				}
				if !slices.Equal(got[name], []semconv.Rule{rule}) {
					g.groups.fail(a.id, "%s with %s: %s is %s, found %v", at.signal, strings.Join(sortedKeys(base), " "), name, level, names(r))
				}
				delete(got, name)
			}
		}
		for name, rules := range got {
			if !slices.Equal(rules, []semconv.Rule{semconv.MissingConditional}) || !slices.Contains(a.attributes["conditionally_required"], name) {
				g.groups.fail(a.id, "%s with %s: asked for %s as well", at.signal, strings.Join(sortedKeys(base), " "), name)
			}
		}
	}
}

// has tells whether an item has an attribute, be it under an old name.
func has(base way, name string) bool {
	if _, ok := base[facts().key(name)]; ok {
		return true
	}
	return slices.ContainsFunc(oldNames(name), func(o oldName) bool { _, ok := base[o.name]; return ok })
}

func names(r result) (out []string) {
	for _, f := range r.found {
		if isMissing(f.rule) {
			out = append(out, f.rule.String()+" "+f.name+" of "+f.detail)
		}
	}
	return out
}

func (g *groupProof) pair(a *asked, at scene, full way, name, level string) {
	item := pairName(a.id, name, level)
	fail := func(why string, args ...any) {
		g.pairs.fail(item, "%s: "+why, append([]any{at.signal}, args...)...)
	}
	lacking := full.without(name)
	r := g.strict.run(at, lacking.pairs()...)
	got := missed(r, a.detail)[name]
	switch level {
	case "required":
		if a.selectedBy(name) && len(missed(r, a.detail)) == 0 {
			g.selecting[item] = true
			break
		}
		if !slices.Equal(got, []semconv.Rule{semconv.MissingRequired}) {
			fail("missing, found %v", names(r))
		}
		if r := g.usual.run(at, lacking.pairs()...); !slices.Equal(missed(r, a.detail)[name], []semconv.Rule{semconv.MissingRequired}) {
			fail("not reported by default: %v", names(r))
		}
		for _, old := range oldNames(name) {
			if !old.holds(at) {
				continue
			}
			if r := g.strict.run(at, append(lacking.pairs(), old.name, old.value)...); len(missed(r, a.detail)[name]) > 0 {
				fail("there as %s, found %v", old.name, names(r))
			}
		}
	case "conditionally_required":
		g.conditional(a, at, full, name, fail)
	case "recommended":
		if a.selectedBy(name) && len(missed(r, a.detail)) == 0 {
			g.selecting[item] = true
			break
		}
		if !slices.Equal(got, []semconv.Rule{semconv.MissingRecommended}) {
			fail("missing, found %v", names(r))
		}
		if r := g.usual.run(at, lacking.pairs()...); len(missed(r, a.detail)[name]) > 0 {
			fail("reported by default: %v", names(r))
		}
	case "opt_in":
		if len(got) > 0 {
			fail("nobody has to set it, found %v", names(r))
		}
	}
}

// selectedBy tells whether there is no way into the group without the attribute.
func (a *asked) selectedBy(name string) bool {
	return !slices.ContainsFunc(a.base, func(w way) bool { return !has(w, name) })
}

// conditional makes the conditions of an attribute true and false. Where nothing decides, it is never missing.
func (g *groupProof) conditional(a *asked, at scene, full way, name string, fail func(string, ...any)) {
	lacking := full.without(name)
	decided := conditionsOf(a.id, name)
	for _, failed := range []bool{false, true} {
		at.failed = failed
		item := lacking
		for _, c := range decided {
			item = c.no(item)
		}
		want := failed && slices.ContainsFunc(decided, func(c machine) bool { return c.Status == "ERROR" })
		g.expect(a, at, item, name, want, fail)
	}
	at.failed = false
	for _, c := range decided {
		if c.Status != "" {
			continue
		}
		item := lacking
		for _, other := range decided {
			item = other.no(item)
		}
		for _, yes := range c.yes(item) {
			g.expect(a, at, yes, name, true, fail)
		}
	}
}

func (g *groupProof) expect(a *asked, at scene, item way, name string, want bool, fail func(string, ...any)) {
	for _, e := range []*engine{g.strict, g.usual} {
		r := e.run(at, item.pairs()...)
		got := missed(r, a.detail)[name]
		if want != slices.Equal(got, []semconv.Rule{semconv.MissingConditional}) || !want && len(got) > 0 {
			fail("failed %t, condition %t, found %v", at.failed, want, names(r))
		}
	}
}

// machine is what decides a condition.
type machine struct {
	Eq, Ge []any
	Has    string
	Status string
	Any    []machine
}

// conditionsOf are the alternatives that decide whether a group requires an attribute, none where nothing decides. The groups of the
// single database systems have the conditions of the database's.
func conditionsOf(group, attribute string) []machine {
	for _, c := range facts().Conditions {
		prefix, pattern := strings.CutSuffix(c.Group, "*")
		matches := c.Group == group || pattern && strings.HasPrefix(group, prefix) || c.Group == "span.db.client" && strings.HasPrefix(group, "span.db.")
		if !matches || c.Attribute != attribute {
			continue
		}
		var m *machine
		if err := json.Unmarshal(c.Machine, &m); err != nil {
			panic(err)
		}
		switch {
		case m == nil:
			return nil
		case m.Any != nil:
			return m.Any
		default:
			return []machine{*m}
		}
	}
	return nil
}

// no makes a condition false, as narrowly as it can.
func (m machine) no(w way) way {
	switch {
	case m.Eq != nil:
		return w.with(m.Eq[0].(string), facts().sample(m.Eq[0].(string)))
	case m.Ge != nil:
		return w.with(m.Ge[0].(string), int64(m.Ge[1].(float64))-1)
	case m.Has != "":
		return w.without(m.Has)
	default:
		return w
	}
}

// yes makes it true, in more than one way where there is.
func (m machine) yes(w way) []way {
	switch {
	case m.Eq != nil:
		return []way{w.with(m.Eq[0].(string), m.Eq[1])}
	case m.Ge != nil:
		name, n := m.Ge[0].(string), int64(m.Ge[1].(float64))
		return []way{w.with(name, n), w.with(name, n+1), w.with(name, fmt.Sprint(n)), w.without(name).with("http.status_code", n)}
	default:
		return []way{w.with(m.Has, facts().sample(m.Has))}
	}
}

// oldName is a name under which an attribute may still come. kinds are the span kinds on which it does; nil for every place.
type oldName struct {
	name  string
	value any
	kinds []ptrace.SpanKind
	spans bool
}

func (o *oldName) holds(at scene) bool {
	return !(o.spans || o.kinds != nil) || at.signal == semconv.SignalSpan && (o.kinds == nil || slices.Contains(o.kinds, at.kind))
}

var (
	onServer    = []ptrace.SpanKind{ptrace.SpanKindServer}
	notOnServer = []ptrace.SpanKind{ptrace.SpanKindClient, ptrace.SpanKindProducer, ptrace.SpanKindConsumer, ptrace.SpanKindInternal}
)

// structuralNames are old names that need more than a new key, with a value that leads to the new one.
var structuralNames = map[string][]oldName{
	"http.request.method": {{name: "http.method", value: "GET"}},
	"url.full":            {{name: "http.url", value: "https://shop.example/"}},
	"url.path":            {{name: "http.target", value: "/cart", spans: true}},
	"url.scheme":          {{name: "http.scheme", value: "HTTP"}},
	"server.address": {
		{name: "net.peer.name", value: "shop", kinds: notOnServer}, {name: "net.host.name", value: "shop", kinds: onServer},
		{name: "http.host", value: "shop:80", kinds: []ptrace.SpanKind{ptrace.SpanKindServer, ptrace.SpanKindClient}},
	},
	"server.port":              {{name: "net.peer.port", value: int64(80), kinds: notOnServer}, {name: "net.host.port", value: "80", kinds: onServer}},
	"db.system.name":           {{name: "db.system", value: "sybase"}},
	"messaging.operation.type": {{name: "messaging.operation", value: "publish"}},
	"rpc.system.name":          {{name: "rpc.system", value: "grpc"}},
	"rpc.response.status_code": {{name: "rpc.grpc.status_code", value: int64(0), spans: true}},
	"db.collection.name":       {{name: "db.sql.table", value: "t", spans: true}},
}

// oldNames are the names that become an attribute.
func oldNames(to string) []oldName {
	out := slices.Clone(structuralNames[to])
	for _, r := range facts().Renames.Attributes {
		if r.To == to && strings.HasPrefix(r.Action, "rename") && !r.has("moved_repository") {
			out = append(out, oldName{name: facts().key(r.From), value: facts().sample(r.To)})
		}
	}
	return out
}

// proveSpans proves the groups of spans.
func proveSpans(g *groupProof) {
	for _, s := range facts().Spans {
		kind := map[string]ptrace.SpanKind{
			"client": ptrace.SpanKindClient, "server": ptrace.SpanKindServer, "producer": ptrace.SpanKindProducer,
			"consumer": ptrace.SpanKindConsumer, "internal": ptrace.SpanKindInternal,
		}[s.Kind]
		at := []scene{{signal: semconv.SignalSpan, kind: kind}}
		if s.Deprecated != nil {
			g.leftAlone(s.ID, s.ID, at, s.Attributes)
			continue
		}
		g.prove(&asked{id: s.ID, detail: s.ID, at: at, base: selection(s), attributes: s.Attributes})
	}
}

// leftAlone: nobody asks for what a deprecated group listed.
func (g *groupProof) leftAlone(id, detail string, at []scene, attributes map[string][]string) {
	g.groups[id] = ""
	all := (&asked{attributes: attributes}).full(nil)
	for _, level := range levels {
		for _, name := range attributes[level] {
			item := pairName(id, name, level)
			g.pairs[item] = ""
			for _, s := range at {
				for _, s.failed = range []bool{false, true} {
					if r := g.strict.run(s, all.without(name).pairs()...); len(missed(r, detail)) > 0 {
						g.pairs.fail(item, "deprecated, but asked for: %v", names(r))
						g.groups.fail(id, "deprecated, but asks for attributes: %v", names(r))
					}
				}
			}
		}
	}
}

// selection are the ways into a group of spans, by the selectors of the facts.
func selection(s *group) (out []way) {
	for _, sel := range facts().Selectors {
		if !sel.stands(s) || !slices.Contains(sel.Kinds, s.Kind) {
			continue
		}
		for _, alternative := range sel.AnyOf {
			w := way{}
			for name := range strings.SplitSeq(alternative, "+") {
				w[name] = selectingValue(name)
			}
			for name, value := range sel.Equals {
				// The value may come under an old name as well.
				if _, ok := w[name]; !ok && len(sel.AnyOf) > 1 {
					for _, old := range oldNames(name) {
						if _, ok := w[old.name]; ok {
							w[old.name] = oldValueOf(old.name, value)
						}
					}
					continue
				}
				w[name] = value
			}
			for name, value := range special(s) {
				w[name] = value
			}
			out = append(out, w)
		}
	}
	return slices.Concat(out, decided[s.ID])
}

// decided are the ways into groups that no selector of the facts names: the engine's own decisions (policy.go).
var decided = map[string][]way{
	"span.db.sql.client":                       {{"db.system.name": "other_sql"}, {"db.system": "other_sql"}, {"db.system": "firstsql"}},
	"span.aws.s3.client":                       {{"rpc.system": "aws-api", "aws.s3.bucket": "b"}, {"rpc.system": "aws-api", "aws.s3.key": "k"}, {"rpc.system": "aws-api", "aws.s3.upload_id": "u"}, {"rpc.system": "aws-api", "aws.s3.copy_source": "c"}},
	"span.faas.datasource.server":              {{"faas.trigger": "datasource"}},
	"span.faas.timer.server":                   {{"faas.trigger": "timer"}},
	"span.messaging.servicebus.generic.client": {{"messaging.system": "servicebus"}, {"messaging.system": "azure_servicebus"}, {"messaging.system": "servicebus", "messaging.operation.type": "create"}},
	"span.messaging.eventhubs.generic.client":  {{"messaging.system": "eventhubs"}, {"messaging.system": "eventhubs", "messaging.operation.type": "acme"}},
}

// selectingValue is a value that no selector with a value of its own asks for.
func selectingValue(name string) any {
	switch name {
	case "db.system.name", "rpc.system.name", "messaging.system", "db.system", "rpc.system":
		return "acme"
	case "faas.trigger":
		return "http"
	case "url.full", "http.url":
		return "https://shop.example/cart"
	default:
		return facts().sample(name)
	}
}

// oldValueOf finds the old value that becomes the new one.
func oldValueOf(old, value string) string {
	for _, m := range facts().ValueMaps {
		if m.From != old {
			continue
		}
		for _, from := range sortedKeys(m.Map) {
			if m.Map[from] == value {
				return from
			}
		}
	}
	return value
}

// stands tells whether a selector stands for a group.
func (s *selector) stands(g *group) bool {
	switch {
	case strings.Contains(s.Spans, "<system>"):
		return strings.HasPrefix(g.ID, "span.messaging.") && !strings.Contains(g.ID, ".generic.")
	case strings.Contains(s.Spans, "*"):
		prefix, suffix, _ := strings.Cut(s.Spans, "*")
		return strings.HasPrefix(g.ID, prefix) && strings.HasSuffix(g.ID, suffix)
	default:
		return strings.Replace(s.Spans, "<kind>", g.Kind, 1) == g.ID
	}
}

// special are the values that tell the groups of one selector apart.
func special(s *group) way {
	w := way{}
	for name, value := range s.Fixed {
		if name == "messaging.system" {
			w[name] = value
		}
	}
	words := strings.Split(s.ID, ".")
	if strings.HasPrefix(s.ID, "span.messaging.") {
		w["messaging.operation.type"] = words[len(words)-2]
	}
	if strings.HasPrefix(s.ID, "span.dynamodb.") {
		w["db.operation.name"] = strings.ToUpper(words[2][:1]) + words[2][1:]
	}
	return w
}

// proveEvents proves events on spans and as log records.
func proveEvents(g *groupProof) {
	for _, e := range facts().Events {
		at := []scene{{signal: semconv.SignalSpanEvent, name: e.Name}, {signal: semconv.SignalLog, name: e.Name}}
		if e.Deprecated != nil {
			g.leftAlone(e.Name, e.Name, at, e.Attributes)
			continue
		}
		g.prove(&asked{id: e.Name, detail: e.Name, at: at, base: []way{{}}, attributes: e.Attributes})
	}
}

// proveEntities proves what a resource is asked for: by every entity whose identity it has, or one attribute of which where the facts
// name no identity.
func proveEntities(g *groupProof) {
	at := []scene{{signal: semconv.SignalResource}}
	for _, e := range facts().Entities {
		detail := "entity " + e.Name
		if e.Deprecated != nil {
			g.leftAlone(detail, detail, at, e.Attributes)
			continue
		}
		a := &asked{id: detail, detail: detail, at: at, attributes: e.Attributes}
		switch {
		case e.Name == "service":
			a.base = []way{{}}
		case len(e.Identifying) > 0:
			w := way{}
			for _, name := range e.Identifying {
				w[facts().key(name)] = facts().sample(name)
			}
			a.base = []way{w}
		default:
			for _, level := range levels {
				if level == "opt_in" && len(a.base) > 0 {
					break // only who has nothing else is known by what is optional
				}
				for _, name := range e.Attributes[level] {
					a.base = append(a.base, way{facts().key(name): facts().sample(name)})
				}
			}
		}
		g.prove(a)
	}
}
