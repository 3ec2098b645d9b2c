package batches

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpfile"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// sample returns requests of 3 and 4 spans; the first has two scopes under one resource.
func sample() []ptrace.Traces {
	a := ptrace.NewTraces()
	rs := a.ResourceSpans().AppendEmpty()
	rs.Resource().Attributes().PutStr("service.name", "a")
	for i, scope := range []string{"one", "two"} {
		ss := rs.ScopeSpans().AppendEmpty()
		ss.Scope().SetName(scope)
		addSpans(ss, 2-i)
	}
	b := ptrace.NewTraces()
	rs = b.ResourceSpans().AppendEmpty()
	rs.Resource().Attributes().PutStr("service.name", "b")
	addSpans(rs.ScopeSpans().AppendEmpty(), 4)
	return []ptrace.Traces{a, b}
}

func addSpans(ss ptrace.ScopeSpans, n int) {
	for i := range n {
		s := ss.Spans().AppendEmpty()
		s.SetName(ss.Scope().Name() + strconv.Itoa(i))
		s.SetTraceID([16]byte{15: 1})
		s.SetSpanID([8]byte{byte(i + 1)})
		s.SetParentSpanID([8]byte{byte(i)})
		s.Links().AppendEmpty().SetSpanID([8]byte{byte(i + 1)})
	}
}

// flat lists every span with the service and scope it belongs to.
func flat(requests []ptrace.Traces) []string {
	var out []string
	for _, td := range requests {
		for _, rs := range td.ResourceSpans().All() {
			service, _ := rs.Resource().Attributes().Get("service.name")
			for _, ss := range rs.ScopeSpans().All() {
				for _, s := range ss.Spans().All() {
					out = append(out, service.Str()+"/"+ss.Scope().Name()+"/"+s.Name())
				}
			}
		}
	}
	return out
}

func TestRecutKeepsSpansAndTheirPlace(t *testing.T) {
	in := sample()
	want := flat(in)
	for n := 1; n <= 8; n++ {
		out := Recut(in, n)
		if got := flat(out); !slices.Equal(got, want) {
			t.Errorf("n=%d: got %v, want %v", n, got, want)
		}
		for i, td := range out {
			if full := i < len(out)-1; full && td.SpanCount() != n || td.SpanCount() > n || td.SpanCount() == 0 {
				t.Errorf("n=%d: request %d of %d has %d spans", n, i, len(out), td.SpanCount())
			}
		}
	}
}

func TestRenewKeepsReferences(t *testing.T) {
	before, after := sample()[1], sample()[1]
	Renew(after, 1)
	other := sample()[1]
	Renew(other, 2)
	spans := after.ResourceSpans().At(0).ScopeSpans().At(0).Spans()
	for i, s := range spans.All() {
		old := before.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(i)
		again := other.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(i)
		if s.SpanID() == old.SpanID() || s.TraceID() == old.TraceID() || s.SpanID() == again.SpanID() {
			t.Errorf("span %d: ids were not renewed", i)
		}
		if s.Links().At(0).SpanID() != s.SpanID() {
			t.Errorf("span %d: the link to itself broke", i)
		}
		if id := s.TraceID(); [8]byte(id[:8]) != [8]byte{} {
			t.Errorf("span %d: a 64-bit trace id became %v", i, id)
		}
		if i == 0 && !s.ParentSpanID().IsEmpty() {
			t.Error("the root got a parent")
		}
		if i > 0 && s.ParentSpanID() != spans.At(i-1).SpanID() {
			t.Errorf("span %d: lost its parent", i)
		}
	}
}

func TestRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.traces.otlp.pb")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	var m ptrace.ProtoMarshaler
	for _, td := range sample() {
		body, err := m.MarshalTraces(td)
		if err != nil {
			t.Fatal(err)
		}
		if err := otlpfile.Write(f, body); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := Read(path, 5)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || Spans(got) != 7 {
		t.Errorf("got %d requests with %d spans, want 2 with 7", len(got), Spans(got))
	}
}
