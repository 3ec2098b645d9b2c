package tracezip

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/xpdata"
	"go.opentelemetry.io/collector/pdata/xpdata/entity"
)

// oddity is a batch with something unusual in it.
type oddity struct {
	name  string
	build func(td ptrace.Traces)
}

func oneSpan(set func(ptrace.Span)) func(ptrace.Traces) {
	return func(td ptrace.Traces) {
		set(td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty())
	}
}

func manySpans(n int, set func(int, ptrace.Span)) func(ptrace.Traces) {
	return func(td ptrace.Traces) {
		spans := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans()
		for i := range n {
			set(i, spans.AppendEmpty())
		}
	}
}

func traceID(n int) (id [16]byte) {
	binary.BigEndian.PutUint64(id[:], uint64(n)*0x9e3779b97f4a7c15|1)
	binary.BigEndian.PutUint64(id[8:], uint64(n)+1)
	return id
}

func spanID(n int) (id [8]byte) {
	binary.BigEndian.PutUint64(id[:], uint64(n)+1)
	return id
}

var oddities = []oddity{
	{"nothing", func(ptrace.Traces) {}},
	{"empty resource block", func(td ptrace.Traces) { td.ResourceSpans().AppendEmpty() }},
	{"empty blocks among others", func(td ptrace.Traces) {
		for i := range 5 {
			rs := td.ResourceSpans().AppendEmpty()
			rs.SetSchemaUrl(strings.Repeat("u", i%2))
			for j := range i {
				ss := rs.ScopeSpans().AppendEmpty()
				ss.SetSchemaUrl(strings.Repeat("s", j))
				if j == 2 {
					ss.Spans().AppendEmpty().SetName("x")
				}
			}
		}
	}},
	{"same resource in separate blocks", func(td ptrace.Traces) {
		for i := range 6 {
			rs := td.ResourceSpans().AppendEmpty()
			rs.Resource().Attributes().PutStr("service.name", fmt.Sprint(i%2))
			rs.Resource().SetDroppedAttributesCount(uint32(i % 3))
			rs.ScopeSpans().AppendEmpty().Spans().AppendEmpty().SetSpanID(spanID(i))
		}
	}},
	{"scope with everything", func(td ptrace.Traces) {
		ss := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty()
		ss.SetSchemaUrl("https://opentelemetry.io/schemas/1.44.0")
		ss.Scope().SetName("n")
		ss.Scope().SetVersion("v")
		ss.Scope().SetDroppedAttributesCount(math.MaxUint32)
		ss.Scope().Attributes().PutInt("i", math.MinInt64)
		ss.Spans().AppendEmpty()
	}},
	{"zero span", oneSpan(func(ptrace.Span) {})},
	{"every field", oneSpan(everyField)},
	{"unknown enums", manySpans(40, func(i int, s ptrace.Span) {
		s.SetKind(ptrace.SpanKind([]int32{99, -1, math.MinInt32, math.MaxInt32}[i%4]))
		s.Status().SetCode(ptrace.StatusCode([]int32{7, -7, math.MaxInt32}[i%3]))
		s.SetFlags(uint32(i) << 24)
	})},
	{"times", manySpans(60, func(i int, s ptrace.Span) {
		times := []uint64{0, 1, 999, 1e9, math.MaxUint64, 1 << 63, 1<<63 - 1, 1700000000123456789, 1700000000123456000}
		s.SetTraceID(traceID(i % 3))
		s.SetStartTimestamp(pcommon.Timestamp(times[i%len(times)]))
		s.SetEndTimestamp(pcommon.Timestamp(times[(i*5+i/9)%len(times)]))
	})},
	{"parents", manySpans(700, func(i int, s ptrace.Span) {
		s.SetTraceID(traceID(i % 7))
		s.SetSpanID(spanID(i))
		s.SetStartTimestamp(pcommon.Timestamp(1e18 + i*1000))
		switch i % 11 {
		case 0: // none
		case 1: // itself
			s.SetParentSpanID(spanID(i))
		case 2: // later in the trace
			s.SetParentSpanID(spanID(i + 7))
		case 3: // far away
			s.SetParentSpanID(spanID((i + 7*90) % 700))
		case 4: // of another trace
			s.SetParentSpanID(spanID(i + 1))
		case 5, 6: // outside, repeated
			s.SetParentSpanID(spanID(100000 + i%13))
		case 7: // a cycle of two
			s.SetParentSpanID(spanID(i + 77))
		default:
			s.SetParentSpanID(spanID(max(0, i-7)))
		}
	})},
	{"equal span ids", manySpans(30, func(i int, s ptrace.Span) {
		s.SetTraceID(traceID(i % 2))
		s.SetSpanID(spanID(i % 3))
		s.SetParentSpanID(spanID((i + 1) % 4))
	})},
	{"many traces, short and long ids", manySpans(600, func(i int, s ptrace.Span) {
		id := traceID(i * 31 % 331)
		if i%2 == 0 {
			clear(id[:8])
		}
		s.SetTraceID(id)
	})},
	{"names without end", manySpans(900, func(i int, s ptrace.Span) {
		s.SetName(fmt.Sprint("GET /user/", i*i))
		if i%10 == 0 {
			s.Events().AppendEmpty().SetName(fmt.Sprint("event ", i))
		}
	})},
	{"more than 255 shapes", manySpans(600, func(i int, s ptrace.Span) {
		s.Attributes().PutInt(fmt.Sprint("k", i%300), int64(i))
	})},
	{"column of more than 255 values", manySpans(900, func(i int, s ptrace.Span) {
		s.Attributes().PutStr("v", fmt.Sprint(i%400))
		s.Attributes().PutInt("n", int64(i%399)*77)
	})},
	{"values", manySpans(50, func(i int, s ptrace.Span) { oddValues(i, s.Attributes()) })},
	{"numbers", manySpans(300, func(i int, s ptrace.Span) {
		v := int64(1) << (i % 64)
		s.Attributes().PutInt("power", v)
		s.Attributes().PutInt("below", v-1)
		s.Attributes().PutInt("minus", -v)
		s.Attributes().PutDouble("double", math.Float64frombits(uint64(v)*0x123456789abcdef))
		s.Attributes().PutBool("bool", i%3 == 0)
	})},
	{"duplicate keys", oneSpan(func(s ptrace.Span) {
		for _, m := range []pcommon.Map{s.Attributes(), s.Events().AppendEmpty().Attributes(), s.Links().AppendEmpty().Attributes()} {
			var mb xpdata.MapBuilder
			mb.AppendEmpty("k").SetStr("first")
			mb.AppendEmpty("k").SetInt(2)
			mb.AppendEmpty("k")
			nested := mb.AppendEmpty("k").SetEmptyMap()
			var inner xpdata.MapBuilder
			inner.AppendEmpty("").SetStr("")
			inner.AppendEmpty("").SetStr("")
			inner.UnsafeIntoMap(nested)
			mb.UnsafeIntoMap(m)
		}
	})},
	{"keys in any order", manySpans(60, func(i int, s ptrace.Span) {
		for j := range 4 {
			s.Attributes().PutStr(string(rune('a'+(i*j+i)%4)), fmt.Sprint(i%5))
		}
	})},
	{"hex tokens", manySpans(80, func(i int, s ptrace.Span) {
		s.SetTraceID(traceID(i % 9))
		s.SetSpanID(spanID(i))
		id, sid := traceID(i%9), spanID(i)
		s.Attributes().PutStr("traceparent", fmt.Sprintf("00-%x-%x-01", id, sid))
		s.Attributes().PutStr("uuid", fmt.Sprintf("a%x-%x-%x-%x-%xz %x", id[:4], id[4:6], id[6:8], id[8:10], id[10:], id))
		s.Attributes().PutStr("real uuid", fmt.Sprintf("(%x-%x-%x-%x-%x)", id[:4], id[4:6], id[6:8], id[8:10], id[10:]))
		s.Attributes().PutStr("escapes", fmt.Sprintf("\x00\x01\x02\x03\x04%x\x00", sid))
		s.Attributes().PutStr("no escapes", "\x00\x01\x02\x03\x04")
		s.Attributes().PutStr("upper", fmt.Sprintf("%X", id))
		s.Attributes().PutStr("odd", fmt.Sprintf("%x0", id))
		s.Attributes().PutStr("many", strings.Repeat(fmt.Sprintf("%x,", sid), 70+i))
	})},
	{"hex keys and names", manySpans(3, func(i int, s ptrace.Span) {
		s.SetName(fmt.Sprintf("op-%x", traceID(i)))
		s.Attributes().PutStr(fmt.Sprintf("key-%x", spanID(i)), "v")
	})},
	{"events and links", manySpans(90, func(i int, s ptrace.Span) {
		s.SetStartTimestamp(pcommon.Timestamp(1e18))
		s.SetTraceID(traceID(i % 4))
		s.SetSpanID(spanID(i))
		for j := range i % 5 {
			ev := s.Events().AppendEmpty()
			ev.SetTimestamp(pcommon.Timestamp(uint64(1e18) + uint64(j*j)*1e6 - uint64(i)))
			ev.SetName([]string{"exception", "", "message"}[j%3])
			ev.SetDroppedAttributesCount(uint32(j / 3))
			oddValues(i+j, ev.Attributes())
		}
		for j := range i % 4 {
			l := s.Links().AppendEmpty()
			l.SetTraceID(traceID(j * i))
			l.SetSpanID(spanID(i + j))
			l.SetFlags(uint32(j) * 256)
			l.TraceState().FromRaw(strings.Repeat("a=b", j%2))
			l.SetDroppedAttributesCount(uint32(i % 2))
			oddValues(j, l.Attributes())
		}
	})},
	{"links without events", manySpans(5, func(i int, s ptrace.Span) {
		s.Links().AppendEmpty().SetTraceID(traceID(i))
		s.Links().AppendEmpty().TraceState().FromRaw("a=b")
	})},
	{"trace states and messages", manySpans(300, func(i int, s ptrace.Span) {
		s.TraceState().FromRaw(fmt.Sprint("ot=rv:", i))
		s.Status().SetMessage(strings.Repeat("m", i%4))
		s.SetDroppedAttributesCount(uint32(i % 3))
		s.SetDroppedEventsCount(uint32(i % 2))
		s.SetDroppedLinksCount(uint32(i) << 22)
	})},
	{"wide span", oneSpan(func(s ptrace.Span) {
		var mb xpdata.MapBuilder
		for i := range 5000 {
			mb.AppendEmpty(fmt.Sprint("key", i)).SetInt(int64(i))
		}
		mb.UnsafeIntoMap(s.Attributes())
	})},
	{"deep value", oneSpan(func(s ptrace.Span) {
		m := s.Attributes()
		for i := range 30 {
			if i%2 == 0 {
				m = m.PutEmptyMap("m")
			} else {
				m = m.PutEmptySlice("s").AppendEmpty().SetEmptyMap()
			}
		}
	})},
	{"large text", manySpans(3, func(i int, s ptrace.Span) {
		s.Attributes().PutStr("text", strings.Repeat(fmt.Sprint("line ", i, "\n"), 40000))
	})},
	{"no utf-8", oneSpan(func(s ptrace.Span) {
		s.SetName("\xff\xfe")
		s.Attributes().PutStr("\x80", "\xc0\x80")
	})},
	{"entity references", func(td ptrace.Traces) {
		for i := range 3 {
			rs := td.ResourceSpans().AppendEmpty()
			rs.Resource().Attributes().PutStr("service.name", "s")
			refs := entity.ResourceEntityRefs(rs.Resource())
			for range i {
				ref := refs.AppendEmpty()
				ref.SetType("service")
				ref.SetSchemaUrl("u")
				ref.IdKeys().Append("service.name", "")
				ref.DescriptionKeys().Append("x")
			}
		}
	}},
}

