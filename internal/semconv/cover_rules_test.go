package semconv_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-plus/otelcol-plus/internal/semconv"
)

// kv are attributes: names and values in turn.
type kv []any

// ruleCase is one clause of a structural rule: what goes in, what has to come out and what has to be found, written from the rule's
// text and not from what the engine does.
type ruleCase struct {
	clause string
	at     []scene
	opts   semconv.Options
	in     kv
	want   kv // nil: the same as in
	// found are the findings as "rule name", in any order.
	found string
	// fields are the fields beside the attributes that the case is about, as "field=value".
	fields string
}

var (
	server, client     = []scene{{signal: semconv.SignalSpan, kind: ptrace.SpanKindServer}}, []scene{{signal: semconv.SignalSpan, kind: ptrace.SpanKindClient}}
	producer, consumer = []scene{{signal: semconv.SignalSpan, kind: ptrace.SpanKindProducer}}, []scene{{signal: semconv.SignalSpan, kind: ptrace.SpanKindConsumer}}
	others             = []scene{{signal: semconv.SignalSpan, kind: ptrace.SpanKindInternal}, {signal: semconv.SignalSpan}}
	notServer          = slices.Concat(client, producer, consumer, others)
	spans              = slices.Concat(server, notServer)
	events             = []scene{{signal: semconv.SignalSpanEvent, name: "acme.event"}}
	links              = []scene{{signal: semconv.SignalSpanLink}}
	logs               = []scene{{signal: semconv.SignalLog}}
	resources          = []scene{{signal: semconv.SignalResource}}
	profiles           = []scene{{signal: semconv.SignalProfile}}
	onPoints           = pointsOf("acme.requests")
	serverPoints       = pointsOf("http.server.duration", "http.server.request.duration", "acme.server.calls")
	clientPoints       = pointsOf("http.client.duration", "http.client.request.duration", "acme.client.calls")
	anyPoints          = slices.Concat(onPoints, serverPoints, clientPoints)
	messageEvents      = []scene{{signal: semconv.SignalSpanEvent, name: "message"}, {signal: semconv.SignalSpanEvent, name: "rpc.message"}}
	withoutKind        = slices.Concat(resources, events, links, logs, onPoints, profiles)
)

func pointsOf(names ...string) (out []scene) {
	for _, name := range names {
		out = append(out, scene{signal: semconv.SignalMetric, name: name})
	}
	return out
}

func at(lists ...[]scene) []scene { return slices.Concat(lists...) }

// written is a scene in a language.
func written(language string) []scene {
	return []scene{
		{signal: semconv.SignalSpan, resource: kv{"telemetry.sdk.language", language}},
		{signal: semconv.SignalLog, resource: kv{"telemetry.sdk.language", language}},
	}
}

var derive, dropObsolete, redact = semconv.Options{Derive: true}, semconv.Options{DropObsolete: true}, semconv.Options{Redact: true}

// old is the finding that a name is deprecated, obsolete the one that nothing came after it.
func old(names ...string) string      { return findings("deprecated_attribute", names) }
func obsolete(names ...string) string { return findings("obsolete_attribute", names) }

func findings(rule string, names []string) string {
	var out []string
	for _, name := range names {
		out = append(out, rule+" "+name)
	}
	return strings.Join(out, ", ")
}

func both(parts ...string) string { return strings.Join(parts, ", ") }

// kept are the cases of a name without a successor.
func kept(value any, names ...string) (out []ruleCase) {
	for _, name := range names {
		out = append(out,
			ruleCase{clause: "keep", at: at(spans, withoutKind), in: kv{name, value, "a", 1}, found: obsolete(name)},
			ruleCase{clause: "drop with drop_obsolete", at: at(spans, resources, events, links, logs, onPoints), opts: dropObsolete, in: kv{name, value, "a", 1}, want: kv{"a", 1}, found: obsolete(name)},
			ruleCase{clause: "rows of profiles are never removed", at: profiles, opts: dropObsolete, in: kv{name, value}, found: obsolete(name)},
		)
	}
	return out
}

// plain are the cases of a rename that takes a value as it is.
func plain(from, to string, value any, places []scene) []ruleCase {
	return []ruleCase{
		{clause: "rename", at: places, in: kv{from, value, "a", 1}, want: kv{to, value, "a", 1}, found: old(from)},
		{clause: "there and equal", at: places, in: kv{from, value, to, value}, want: kv{to, value}, found: old(from)},
	}
}

