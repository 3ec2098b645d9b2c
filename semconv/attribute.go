package semconv

import (
	"math"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// Attribute is a name of the conventions with a value of the type they ask for. Only the constructors of this package make one. The zero
// value is no attribute: putting it does nothing. An Attribute refers to the slices it was made of until it is put.
type Attribute struct {
	key  string
	kind kind
	// number is an int, the bits of a double, or 1 for true.
	number uint64
	text   string
	// other is a []string, []int64 or pcommon.Value.
	other any
}

type kind uint8

const (
	kindNone kind = iota
	kindText
	kindInt
	kindDouble
	kindBool
	kindTexts
	kindInts
	kindValue
)

// Int is any integer that an attribute can hold without loss.
type Int interface {
	int | int8 | int16 | int32 | int64 | uint8 | uint16 | uint32
}

func textAttribute(key, value string) Attribute {
	return Attribute{key: key, kind: kindText, text: value}
}

func intAttribute(key string, value int64) Attribute {
	return Attribute{key: key, kind: kindInt, number: uint64(value)}
}

func doubleAttribute(key string, value float64) Attribute {
	return Attribute{key: key, kind: kindDouble, number: math.Float64bits(value)}
}

func boolAttribute(key string, value bool) Attribute {
	a := Attribute{key: key, kind: kindBool}
	if value {
		a.number = 1
	}
	return a
}

func textsAttribute(key string, values []string) Attribute {
	return Attribute{key: key, kind: kindTexts, other: values}
}

func intsAttribute(key string, values []int64) Attribute {
	return Attribute{key: key, kind: kindInts, other: values}
}

func valueAttribute(key string, value pcommon.Value) Attribute {
	return Attribute{key: key, kind: kindValue, other: value}
}

// Key is the name of the attribute, empty for the zero value.
func (a Attribute) Key() string { return a.key }

// Put sets the attribute in m, in place of a value that m has under its name.
func (a Attribute) Put(m pcommon.Map) {
	switch a.kind {
	case kindText:
		m.PutStr(a.key, a.text)
	case kindInt:
		m.PutInt(a.key, int64(a.number))
	case kindDouble:
		m.PutDouble(a.key, math.Float64frombits(a.number))
	case kindBool:
		m.PutBool(a.key, a.number != 0)
	case kindTexts:
		list, values := m.PutEmptySlice(a.key), a.other.([]string)
		list.EnsureCapacity(len(values))
		for _, v := range values {
			list.AppendEmpty().SetStr(v)
		}
	case kindInts:
		list, values := m.PutEmptySlice(a.key), a.other.([]int64)
		list.EnsureCapacity(len(values))
		for _, v := range values {
			list.AppendEmpty().SetInt(v)
		}
	case kindValue:
		a.other.(pcommon.Value).CopyTo(m.PutEmpty(a.key))
	}
}

// Put sets attributes in m. Of several with the same name the last one counts.
func Put(m pcommon.Map, attrs ...Attribute) {
	m.EnsureCapacity(m.Len() + len(attrs))
	for i := range attrs {
		attrs[i].Put(m)
	}
}

// join puts what a span requires before what it has beyond that.
func join(more []Attribute, required ...Attribute) []Attribute {
	out := make([]Attribute, 0, len(required)+len(more))
	return append(append(out, required...), more...)
}