func everyField(s ptrace.Span) {
	s.SetTraceID(traceID(1))
	s.SetSpanID(spanID(2))
	s.SetParentSpanID(spanID(3))
	s.SetName("name")
	s.SetKind(ptrace.SpanKindClient)
	s.SetFlags(0x301)
	s.TraceState().FromRaw("a=b,c=d")
	s.SetStartTimestamp(1700000000000000000)
	s.SetEndTimestamp(1700000000000001000)
	s.Status().SetCode(ptrace.StatusCodeError)
	s.Status().SetMessage("failed")
	s.SetDroppedAttributesCount(1)
	s.SetDroppedEventsCount(2)
	s.SetDroppedLinksCount(3)
	oddValues(0, s.Attributes())
	ev := s.Events().AppendEmpty()
	ev.SetName("exception")
	ev.SetTimestamp(1700000000000000500)
	ev.Attributes().PutStr("exception.type", "E")
	l := s.Links().AppendEmpty()
	l.SetTraceID(traceID(1))
	l.SetSpanID(spanID(9))
}

func oddValues(i int, m pcommon.Map) {
	m.PutStr("empty", "")
	m.PutEmpty("unset")
	m.PutInt("zero", 0)
	m.PutInt("int", []int64{math.MaxInt64, math.MinInt64, -1}[i%3])
	m.PutDouble("double", []float64{0, math.Copysign(0, -1), math.Inf(1), math.MaxFloat64, math.SmallestNonzeroFloat64}[i%5])
	m.PutDouble("nan", math.Float64frombits([]uint64{0x7ff8000000000001, 0xfff0000000000001}[i%2]))
	m.PutBool("bool", i%2 == 0)
	m.PutEmptyBytes("no bytes")
	m.PutEmptyBytes("bytes").FromRaw([]byte{0, 1, 2, 3, 255, byte(i)})
	m.PutEmptyMap("no map")
	m.PutEmptySlice("no slice")
	nested := m.PutEmptyMap("map")
	nested.PutStr("s", "v")
	nested.PutEmpty("e")
	nested.PutEmptyBytes("b").FromRaw([]byte{byte(i)})
	list := nested.PutEmptySlice("list")
	list.AppendEmpty().SetDouble(math.NaN())
	list.AppendEmpty()
	list.AppendEmpty().SetInt(-5)
	list.AppendEmpty().SetBool(true)
	list.AppendEmpty().SetEmptyMap().PutEmptySlice("x").AppendEmpty().SetStr("y")
}