// castInt are the cases of a rename to a whole number.
func castInt(from, to string, places []scene) []ruleCase {
	return []ruleCase{
		{clause: "int", at: places, in: kv{from, 200}, want: kv{to, 200}, found: old(from)},
		{clause: "decimal string", at: places, in: kv{from, "200"}, want: kv{to, 200}, found: both(old(from), "type_mismatch "+from)},
		{clause: "integral double", at: places, in: kv{from, 200.0}, want: kv{to, 200}, found: both(old(from), "type_mismatch "+from)},
		{clause: "anything else", at: places, in: kv{from, "2xx"}, found: both(old(from), "type_mismatch "+from)},
		{clause: "spaces", at: places, in: kv{from, " 200"}, found: both(old(from), "type_mismatch "+from)},
		{clause: "fraction", at: places, in: kv{from, 200.5}, found: both(old(from), "type_mismatch "+from)},
		{clause: "list", at: places, in: kv{from, []any{200}}, found: both(old(from), "type_mismatch "+from)},
		{clause: "equal after conversion", at: places, in: kv{from, "200", to, 200}, want: kv{to, 200}, found: old(from)},
		{clause: "different", at: places, in: kv{from, 200, to, 201}, found: both(old(from), "conflict "+from)},
		{clause: "NoCoercion", at: places, opts: semconv.Options{NoCoercion: true}, in: kv{from, "200"}, found: both(old(from), "type_mismatch "+from)},
	}
}

// castString are the cases of a rename from a number to its digits.
func castString(from, to string, places []scene) []ruleCase {
	return []ruleCase{
		{clause: "int", at: places, in: kv{from, 3}, want: kv{to, "3"}, found: old(from)},
		{clause: "negative", at: places, in: kv{from, -32700}, want: kv{to, "-32700"}, found: old(from)},
		{clause: "digits", at: places, in: kv{from, "3"}, want: kv{to, "3"}, found: old(from)},
		{clause: "fraction", at: places, in: kv{from, 1.5}, found: both(old(from), "type_mismatch "+from)},
		{clause: "equal after conversion", at: places, in: kv{from, 3, to, "3"}, want: kv{to, "3"}, found: old(from)},
		{clause: "different", at: places, in: kv{from, 3, to, "4"}, found: both(old(from), "conflict "+from)},
	}
}

// wrap are the cases of a string that becomes a list of one.
func wrap(from, to string, places []scene) []ruleCase {
	return []ruleCase{
		{clause: "wrap", at: places, in: kv{from, "a"}, want: kv{to, []any{"a"}}, found: old(from)},
		{clause: "a comma splits nothing", at: places, in: kv{from, "a,b"}, want: kv{to, []any{"a,b"}}, found: old(from)},
		{clause: "equal after wrapping", at: places, in: kv{from, "a", to, []any{"a"}}, want: kv{to, []any{"a"}}, found: old(from)},
		{clause: "different", at: places, in: kv{from, "a", to, []any{"a", "b"}}, found: both(old(from), "conflict "+from)},
	}
}

// lower are the cases of a rename whose value becomes lower case.
func lower(from, to string, places []scene) []ruleCase {
	return []ruleCase{
		{clause: "lower case", at: places, in: kv{from, "AmQp"}, want: kv{to, "amqp"}, found: old(from)},
		{clause: "equal after conversion", at: places, in: kv{from, "AMQP", to, "amqp"}, want: kv{to, "amqp"}, found: old(from)},
		{clause: "different", at: places, in: kv{from, "AMQP", to, "mqtt"}, found: both(old(from), "conflict "+from)},
	}
}

// mapped are the cases of values with other names.
func mapped(from, to string, places []scene, values map[string]string, more ...string) (out []ruleCase) {
	for _, before := range sortedKeys(values) {
		out = append(out, ruleCase{clause: before, at: places, in: kv{from, before}, want: kv{to, values[before]}, found: both(append([]string{old(from)}, more...)...)})
	}
	return out
}

// template are the cases of names with a variable part that get another prefix.
func template(from, to, key, now string, value, other any, places []scene) []ruleCase {
	in, out := from+"."+key, to+"."+now
	return []ruleCase{
		{clause: "prefix", at: places, in: kv{in, value, "a", 1}, want: kv{out, value, "a", 1}, found: old(in)},
		{clause: "there and equal", at: places, in: kv{in, value, out, value}, want: kv{out, value}, found: old(in)},
		{clause: "there and different", at: places, in: kv{in, value, out, other}, found: both(old(in), "conflict "+in)},
		{clause: "without a variable part", at: places, in: kv{from, value, from + "x.y", value}},
	}
}

