package tracezip

import (
	"maps"
	"slices"
	"testing"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// contents counts the spans of td, each with its resource and scope.
func contents(t testing.TB, td ptrace.Traces) map[string]int {
	t.Helper()
	counts := map[string]int{}
	for _, rs := range td.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			for _, span := range ss.Spans().All() {
				one := ptrace.NewTraces()
				dst := one.ResourceSpans().AppendEmpty()
				rs.Resource().CopyTo(dst.Resource())
				dst.SetSchemaUrl(rs.SchemaUrl())
				scope := dst.ScopeSpans().AppendEmpty()
				ss.Scope().CopyTo(scope.Scope())
				scope.SetSchemaUrl(ss.SchemaUrl())
				span.CopyTo(scope.Spans().AppendEmpty())
				counts[string(marshal(t, one))]++
			}
		}
	}
	return counts
}

// TestGrouped: no span changes or leaves its resource and scope, equal blocks are one, and traces are not interleaved.
func TestGrouped(t *testing.T) {
	e, d := newColumnar(), NewDecoder(Limits{MaxDecodedBytes: 64 << 20})
	for _, path := range recordings(t) {
		all := readRecording(t, path)
		exact, grouped := 0, 0
		for _, td := range cutBatches(all, 1000, 5000) {
			frame, err := e.Append(nil, td, FrameOptions{Grouped: true})
			if err != nil {
				t.Fatal(err)
			}
			got, err := d.Decode(frame)
			if err != nil {
				t.Fatal(err)
			}
			if !maps.Equal(contents(t, got), contents(t, td)) {
				t.Fatal("spans differ")
			}
			checkGrouped(t, got)
			plain, err := e.AppendFrame(nil, td)
			if err != nil {
				t.Fatal(err)
			}
			exact, grouped = exact+len(plain), grouped+len(frame)
		}
		t.Logf("%s: exact %d bytes, grouped %d", recordingName(path), exact, grouped)
	}
	for _, o := range oddities {
		td := build(o)
		frame, err := e.Append(nil, td, FrameOptions{Grouped: true})
		if err != nil {
			t.Fatal(o.name, err)
		}
		got, err := d.Decode(frame)
		if err != nil || !maps.Equal(contents(t, got), contents(t, td)) {
			t.Fatal(o.name, err)
		}
	}
}

func checkGrouped(t *testing.T, td ptrace.Traces) {
	t.Helper()
	resources := map[string]bool{}
	for _, rs := range td.ResourceSpans().All() {
		one := ptrace.NewTraces()
		rs.Resource().CopyTo(one.ResourceSpans().AppendEmpty().Resource())
		one.ResourceSpans().At(0).SetSchemaUrl(rs.SchemaUrl())
		key := string(marshal(t, one))
		if resources[key] {
			t.Fatal("a resource has two blocks")
		}
		resources[key] = true
		for _, ss := range rs.ScopeSpans().All() {
			var traces []pcommon.TraceID
			for _, s := range ss.Spans().All() {
				if id := s.TraceID(); len(traces) == 0 || traces[len(traces)-1] != id {
					if slices.Contains(traces, id) {
						t.Fatal("traces are interleaved")
					}
					traces = append(traces, id)
				}
			}
		}
	}
}
