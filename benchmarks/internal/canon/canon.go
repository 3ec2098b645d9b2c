// Package canon writes pdata values in a form that is equal exactly when the values are, for comparing and for map keys.
package canon

import (
	"encoding/binary"
	"math"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// AppendNumber appends n so that what follows cannot be taken for a part of it.
func AppendNumber(b []byte, n uint64) []byte { return binary.AppendUvarint(b, n) }

// AppendString appends s with its length.
func AppendString(b []byte, s string) []byte {
	return append(AppendNumber(b, uint64(len(s))), s...)
}

// AppendMap appends keys and values in their order.
func AppendMap(b []byte, m pcommon.Map) []byte {
	b = AppendNumber(b, uint64(m.Len()))
	for k, v := range m.All() {
		b = AppendValue(AppendString(b, k), v)
	}
	return b
}

// AppendValue appends type and value; doubles by their bits.
func AppendValue(b []byte, v pcommon.Value) []byte {
	b = append(b, byte(v.Type()))
	switch v.Type() {
	case pcommon.ValueTypeStr:
		b = AppendString(b, v.Str())
	case pcommon.ValueTypeBool:
		if v.Bool() {
			return append(b, 1)
		}
		b = append(b, 0)
	case pcommon.ValueTypeInt:
		b = AppendNumber(b, uint64(v.Int()))
	case pcommon.ValueTypeDouble:
		b = AppendNumber(b, math.Float64bits(v.Double()))
	case pcommon.ValueTypeBytes:
		b = AppendString(b, string(v.Bytes().AsRaw()))
	case pcommon.ValueTypeSlice:
		b = AppendNumber(b, uint64(v.Slice().Len()))
		for _, x := range v.Slice().All() {
			b = AppendValue(b, x)
		}
	case pcommon.ValueTypeMap:
		b = AppendMap(b, v.Map())
	}
	return b
}