// proveRules runs the cases of every structural rule.
func proveRules(t *testing.T) proof {
	out := proof{}
	known := map[string]bool{}
	for _, s := range facts().Structural {
		known[s.ID] = true
		out[s.ID] = ""
		if len(ruleCases[s.ID]) == 0 {
			out.fail(s.ID, "no case")
		}
		for i := range ruleCases[s.ID] {
			c := &ruleCases[s.ID][i]
			for _, place := range c.at {
				if why := c.run(place); why != "" {
					out.fail(s.ID, "%s", why)
					t.Errorf("%s: %s", s.ID, why)
					break
				}
			}
		}
	}
	for id := range ruleCases {
		if !known[id] {
			t.Errorf("%s is no rule of the facts", id)
		}
	}
	return out
}

// engines by options. The cases are about renames: what else a group asks for is proven elsewhere.
var engines = map[string]*engine{}

func engineFor(opts semconv.Options) *engine {
	key := fmt.Sprint(opts)
	if engines[key] == nil {
		engines[key] = newEngine(opts, slices.Concat(optional, []semconv.Rule{semconv.MissingRequired, semconv.MissingConditional, semconv.PlaceholderValue})...)
	}
	return engines[key]
}

// run checks the outcome for every order of the attributes, that a second run changes nothing, and that observing finds the same and
// changes nothing.
func (c *ruleCase) run(place scene) string {
	want := c.want
	if want == nil {
		want = c.in
	}
	e := engineFor(c.opts)
	observing := c.opts
	observing.Observe = true
	where := func(in kv) string {
		return fmt.Sprintf("%s (%s %s %s, from %v)", c.clause, place.signal, place.kind, place.name, in)
	}
	for _, in := range orders(c.in) {
		r := e.run(place, in...)
		if state(r.attrs) != stateOf(want) {
			return fmt.Sprintf("%s: became\n%s\nnot\n%s", where(in), state(r.attrs), stateOf(want))
		}
		if got := c.findings(&r, place); got != sortedList(c.found) {
			return fmt.Sprintf("%s: found %q, not %q", where(in), got, sortedList(c.found))
		}
		if got := c.fieldsOf(&r); got != c.fields {
			return fmt.Sprintf("%s: fields %q, not %q", where(in), got, c.fields)
		}
		e.again(place, &r)
		if state(r.attrs) != stateOf(want) || c.fieldsOf(&r) != c.fields {
			return fmt.Sprintf("%s: the second run made\n%s", where(in), state(r.attrs))
		}
	}
	o := engineFor(observing).run(place, c.in...)
	if state(o.attrs) != stateOf(c.in) {
		return fmt.Sprintf("%s: observing made\n%s", where(c.in), state(o.attrs))
	}
	if got := c.findings(&o, place); got != sortedList(c.found) {
		return fmt.Sprintf("%s: observing found %q, not %q", where(c.in), got, sortedList(c.found))
	}
	return ""
}

func (c *ruleCase) findings(r *result, place scene) string {
	var out []string
	for _, f := range r.found {
		if f.name != place.name || place.name == "" { // the metric's own name is proven elsewhere
			out = append(out, f.rule.String()+" "+f.name)
		}
	}
	return sortedList(strings.Join(out, ", "))
}

// fieldsOf are the fields that the case names, as they are.
func (c *ruleCase) fieldsOf(r *result) string {
	if c.fields == "" {
		return ""
	}
	var out []string
	for part := range strings.SplitSeq(c.fields, ", ") {
		field, _, _ := strings.Cut(part, "=")
		value := map[string]func() string{
			"status": func() string { return r.span.Status().Message() }, "event": func() string { return r.log.EventName() },
			"scope": func() string { return r.scope.Name() }, "version": func() string { return r.scope.Version() },
		}[field]()
		out = append(out, field+"="+value)
	}
	return strings.Join(out, ", ")
}

func sortedList(s string) string {
	parts := slices.DeleteFunc(strings.Split(s, ", "), func(p string) bool { return p == "" })
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}

// orders are all orders of up to four attributes, and the rotations of more. Of duplicate keys the order counts.
func orders(in kv) []kv {
	n := len(in) / 2
	seen := map[any]bool{}
	for i := range n {
		if seen[in[2*i]] {
			return []kv{in}
		}
		seen[in[2*i]] = true
	}
	if n > 4 {
		var out []kv
		for i := range n {
			out = append(out, slices.Concat(in[2*i:], in[:2*i]))
		}
		return out
	}
	var out []kv
	var place func(kv, []bool)
	place = func(sofar kv, used []bool) {
		if len(sofar) == 2*n {
			out = append(out, slices.Clone(sofar))
			return
		}
		for i := range n {
			if !used[i] {
				used[i] = true
				place(append(slices.Clone(sofar), in[2*i], in[2*i+1]), used)
				used[i] = false
			}
		}
	}
	place(kv{}, make([]bool, n))
	return out
}
