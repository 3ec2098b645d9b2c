// Package canon writes pdata values in a form that is equal exactly when the values are, for comparing and for map keys.
package canon

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"

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
func AppendValue(b []byte, v pcommon.Value) []byte { return appendValue(b, v, AppendMap) }

// AppendUnordered is AppendValue without regard to the order of keys in maps.
func AppendUnordered(b []byte, v pcommon.Value) []byte { return appendValue(b, v, appendSorted) }

func appendSorted(b []byte, m pcommon.Map) []byte {
	var all [][]byte
	for k, v := range m.All() {
		all = append(all, AppendUnordered(AppendString(nil, k), v))
	}
	slices.SortFunc(all, bytes.Compare)
	b = AppendNumber(b, uint64(len(all)))
	for _, kv := range all {
		b = append(b, kv...)
	}
	return b
}

func appendValue(b []byte, v pcommon.Value, appendMap func([]byte, pcommon.Map) []byte) []byte {
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
			b = appendValue(b, x, appendMap)
		}
	case pcommon.ValueTypeMap:
		b = appendMap(b, v.Map())
	}
	return b
}
