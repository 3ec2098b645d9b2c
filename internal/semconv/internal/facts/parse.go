package facts

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// The parts of a registry file that are read.

type file struct {
	Format     int                      `json:"format"`
	Release    string                   `json:"release"`
	Attributes map[string]fileAttribute `json:"attributes"`
	Spans      []fileGroup              `json:"spans"`
	Metrics    []fileMetric             `json:"metrics"`
	Events     []fileGroup              `json:"events"`
	Entities   []fileGroup              `json:"entities"`
	Renames    struct {
		Attributes []fileRename       `json:"attributes"`
		Scoped     []fileScoped       `json:"attributes_on_named_metrics_only"`
		Metrics    []fileMetricRename `json:"metrics"`
		Receivers  []fileMetricRename `json:"collector_k8s_metrics"`
	} `json:"renames"`
	ValueMaps  []fileValueMap   `json:"value_maps"`
	Structural []fileStructural `json:"structural"`
	Conditions []fileCondition  `json:"conditions"`
	Selectors  []fileSelector   `json:"span_selectors"`
	Redaction  struct {
		QueryKeys struct {
			Keys []string `json:"keys"`
		} `json:"query_keys"`
		Headers []string `json:"headers"`
	} `json:"redaction"`
}

type deprecation struct {
	Reason    string `json:"reason"`
	RenamedTo string `json:"renamed_to"`
	MovedTo   string `json:"moved_to"`
}

type fileAttribute struct {
	Type       string       `json:"type"`
	ValueType  string       `json:"value_type"`
	Members    []fileMember `json:"members"`
	Stability  string       `json:"stability"`
	Deprecated *deprecation `json:"deprecated"`
}

type fileMember struct {
	Value      any          `json:"value"`
	Deprecated *deprecation `json:"deprecated"`
}

type levels struct {
	Required    []string `json:"required"`
	Conditional []string `json:"conditionally_required"`
	Recommended []string `json:"recommended"`
	OptIn       []string `json:"opt_in"`
}

type fileGroup struct {
	ID          string         `json:"id"`
	Name        string         `json:"name"`
	Kind        string         `json:"kind"`
	Deprecated  *deprecation   `json:"deprecated"`
	Identifying []string       `json:"identifying"`
	Attributes  levels         `json:"attributes"`
	Fixed       map[string]any `json:"fixed"`
}

type fileMetric struct {
	Name       string       `json:"name"`
	Instrument string       `json:"instrument"`
	Unit       string       `json:"unit"`
	Stability  string       `json:"stability"`
	Deprecated *deprecation `json:"deprecated"`
	Attributes levels       `json:"attributes"`
}

type fileRename struct {
	From   string   `json:"from"`
	To     string   `json:"to"`
	Action string   `json:"action"`
	Flags  []string `json:"flags"`
}

type fileScoped struct {
	From    string   `json:"from"`
	To      string   `json:"to"`
	Metrics []string `json:"only_metrics"`
}

type fileMetricRename struct {
	From           string             `json:"from"`
	To             string             `json:"to"`
	Action         string             `json:"action"`
	FromInstrument string             `json:"from_instrument"`
	ToInstrument   string             `json:"to_instrument"`
	Scale          map[string]float64 `json:"scale"`
	Units          []string           `json:"units"`
}

type fileValueMap struct {
	From     string                       `json:"from"`
	To       string                       `json:"to"`
	Map      map[string]string            `json:"map"`
	Special  map[string]map[string]string `json:"special"`
	Source   string                       `json:"source"`
	Unmapped string                       `json:"unmapped"`
}

type fileStructural struct {
	ID      string   `json:"id"`
	From    []string `json:"from"`
	To      []string `json:"to"`
	Op      string   `json:"op"`
	Kind    string   `json:"span_kind"`
	Signals []string `json:"signals"`
	Derive  bool     `json:"derive"`
}

type fileCondition struct {
	Group     string          `json:"group"`
	Attribute string          `json:"attribute"`
	Machine   json.RawMessage `json:"machine"`
}

type fileSelector struct {
	Spans    string            `json:"spans"`
	Kinds    []string          `json:"kinds"`
	AnyOf    []string          `json:"any_of"`
	Equals   map[string]string `json:"equals"`
	Priority int               `json:"priority"`
}