func build(o oddity) ptrace.Traces {
	td := ptrace.NewTraces()
	o.build(td)
	return td
}

// newColumnar returns an Encoder that uses columns for tiny batches too.
func newColumnar() *Encoder {
	e := NewEncoder()
	e.columnar = true
	return e
}

func TestOddities(t *testing.T) {
	e, d := newColumnar(), NewDecoder(Limits{MaxDecodedBytes: 64 << 20})
	for _, o := range oddities {
		t.Run(o.name, func(t *testing.T) {
			frame := roundTrip(t, e, d, build(o))
			if frame[flagsOffset] != 0 {
				t.Error("columns should hold this")
			}
		})
	}
}

// TestHidden: what pdata's methods do not show travels as protobuf.
func TestHidden(t *testing.T) {
	if !layoutKnown {
		t.Fatal("pdata is laid out differently than hidden.go says: every frame would carry protobuf")
	}
	field := func(n int, body ...byte) []byte {
		b := binary.AppendUvarint(nil, uint64(n)<<3|2)
		return append(binary.AppendUvarint(b, uint64(len(body))), body...)
	}
	indexedKey := []byte{0x12, 0, 0x18, 7}                 // KeyValue.key_strindex = 7, value unset
	indexedValue := []byte{0x0a, 1, 'k', 0x12, 2, 0x40, 0} // AnyValue.string_value_strindex = 0
	span := func(kv []byte) []byte { return field(1, field(2, field(2, field(9, kv...)...)...)...) }
	nested := field(6, field(1, indexedKey...)...)
	for name, raw := range map[string][]byte{
		"key index":             span(indexedKey),
		"key index beside key":  span([]byte{0x0a, 1, 'k', 0x12, 0, 0x18, 7}),
		"value index":           span(indexedValue),
		"nested key index":      span(append([]byte{0x0a, 0}, field(2, nested...)...)),
		"value index in slice":  span(field(2, field(5, field(1, 0x40, 3)...)...)),
		"resource":              field(1, field(1, field(1, indexedKey...)...)...),
		"resource again":        append(field(1, field(1, field(1, 0x0a, 1, 'a')...)...), field(1, field(1, field(1, 0x0a, 1, 'a', 0x18, 1)...)...)...),
		"scope":                 field(1, field(2, field(1, field(3, indexedValue...)...)...)...),
		"event":                 field(1, field(2, field(2, field(11, field(3, indexedKey...)...)...)...)...),
		"link":                  field(1, field(2, field(2, field(13, field(4, indexedValue...)...)...)...)...),
		"deprecated scopespans": field(1, field(1000, field(2, field(5, 'x')...)...)...),
	} {
		t.Run(name, func(t *testing.T) {
			var u ptrace.ProtoUnmarshaler
			td, err := u.UnmarshalTraces(raw)
			if err != nil {
				t.Fatal(err)
			}
			frame := roundTrip(t, NewEncoder(), NewDecoder(Limits{}), td)
			if frame[flagsOffset] != flagOTLP {
				t.Error("columns cannot hold this")
			}
		})
	}
}

