package main

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
)

func (s span) name() string { return strings.TrimPrefix(s.ID, "span.") }

func (s span) namespace() string { return namespaceOf(s.name()) }

// parameters are the required attributes that the group leaves open.
func (s span) parameters() []string {
	return slices.DeleteFunc(slices.Clone(s.Attributes.Required), func(name string) bool { _, fixed := s.Fixed[name]; return fixed })
}

// buildableSpans are the current groups that ask for anything. Those of AWS ask for rpc.system, which is deprecated: nothing here
// may build it.
func (g *generator) buildableSpans() []span {
	spans := slices.DeleteFunc(slices.Clone(g.reg.Spans), func(s span) bool {
		old := func(name string) bool { _, ok := g.current[name]; return !ok }
		return s.Deprecated != nil || len(s.Attributes.Required)+len(s.Fixed) == 0 || slices.ContainsFunc(s.Attributes.Required, old)
	})
	slices.SortFunc(spans, func(a, b span) int { return strings.Compare(a.ID, b.ID) })
	return spans
}

// span writes the function that builds the attributes which a group requires.
func (g *generator) span(b *bytes.Buffer, s span) {
	identifier := g.declare(goName(s.name())+"Span", s.ID)
	fmt.Fprintf(b, "\n// %s gives the attributes that a span of kind %s requires as %s (%s), with more.\n",
		identifier, strings.ToUpper(s.Kind), s.name(), s.Stability)
	for _, name := range slices.Sorted(maps.Keys(s.Fixed)) {
		fmt.Fprintf(b, "// It sets %s to %s.\n", name, s.Fixed[name])
	}
	var parameters, values []string
	for _, name := range slices.Sorted(maps.Keys(s.Fixed)) {
		values = append(values, g.fixed(name, s.Fixed[name]))
	}
	types := make([]string, 0, len(s.parameters()))
	for _, name := range s.parameters() {
		p := parameterName(strings.TrimPrefix(name, s.namespace()+"."))
		goType, value := g.parameter(name, p)
		parameters, types, values = append(parameters, p), append(types, goType), append(values, value)
	}
	for i := range parameters {
		if i+1 == len(types) || types[i+1] != types[i] {
			parameters[i] += " " + types[i]
		}
	}
	parameters = append(parameters, "more ...Attribute")
	fmt.Fprintf(b, "func %s(%s) []Attribute {\nreturn join(more, %s)\n}\n", identifier, strings.Join(parameters, ", "), strings.Join(values, ", "))
}

// parameter gives the type of a parameter and the expression that makes the attribute of it.
func (g *generator) parameter(name, parameter string) (goType, value string) {
	call := fmt.Sprintf("%s(%s)", goName(name), parameter)
	switch a := g.current[name]; a.Type {
	case "enum":
		return goName(name), parameter + ".Attr()"
	case "string":
		return "string", call
	case "int":
		return "int", call
	case "boolean":
		return "bool", call
	default:
		g.fail("%s: a span requires it, but no parameter can have type %q", name, a.Type)
		return "", ""
	}
}

func (g *generator) fixed(name, value string) string {
	a, ok := g.current[name]
	if !ok {
		g.fail("%s: a span fixes its value, but it is not current", name)
		return ""
	}
	if a.Type != "enum" {
		return fmt.Sprintf("%s(%q)", goName(name), value)
	}
	for _, m := range a.currentMembers() {
		if m.Value == value {
			return m.constant(name) + ".Attr()"
		}
	}
	return fmt.Sprintf("%s(%q).Attr()", goName(name), value)
}