// The words that Parse knows.
var (
	types       = []string{"string", "int", "double", "boolean", "string[]", "int[]", "any", "template[string]", "template[string[]]"}
	reasons     = []string{"renamed", "obsoleted", "uncategorized"}
	actions     = []string{"rename", "rename_and_map", "structural", "convert", "none"}
	unmapped    = []string{"", "keep_value", "keep_key", "decimal_string"}
	kinds       = []string{"any", "server", "not_server", "client", "consumer"}
	spanKinds   = []string{"", "server", "client", "producer", "consumer", "internal"}
	instruments = []string{"", "counter", "updowncounter", "gauge", "histogram"}
)

type parser struct {
	facts Facts
	err   error
}

func (p *parser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf(format, args...)
	}
}

// known refuses a word that has no meaning here.
func (p *parser) known(what, word, where string, words []string) string {
	if !slices.Contains(words, word) {
		p.fail("%s: unknown %s %q", where, what, word)
	}
	return word
}

// Parse reads a registry file, format 1. The error names the entry that cannot be understood.
func Parse(data []byte) (*Facts, error) {
	var f file
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, err
	}
	if f.Format != 1 {
		return nil, fmt.Errorf("unknown format %d, want 1", f.Format)
	}
	p := &parser{facts: Facts{Release: f.Release}}
	p.attributes(&f)
	p.facts.Spans = p.groups(f.Spans)
	p.facts.Events = p.groups(f.Events)
	p.facts.Entities = p.groups(f.Entities)
	p.metrics(&f)
	p.renames(&f)
	p.valueMaps(&f)
	p.structural(&f)
	for _, c := range f.Conditions {
		p.condition(c)
	}
	for _, s := range f.Selectors {
		p.selector(s)
	}
	p.facts.Redaction = Redaction{QueryKeys: f.Redaction.QueryKeys.Keys, Headers: f.Redaction.Headers}
	if p.err != nil {
		return nil, p.err
	}
	return &p.facts, nil
}

func (p *parser) status(d *deprecation, where string) (status, to string) {
	switch {
	case d == nil:
		return "", ""
	case d.MovedTo != "":
		return "moved", ""
	}
	return p.known("deprecation reason", d.Reason, where, reasons), d.RenamedTo
}

func (p *parser) attributes(f *file) {
	for _, name := range sortedKeys(f.Attributes) {
		a := f.Attributes[name]
		out := Attribute{Name: name, Type: a.Type, Stable: a.Stability == "stable"}
		if a.Type == "enum" {
			out.Type = a.ValueType
		}
		p.known("type", out.Type, "attribute "+name, types)
		out.Status, out.To = p.status(a.Deprecated, "attribute "+name)
		for _, m := range a.Members {
			value := fmt.Sprint(m.Value)
			// A member "renamed" to itself is a slip of the source and changes nothing.
			if m.Deprecated != nil && m.Deprecated.RenamedTo != value {
				out.Old = append(out.Old, value)
			} else {
				out.Members = append(out.Members, value)
			}
		}
		p.facts.Attributes = append(p.facts.Attributes, out)
	}
}

func (p *parser) groups(list []fileGroup) []Group {
	var out []Group
	for _, g := range list {
		o := Group{Name: cmp.Or(g.ID, g.Name), Kind: g.Kind, Identifying: g.Identifying, Required: g.Attributes.Required,
			Conditional: g.Attributes.Conditional, Recommended: g.Attributes.Recommended}
		p.known("span kind", g.Kind, "group "+o.Name, spanKinds)
		o.Moved = g.Deprecated != nil
		if len(g.Fixed) > 0 {
			o.Fixed = map[string]string{}
			for name, v := range g.Fixed {
				o.Fixed[name] = fmt.Sprint(v)
			}
		}
		out = append(out, o)
	}
	return out
}

func (p *parser) metrics(f *file) {
	for _, m := range f.Metrics {
		out := Metric{Name: m.Name, Instrument: p.known("instrument", m.Instrument, "metric "+m.Name, instruments), Unit: m.Unit,
			Stable: m.Stability == "stable", Required: m.Attributes.Required, Recommended: m.Attributes.Recommended,
			Allowed: slices.Concat(m.Attributes.Required, m.Attributes.Conditional, m.Attributes.Recommended, m.Attributes.OptIn)}
		out.Status, _ = p.status(m.Deprecated, "metric "+m.Name)
		p.facts.Metrics = append(p.facts.Metrics, out)
	}
}

