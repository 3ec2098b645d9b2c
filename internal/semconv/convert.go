package semconv

import (
	"cmp"
	"math"
	"strconv"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-plus/otelcol-plus/internal/semconv/internal/values"
)

// converted is the value that a rename or a coercion would store, without storing it yet. The zero `how` means the value as it is.
type converted struct {
	v   pcommon.Value // the value it was made from
	s   string
	i   int64 // asInt, and asBool as 0 or 1
	how how
	// nested: texts inside of the value have to be repaired when it is stored.
	nested bool
}

type how uint8

const (
	asIs how = iota
	asString
	asInt
	asBool
	asList     // one string in a list
	asRedacted // the list with every element replaced
)

// fit converts v to the wanted type where that loses nothing, and says whether it could. It fills a fresh c.
func (c *converted) fit(v pcommon.Value, want pcommon.ValueType, elems pcommon.ValueType) (ok bool) {
	c.v = v
	typ := v.Type()
	if want < 0 || typ == pcommon.ValueTypeEmpty {
		return true
	}
	if typ == want {
		return want != pcommon.ValueTypeSlice || elementsFit(v, elems)
	}
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
			switch v.Str() {
			case "true":
				c.how, c.i, ok = asBool, 1, true
			case "false":
				c.how, ok = asBool, true
			}
		}
	case pcommon.ValueTypeSlice:
		if typ == pcommon.ValueTypeStr && elems == pcommon.ValueTypeStr {
			c.how, c.s, ok = asList, v.Str(), true
		}
	}
	return ok
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

func elementsFit(v pcommon.Value, want pcommon.ValueType) bool {
	for _, e := range v.Slice().All() {
		if e.Type() != want {
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
	case asList, asRedacted:
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
	case pcommon.ValueTypeSlice:
		if c.how == asRedacted || o.how == asRedacted {
			return c.how == o.how && c.v.Slice().Len() == o.v.Slice().Len() || c.how == asIs && isRedacted(c.v.Slice()) || o.how == asIs && isRedacted(o.v.Slice())
		}
		a, okA := c.single()
		b, okB := o.single()
		return okA && okB && a == b
	default:
		return false
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
	return c.i != 0
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
		dest.SetBool(c.i != 0)
	case asList:
		s := c.s // dest may be where s came from
		dest.SetEmptySlice().AppendEmpty().SetStr(s)
	case asRedacted:
		n := c.v.Slice().Len()
		list := dest.SetEmptySlice()
		for range n {
			list.AppendEmpty().SetStr(redacted)
		}
	case asIs:
		if c.nested {
			repairNested(dest)
		}
	}
}

// outcome of converting an old attribute.
type outcome uint8

const (
	fits outcome = iota
	misfit
	noCounterpart
)

// convert fills a fresh c with the new value of an operation: first the type that the old name promised, then the old value's
// replacement, then the type of the new name. target is the operation's own unless the value chose another. mismatch reports that
// the value came with a type that neither name has.
func (o *operation) convert(v pcommon.Value, c *converted) (target uint16, mismatch bool, out outcome) {
	typ := v.Type()
	if o.plain && typ == o.want || typ == pcommon.ValueTypeEmpty {
		c.v = v
		return o.to, false, fits
	}
	mismatch = !o.anySource && o.want >= 0 && typ != o.want && typ != o.declared
	if o.values != nil {
		target, out = o.lookUp(v, c)
	} else {
		target, out = o.to, o.adjust(v, c)
	}
	return target, mismatch, out
}

// adjust converts without a value map.
func (o *operation) adjust(v pcommon.Value, c *converted) outcome {
	if !c.fit(v, o.want, o.elems) {
		return misfit
	}
	if !o.lower {
		return fits
	}
	text, ok := c.text()
	switch {
	case !ok:
		return misfit
	default:
		if lower := values.LowerASCII(text); lower != text {
			c.how, c.s = asString, lower
		}
	}
	return fits
}

// lookUp replaces an old value by the new one, or does with it what the map says of values it does not know.
func (o *operation) lookUp(v pcommon.Value, c *converted) (target uint16, out outcome) {
	if !c.fit(v, o.declared, pcommon.ValueTypeStr) {
		*c = converted{v: v} // a text may still be in the map
	}
	text, ok := c.text()
	if !ok {
		return o.to, misfit
	}
	if o.special == specialFlavor {
		text = strings.TrimPrefix(text, httpFlavorHTTP)
	}
	for i := range o.values.pairs {
		if m := &o.values.pairs[i]; m.old == text {
			if v.Type() == pcommon.ValueTypeStr && v.Str() == m.value {
				c.how = asIs
			} else {
				c.how, c.s = asString, m.value
			}
			return cmp.Or(m.to, o.to), fits
		}
	}
	return o.to, o.unmapped(v, c)
}

func (o *operation) unmapped(v pcommon.Value, c *converted) outcome {
	switch o.values.unmapped {
	case "keep_value":
		*c = converted{}
		if !c.fit(v, o.want, o.elems) {
			return misfit
		}
		return fits
	case "decimal_string":
		if c.typ() == pcommon.ValueTypeInt {
			c.s, c.how = strconv.FormatInt(c.int(), 10), asString
			return fits
		}
	}
	return noCounterpart
}
