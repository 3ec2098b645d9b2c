package losses

import (
	"iter"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-plus/otelcol-plus/benchmarks/internal/canon"
)

// text is a thing in a form that is equal exactly when the thing is.
type text struct {
	bytes   string // without regard to the order of attributes
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
		b := canon.AppendString(nil, k)
		out = append(out, text{string(canon.AppendUnordered(b, v)), string(canon.AppendValue(b, v)), kind})
	}
	return out
}

func withAttributes(b []byte, m pcommon.Map) text {
	t := text{ordered: string(canon.AppendMap(b, m))}
	attributes := attributeTexts(m)
	slices.SortFunc(attributes, func(a, b text) int { return strings.Compare(a.bytes, b.bytes) })
	for _, a := range attributes {
		b = append(b, a.bytes...)
	}
	t.bytes = string(b)
	return t
}
