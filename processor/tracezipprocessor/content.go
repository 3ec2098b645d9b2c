package tracezipprocessor

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/zeebo/xxh3"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/xpdata/entity"
)

// digest stands for content: a 128-bit hash, under a seed made at random in this process, of an encoding in which different
// content differs. A span is dropped on equal digests, and content is compared only between spans with equal ids.
type digest = xxh3.Uint128

// hasher makes digests. xxh3 was the fastest with 128 bits; see BenchmarkDigest.
type hasher struct{ seed uint64 }

func newHasher() hasher { return hasher{rand.Uint64()} }

func (h hasher) sum(encoded []byte) digest { return xxh3.Hash128Seed(encoded, h.seed) }

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
	binary.LittleEndian.PutUint64(fixed[0:], resource.Hi)
	binary.LittleEndian.PutUint64(fixed[8:], resource.Lo)
	binary.LittleEndian.PutUint64(fixed[16:], scope.Hi)
	binary.LittleEndian.PutUint64(fixed[24:], scope.Lo)
	traceID, spanID, parentID := s.TraceID(), s.SpanID(), s.ParentSpanID()
	copy(fixed[32:], traceID[:])
	copy(fixed[48:], spanID[:])
	copy(fixed[56:], parentID[:])
	binary.LittleEndian.PutUint64(fixed[64:], uint64(s.StartTimestamp()))
	binary.LittleEndian.PutUint64(fixed[72:], uint64(s.EndTimestamp()))
	binary.LittleEndian.PutUint32(fixed[80:], s.Flags())
	binary.LittleEndian.PutUint32(fixed[84:], uint32(s.Kind()))
	binary.LittleEndian.PutUint32(fixed[88:], uint32(s.Status().Code()))
	binary.LittleEndian.PutUint32(fixed[92:], s.DroppedAttributesCount())
	binary.LittleEndian.PutUint32(fixed[96:], s.DroppedEventsCount())
	binary.LittleEndian.PutUint32(fixed[100:], s.DroppedLinksCount())
	name, state, message := s.Name(), s.TraceState().AsRaw(), s.Status().Message()
	events, links := s.Events(), s.Links()
	binary.LittleEndian.PutUint32(fixed[104:], uint32(len(name)))
	binary.LittleEndian.PutUint32(fixed[108:], uint32(len(state)))
	binary.LittleEndian.PutUint32(fixed[112:], uint32(len(message)))
	binary.LittleEndian.PutUint32(fixed[116:], uint32(events.Len()))
	binary.LittleEndian.PutUint32(fixed[120:], uint32(links.Len()))
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
		if v.Type() == pcommon.ValueTypeStr {
			e.stringAttribute(k, v.Str())
			continue
		}
		e.string(k)
		e.value(v, depth)
	}
}

// stringAttribute is string(k) and value(v) for the commonest type in one go, which saves a tenth of the whole.
func (e *encoder) stringAttribute(k, v string) {
	b := e.room(len(k) + len(v) + 9)
	binary.LittleEndian.PutUint32(b, uint32(len(k)))
	copy(b[4:], k)
	b = b[4+len(k):]
	b[0] = byte(pcommon.ValueTypeStr)
	binary.LittleEndian.PutUint32(b[1:], uint32(len(v)))
	copy(b[5:], v)
}

// room makes the buffer n bytes longer and returns those.
func (e *encoder) room(n int) []byte {
	from := len(e.buf)
	e.buf = slices.Grow(e.buf, n)[:from+n]
	return e.buf[from:]
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
	b := e.room(4 + len(s))
	binary.LittleEndian.PutUint32(b, uint32(len(s)))
	copy(b[4:], s)
}

func (e *encoder) uint32(v uint32) { e.buf = binary.LittleEndian.AppendUint32(e.buf, v) }
func (e *encoder) uint64(v uint64) { e.buf = binary.LittleEndian.AppendUint64(e.buf, v) }
