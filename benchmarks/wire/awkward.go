package main

import (
	"math"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// verdict is what a contender made of the awkward batch.
type verdict struct {
	Name    string `json:"name"`
	Verdict string `json:"verdict"`
}

// checkAwkward sends what naive codecs lose through every contender, twice over one connection.
func checkAwkward(entrants []contender) []verdict {
	var out []verdict
	for _, e := range entrants {
		v := verdict{Name: e.name}
		m := measured{contender: e, frames: make([][]byte, 2)}
		m.attempt(func() error {
			enc, err := e.encoder()
			if err != nil {
				return err
			}
			for i := range m.frames {
				if m.frames[i], _, err = enc(nil, awkward()); err != nil {
					return err
				}
			}
			found, err := m.compare([]ptrace.Traces{awkward(), awkward()})
			v.Verdict = found.String()
			return err
		})
		if m.failed != nil {
			v.Verdict = "no: " + m.failed.Error()
		}
		out = append(out, v)
	}
	return out
}

// awkward has one of everything that naive codecs lose.
func awkward() ptrace.Traces {
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	rs.Resource().Attributes().PutEmpty("no value")
	rs.Resource().SetDroppedAttributesCount(2)
	rs.ScopeSpans().AppendEmpty() // without spans
	ss := rs.ScopeSpans().AppendEmpty()
	ss.SetSchemaUrl("https://opentelemetry.io/schemas/1.43.0")
	ss.Scope().Attributes().PutBool("scope attribute", true)

	s := ss.Spans().AppendEmpty()
	s.SetTraceID([16]byte{1})
	s.SetSpanID([8]byte{1})
	s.SetName("values")
	s.SetKind(99)
	s.SetFlags(math.MaxUint32)
	s.TraceState().FromRaw("a=b")
	s.SetStartTimestamp(pcommon.Timestamp(1<<63 + 1))
	s.SetEndTimestamp(1) // before the start
	s.SetDroppedAttributesCount(5)
	s.SetDroppedEventsCount(6)
	s.SetDroppedLinksCount(7)
	s.Status().SetCode(42)
	s.Status().SetMessage("message of an unknown code")
	a := s.Attributes()
	a.PutStr("", "empty key")
	a.PutStr("empty", "")
	a.PutEmpty("no value")
	a.PutInt("small", math.MinInt64)
	a.PutDouble("nan", math.Float64frombits(0x7ff8000000000123))
	a.PutDouble("negative zero", math.Copysign(0, -1))
	a.PutBool("false", false)
	a.PutEmptyBytes("bytes").FromRaw([]byte{0, 255})
	a.PutEmptySlice("slice").AppendEmpty().SetInt(1)
	m := a.PutEmptyMap("map")
	m.PutStr("first", "1")
	m.PutEmptySlice("second").AppendEmpty().SetStr("deep")
	a.PutStr("a", "not sorted")

	more(ss.Spans().AppendEmpty())
	// The same resource and scope again: a block of its own, and a span without ids.
	again := td.ResourceSpans().AppendEmpty()
	rs.Resource().CopyTo(again.Resource())
	ss.Scope().CopyTo(again.ScopeSpans().AppendEmpty().Scope())
	again.ScopeSpans().At(0).Spans().AppendEmpty().SetName("no ids")
	return td
}

// more has events and links.
func more(s ptrace.Span) {
	s.SetTraceID([16]byte{15: 1})
	s.SetSpanID([8]byte{2})
	s.SetParentSpanID([8]byte{2}) // its own
	s.SetName("events and links")
	for i, name := range []string{"late", "early", ""} {
		e := s.Events().AppendEmpty()
		e.SetName(name)
		e.SetTimestamp(pcommon.Timestamp(9 - i))
		e.SetDroppedAttributesCount(3)
		e.Attributes().PutStr("z", "first")
		e.Attributes().PutInt("a", int64(i))
	}
	for i := range 2 {
		l := s.Links().AppendEmpty()
		l.SetTraceID([16]byte{byte(9 - i)})
		l.SetSpanID([8]byte{byte(9 - i)})
		l.SetFlags(1)
		l.SetDroppedAttributesCount(1)
		l.TraceState().FromRaw("c=d")
		l.Attributes().PutStr("link", "attribute")
	}
}
