package pprofconv

import (
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
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

// label is an attribute as pprof has it: texts, and integers with a unit. More than one value of a key is a list in OTLP.
type label struct {
	key     string
	texts   []string
	numbers []int64
	unit    string

	list            bool // a list also when there is one value
	flag, flagValue bool // a boolean, which pprof has no labels for
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
	l := label{key: key}
	switch v.Type() {
	case pcommon.ValueTypeInt:
		l.numbers, l.unit = []int64{v.Int()}, unit
	case pcommon.ValueTypeDouble:
		l.texts = []string{strconv.FormatFloat(v.Double(), 'g', -1, 64) + unit}
	case pcommon.ValueTypeBool:
		l.texts, l.flag, l.flagValue = []string{v.AsString()}, true, v.Bool()
	case pcommon.ValueTypeSlice:
		if !l.addAll(v.Slice()) {
			l.texts, l.numbers = []string{v.AsString()}, nil
		} else if len(l.numbers) > 0 {
			l.unit = unit
		}
	default:
		if s := v.AsString(); s != "" { // pprof does not tell an empty text from none
			l.texts = []string{s}
		}
	}
	return l
}

// addAll takes over a list, if it consists of what pprof can tell apart.
func (l *label) addAll(list pcommon.Slice) bool {
	for _, v := range list.All() {
		switch {
		case v.Type() == pcommon.ValueTypeInt:
			l.numbers = append(l.numbers, v.Int())
		case v.Type() == pcommon.ValueTypeStr && v.Str() != "":
			l.texts = append(l.texts, v.Str())
		default:
			return false
		}
	}
	return list.Len() > 0
}

// text is the first text, for attributes that have one value.
func (l *label) text() string {
	if len(l.texts) == 0 {
		return ""
	}
	return l.texts[0]
}

// toValue writes the value: a scalar, or a list of the texts and then the numbers.
func (l *label) toValue(to pcommon.Value) {
	switch n := len(l.texts) + len(l.numbers); {
	case l.flag:
		to.SetBool(l.flagValue)
	case n == 1 && !l.list && len(l.texts) == 1:
		to.SetStr(l.texts[0])
	case n == 1 && !l.list:
		to.SetInt(l.numbers[0])
	default:
		list := to.SetEmptySlice()
		list.EnsureCapacity(n)
		for _, s := range l.texts {
			list.AppendEmpty().SetStr(s)
		}
		for _, v := range l.numbers {
			list.AppendEmpty().SetInt(v)
		}
	}
}

// identity is different for different labels.
func (l *label) identity() string {
	return fmt.Sprintf("%q %q %d %q %t %t %t\n", l.key, l.texts, l.numbers, l.unit, l.list, l.flag, l.flagValue)
}

// labelsOf lists a sample's labels in the order of their keys.
func labelsOf(s *profile.Sample) []label {
	keys := slices.AppendSeq(slices.Collect(maps.Keys(s.Label)), maps.Keys(s.NumLabel))
	slices.Sort(keys)
	out := make([]label, 0, len(keys))
	for _, key := range slices.Compact(keys) {
		l := label{key: key, texts: s.Label[key], numbers: s.NumLabel[key]}
		if key == "" || len(l.texts)+len(l.numbers) == 0 {
			continue
		}
		for _, unit := range s.NumUnit[key] {
			if l.unit == "" {
				l.unit = unit
			}
		}
		out = append(out, l)
	}
	return out
}

// link is the span that a sample was taken in.
type link struct {
	trace pcommon.TraceID
	span  pcommon.SpanID
}

// linkOf finds the span in a sample's labels. Anything but two ids as OTLP writes them stays a label.
func linkOf(s *profile.Sample) (l link, ok bool) {
	trace, span := s.Label[traceLabel], s.Label[spanLabel]
	if len(trace) != 1 || len(span) != 1 || len(s.NumLabel[traceLabel]) != 0 || len(s.NumLabel[spanLabel]) != 0 {
		return l, false
	}
	ok = unhex(l.trace[:], trace[0]) && unhex(l.span[:], span[0]) && !l.trace.IsEmpty() && !l.span.IsEmpty()
	return l, ok
}

func unhex(to []byte, text string) bool {
	if len(text) != 2*len(to) {
		return false
	}
	_, err := hex.Decode(to, []byte(text))
	return err == nil && hex.EncodeToString(to) == text
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
	if l.key == "" || len(l.texts)+len(l.numbers) == 0 {
		return
	}
	delete(s.Label, l.key)
	delete(s.NumLabel, l.key)
	delete(s.NumUnit, l.key)
	if len(l.texts) > 0 {
		putTexts(s, l.key, l.texts)
	}
	if len(l.numbers) == 0 {
		return
	}
	if s.NumLabel == nil {
		s.NumLabel = map[string][]int64{}
	}
	s.NumLabel[l.key] = l.numbers
	if l.unit != "" {
		if s.NumUnit == nil {
			s.NumUnit = map[string][]string{}
		}
		s.NumUnit[l.key] = slices.Repeat([]string{l.unit}, len(l.numbers))
	}
}

func putTexts(s *profile.Sample, key string, texts []string) {
	if s.Label == nil {
		s.Label = map[string][]string{}
	}
	s.Label[key] = texts
}

func putLink(s *profile.Sample, link pprofile.Link) {
	if id := link.TraceID(); !id.IsEmpty() {
		putTexts(s, traceLabel, []string{id.String()})
	}
	if id := link.SpanID(); !id.IsEmpty() {
		putTexts(s, spanLabel, []string{id.String()})
	}
}
