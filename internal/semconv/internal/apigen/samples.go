package main

import (
	"fmt"
	"slices"
	"strings"
)

// samples writes a call of everything that is generated, for the tests to put before the engine.
func (g *generator) samples() {
	b := g.file("samples_generated_test.go", pcommonPath)
	b.WriteString("\nvar sampleAttributes = []sampleAttribute{\n")
	for _, name := range g.currentNames() {
		a := g.current[name]
		switch {
		case a.Type == "enum":
			for _, m := range a.currentMembers() {
				fmt.Fprintf(b, "{%q, %sKey, %s.Attr()},\n", name, goName(name), m.constant(name))
			}
		case a.template():
			fmt.Fprintf(b, "{%q, %sPrefix, %s(%q, %s)},\n", name, goName(name), goName(name), "Some-Key", sampleValue(name, a.element()))
		default:
			fmt.Fprintf(b, "{%q, %sKey, %s(%s)},\n", name, goName(name), goName(name), sampleValue(name, a.Type))
		}
	}
	b.WriteString("}\n\nvar sampleMetrics = []Metric{\n")
	for _, m := range g.currentMetrics() {
		fmt.Fprintf(b, "Metric%s,\n", goName(m.Name))
	}
	b.WriteString("}\n\nvar sampleSpans = []sampleSpan{\n")
	for _, s := range g.buildableSpans() {
		fmt.Fprintf(b, "{%q, %q, %sSpan(%s)},\n", s.ID, s.Kind, goName(s.name()), strings.Join(g.sampleArguments(s), ", "))
	}
	b.WriteString("}\n")
}

// sampleMembers are used where the first member would not do: a span of gRPC needs more than any RPC does.
var sampleMembers = map[string]string{"rpc.system.name": "jsonrpc"}

func (g *generator) sampleArguments(s span) []string {
	var arguments []string
	for _, name := range s.parameters() {
		a := g.current[name]
		if members := a.currentMembers(); a.Type == "enum" && len(members) > 0 {
			i := slices.IndexFunc(members, func(m member) bool { return m.Value == sampleMembers[name] })
			arguments = append(arguments, members[max(i, 0)].constant(name))
		} else {
			arguments = append(arguments, sampleValue(name, a.Type))
		}
	}
	return arguments
}

// sampleValue is Go source for a value that fits the attribute: the engine knows more of some than their type.
func sampleValue(name, typ string) string {
	switch {
	case typ == "int" && name == "http.response.status_code":
		return "200"
	case typ == "string" && strings.HasSuffix(name, ".uid"):
		return `"275ecb36-5aa8-4c2a-9c47-d8bb681b9aff"`
	case typ == "string" && name == "url.full":
		return `"https://shop.example/cart"`
	}
	values := map[string]string{
		"string": `"some text"`, "int": "7", "double": "1.5", "boolean": "true", "string[]": `"some", "texts"`, "int[]": "1, 2",
		"any": "pcommon.NewValueBool(true)",
	}
	return values[typ]
}
