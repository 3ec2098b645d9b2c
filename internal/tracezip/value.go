package tracezip

import (
	"encoding/binary"
	"math"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/xpdata"
	"go.opentelemetry.io/collector/pdata/xpdata/entity"
)

// Arrays, maps and entity references are rare; they are written as one byte string each and then treated like a
// string. Worked example, the map {"a": [true, 7]}:
//
//	01            one entry
//	01 61         key "a"
//	06 02         slice of two values
//	04 01         bool true
//	02 0e         int 7, zigzag

// appendMap appends the entries of m. hidden is set when m holds what columns cannot show.
func appendMap(dst []byte, m pcommon.Map, hidden *bool) []byte {
	*hidden = *hidden || hiddenKeys(m)
	dst = binary.AppendUvarint(dst, uint64(m.Len()))
	for k, v := range m.All() {
		dst = appendString(dst, k)
		dst = appendValue(dst, v, hidden)
	}
	return dst
}

func appendSlice(dst []byte, s pcommon.Slice, hidden *bool) []byte {
	dst = binary.AppendUvarint(dst, uint64(s.Len()))
	for _, v := range s.All() {
		dst = appendValue(dst, v, hidden)
	}
	return dst
}

func appendValue(dst []byte, v pcommon.Value, hidden *bool) []byte {
	typ := v.Type()
	dst = append(dst, byte(typ))
	switch typ {
	case pcommon.ValueTypeEmpty:
		*hidden = *hidden || hiddenValue(v)
	case pcommon.ValueTypeStr:
		dst = appendString(dst, v.Str())
	case pcommon.ValueTypeInt:
		dst = binary.AppendUvarint(dst, zigzag(v.Int()))
	case pcommon.ValueTypeDouble:
		dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(v.Double()))
	case pcommon.ValueTypeBool:
		dst = append(dst, byte(boolNumber(v.Bool())))
	case pcommon.ValueTypeMap:
		dst = appendMap(dst, v.Map(), hidden)
	case pcommon.ValueTypeSlice:
		dst = appendSlice(dst, v.Slice(), hidden)
	case pcommon.ValueTypeBytes:
		dst = binary.AppendUvarint(dst, uint64(v.Bytes().Len()))
		dst = append(dst, v.Bytes().AsRaw()...)
	}
	return dst
}

func boolNumber(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

func appendEntityRefs(dst []byte, refs entity.EntityRefSlice) []byte {
	dst = binary.AppendUvarint(dst, uint64(refs.Len()))
	for _, ref := range refs.All() {
		dst = appendString(dst, ref.SchemaUrl())
		dst = appendString(dst, ref.Type())
		for _, keys := range []pcommon.StringSlice{ref.IdKeys(), ref.DescriptionKeys()} {
			dst = binary.AppendUvarint(dst, uint64(keys.Len()))
			for _, k := range keys.All() {
				dst = appendString(dst, k)
			}
		}
	}
	return dst
}

// valueReader turns such byte strings back; everything it builds is charged.
type valueReader struct {
	reader
	budget   *budget
	maxDepth int
}

func (r *valueReader) charge(n, size int) bool {
	if r.err == nil && !r.budget.chargeEach(n, size) {
		r.err = r.budget.exceeded(r.section, r.pos)
	}
	return r.err == nil
}

// readString copies: what the reader returns never aliases the frame.
func (r *valueReader) readString() string {
	b := r.bytes(r.count(1))
	if !r.charge(len(b), 1) {
		return ""
	}
	return string(b)
}

func (r *valueReader) readMap(dst pcommon.Map, depth int) {
	n := r.count(2)
	if !r.charge(n, costAttr) {
		return
	}
	var mb xpdata.MapBuilder
	mb.EnsureCapacity(n)
	for range n {
		v := mb.AppendEmpty(r.readString())
		if r.readValue(v, depth); r.err != nil {
			return
		}
	}
	if n > 0 {
		mb.UnsafeIntoMap(dst)
	}
}

func (r *valueReader) readSlice(dst pcommon.Slice, depth int) {
	n := r.count(1)
	if !r.charge(n, costElement) {
		return
	}
	dst.EnsureCapacity(n)
	for range n {
		if r.readValue(dst.AppendEmpty(), depth); r.err != nil {
			return
		}
	}
}

func (r *valueReader) readValue(dst pcommon.Value, depth int) {
	typ := r.byte()
	if r.err != nil {
		return
	}
	if typ == typeMap || typ == typeSlice {
		if depth >= r.maxDepth {
			r.err = &Error{Kind: ErrLimit, Section: r.section, Offset: r.pos, Reason: "attribute nests too deep"}
			return
		}
	}
	switch typ {
	case typeEmpty:
	case typeStr:
		dst.SetStr(r.readString())
	case typeInt:
		dst.SetInt(r.zigzag())
	case typeDouble:
		if b := r.bytes(8); b != nil {
			dst.SetDouble(math.Float64frombits(binary.LittleEndian.Uint64(b)))
		}
	case typeBool:
		b := r.byte()
		if b > 1 {
			r.fail("bool is neither 0 nor 1")
		}
		dst.SetBool(b == 1)
	case typeMap:
		r.readMap(dst.SetEmptyMap(), depth+1)
	case typeSlice:
		r.readSlice(dst.SetEmptySlice(), depth+1)
	case typeBytes:
		b := r.bytes(r.count(1))
		if r.charge(len(b), 1) {
			dst.SetEmptyBytes().FromRaw(b)
		}
	default:
		r.fail("unknown value type")
	}
}

func (r *valueReader) readEntityRefs(dst entity.EntityRefSlice) {
	n := r.count(4)
	if !r.charge(n, costEvent) {
		return
	}
	for range n {
		ref := dst.AppendEmpty()
		ref.SetSchemaUrl(r.readString())
		ref.SetType(r.readString())
		r.readKeys(ref.IdKeys())
		r.readKeys(ref.DescriptionKeys())
		if r.err != nil {
			return
		}
	}
}

func (r *valueReader) readKeys(dst pcommon.StringSlice) {
	n := r.count(1)
	if !r.charge(n, 16) {
		return
	}
	for range n {
		dst.Append(r.readString())
		if r.err != nil {
			return
		}
	}
}
