package semconv_test

import (
	"fmt"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-plus/otelcol-plus/internal/semconv"
)

// proof says of each item why it is not covered, "" when it is.
type proof map[string]string

func (p proof) fail(item, why string, args ...any) {
	if p[item] == "" {
		p[item] = fmt.Sprintf(why, args...)
	}
}

// places are all that carry attributes. None of them asks for any by name, or the engine would say what is missing beside.
var places = []scene{
	{signal: semconv.SignalResource}, {signal: semconv.SignalScope}, {signal: semconv.SignalSpan, kind: ptrace.SpanKindClient},
	{signal: semconv.SignalSpan, kind: ptrace.SpanKindServer}, {signal: semconv.SignalSpanEvent, name: "acme.event"},
	{signal: semconv.SignalSpanLink}, {signal: semconv.SignalLog}, {signal: semconv.SignalMetric, name: "acme.metric"},
	{signal: semconv.SignalProfile},
}

// proveAttributes proves names, types, members, stability and deprecation of every attribute in every place, and every member of
// the enums by itself. A member is called attribute=value.
func proveAttributes() (attributes, members proof) {
	attributes, members = proof{}, proof{}
	e, observer := newEngine(semconv.Options{}), newEngine(semconv.Options{Observe: true})
	for _, name := range sortedKeys(facts().Attributes) {
		attributes[name] = ""
		a := facts().Attributes[name]
		for _, place := range places {
			p := attributeProof{place, name, a, e, observer, attributes, members}
			p.known()
			if a.Deprecated != nil {
				p.old()
				continue
			}
			p.right()
			p.wrong()
			p.enum()
		}
	}
	return attributes, members
}

// attributeProof is about one attribute in one place.
type attributeProof struct {
	place       scene
	name        string
	a           *attribute
	e, observer *engine
	out, enums  proof
}

func (p *attributeProof) fail(why string, args ...any) {
	p.out.fail(p.name, "%s: "+why, append([]any{p.place.signal}, args...)...)
}

// known: the registry knows the name and no other name that looks like it.
func (p *attributeProof) known() {
	key := facts().key(p.name)
	r := p.e.run(p.place, key, facts().sample(p.name))
	if strings.Contains(r.rules(key), "unknown_attribute") {
		p.fail("the name is not known")
	}
	for _, near := range nearMisses(p.name, p.a) {
		if r := p.e.run(p.place, near, facts().sample(p.name)); r.rules(near) != "unknown_attribute" || state(r.attrs) != stateOf([]any{near, facts().sample(p.name)}) {
			p.fail("%s is taken for it: %s", near, r.rules(near))
		}
	}
}

// nearMisses are names that no convention has.
func nearMisses(name string, a *attribute) (out []string) {
	candidates := []string{name + "x", name[:len(name)-1], strings.ToUpper(name[:1]) + name[1:], "x." + name, strings.Replace(name, ".", "_", 1)}
	if a.template() {
		for i := range candidates {
			candidates[i] += ".part"
		}
		candidates = append(candidates, name, name+".")
	} else {
		candidates = append(candidates, name+".x", name+".")
	}
	for _, near := range candidates {
		if named()[near] && !(a.template() && near == name) || near == facts().key(name) || ofTemplate(near) {
			continue
		}
		out = append(out, near)
	}
	return out
}

// ofTemplate tells whether a name has a prefix that is a template, and more behind it.
func ofTemplate(key string) bool {
	for i := len(key) - 2; i > 0; i-- {
		if a := facts().Attributes[key[:i]]; key[i] == '.' && a != nil && a.template() {
			return true
		}
	}
	return false
}

// right: a value of the right type is left alone, and only a name that is not stable is reported.
func (p *attributeProof) right() {
	key, want := facts().key(p.name), "not_stable"
	if p.a.Stability == "stable" {
		want = ""
	}
	for _, typ := range sortedKeys(valuesByType) {
		if typ != p.a.typ() && p.a.typ() != "any" {
			continue
		}
		value := valuesByType[typ]
		if typ == p.a.typ() {
			value = facts().sample(p.name)
		}
		r := p.e.run(p.place, key, value)
		if got := r.rules(key); got != want || state(r.attrs) != stateOf([]any{key, value}) {
			p.fail("%v is right, found %q", value, got)
		}
	}
}

// wrong: a value of any other type is reported, with the type that is wanted, and only changed where that loses nothing.
func (p *attributeProof) wrong() {
	key := facts().key(p.name)
	for _, typ := range sortedKeys(valuesByType) {
		if typ == p.a.typ() || p.a.typ() == "any" || typ == "any" {
			continue
		}
		in := []any{key, valuesByType[typ]}
		r := p.e.run(p.place, in...)
		found := slices.DeleteFunc(r.about(key), func(f seen) bool { return f.rule != semconv.TypeMismatch })
		if len(found) != 1 || found[0].detail != p.a.typ() {
			p.fail("%s is wrong, found %v", typ, found)
			continue
		}
		if changed := state(r.attrs) != stateOf(in); changed != found[0].fixed {
			p.fail("%s: said fixed %t, and %s became %s", typ, found[0].fixed, stateOf(in), state(r.attrs))
		}
		if o := p.observer.run(p.place, in...); ruleNames(o.about(key)) != ruleNames(r.about(key)) || state(o.attrs) != stateOf(in) {
			p.fail("observing %s finds %v", typ, o.about(key))
		}
	}
	// Digits, and words that stand for a boolean, are wrong in a string and can be put right.
	for typ, fix := range map[string][2]any{"int": {"7", int64(7)}, "boolean": {"true", true}, "string": {int64(7), "7"}, "string[]": {"a", []any{"a"}}} {
		if typ != p.a.typ() || len(p.a.Members) > 0 {
			continue
		}
		r := p.e.run(p.place, key, fix[0])
		if !strings.Contains(r.rules(key), "type_mismatch") || !strings.Contains(state(r.attrs), stateOf([]any{key, fix[1]})) {
			p.fail("%v became %s", fix[0], state(r.attrs))
		}
	}
}