// TestRandom round-trips random batches. A failing seed goes into seeds, which run first.
func TestRandom(t *testing.T) {
	seeds := []uint64{1, 2, 3}
	for i := range uint64(200) {
		seeds = append(seeds, 1000+i)
	}
	e, d := NewEncoder(), NewDecoder(Limits{MaxDecodedBytes: 64 << 20})
	for _, seed := range seeds {
		roundTrip(t, e, d, randomTraces(seed))
		if t.Failed() {
			t.Fatal("seed", seed)
		}
	}
}

// randomTraces draws from small sets, so that repetition occurs, and now and then from everything.
func randomTraces(seed uint64) ptrace.Traces {
	r := rand.New(rand.NewPCG(seed, 1))
	td := ptrace.NewTraces()
	texts := []string{"", "GET", "POST", "http.method", "k", "00112233445566778899aabbccddeeff", "\x00\x01"}
	text := func() string {
		if r.IntN(20) == 0 {
			return fmt.Sprintf("%x", r.Uint64())
		}
		return texts[r.IntN(len(texts))]
	}
	fill := func(m pcommon.Map) {
		var mb xpdata.MapBuilder
		for range r.IntN(5) {
			randomValue(r, mb.AppendEmpty(text()), text, 0)
		}
		mb.UnsafeIntoMap(m)
	}
	for range r.IntN(6) {
		rs := td.ResourceSpans().AppendEmpty()
		rs.SetSchemaUrl(text())
		fill(rs.Resource().Attributes())
		for range r.IntN(4) {
			ss := rs.ScopeSpans().AppendEmpty()
			ss.Scope().SetName(text())
			fill(ss.Scope().Attributes())
			for range r.IntN(60) {
				randomSpan(r, ss.Spans().AppendEmpty(), text, fill)
			}
		}
	}
	return td
}

