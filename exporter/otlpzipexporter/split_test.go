package otlpzipexporter

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpzip/otlpziptest"
)

func TestHalve(t *testing.T) {
	td := otlpziptest.Traces(37)
	td.ResourceSpans().AppendEmpty().Resource().Attributes().PutStr("empty", "group")
	td.ResourceSpans().At(1).ScopeSpans().AppendEmpty().Scope().SetName("empty")
	whole := otlpziptest.Canonical(t, td)
	td.MarkReadOnly()
	for n := range 38 {
		first, second := halve(td, n)
		require.Equal(t, n, first.SpanCount())
		require.Equal(t, 37-n, second.SpanCount())
		numbers := otlpziptest.Numbers([]ptrace.Traces{first, second})
		require.Len(t, numbers, 37)
		for i, number := range numbers {
			require.EqualValues(t, i, number, "order is kept")
		}
		require.Equal(t, otlpziptest.Canonical(t, td), whole, "the input is only read")
		checkGroups(t, td, first, second)
	}
}

// checkGroups checks that every span of the halves is under the resource and scope it was under, and that no group
// without spans got lost or doubled.
func checkGroups(t *testing.T, whole, first, second ptrace.Traces) {
	t.Helper()
	empty := 0
	for _, half := range []ptrace.Traces{first, second} {
		for _, rs := range half.ResourceSpans().All() {
			if _, ok := rs.Resource().Attributes().Get("empty"); ok {
				empty++
				continue
			}
			resource, _ := rs.Resource().Attributes().Get("resource")
			assert.Equal(t, whole.ResourceSpans().At(0).SchemaUrl(), rs.SchemaUrl())
			for _, ss := range rs.ScopeSpans().All() {
				if ss.Scope().Name() == "empty" {
					empty++
				}
				for _, span := range ss.Spans().All() {
					number, _ := span.Attributes().Get("test.number")
					require.Equal(t, number.Int()/10*10, resource.Int())
					require.Equal(t, map[bool]string{true: "first", false: "second"}[number.Int()%10 < 5], ss.Scope().Name())
				}
			}
		}
	}
	require.Equal(t, 2, empty)
}

func TestMerge(t *testing.T) {
	td := otlpziptest.Traces(20)
	first, second := halve(td, 10)
	assert.Equal(t, otlpziptest.Canonical(t, td), otlpziptest.Canonical(t, merge(first, second)))
}