func (p *parser) renames(f *file) {
	for _, x := range f.Renames.Attributes {
		p.facts.Renames = append(p.facts.Renames, Rename{From: x.From, To: x.To, Action: p.known("action", x.Action, "rename of "+x.From, actions),
			Moved: slices.Contains(x.Flags, "moved_repository"), Generic: slices.Contains(x.Flags, "generic_name")})
	}
	for _, x := range f.Renames.Scoped {
		p.facts.Scoped = append(p.facts.Scoped, ScopedRename(x))
	}
	for _, x := range f.Renames.Metrics {
		p.known("action", x.Action, "rename of metric "+x.From, actions)
		p.facts.MetricNames = append(p.facts.MetricNames, p.metricRename(x))
	}
	for _, x := range f.Renames.Receivers {
		p.facts.Receivers = append(p.facts.Receivers, p.metricRename(x))
	}
}

func (p *parser) metricRename(x fileMetricRename) MetricRename {
	out := MetricRename{From: x.From, To: x.To, Action: x.Action, Units: x.Units}
	out.FromInstrument = p.known("instrument", x.FromInstrument, "rename of metric "+x.From, instruments)
	out.ToInstrument = p.known("instrument", x.ToInstrument, "rename of metric "+x.From, instruments)
	for _, unit := range sortedKeys(x.Scale) {
		out.Scale = append(out.Scale, Scale{unit, x.Scale[unit]})
	}
	return out
}

// valueMaps leaves out the maps of names that were only observed somewhere, which the source turns off.
func (p *parser) valueMaps(f *file) {
	for _, m := range f.ValueMaps {
		if strings.HasSuffix(m.Source, "off by default") {
			continue
		}
		out := ValueMap{From: m.From, To: m.To, Unmapped: p.known("unmapped", m.Unmapped, "value map of "+m.From, unmapped)}
		for _, old := range sortedKeys(m.Map) {
			out.Pairs = append(out.Pairs, Pair{Old: old, New: m.Map[old]})
		}
		for _, old := range sortedKeys(m.Special) {
			for _, to := range sortedKeys(m.Special[old]) {
				out.Pairs = append(out.Pairs, Pair{Old: old, New: m.Special[old][to], To: to})
			}
		}
		p.facts.ValueMaps = append(p.facts.ValueMaps, out)
	}
}

func (p *parser) structural(f *file) {
	for _, s := range f.Structural {
		p.facts.Structural = append(p.facts.Structural, Structural{ID: s.ID, Op: s.Op, Kind: p.known("span kind", s.Kind, "structural rule "+s.ID, kinds),
			From: s.From, To: s.To, Metric: len(s.Signals) == 1 && s.Signals[0] == "metric", Derive: s.Derive})
	}
}

// machine is what decides a condition; any joins several, each of which is enough.
type machine struct {
	Eq     []string  `json:"eq"`
	Ge     []any     `json:"ge"`
	Has    string    `json:"has"`
	Status string    `json:"status"`
	Any    []machine `json:"any"`
}

func (p *parser) condition(c fileCondition) {
	out := Condition{Group: c.Group, Attribute: c.Attribute}
	var m *machine
	if len(c.Machine) > 0 {
		if err := json.Unmarshal(c.Machine, &m); err != nil {
			p.fail("condition of %s: %w", c.Group, err)
			return
		}
	}
	if m != nil {
		for _, part := range append(m.Any, *m) {
			if part.Eq != nil {
				if len(part.Eq) != 2 || part.Eq[1] == "" {
					p.fail("condition of %s: eq wants a name and a value", c.Group)
				}
				out.Equals = part.Eq
			}
			if len(part.Ge) == 2 {
				name, isName := part.Ge[0].(string)
				number, isNumber := part.Ge[1].(float64)
				if !isName || !isNumber || number < 1 {
					p.fail("condition of %s: ge wants a name and a number of 1 or more", c.Group)
				}
				out.AtLeast, out.Number = name, int64(number)
			}
			out.Has = cmp.Or(out.Has, part.Has)
			out.Error = out.Error || part.Status == "ERROR"
		}
	}
	p.facts.Conditions = append(p.facts.Conditions, out)
}

func (p *parser) selector(s fileSelector) {
	out := Selector{Group: s.Spans, Kinds: s.Kinds, AnyOf: s.AnyOf, Priority: s.Priority}
	for _, k := range s.Kinds {
		p.known("span kind", k, "selector of "+s.Spans, spanKinds)
	}
	if len(s.Equals) > 1 {
		p.fail("selector of %s: equals wants one attribute", s.Spans)
	}
	for name, value := range s.Equals {
		if value == "" {
			p.fail("selector of %s: equals wants a value", s.Spans)
		}
		out.Equals, out.Value = name, value
	}
	p.facts.Selectors = append(p.facts.Selectors, out)
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