// enum: each member is fine, an old one is replaced, another value is reported and left alone.
func (p *attributeProof) enum() {
	if len(p.a.Members) == 0 {
		return
	}
	key := facts().key(p.name)
	for _, m := range p.a.Members {
		item := fmt.Sprintf("%s=%v", p.name, m.Value)
		if _, ok := p.enums[item]; !ok {
			p.enums[item] = ""
		}
		want, now := "", raw(m.Value)
		if m.Deprecated != nil {
			want = "deprecated_enum_value"
			if to := m.Deprecated.To; to != "" {
				now = to
			}
		}
		r := p.e.run(p.place, key, raw(m.Value))
		got := strings.TrimSpace(strings.ReplaceAll(r.rules(key), "not_stable", ""))
		if got != want || state(r.attrs) != stateOf([]any{key, now}) {
			p.enums.fail(item, "%s: found %q, became %s", p.place.signal, got, state(r.attrs))
			p.fail("member %v: found %q, became %s", m.Value, got, state(r.attrs))
		}
	}
	var none any = "no_such_member"
	if p.a.typ() == "int" {
		none = int64(99)
	}
	r := p.e.run(p.place, key, none)
	// Where the only member stands for every other value, others are what the list is for.
	anything := len(p.a.Members) == 1 && fmt.Sprint(p.a.Members[0].Value) == "_OTHER"
	if strings.Contains(r.rules(key), "unknown_enum_value") == anything {
		p.fail("%v is no member, found %q", none, r.rules(key))
	}
	if v, ok := r.attrs.Get(key); p.name != "http.request.method" && (!ok || fmt.Sprint(v.AsRaw()) != fmt.Sprint(none)) {
		p.fail("an open list lost %v: %s", none, state(r.attrs))
	}
}

// generic are old names that mean something only on the items named.
var generic = map[string]scene{
	"state": {signal: semconv.SignalMetric, name: "db.client.connections.usage"}, "pool.name": {signal: semconv.SignalMetric, name: "db.client.connections.usage"},
	"message.id": {signal: semconv.SignalSpanEvent, name: "message"}, "message.type": {signal: semconv.SignalSpanEvent, name: "message"},
	"message.compressed_size": {signal: semconv.SignalSpanEvent, name: "message"}, "message.uncompressed_size": {signal: semconv.SignalSpanEvent, name: "message"},
}

// old: a deprecated name is reported for what it is, one that moved to other conventions is none of ours.
func (p *attributeProof) old() {
	key, value := facts().key(p.name), facts().sample(p.name)
	if p.a.Deprecated.moved() {
		for _, typ := range sortedKeys(valuesByType) {
			in := []any{key, valuesByType[typ]}
			if r := p.e.run(p.place, in...); len(r.about(key)) > 0 || state(r.attrs) != stateOf(in) {
				p.fail("moved to %s, but %v", p.a.Deprecated.Moved, r.about(key))
			}
		}
		return
	}
	want := p.a.oldRule(p.name)
	if at, ok := generic[p.name]; ok {
		if r := p.e.run(p.place, key, value); len(r.about(key)) > 0 || state(r.attrs) != stateOf([]any{key, value}) {
			p.fail("means nothing here, but %v", r.about(key))
		}
		if r := p.e.run(at, key, value); r.rules(key) != want {
			p.fail("on %s: %s", at.name, r.rules(key))
		}
		return
	}
	r := p.e.run(p.place, key, value)
	if got := r.rules(key); !slices.Contains(strings.Fields(got), want) || strings.Contains(got, "not_stable") {
		p.fail("want %s, found %q", want, got)
	}
	if to := facts().rename(p.name); to != nil && to.Action == "rename" {
		for _, f := range r.about(key) {
			if f.rule == semconv.DeprecatedAttribute && f.detail != facts().key(to.To) {
				p.fail("the successor is %s, not %q", to.To, f.detail)
			}
		}
		p.oldTypes(to.To)
	}
}

// oldTypes: a value that neither the old nor the new name may have is reported under the old one.
func (p *attributeProof) oldTypes(to string) {
	target := facts().Attributes[to]
	if target == nil || target.Type == "any" {
		return
	}
	key := facts().key(p.name)
	for _, typ := range sortedKeys(valuesByType) {
		if typ == p.a.typ() || typ == target.typ() || typ == "any" {
			continue
		}
		if r := p.e.run(p.place, key, valuesByType[typ]); !strings.Contains(r.rules(key), "type_mismatch") {
			p.fail("%s is wrong, found %q", typ, r.rules(key))
		}
	}
}

// oldRule is the rule that reports a deprecated name: it is obsolete when nothing came after it.
func (a *attribute) oldRule(name string) string {
	if a.Deprecated.Reason != "obsoleted" {
		return "deprecated_attribute"
	}
	for _, s := range facts().Structural {
		if slices.Contains(s.From, name) && len(s.To) > 0 {
			return "deprecated_attribute"
		}
	}
	return "obsolete_attribute"
}
