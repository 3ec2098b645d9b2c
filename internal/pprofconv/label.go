package pprofconv

import (
	"strconv"

	"github.com/google/pprof/profile"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pprofile"
)

// The labels that span flame graphs of other tools look for.
const (
	traceLabel = "trace_id"
	spanLabel  = "span_id"
)

// label is an attribute as pprof has it: integers with a unit, everything else as text.
type label struct {
	key, text, unit string
	number          int64
	numeric         bool
}

// attribute converts an attribute once, because a nested value may be large and referred to often.
func (b *builder) attribute(index int32) (label, error) {
	if l, ok := b.attributes[index]; ok {
		return l, nil
	}
	src, ok, err := b.dict.attribute(index)
	if err != nil || !ok {
		return label{}, err
	}
	key, err := b.dict.string(src.KeyStrindex())
	if err != nil {
		return label{}, err
	}
	unit, err := b.dict.string(src.UnitStrindex())
	if err != nil {
		return label{}, err
	}
	l := newLabel(key, src.Value(), unit)
	b.attributes[index] = l
	return l, nil
}

func newLabel(key string, v pcommon.Value, unit string) label {
	switch v.Type() {
	case pcommon.ValueTypeInt:
		return label{key: key, numeric: true, number: v.Int(), unit: unit}
	case pcommon.ValueTypeDouble:
		return label{key: key, text: strconv.FormatFloat(v.Double(), 'g', -1, 64) + unit}
	default:
		return label{key: key, text: v.AsString()}
	}
}

// instanceLabels returns what tells this resource from others of the same service.
func instanceLabels(res pcommon.Resource) []label {
	var out []label
	for _, key := range instanceKeys {
		if v, ok := res.Attributes().Get(key); ok {
			out = append(out, newLabel(key, v, ""))
		}
	}
	return out
}

// put adds the label to the sample. A sample's own attribute replaces that of its resource: it is put later.
func (l label) put(s *profile.Sample) {
	switch {
	case l.key == "":
	case l.numeric:
		delete(s.Label, l.key)
		if s.NumLabel == nil {
			s.NumLabel = map[string][]int64{}
		}
		s.NumLabel[l.key] = []int64{l.number}
		delete(s.NumUnit, l.key)
		if l.unit != "" {
			if s.NumUnit == nil {
				s.NumUnit = map[string][]string{}
			}
			s.NumUnit[l.key] = []string{l.unit}
		}
	case l.text != "":
		delete(s.NumLabel, l.key)
		delete(s.NumUnit, l.key)
		putText(s, l.key, l.text)
	}
}

func putText(s *profile.Sample, key, text string) {
	if s.Label == nil {
		s.Label = map[string][]string{}
	}
	s.Label[key] = []string{text}
}

func putLink(s *profile.Sample, link pprofile.Link) {
	if id := link.TraceID(); !id.IsEmpty() {
		putText(s, traceLabel, id.String())
	}
	if id := link.SpanID(); !id.IsEmpty() {
		putText(s, spanLabel, id.String())
	}
}
