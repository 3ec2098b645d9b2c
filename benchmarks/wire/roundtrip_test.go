package wire

import (
	"testing"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// A codec that loses something must not be compared with one that does not.
func TestEveryCodecIsLossless(t *testing.T) {
	var m ptrace.ProtoMarshaler
	want, err := m.MarshalTraces(awkward())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range codecs() {
		for range 2 { // the second time with reused state
			frame, err := c.encode([]byte("prefix"), awkward())
			if err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			td, err := c.decode(frame[len("prefix"):])
			if err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			if got, _ := m.MarshalTraces(td); string(got) != string(want) {
				t.Errorf("%s: came back different", c.name)
			}
		}
	}
}

// awkward has one of everything that naive codecs lose.
func awkward() ptrace.Traces {
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	rs.Resource().Attributes().PutEmpty("no value")
	rs.ScopeSpans().AppendEmpty() // without spans
	s := rs.ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	s.SetTraceID([16]byte{1})
	s.SetKind(99)
	s.SetStartTimestamp(pcommon.Timestamp(1<<63 + 1))
	s.SetEndTimestamp(1) // before the start
	s.SetDroppedLinksCount(7)
	s.Attributes().PutStr("", "empty key")
	s.Attributes().PutStr("empty", "")
	s.Attributes().PutInt("small", -1<<63)
	s.Attributes().PutEmptyMap("map").PutEmptySlice("slice").AppendEmpty().SetEmptyBytes().FromRaw([]byte{0, 255})
	e := s.Events().AppendEmpty()
	e.SetName("late")
	e.SetDroppedAttributesCount(3)
	s.Links().AppendEmpty().TraceState().FromRaw("a=b")
	return td
}
