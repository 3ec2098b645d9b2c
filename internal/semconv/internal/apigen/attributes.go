package main

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// lowerCased are the templates whose variable part the conventions want in lower case: names of headers and of RPC metadata do
// not depend on case, those of labels and variables do.
var lowerCased = map[string]bool{
	"http.request.header": true, "http.response.header": true, "rpc.request.metadata": true, "rpc.response.metadata": true,
}

// kinds says how the value of each type is taken and which constructor of api.go takes it. Enums are apart.
var kinds = map[string]struct {
	parameters, build string
}{
	"string":             {"(value string)", "textAttribute(%s, value)"},
	"int":                {"[T Int](value T)", "intAttribute(%s, int64(value))"},
	"double":             {"(value float64)", "doubleAttribute(%s, value)"},
	"boolean":            {"(value bool)", "boolAttribute(%s, value)"},
	"string[]":           {"(values ...string)", "textsAttribute(%s, values)"},
	"int[]":              {"(values ...int64)", "intsAttribute(%s, values)"},
	"any":                {"(value pcommon.Value)", "valueAttribute(%s, value)"},
	"template[string]":   {"(key, value string)", "textAttribute(%s, value)"},
	"template[string[]]": {"(key string, values ...string)", "textsAttribute(%s, values)"},
}

func (a attribute) template() bool { return strings.HasPrefix(a.Type, "template[") }

// element is the type of the value under a name of a template.
func (a attribute) element() string {
	return strings.TrimSuffix(strings.TrimPrefix(a.Type, "template["), "]")
}

// currentMembers are those whose constants are declared.
func (a attribute) currentMembers() []member {
	return slices.DeleteFunc(slices.Clone(a.Members), func(m member) bool { return m.Deprecated != nil })
}

// imports are the packages that the constructors in a namespace need.
func (g *generator) imports(in func(string) bool) []string {
	var imports []string
	for name, a := range g.current {
		if !in(name) {
			continue
		}
		if a.Type == "any" && !slices.Contains(imports, pcommonPath) {
			imports = append(imports, pcommonPath)
		}
		if lowerCased[name] && !slices.Contains(imports, "strings") {
			imports = append(imports, "strings")
		}
	}
	slices.Sort(imports)
	return imports
}

const pcommonPath = "go.opentelemetry.io/collector/pdata/pcommon"

func (g *generator) currentNames() []string { return slices.Sorted(maps.Keys(g.current)) }

func (g *generator) attributes(b *bytes.Buffer, namespace string, in func(string) bool) {
	names := slices.DeleteFunc(g.currentNames(), func(name string) bool { return !in(name) })
	if len(names) == 0 {
		return
	}
	fmt.Fprintf(b, "\n// Names of the attributes in %s; a prefix is completed by the variable part of the name.\nconst (\n", namespace)
	for _, name := range names {
		if g.current[name].template() {
			fmt.Fprintf(b, "%s = %q\n", g.declare(goName(name)+"Prefix", name), name+".")
		} else {
			fmt.Fprintf(b, "%s = %q\n", g.declare(goName(name)+"Key", name), name)
		}
	}
	b.WriteString(")\n")
	for _, name := range names {
		switch a := g.current[name]; {
		case a.Type == "enum":
			g.enum(b, name, a)
		case a.template():
			g.template(b, name, a)
		default:
			g.constructor(b, name, a)
		}
	}
}

func (g *generator) constructor(b *bytes.Buffer, name string, a attribute) {
	kind, ok := kinds[a.Type]
	if !ok {
		g.fail("%s: unknown type %q", name, a.Type)
		return
	}
	goName := g.declare(goName(name), name)
	fmt.Fprintf(b, "\n// %s builds %s (%s; %s).\n", goName, name, a.Type, a.introduced())
	fmt.Fprintf(b, "func %s%s Attribute { return "+kind.build+" }\n", goName, kind.parameters, goName+"Key")
}

func (g *generator) template(b *bytes.Buffer, name string, a attribute) {
	kind, ok := kinds[a.Type]
	if !ok {
		g.fail("%s: unknown type %q", name, a.Type)
		return
	}
	goName := g.declare(goName(name), name)
	key, note := goName+"Prefix+key", ""
	if lowerCased[name] {
		key, note = goName+"Prefix+strings.ToLower(key)", ", the key in lower case"
	}
	fmt.Fprintf(b, "\n// %s builds %s.<key>%s (%s; %s).\n", goName, name, note, a.element(), a.introduced())
	fmt.Fprintf(b, "func %s%s Attribute { return "+kind.build+" }\n", goName, kind.parameters, key)
}

// enums maps the type of an enum's values to Go's and to the constructor of api.go.
var enums = map[string]struct{ goType, build string }{
	"string": {"string", "textAttribute(%s, string(v))"},
	"int":    {"int64", "intAttribute(%s, int64(v))"},
}

func (g *generator) enum(b *bytes.Buffer, name string, a attribute) {
	kind, ok := enums[a.ValueType]
	if !ok {
		g.fail("%s: unknown type of values %q", name, a.ValueType)
		return
	}
	goName := g.declare(goName(name), name)
	fmt.Fprintf(b, "\n// %s is a value of %s (enum of %s; %s).\n// Values that are not listed are made by conversion.\n",
		goName, name, a.ValueType, a.introduced())
	fmt.Fprintf(b, "type %s %s\n\n// Values of %s.\nconst (\n", goName, kind.goType, name)
	for _, m := range a.currentMembers() {
		fmt.Fprintf(b, "%s %s = %#v", g.declare(m.constant(name), fmt.Sprintf("%s of %s", m.Value, name)), goName, m.Value)
		if m.Stability != "" {
			fmt.Fprintf(b, " // %s", strings.ReplaceAll(m.Stability, "_", " "))
		}
		b.WriteString("\n")
	}
	b.WriteString(")\n")
	fmt.Fprintf(b, "\n// Attr is %s with this value.\nfunc (v %s) Attr() Attribute { return "+kind.build+" }\n", name, goName, goName+"Key")
}

func (m member) constant(name string) string { return goName(name) + goName(fmt.Sprint(m.Value)) }
