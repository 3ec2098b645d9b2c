package semconv_test

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
)

// registry is registry.json as the coverage tests read it: apart from the generator and the engine, so that a mistake of theirs
// shows.
type registry struct {
	Release    string
	Attributes map[string]*attribute
	Spans      []*group
	Metrics    []*metric
	Refined    []*group `json:"metric_refinements"`
	Events     []*group
	Entities   []*group
	Renames    struct {
		Attributes []attributeRename
		Scoped     []scopedRename `json:"attributes_on_named_metrics_only"`
		Metrics    []metricRename
		Receivers  []metricRename `json:"collector_k8s_metrics"`
	}
	ValueMaps  []valueMap `json:"value_maps"`
	Structural []struct {
		ID, Rule string
		From, To []string
	}
	Conditions []struct {
		Group, Attribute string
		Machine          json.RawMessage
	}
	Selectors []selector `json:"span_selectors"`
	Redaction struct {
		QueryKeys struct{ Keys []string } `json:"query_keys"`
		Headers   []string
	}
	Observed []struct{ Attribute, Metric string } `json:"observed_non_registry"`
}

type deprecation struct {
	Reason string
	To     string `json:"renamed_to"`
	Moved  string `json:"moved_to"`
}

func (d *deprecation) moved() bool { return d != nil && d.Moved != "" }

type attribute struct {
	Type       string
	ValueType  string `json:"value_type"`
	Members    []member
	Stability  string
	Deprecated *deprecation
}

type member struct {
	Value      any
	Deprecated *deprecation
}

// typ is the type of the values: that of its members for an enum.
func (a *attribute) typ() string {
	if a.Type == "enum" {
		return a.ValueType
	}
	if element, ok := strings.CutPrefix(a.Type, "template["); ok {
		return strings.TrimSuffix(element, "]")
	}
	return a.Type
}

func (a *attribute) template() bool { return strings.HasPrefix(a.Type, "template") }

type group struct {
	ID, Name    string
	Kind        string
	Deprecated  *deprecation
	Refines     string
	Identifying []string
	Fixed       map[string]string
	Attributes  map[string][]string
}

type metric struct {
	Name, Instrument, Unit, Stability string
	Deprecated                        *deprecation
	Attributes                        map[string][]string
}

type attributeRename struct {
	From, To, Action string
	Flags            []string
}

type scopedRename struct {
	From, Final string
	V           string
	Metrics     []string `json:"only_metrics"`
}

type metricRename struct {
	From, To, Action string
	Scale            map[string]float64
	Units            []string
	FromInstrument   string `json:"from_instrument"`
	ToInstrument     string `json:"to_instrument"`
}

type valueMap struct {
	From, To, Source, Unmapped string
	Map                        map[string]string
	Special                    map[string]map[string]string
	NoCounterpart              []string `json:"no_counterpart"`
	Skip                       []string
}

type selector struct {
	Spans    string
	Kinds    []string
	AnyOf    []string `json:"any_of"`
	Equals   map[string]string
	Priority int
}

var facts = sync.OnceValue(func() *registry {
	f := &registry{}
	read("registry.json", f)
	return f
})

// targets is coverage-targets.json: what there is to cover, by domain.
type targets struct {
	Domains map[string]*domain
	Whole   map[string]int `json:"whole_registry"`
}

type domain struct {
	Counts            map[string]json.RawMessage
	Current           []string `json:"attributes_current"`
	Deprecated        []string `json:"attributes_deprecated"`
	Referenced        []string `json:"attributes_referenced_from_other_namespaces"`
	Spans             []string
	Metrics           []string `json:"metrics_current"`
	DeprecatedMetrics []string `json:"metrics_deprecated"`
	Events            []string
	Entities          []string
	Renames           []string `json:"attribute_renames"`
	MetricRenames     []string `json:"metric_renames"`
	Structural        []string `json:"structural_rules"`
}

// count is a number of the domain.
func (d *domain) count(name string) int {
	var n int
	if err := json.Unmarshal(d.Counts[name], &n); err != nil {
		panic(err)
	}
	return n
}

var coverageTargets = sync.OnceValue(func() *targets {
	t := &targets{}
	read("testdata/coverage-targets.json", t)
	return t
})

func read(file string, into any) {
	data, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(data, into)
	}
	if err != nil {
		panic(file + ": " + err.Error())
	}
}

func (f *registry) rename(from string) *attributeRename {
	i := slices.IndexFunc(f.Renames.Attributes, func(r attributeRename) bool { return r.From == from })
	if i < 0 {
		return nil
	}
	return &f.Renames.Attributes[i]
}

func (f *registry) metric(name string) *metric {
	i := slices.IndexFunc(f.Metrics, func(m *metric) bool { return m.Name == name })
	if i < 0 {
		return nil
	}
	return f.Metrics[i]
}

// has tells whether the attribute rename has a flag.
func (r *attributeRename) has(flag string) bool { return r != nil && slices.Contains(r.Flags, flag) }

// inRules are the ids of the structural rules that start at an attribute.
func (f *registry) inRules(name string) (ids []string) {
	for _, s := range f.Structural {
		if slices.Contains(s.From, name) {
			ids = append(ids, s.ID)
		}
	}
	return ids
}

// named are all names of attributes that the facts mention as current or old.
var named = sync.OnceValue(func() map[string]bool {
	f, out := facts(), map[string]bool{}
	for name := range f.Attributes {
		out[name] = true
	}
	for _, r := range f.Renames.Attributes {
		out[r.From], out[r.To] = true, true
	}
	for _, r := range f.Renames.Scoped {
		out[r.From], out[r.Final] = true, true
	}
	for _, s := range f.Structural {
		for _, name := range slices.Concat(s.From, s.To) {
			out[name] = true
		}
	}
	return out
})

// key is the name of an attribute as it occurs in telemetry: a template has a variable part.
func (f *registry) key(name string) string {
	if a := f.Attributes[name]; a != nil && a.template() {
		return name + ".part"
	}
	return name
}

// sample is a value that is right for the attribute.
func (f *registry) sample(name string) any {
	a := f.Attributes[name]
	if a == nil {
		return "sample"
	}
	for _, m := range a.Members {
		if m.Deprecated == nil {
			return raw(m.Value)
		}
	}
	switch {
	case name == "url.full":
		return "https://shop.example/cart"
	case strings.HasPrefix(name, "k8s.") && strings.HasSuffix(name, ".uid"):
		return "275ecb36-5aa8-4c2a-9c47-d8bb681b9aff"
	case name == "http.response.status_code":
		return 200
	default:
		return valuesByType[a.typ()]
	}
}

// raw is a value of JSON as an attribute has it.
func raw(v any) any {
	if n, ok := v.(float64); ok {
		return int64(n)
	}
	return v
}

// valuesByType are values by the type they are right for. The last ones are right for none but any.
var valuesByType = map[string]any{
	"string": "sample", "int": int64(7), "double": 1.5, "boolean": true, "string[]": []any{"sample"}, "int[]": []any{int64(7)}, "any": "sample",
	"map": map[string]any{"k": "v"}, "bytes": []byte{1}, "mixed[]": []any{"a", int64(1)}, "double[]": []any{1.5},
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
