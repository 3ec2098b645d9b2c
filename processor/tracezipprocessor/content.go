package tracezipprocessor

import (
	"encoding/binary"
	"hash/maphash"
	"math"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/xpdata/entity"
)

// digest stands for content: two independent keyed hashes of an encoding in which different content differs.
//
// A span is dropped on equal digests. The hash is the runtime's (AES rounds where the CPU has them) under two seeds made at
// random in this process, so nobody can prepare content that collides, and content is compared only between spans with
// equal ids. See BenchmarkDigest for what else was measured.
type digest [2]uint64

type hasher [2]maphash.Seed

func newHasher() hasher { return hasher{maphash.MakeSeed(), maphash.MakeSeed()} }

func (h *hasher) sum(encoded []byte) digest {
	return digest{maphash.Bytes(h[0], encoded), maphash.Bytes(h[1], encoded)}
}

// maxDepth bounds how deep nested values are followed. What is deeper is neither merged nor dropped.
const maxDepth = 32

// encoder appends content to a buffer such that equal bytes mean equal content, order of attributes included: every variable
// part is preceded by its length and every value by its type. The bytes never leave the processor.
type encoder struct {
	buf []byte
	// deep is set when something was nested deeper than maxDepth, and so left out.
	deep bool
}

func (e *encoder) reset() { e.buf, e.deep = e.buf[:0], false }

func (e *encoder) resource(r pcommon.Resource, schemaURL string) {
	e.string(schemaURL)
	e.uint32(r.DroppedAttributesCount())
	e.attributes(r.Attributes(), 0)
	refs := entity.ResourceEntityRefs(r)
	e.uint32(uint32(refs.Len()))
	for i := range refs.Len() {
		ref := refs.At(i)
		e.string(ref.SchemaUrl())
		e.string(ref.Type())
		e.strings(ref.IdKeys())
		e.strings(ref.DescriptionKeys())
	}
}

func (e *encoder) scope(s pcommon.InstrumentationScope, schemaURL string) {
	e.string(schemaURL)
	e.string(s.Name())
	e.string(s.Version())
	e.uint32(s.DroppedAttributesCount())
	e.attributes(s.Attributes(), 0)
}

// span appends everything that a span says. Resource and scope come as their digests.
func (e *encoder) span(s ptrace.Span, resource, scope digest) {
	var fixed [124]byte
	put := binary.LittleEndian.PutUint64
	put(fixed[0:], resource[0])
	put(fixed[8:], resource[1])
	put(fixed[16:], scope[0])
	put(fixed[24:], scope[1])
	traceID, spanID, parentID := s.TraceID(), s.SpanID(), s.ParentSpanID()
	copy(fixed[32:], traceID[:])
	copy(fixed[48:], spanID[:])
	copy(fixed[56:], parentID[:])
	put(fixed[64:], uint64(s.StartTimestamp()))
	put(fixed[72:], uint64(s.EndTimestamp()))
	put32 := binary.LittleEndian.PutUint32
	put32(fixed[80:], s.Flags())
	put32(fixed[84:], uint32(s.Kind()))
	put32(fixed[88:], uint32(s.Status().Code()))
	put32(fixed[92:], s.DroppedAttributesCount())
	put32(fixed[96:], s.DroppedEventsCount())
	put32(fixed[100:], s.DroppedLinksCount())
	name, state, message := s.Name(), s.TraceState().AsRaw(), s.Status().Message()
	events, links := s.Events(), s.Links()
	put32(fixed[104:], uint32(len(name)))
	put32(fixed[108:], uint32(len(state)))
	put32(fixed[112:], uint32(len(message)))
	put32(fixed[116:], uint32(events.Len()))
	put32(fixed[120:], uint32(links.Len()))
	e.buf = append(e.buf, fixed[:]...)
	e.buf = append(e.buf, name...)
	e.buf = append(e.buf, state...)
	e.buf = append(e.buf, message...)
	e.attributes(s.Attributes(), 0)
	for i := range events.Len() {
		e.event(events.At(i))
	}
	for i := range links.Len() {
		e.link(links.At(i))
	}
}

func (e *encoder) event(ev ptrace.SpanEvent) {
	e.uint64(uint64(ev.Timestamp()))
	e.uint32(ev.DroppedAttributesCount())
	e.string(ev.Name())
	e.attributes(ev.Attributes(), 0)
}

func (e *encoder) link(l ptrace.SpanLink) {
	traceID, spanID := l.TraceID(), l.SpanID()
	e.buf = append(e.buf, traceID[:]...)
	e.buf = append(e.buf, spanID[:]...)
	e.uint32(l.Flags())
	e.uint32(l.DroppedAttributesCount())
	e.string(l.TraceState().AsRaw())
	e.attributes(l.Attributes(), 0)
}

func (e *encoder) attributes(m pcommon.Map, depth int) {
	e.uint32(uint32(m.Len()))
	for k, v := range m.All() {
		e.string(k)
		e.value(v, depth)
	}
}

func (e *encoder) value(v pcommon.Value, depth int) {
	typ := v.Type()
	e.buf = append(e.buf, byte(typ))
	switch typ {
	case pcommon.ValueTypeStr:
		e.string(v.Str())
	case pcommon.ValueTypeInt:
		e.uint64(uint64(v.Int()))
	case pcommon.ValueTypeDouble:
		e.uint64(math.Float64bits(v.Double()))
	case pcommon.ValueTypeBool:
		if v.Bool() {
			e.buf = append(e.buf, 1)
		} else {
			e.buf = append(e.buf, 0)
		}
	case pcommon.ValueTypeBytes:
		e.bytes(v.Bytes())
	case pcommon.ValueTypeMap:
		if e.descends(depth) {
			e.attributes(v.Map(), depth+1)
		}
	case pcommon.ValueTypeSlice:
		if e.descends(depth) {
			e.slice(v.Slice(), depth+1)
		}
	case pcommon.ValueTypeEmpty:
	}
}

func (e *encoder) descends(depth int) bool {
	if depth >= maxDepth {
		e.deep = true
		return false
	}
	return true
}

func (e *encoder) slice(s pcommon.Slice, depth int) {
	e.uint32(uint32(s.Len()))
	for i := range s.Len() {
		e.value(s.At(i), depth)
	}
}

func (e *encoder) strings(s pcommon.StringSlice) {
	e.uint32(uint32(s.Len()))
	for i := range s.Len() {
		e.string(s.At(i))
	}
}

func (e *encoder) bytes(b pcommon.ByteSlice) {
	e.uint32(uint32(b.Len()))
	for i := range b.Len() {
		e.buf = append(e.buf, b.At(i))
	}
}

// string appends a length, in four bytes as no message of OTLP reaches 4 GiB, and the bytes.
func (e *encoder) string(s string) {
	e.uint32(uint32(len(s)))
	e.buf = append(e.buf, s...)
}

func (e *encoder) uint32(v uint32) { e.buf = binary.LittleEndian.AppendUint32(e.buf, v) }
func (e *encoder) uint64(v uint64) { e.buf = binary.LittleEndian.AppendUint64(e.buf, v) }
