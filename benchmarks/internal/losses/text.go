package losses

import (
	"encoding/binary"
	"iter"
	"math"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// text is a thing in a form that is equal exactly when the thing is.
type text struct {
	bytes   string // of an event or link without regard to the order of its attributes
	ordered string // with regard to it
	kind    string // describes an attribute
}

func texts[T any](all iter.Seq2[int, T], one func(T) text) []text {
	var out []text
	for _, x := range all {
		out = append(out, one(x))
	}
	return out
}

func attributeTexts(m pcommon.Map) []text {
	var out []text
	for k, v := range m.All() {
		kind := v.Type().String()
		if k == "" {
			kind += ", empty key"
		}
		out = append(out, text{bytes: string(appendValue(appendString(nil, k), v)), kind: kind})
	}
	return out
}

func withAttributes(b []byte, m pcommon.Map) text {
	t := text{ordered: string(appendMap(b, m))}
	attributes := attributeTexts(m)
	slices.SortFunc(attributes, func(a, b text) int { return strings.Compare(a.bytes, b.bytes) })
	for _, a := range attributes {
		b = append(b, a.bytes...)
	}
	t.bytes = string(b)
	return t
}

func appendNumber(b []byte, n uint64) []byte { return binary.AppendUvarint(b, n) }

func appendString(b []byte, s string) []byte {
	return append(appendNumber(b, uint64(len(s))), s...)
}

func appendMap(b []byte, m pcommon.Map) []byte {
	b = appendNumber(b, uint64(m.Len()))
	for k, v := range m.All() {
		b = appendValue(appendString(b, k), v)
	}
	return b
}

func appendValue(b []byte, v pcommon.Value) []byte {
	b = append(b, byte(v.Type()))
	switch v.Type() {
	case pcommon.ValueTypeStr:
		b = appendString(b, v.Str())
	case pcommon.ValueTypeBool:
		if v.Bool() {
			return append(b, 1)
		}
		b = append(b, 0)
	case pcommon.ValueTypeInt:
		b = appendNumber(b, uint64(v.Int()))
	case pcommon.ValueTypeDouble:
		b = appendNumber(b, math.Float64bits(v.Double()))
	case pcommon.ValueTypeBytes:
		b = appendString(b, string(v.Bytes().AsRaw()))
	case pcommon.ValueTypeSlice:
		b = appendNumber(b, uint64(v.Slice().Len()))
		for _, x := range v.Slice().All() {
			b = appendValue(b, x)
		}
	case pcommon.ValueTypeMap:
		b = appendMap(b, v.Map())
	}
	return b
}
