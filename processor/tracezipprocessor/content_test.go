package tracezipprocessor

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/xpdata/entity"
)

func fullTraces() ptrace.Traces {
	td := ptrace.NewTraces()
	ss := scopeIn(td, "shop", "lib")
	s := spanIn(ss, 1, 1, "name")
	s.Attributes().PutStr("str", "value")
	s.Attributes().PutInt("int", 1)
	s.Attributes().PutDouble("double", 0)
	s.Attributes().PutBool("bool", false)
	s.Attributes().PutEmpty("empty")
	s.Attributes().PutEmptyBytes("bytes").FromRaw([]byte{1})
	s.Attributes().PutEmptySlice("slice").AppendEmpty().SetStr("a")
	s.Attributes().PutEmptyMap("map").PutStr("k", "v")
	e := s.Events().AppendEmpty()
	e.SetName("event")
	e.Attributes().PutStr("k", "v")
	l := s.Links().AppendEmpty()
	l.Attributes().PutStr("k", "v")
	return td
}

// Any difference in a span must show in its encoding. One row per field, so that a field nobody reads is noticed.
func TestEncodingShowsEveryDifference(t *testing.T) {
	attr := func(key string) func(ptrace.Span) pcommon.Value {
		return func(s ptrace.Span) pcommon.Value { v, _ := s.Attributes().Get(key); return v }
	}
	rows := map[string]func(s ptrace.Span){
		"unchanged":          func(ptrace.Span) {},
		"trace id":           func(s ptrace.Span) { s.SetTraceID(pcommon.TraceID{2}) },
		"span id":            func(s ptrace.Span) { s.SetSpanID(pcommon.SpanID{2}) },
		"parent":             func(s ptrace.Span) { s.SetParentSpanID(pcommon.SpanID{2}) },
		"trace state":        func(s ptrace.Span) { s.TraceState().FromRaw("a=b") },
		"flags":              func(s ptrace.Span) { s.SetFlags(1) },
		"name":               func(s ptrace.Span) { s.SetName("nam") },
		"name to state":      func(s ptrace.Span) { s.SetName("nam"); s.TraceState().FromRaw("e") },
		"kind":               func(s ptrace.Span) { s.SetKind(ptrace.SpanKindClient) },
		"start":              func(s ptrace.Span) { s.SetStartTimestamp(1) },
		"end":                func(s ptrace.Span) { s.SetEndTimestamp(1) },
		"status":             func(s ptrace.Span) { s.Status().SetCode(ptrace.StatusCodeOk) },
		"message":            func(s ptrace.Span) { s.Status().SetMessage("m") },
		"dropped attributes": func(s ptrace.Span) { s.SetDroppedAttributesCount(1) },
		"dropped events":     func(s ptrace.Span) { s.SetDroppedEventsCount(1) },
		"dropped links":      func(s ptrace.Span) { s.SetDroppedLinksCount(1) },
		"string":             func(s ptrace.Span) { attr("str")(s).SetStr("valuf") },
		"string to bytes":    func(s ptrace.Span) { attr("str")(s).SetEmptyBytes().FromRaw([]byte("value")) },
		"int":                func(s ptrace.Span) { attr("int")(s).SetInt(2) },
		"int to double":      func(s ptrace.Span) { attr("int")(s).SetDouble(math.Float64frombits(1)) },
		"minus zero":         func(s ptrace.Span) { attr("double")(s).SetDouble(math.Copysign(0, -1)) },
		"bool":               func(s ptrace.Span) { attr("bool")(s).SetBool(true) },
		"empty to string":    func(s ptrace.Span) { attr("empty")(s).SetStr("") },
		"bytes":              func(s ptrace.Span) { attr("bytes")(s).Bytes().Append(2) },
		"slice":              func(s ptrace.Span) { attr("slice")(s).Slice().At(0).SetStr("b") },
		"slice longer":       func(s ptrace.Span) { attr("slice")(s).Slice().AppendEmpty() },
		"map":                func(s ptrace.Span) { attr("map")(s).Map().PutStr("k", "w") },
		"map key":            func(s ptrace.Span) { attr("map")(s).Map().PutStr("l", "v") },
		"new attribute":      func(s ptrace.Span) { s.Attributes().PutEmpty("new") },
		"attribute order":    func(s ptrace.Span) { s.Attributes().Remove("map"); s.Attributes().Remove("str") },
		"event name":         func(s ptrace.Span) { s.Events().At(0).SetName("e") },
		"event time":         func(s ptrace.Span) { s.Events().At(0).SetTimestamp(1) },
		"event attribute":    func(s ptrace.Span) { s.Events().At(0).Attributes().PutStr("k", "w") },
		"event dropped":      func(s ptrace.Span) { s.Events().At(0).SetDroppedAttributesCount(1) },
		"event more":         func(s ptrace.Span) { s.Events().AppendEmpty() },
		"link trace":         func(s ptrace.Span) { s.Links().At(0).SetTraceID(pcommon.TraceID{1}) },
		"link span":          func(s ptrace.Span) { s.Links().At(0).SetSpanID(pcommon.SpanID{1}) },
		"link state":         func(s ptrace.Span) { s.Links().At(0).TraceState().FromRaw("a=b") },
		"link flags":         func(s ptrace.Span) { s.Links().At(0).SetFlags(1) },
		"link attribute":     func(s ptrace.Span) { s.Links().At(0).Attributes().PutStr("k", "w") },
		"link dropped":       func(s ptrace.Span) { s.Links().At(0).SetDroppedAttributesCount(1) },
		"link more":          func(s ptrace.Span) { s.Links().AppendEmpty() },
	}
	seen := map[string]string{}
	h := newHasher()
	digests := map[digest]bool{}
	for name, change := range rows {
		td := fullTraces()
		span := td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0)
		change(span)
		td.MarkReadOnly()
		var e encoder
		e.span(span, digest{Hi: 1, Lo: 2}, digest{Hi: 3, Lo: 4})
		assert.Empty(t, seen[string(e.buf)], "%q encodes like", name)
		seen[string(e.buf)] = name
		digests[h.sum(e.buf)] = true
	}
	assert.Len(t, digests, len(rows))
}

