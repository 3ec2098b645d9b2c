package semconv

import (
	"math"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/otel/attribute"
)

// KeyValue is the attribute as the OpenTelemetry SDK takes it; the zero value gives an invalid one, which the SDK leaves out.
func (a Attribute) KeyValue() attribute.KeyValue {
	key := attribute.Key(a.key)
	switch a.kind {
	case kindText:
		return key.String(a.text)
	case kindInt:
		return key.Int64(int64(a.number))
	case kindDouble:
		return key.Float64(math.Float64frombits(a.number))
	case kindBool:
		return key.Bool(a.number != 0)
	case kindTexts:
		return key.StringSlice(a.other.([]string))
	case kindInts:
		return key.Int64Slice(a.other.([]int64))
	case kindValue:
		return attribute.KeyValue{Key: key, Value: sdkValue(a.other.(pcommon.Value))}
	default:
		return attribute.KeyValue{}
	}
}

// KeyValues are attributes as the OpenTelemetry SDK takes them.
func KeyValues(attrs ...Attribute) []attribute.KeyValue {
	out := make([]attribute.KeyValue, len(attrs))
	for i := range attrs {
		out[i] = attrs[i].KeyValue()
	}
	return out
}

func sdkValue(v pcommon.Value) attribute.Value {
	switch v.Type() {
	case pcommon.ValueTypeStr:
		return attribute.StringValue(v.Str())
	case pcommon.ValueTypeInt:
		return attribute.Int64Value(v.Int())
	case pcommon.ValueTypeDouble:
		return attribute.Float64Value(v.Double())
	case pcommon.ValueTypeBool:
		return attribute.BoolValue(v.Bool())
	case pcommon.ValueTypeBytes:
		return attribute.ByteSliceValue(v.Bytes().AsRaw())
	case pcommon.ValueTypeSlice:
		var values []attribute.Value
		for _, element := range v.Slice().All() {
			values = append(values, sdkValue(element))
		}
		return attribute.SliceValue(values...)
	case pcommon.ValueTypeMap:
		var pairs []attribute.KeyValue
		for key, element := range v.Map().All() {
			pairs = append(pairs, attribute.KeyValue{Key: attribute.Key(key), Value: sdkValue(element)})
		}
		return attribute.MapValue(pairs...)
	default:
		return attribute.Value{}
	}
}
