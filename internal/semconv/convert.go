package semconv

import (
	"math"
	"strconv"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// converted is the value that a rename or a coercion would store, without storing it yet. The zero `how` means the value as it is.
type converted struct {
	how how
	b   bool
	i   int64
	s   string
	v   pcommon.Value // the value it was made from
}

type how uint8

const (
	asIs how = iota
	asString
	asInt
	asBool
	asList // one string in a list
)

// fit converts v to the wanted type where that loses nothing, and says whether it could.
func fit(v pcommon.Value, want pcommon.ValueType, elems attrType) (converted, bool) {
	c := converted{v: v}
	typ := v.Type()
	if want < 0 || typ == pcommon.ValueTypeEmpty {
		return c, true
	}
	if typ == want {
		return c, want != pcommon.ValueTypeSlice || elementsFit(v, elems)
	}
	var ok bool
	switch want {
	case pcommon.ValueTypeInt:
		c.how = asInt
		c.i, ok = exactInt(v)
	case pcommon.ValueTypeStr:
		if typ == pcommon.ValueTypeInt {
			c.how, c.s, ok = asString, strconv.FormatInt(v.Int(), 10), true
		}
	case pcommon.ValueTypeBool:
		if typ == pcommon.ValueTypeStr {
			s := v.Str()
			c.how, c.b, ok = asBool, s == "true", s == "true" || s == "false"
		}
	case pcommon.ValueTypeSlice:
		if typ == pcommon.ValueTypeStr && elems == typeStrings {
			c.how, c.s, ok = asList, v.Str(), true
		}
	}
	return c, ok
}

// exactInt reads decimal digits with at most a minus before them, or a double without a fraction, within int64.
func exactInt(v pcommon.Value) (int64, bool) {
	switch v.Type() {
	case pcommon.ValueTypeStr:
		s := v.Str()
		// ParseInt would also take a plus. 20 bytes hold every int64; more digits could only be leading zeros.
		if s == "" || len(s) > 20 || s[0] == '+' {
			return 0, false
		}
		i, err := strconv.ParseInt(s, 10, 64)
		return i, err == nil
	case pcommon.ValueTypeDouble:
		d := v.Double()
		// -0 would lose its sign, and 2^63 is the first double past the end of int64.
		if d != math.Trunc(d) || d < -(1<<63) || d >= 1<<63 || d == 0 && math.Signbit(d) {
			return 0, false
		}
		return int64(d), true
	default:
		return 0, false
	}
}

func elementsFit(v pcommon.Value, elems attrType) bool {
	want := pcommon.ValueTypeStr
	if elems == typeInts {
		want = pcommon.ValueTypeInt
	}
	list := v.Slice()
	for i := range list.Len() {
		if list.At(i).Type() != want {
			return false
		}
	}
	return true
}

// text is the value as a string, whether or not it is stored as one.
func (c *converted) text() (string, bool) {
	switch {
	case c.how == asString:
		return c.s, true
	case c.how == asIs && c.v.Type() == pcommon.ValueTypeStr:
		return c.v.Str(), true
	case c.how == asIs && c.v.Type() == pcommon.ValueTypeInt:
		return strconv.FormatInt(c.v.Int(), 10), true
	case c.how == asInt:
		return strconv.FormatInt(c.i, 10), true
	default:
		return "", false
	}
}

func (c *converted) typ() pcommon.ValueType {
	switch c.how {
	case asString:
		return pcommon.ValueTypeStr
	case asInt:
		return pcommon.ValueTypeInt
	case asBool:
		return pcommon.ValueTypeBool
	case asList:
		return pcommon.ValueTypeSlice
	default:
		return c.v.Type()
	}
}

// same compares what two conversions would store.
func (c *converted) same(o *converted) bool {
	if c.how == asIs && o.how == asIs {
		return c.v.Equal(o.v)
	}
	if c.typ() != o.typ() {
		return false
	}
	switch c.typ() {
	case pcommon.ValueTypeStr:
		a, _ := c.text()
		b, _ := o.text()
		return a == b
	case pcommon.ValueTypeInt:
		return c.int() == o.int()
	case pcommon.ValueTypeBool:
		return c.bool() == o.bool()
	default:
		a, okA := c.single()
		b, okB := o.single()
		return okA && okB && a == b
	}
}

func (c *converted) int() int64 {
	if c.how == asIs {
		return c.v.Int()
	}
	return c.i
}

func (c *converted) bool() bool {
	if c.how == asIs {
		return c.v.Bool()
	}
	return c.b
}

// single is the string of a list that holds one string and nothing else.
func (c *converted) single() (string, bool) {
	if c.how == asList {
		return c.s, true
	}
	list := c.v.Slice()
	if list.Len() != 1 || list.At(0).Type() != pcommon.ValueTypeStr {
		return "", false
	}
	return list.At(0).Str(), true
}

// store writes the value over dest. A value as it is has to be moved or copied by the caller.
func (c *converted) store(dest pcommon.Value) {
	switch c.how {
	case asString:
		dest.SetStr(c.s)
	case asInt:
		dest.SetInt(c.i)
	case asBool:
		dest.SetBool(c.b)
	case asList:
		s := c.s // dest may be where s came from
		dest.SetEmptySlice().AppendEmpty().SetStr(s)
	}
}

// outcome of converting an old attribute.
type outcome uint8

const (
	fits outcome = iota
	misfit
	noCounterpart
)

// convert makes the new value of an operation: first the type that the old name promised, then the old value's replacement, then
// the type of the new name. target is the operation's own unless the value chose another. mismatch reports that the value came
// with a type that neither name has.
func (o *operation) convert(v pcommon.Value) (c converted, target uint16, mismatch bool, out outcome) {
	typ := v.Type()
	if typ == pcommon.ValueTypeEmpty {
		return converted{v: v}, o.to, false, fits
	}
	mismatch = !o.anySource && o.want >= 0 && typ != o.want && typ != o.declared
	if o.values == nil {
		c, ok := fit(v, o.want, o.elems)
		if !ok {
			return c, o.to, mismatch || typ == o.want, misfit
		}
		if out = o.adjust(&c); out != fits {
			return c, o.to, mismatch, out
		}
		return c, o.to, mismatch, fits
	}
	return o.lookUp(v, mismatch)
}

// adjust applies what depends on the text of a value that fits.
func (o *operation) adjust(c *converted) outcome {
	if !o.lower && o.members == nil {
		return fits
	}
	text, ok := c.text()
	if !ok {
		return misfit
	}
	if o.lower {
		if lower := strings.ToLower(text); lower != text {
			c.how, c.s = asString, lower
		}
	}
	for _, m := range o.members {
		if m == text {
			return fits
		}
	}
	if o.members != nil {
		return noCounterpart
	}
	return fits
}

func (o *operation) lookUp(v pcommon.Value, mismatch bool) (converted, uint16, bool, outcome) {
	c, ok := fit(v, o.declared, typeAny)
	text, isText := c.text()
	if !ok && v.Type() == pcommon.ValueTypeStr {
		text, isText = v.Str(), true
	}
	if !isText {
		return c, o.to, true, misfit
	}
	if o.special == specialFlavor {
		text = strings.TrimPrefix(text, httpFlavorHTTP)
	}
	if m, ok := o.values.pairs[text]; ok {
		c.how, c.s = asString, m.value
		if c.v.Type() == pcommon.ValueTypeStr && c.v.Str() == m.value {
			c.how = asIs
		}
		if m.to != 0 {
			return c, m.to, mismatch, fits
		}
		return c, o.to, mismatch, fits
	}
	switch o.values.unmapped {
	case keepValue:
		c, ok = fit(v, o.want, o.elems)
		if !ok {
			return c, o.to, true, misfit
		}
		return c, o.to, mismatch, fits
	case decimalString:
		if i, ok := c.integer(); ok {
			c.how, c.s = asString, strconv.FormatInt(i, 10)
			return c, o.to, mismatch, fits
		}
	}
	return c, o.to, mismatch, noCounterpart
}

func (c *converted) integer() (int64, bool) {
	if c.how == asInt || c.how == asIs && c.v.Type() == pcommon.ValueTypeInt {
		return c.int(), true
	}
	return 0, false
}
