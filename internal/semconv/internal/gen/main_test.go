package main

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The committed tables must be what the committed facts give: run go generate ./internal/semconv when this fails.
func TestCommittedFactsAreCurrent(t *testing.T) {
	facts, err := os.ReadFile("../../registry.json")
	require.NoError(t, err)
	want, err := os.ReadFile("../../facts_generated.go")
	require.NoError(t, err)
	for range 2 {
		got, err := generate(facts)
		require.NoError(t, err)
		require.Equal(t, string(want), string(got))
	}
}

func TestUnknownWordsAreRefused(t *testing.T) {
	for name, facts := range map[string]string{
		"format":     `{"format": 2}`,
		"type":       `{"format": 1, "attributes": {"a": {"type": "quaternion"}}}`,
		"reason":     `{"format": 1, "attributes": {"a": {"type": "int", "deprecated": {"reason": "tired"}}}}`,
		"action":     `{"format": 1, "renames": {"attributes": [{"from": "a", "to": "b", "action": "guess"}]}}`,
		"unmapped":   `{"format": 1, "value_maps": [{"from": "a", "to": "b", "unmapped": "drop"}]}`,
		"span kind":  `{"format": 1, "structural": [{"id": "a", "op": "rename", "span_kind": "sideways"}]}`,
		"instrument": `{"format": 1, "metrics": [{"name": "a", "instrument": "abacus", "deprecated": {"reason": "renamed"}}]}`,
	} {
		_, err := generate([]byte(facts))
		assert.ErrorContains(t, err, name)
	}
}