func TestEncodingShowsEveryDifferenceOfResourceAndScope(t *testing.T) {
	resources := map[string]func(r pcommon.Resource) string{
		"unchanged": func(pcommon.Resource) string { return "url" },
		"schema":    func(pcommon.Resource) string { return "url2" },
		"attribute": func(r pcommon.Resource) string { r.Attributes().PutStr("service.name", "x"); return "url" },
		"dropped":   func(r pcommon.Resource) string { r.SetDroppedAttributesCount(1); return "url" },
		"entity": func(r pcommon.Resource) string {
			entity.ResourceEntityRefs(r).AppendEmpty().SetType("service")
			return "url"
		},
		"entity keys": func(r pcommon.Resource) string {
			ref := entity.ResourceEntityRefs(r).AppendEmpty()
			ref.SetType("service")
			ref.IdKeys().Append("service.name")
			return "url"
		},
		"entity description": func(r pcommon.Resource) string {
			ref := entity.ResourceEntityRefs(r).AppendEmpty()
			ref.SetType("service")
			ref.DescriptionKeys().Append("service.name")
			return "url"
		},
		"entity schema": func(r pcommon.Resource) string {
			ref := entity.ResourceEntityRefs(r).AppendEmpty()
			ref.SetType("service")
			ref.SetSchemaUrl("x")
			return "url"
		},
	}
	seen := map[string]string{}
	for name, change := range resources {
		r := fullTraces().ResourceSpans().At(0).Resource()
		url := change(r)
		var e encoder
		e.resource(r, url)
		assert.Empty(t, seen[string(e.buf)], "%q encodes like", name)
		seen[string(e.buf)] = name
	}
	scopes := map[string]func(s pcommon.InstrumentationScope) string{
		"unchanged":       func(pcommon.InstrumentationScope) string { return "url" },
		"schema":          func(pcommon.InstrumentationScope) string { return "url2" },
		"name":            func(s pcommon.InstrumentationScope) string { s.SetName("x"); return "url" },
		"version":         func(s pcommon.InstrumentationScope) string { s.SetVersion("x"); return "url" },
		"attribute":       func(s pcommon.InstrumentationScope) string { s.Attributes().PutInt("a", 1); return "url" },
		"name to version": func(s pcommon.InstrumentationScope) string { s.SetName("li"); s.SetVersion("b"); return "url" },
		"dropped":         func(s pcommon.InstrumentationScope) string { s.SetDroppedAttributesCount(1); return "url" },
	}
	for name, change := range scopes {
		s := fullTraces().ResourceSpans().At(0).ScopeSpans().At(0).Scope()
		url := change(s)
		var e encoder
		e.scope(s, url)
		assert.Empty(t, seen[string(e.buf)], "%q encodes like", name)
		seen[string(e.buf)] = name
	}
}

func TestDepthIsBounded(t *testing.T) {
	for depth, deep := range map[int]bool{maxDepth: false, maxDepth + 1: true, 100_000: true} {
		t.Run(fmt.Sprint(depth), func(t *testing.T) {
			m := pcommon.NewMap()
			v := m.PutEmptySlice("a")
			for range depth - 1 {
				v = v.AppendEmpty().SetEmptySlice()
			}
			var e encoder
			e.attributes(m, 0)
			require.Equal(t, deep, e.deep)
		})
	}
}

// Blocks with a value nested too deep are read only in part, so they are not merged, equal as they may look.
func TestDeepBlocksAreNotMerged(t *testing.T) {
	td := ptrace.NewTraces()
	for i := range 2 {
		ss := scopeIn(td, "a", "lib")
		spanIn(ss, 1, byte(i+1), "s")
		v := td.ResourceSpans().At(i).Resource().Attributes().PutEmptySlice("deep")
		for range maxDepth {
			v = v.AppendEmpty().SetEmptySlice()
		}
		v.AppendEmpty().SetInt(int64(i))
	}
	h := newHasher()
	s := newScratchPool([2]uint64{1, 1}).get(2)
	require.Zero(t, s.mergeResources(td, h))
	require.Equal(t, 2, td.ResourceSpans().Len())
}
