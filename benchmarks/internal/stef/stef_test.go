package stef

import (
	"fmt"
	"testing"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

func TestRoundTrip(t *testing.T) {
	var m ptrace.ProtoMarshaler
	for _, ids := range []IDs{HexIDs, RawIDs} {
		t.Run(fmt.Sprintf("raw=%v", ids), func(t *testing.T) {
			enc, err := NewEncoder(ids)
			if err != nil {
				t.Fatal(err)
			}
			dec := NewDecoder(ids)
			var got []ptrace.Traces
			for i := range 3 { // the same stream: dictionaries and compression state carry over
				batch, err := enc.Append(nil, small(i))
				if err != nil {
					t.Fatal(err)
				}
				td, err := dec.Decode(batch)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, td)
			}
			for i, td := range got { // compared at the end: a later batch must not reach into an earlier one
				want, _ := m.MarshalTraces(small(i))
				if have, _ := m.MarshalTraces(td); string(have) != string(want) {
					t.Errorf("batch %d came back different", i)
				}
			}
		})
	}
}

func TestDamage(t *testing.T) {
	enc, err := NewEncoder(RawIDs)
	if err != nil {
		t.Fatal(err)
	}
	batch, err := enc.Append(nil, small(0))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewDecoder(HexIDs).Decode(batch); err == nil {
		t.Error("raw ids were read as hexadecimal")
	}
	if _, err := NewDecoder(RawIDs).Decode(batch[:3]); err == nil {
		t.Error("a cut header was read")
	}
}

// small has everything that STEF's schema has a place for.
func small(batch int) ptrace.Traces {
	td := ptrace.NewTraces()
	for r := range 2 {
		rs := td.ResourceSpans().AppendEmpty()
		rs.SetSchemaUrl("https://opentelemetry.io/schemas/1.43.0")
		rs.Resource().Attributes().PutStr("service.name", fmt.Sprint("service", r))
		for c := range 2 {
			ss := rs.ScopeSpans().AppendEmpty()
			ss.Scope().SetName(fmt.Sprint("scope", c))
			ss.Scope().SetVersion("1")
			for i := range 3 {
				fill(ss.Spans().AppendEmpty(), batch*100+r*10+c*3+i+1)
			}
		}
	}
	return td
}

func fill(s ptrace.Span, n int) {
	s.SetName(fmt.Sprint("GET /", n%4))
	s.SetTraceID([16]byte{15: byte(n / 4), 0: 1})
	s.SetSpanID([8]byte{7: byte(n), 6: 1})
	if n%3 > 0 {
		s.SetParentSpanID([8]byte{7: byte(n - 1), 6: 1})
	}
	s.SetKind(ptrace.SpanKind(n % 6))
	s.SetFlags(257)
	s.TraceState().FromRaw("a=b")
	s.SetStartTimestamp(pcommon.Timestamp(1e18 + n))
	s.SetEndTimestamp(pcommon.Timestamp(1e18 + 2*n))
	s.SetDroppedAttributesCount(uint32(n % 2))
	s.Status().SetCode(ptrace.StatusCode(n % 3))
	s.Status().SetMessage([]string{"", "broken"}[n%2])
	s.Attributes().PutStr("text", fmt.Sprint("value ", n))
	s.Attributes().PutInt("int", int64(-n))
	s.Attributes().PutBool("bool", n%2 == 0)
	s.Attributes().PutDouble("double", float64(n)/3)
	s.Attributes().PutEmptyBytes("bytes").FromRaw([]byte{byte(n), 0, 255})
	s.Attributes().PutEmpty("empty")
	list := s.Attributes().PutEmptySlice("list")
	list.AppendEmpty().SetStr("a")
	list.AppendEmpty().SetInt(int64(n))
	for i := range n % 3 {
		e := s.Events().AppendEmpty()
		e.SetName("exception")
		e.SetTimestamp(pcommon.Timestamp(1e18 + n + i))
		e.Attributes().PutStr("exception.message", fmt.Sprint("no ", n))
		e.SetDroppedAttributesCount(1)
	}
	if n%4 == 0 {
		l := s.Links().AppendEmpty()
		l.SetTraceID([16]byte{1})
		l.SetSpanID([8]byte{2})
		l.SetFlags(3)
		l.Attributes().PutStr("link", "yes")
	}
}