func randomSpan(r *rand.Rand, s ptrace.Span, text func() string, fill func(pcommon.Map)) {
	s.SetTraceID(traceID(r.IntN(9)))
	s.SetSpanID(spanID(r.IntN(500)))
	s.SetParentSpanID(spanID(r.IntN(500) - 1))
	s.SetName(text())
	s.SetKind(ptrace.SpanKind(r.IntN(6)))
	s.SetFlags(uint32(r.IntN(2)))
	s.SetStartTimestamp(pcommon.Timestamp(uint64(1.7e18) + r.Uint64N(1e12)))
	s.SetEndTimestamp(s.StartTimestamp() + pcommon.Timestamp(r.Uint64N(1e9)))
	s.Status().SetCode(ptrace.StatusCode(r.IntN(3)))
	if r.IntN(9) == 0 {
		s.Status().SetMessage(text())
		s.TraceState().FromRaw(text())
		s.SetDroppedEventsCount(r.Uint32N(3))
	}
	fill(s.Attributes())
	for range max(0, r.IntN(8)-5) {
		ev := s.Events().AppendEmpty()
		ev.SetName(text())
		ev.SetTimestamp(s.StartTimestamp() + pcommon.Timestamp(r.Uint64N(1e6)))
		fill(ev.Attributes())
		l := s.Links().AppendEmpty()
		l.SetTraceID(traceID(r.IntN(20)))
		fill(l.Attributes())
	}
}

func randomValue(r *rand.Rand, v pcommon.Value, text func() string, depth int) {
	n := 8
	if depth > 3 {
		n = 6
	}
	switch r.IntN(n) {
	case 0:
	case 1:
		v.SetStr(text())
	case 2:
		v.SetInt(int64(r.Uint64() >> r.IntN(64)))
	case 3:
		v.SetDouble(math.Float64frombits(r.Uint64()))
	case 4:
		v.SetBool(r.IntN(2) == 0)
	case 5:
		v.SetEmptyBytes().FromRaw([]byte(text()))
	case 6:
		m := v.SetEmptyMap()
		for range r.IntN(3) {
			randomValue(r, m.PutEmpty(text()), text, depth+1)
		}
	case 7:
		s := v.SetEmptySlice()
		for range r.IntN(3) {
			randomValue(r, s.AppendEmpty(), text, depth+1)
		}
	}
}
