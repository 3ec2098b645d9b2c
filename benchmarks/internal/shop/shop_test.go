package shop

import (
	"testing"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

func TestGenerate(t *testing.T) {
	var m ptrace.ProtoMarshaler
	for _, r := range []Redundancy{High, Low} {
		all, again := Generate(r, 5000), Generate(r, 5000)
		spans, services := 0, map[string]bool{}
		ids := map[pcommon.SpanID]bool{{}: true}
		var parents []pcommon.SpanID
		for i, td := range all {
			a, _ := m.MarshalTraces(td)
			if b, _ := m.MarshalTraces(again[i]); string(a) != string(b) {
				t.Fatalf("request %d differs from that of the last time", i)
			}
			spans += td.SpanCount()
			rs := td.ResourceSpans().At(0)
			name, _ := rs.Resource().Attributes().Get("service.name")
			services[name.Str()] = true
			for _, s := range rs.ScopeSpans().At(0).Spans().All() {
				ids[s.SpanID()] = true
				parents = append(parents, s.ParentSpanID())
				if s.EndTimestamp() < s.StartTimestamp() {
					t.Fatal("a span ends before it starts")
				}
			}
		}
		if spans < 5000 || len(services) != 12 {
			t.Errorf("%d spans of %d services, want 5000 of 12", spans, len(services))
		}
		for _, p := range parents {
			if !ids[p] {
				t.Fatal("a parent is missing")
			}
		}
	}
}
