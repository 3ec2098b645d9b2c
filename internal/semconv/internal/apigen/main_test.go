package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	facts   = "../../registry.json"
	written = "../../../../semconv"
)

// The committed package must be what the committed facts give: run go generate ./semconv when this fails.
func TestCommittedPackageIsCurrent(t *testing.T) {
	data, err := os.ReadFile(facts)
	require.NoError(t, err)
	committed, err := generatedFiles(written)
	require.NoError(t, err)
	for range 2 {
		files, err := generate(data)
		require.NoError(t, err)
		assert.Len(t, committed, len(files))
		for _, path := range committed {
			want, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, string(want), string(files[filepath.Base(path)]), path)
		}
	}
}

// A namespace that is gone leaves no file behind, and what others wrote stays.
func TestRunRemovesFilesOfNamespacesThatAreGone(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"gone_generated.go", "attribute.go"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("package semconv\n"), 0o600))
	}
	require.NoError(t, run(facts, dir))
	assert.NoFileExists(t, filepath.Join(dir, "gone_generated.go"))
	assert.FileExists(t, filepath.Join(dir, "attribute.go"))
	assert.FileExists(t, filepath.Join(dir, "http_generated.go"))
}

func TestWhatCannotBeSpeltIsRefused(t *testing.T) {
	for name, c := range map[string]struct{ facts, err string }{
		"format":     {`{"format": 2}`, "format 2 is unknown"},
		"type":       {`{"format": 1, "attributes": {"a": {"type": "quaternion"}}}`, `a: unknown type "quaternion"`},
		"template":   {`{"format": 1, "attributes": {"a": {"type": "template[quaternion]"}}}`, `a: unknown type "template[quaternion]"`},
		"enum":       {`{"format": 1, "attributes": {"a": {"type": "enum", "value_type": "double"}}}`, `a: unknown type of values "double"`},
		"instrument": {`{"format": 1, "metrics": [{"name": "a", "instrument": "abacus"}]}`, `a: unknown instrument "abacus"`},
		"same name": {`{"format": 1, "attributes": {"a.b_c": {"type": "int"}, "a.b.c": {"type": "int"}}}`,
			"a.b.c and a.b_c are both spelt ABC"},
		"member like another attribute": {`{"format": 1, "attributes": {"a": {"type": "enum", "value_type": "string", "members": [{"value": "b"}]},
			"a.b": {"type": "int"}}}`, "b of a and a.b are both spelt AB"},
		"members": {`{"format": 1, "attributes": {"a": {"type": "enum", "value_type": "string", "members": [{"value": "b"}, {"value": "B"}]}}}`,
			"b of a and B of a are both spelt AB"},
		"parameter": {`{"format": 1, "attributes": {"a.b": {"type": "string[]"}},
			"spans": [{"id": "span.a", "kind": "client", "attributes": {"required": ["a.b"]}}]}`, `a.b: a span requires it, but no parameter can have type "string[]"`},
		"fixed": {`{"format": 1, "spans": [{"id": "span.a", "kind": "client", "fixed": {"b": "c"}}]}`, "b: a span fixes its value, but it is not current"},
	} {
		_, err := generate([]byte(c.facts))
		assert.ErrorContains(t, err, c.err, name)
	}
}

// Two facts that no release has together: a span whose attribute is deprecated cannot be built, one that fixes a value that is
// not a listed one can.
func TestSpans(t *testing.T) {
	files, err := generate([]byte(`{"format": 1,
		"attributes": {
			"a.old": {"type": "string", "deprecated": {"reason": "obsoleted"}},
			"a.kind": {"type": "enum", "value_type": "string", "members": [{"value": "b"}]},
			"a.type": {"type": "boolean"}},
		"spans": [
			{"id": "span.a.aged", "kind": "client", "attributes": {"required": ["a.old"]}},
			{"id": "span.a.gone", "kind": "client", "attributes": {"required": ["a.type"]}, "deprecated": {"reason": "obsoleted"}},
			{"id": "span.a.silent", "kind": "client"},
			{"id": "span.a.odd", "kind": "client", "attributes": {"required": ["a.kind", "a.type"]}, "fixed": {"a.kind": "z"}}]}`))
	require.NoError(t, err)
	code := string(files["a_generated.go"])
	assert.NotContains(t, code, "AAgedSpan")
	assert.NotContains(t, code, "AGoneSpan")
	assert.NotContains(t, code, "ASilentSpan")
	assert.NotContains(t, code, "AOld")
	assert.Contains(t, code, "func AOddSpan(typeValue bool, more ...Attribute) []Attribute {\n\treturn join(more, AKind(\"z\").Attr(), AType(typeValue))\n}")
}
