package semconv

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
)

// The generated samples are calls of everything in the package.

type sampleAttribute struct {
	name     string // in the registry
	constant string
	attr     Attribute
}

type sampleSpan struct {
	group, kind string
	attrs       []Attribute
}

// registry is what the facts say, read apart from the generator.
type registry struct {
	Release    string
	SchemaURL  string `json:"schema_url"`
	Attributes map[string]struct {
		Type       string
		ValueType  string `json:"value_type"`
		Members    []struct{ Value, Deprecated any }
		Deprecated *struct {
			RenamedTo string `json:"renamed_to"`
		}
	}
	Metrics []struct {
		Name, Unit, Instrument string
		Deprecated             any
	}
	Spans []struct {
		ID, Kind   string
		Attributes struct{ Required []string }
		Fixed      map[string]any
		Deprecated any
	}
}

func readRegistry(t *testing.T) *registry {
	t.Helper()
	data, err := os.ReadFile("../internal/semconv/registry.json")
	require.NoError(t, err)
	r := &registry{}
	require.NoError(t, json.Unmarshal(data, r))
	return r
}

func TestRelease(t *testing.T) {
	r := readRegistry(t)
	assert.Equal(t, r.Release, Release)
	assert.Equal(t, r.SchemaURL, SchemaURL)
}

// Every current attribute is there under its name and with its type, enums with all their current members, and nothing else is.
func TestAttributesAreThoseOfTheRegistry(t *testing.T) {
	r := readRegistry(t)
	members := map[string][]string{}
	for _, s := range sampleAttributes {
		a, ok := r.Attributes[s.name]
		require.True(t, ok, s.name)
		assert.Nil(t, a.Deprecated, s.name)
		m := pcommon.NewMap()
		s.attr.Put(m)
		require.Equal(t, 1, m.Len())
		v, ok := m.Get(s.attr.Key())
		require.True(t, ok)
		typ := a.Type
		switch {
		case typ == "enum":
			typ = a.ValueType
			fallthrough
		default:
			assert.Equal(t, s.name, s.constant)
			assert.Equal(t, s.name, s.attr.Key())
		case strings.HasPrefix(typ, "template["):
			typ = strings.TrimSuffix(strings.TrimPrefix(typ, "template["), "]")
			assert.Equal(t, s.name+".", s.constant)
			assert.Equal(t, s.name+".some-key", strings.ToLower(s.attr.Key()))
		}
		if typ != "any" {
			assert.Equal(t, typ, typeOf(v), s.name)
		}
		members[s.name] = append(members[s.name], v.AsString())
	}
	for name, a := range r.Attributes {
		if a.Deprecated != nil {
			continue
		}
		if a.Type != "enum" {
			assert.Len(t, members[name], 1, name)
			continue
		}
		var want []string
		for _, m := range a.Members {
			if m.Deprecated == nil {
				want = append(want, fmt.Sprint(m.Value))
			}
		}
		assert.ElementsMatch(t, want, members[name], name)
	}
}

// typeOf spells the type of a value as the registry does.
func typeOf(v pcommon.Value) string {
	switch v.Type() {
	case pcommon.ValueTypeStr:
		return "string"
	case pcommon.ValueTypeBool:
		return "boolean"
	case pcommon.ValueTypeSlice:
		if v.Slice().Len() == 0 {
			return "nothing"
		}
		return typeOf(v.Slice().At(0)) + "[]"
	default:
		return strings.ToLower(v.Type().String())
	}
}

func TestMetricsAreThoseOfTheRegistry(t *testing.T) {
	var want, got []string
	for _, m := range readRegistry(t).Metrics {
		if m.Deprecated == nil {
			want = append(want, m.Name+" "+m.Unit+" "+m.Instrument)
		}
	}
	for _, m := range sampleMetrics {
		got = append(got, fmt.Sprintf("%s %s %s", m.Name, m.Unit, m.Instrument))
	}
	assert.ElementsMatch(t, want, got)
}

// Every span group that can be built without a deprecated name is there, and its function gives what it requires and fixes.
func TestSpansAreThoseOfTheRegistry(t *testing.T) {
	r := readRegistry(t)
	built := map[string]sampleSpan{}
	for _, s := range sampleSpans {
		built[s.group] = s
	}
	for _, s := range r.Spans {
		want := map[string]any{}
		for _, name := range s.Attributes.Required {
			want[name] = nil
		}
		for name, value := range s.Fixed {
			want[name] = value
		}
		old := slices.ContainsFunc(s.Attributes.Required, func(name string) bool { return r.Attributes[name].Deprecated != nil })
		got, ok := built[s.ID]
		require.Equal(t, s.Deprecated == nil && !old && len(want) > 0, ok, s.ID)
		if !ok {
			continue
		}
		assert.Equal(t, s.Kind, got.kind)
		m := pcommon.NewMap()
		Put(m, got.attrs...)
		assert.Equal(t, len(want), m.Len(), s.ID)
		for name, value := range want {
			v, ok := m.Get(name)
			assert.True(t, ok, "%s: %s", s.ID, name)
			if value != nil {
				assert.Equal(t, value, v.AsString())
			}
		}
	}
}

// Whatever the registry itself calls renamed has that successor, and no successor is deprecated in turn.
func TestSuccessorsAreThoseOfTheRegistry(t *testing.T) {
	r := readRegistry(t)
	for name, a := range r.Attributes {
		to, ok := Successor(name)
		assert.True(t, !ok || a.Deprecated != nil && r.Attributes[to].Deprecated == nil, "%s: %s", name, to)
		if a.Deprecated == nil || a.Deprecated.RenamedTo == "" {
			continue
		}
		switch want := a.Deprecated.RenamedTo; {
		case strings.HasPrefix(r.Attributes[want].Type, "template["), name == "state", name == "pool.name":
			assert.False(t, ok, name) // a prefix, or a word that means this on one metric only
		default:
			assert.Equal(t, want, to, name)
		}
	}
}
