package pprofconv

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"

	"github.com/google/pprof/profile"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pprofile"
)

// target is a pprof profile under construction out of one or more sets.
type target struct {
	b     *builder
	types []profile.ValueType
	rows  map[string]*profile.Sample
	// sets keeps the samples of different sets apart: they have different resources or times.
	sets int
}

func newTarget(dict dictionary, budget *budget) *target {
	b := newBuilder(group{}, dict, budget)
	b.exact = true
	b.out.SampleType, b.out.Comments = nil, nil
	return &target{b: b, rows: map[string]*profile.Sample{}}
}

// add takes over a set, or nothing of it.
func (t *target) add(s set) error {
	own, err := t.kinds(s)
	if err != nil {
		return err
	}
	columns, types, err := t.columns(own)
	if err != nil {
		return err
	}
	head, err := t.b.head(s.profiles[0])
	if err != nil {
		return err
	}
	instance := resourceLabels(s.resource)
	t.sets++
	var fresh []*profile.Sample
	for i, p := range s.profiles {
		for j, sample := range p.Samples().All() {
			row, isNew, err := t.row(instance, sample, len(types))
			if err == nil {
				err = add(&row.Value[columns[s.place[i]]], sample)
			}
			if err != nil {
				return fmt.Errorf("type %d, sample %d: %w", s.place[i], j, err)
			}
			if isNew {
				fresh = append(fresh, row)
			}
		}
	}
	t.head(head, s)
	t.types = types
	t.b.out.Sample = append(t.b.out.Sample, fresh...)
	return nil
}

// kinds are the sample types of a set in the order of the original.
func (t *target) kinds(s set) ([]profile.ValueType, error) {
	own := make([]profile.ValueType, len(s.profiles))
	for i, p := range s.profiles {
		k, err := t.b.dict.kind(p)
		if err != nil {
			return nil, err
		}
		if !s.ordered {
			k = k.orSamples()
		}
		own[s.place[i]] = profile.ValueType{Type: k.name, Unit: k.unit}
	}
	return own, nil
}

// columns finds the place of each type among those of the target, and what these are with the new ones. A type may be
// there twice: then the second of the set is the second of the target.
func (t *target) columns(own []profile.ValueType) ([]int, []profile.ValueType, error) {
	types, columns := slices.Clone(t.types), make([]int, len(own))
	used := make([]bool, len(types), len(types)+len(own))
	for i, want := range own {
		at := 0
		for at < len(types) && (used[at] || types[at].Type != want.Type || types[at].Unit != want.Unit) {
			at++
		}
		if at == len(types) {
			types, used = append(types, profile.ValueType{Type: want.Type, Unit: want.Unit}), append(used, false)
		}
		used[at], columns[i] = true, at
	}
	if len(types) > maxSampleTypes {
		return nil, nil, ErrTooLarge
	}
	return columns, types, nil
}

// row finds the sample that this one is a further value of, or makes it.
func (t *target) row(instance []label, s pprofile.Sample, columns int) (row *profile.Sample, isNew bool, err error) {
	attributes := s.AttributeIndices().AsRaw()
	if err := t.b.budget.charge(1 + len(attributes)); err != nil {
		return nil, false, err
	}
	slices.Sort(attributes)
	key := make([]byte, 0, 12+4*len(attributes))
	for _, i := range append([]int32{int32(t.sets), s.StackIndex(), s.LinkIndex()}, attributes...) {
		key = binary.LittleEndian.AppendUint32(key, uint32(i))
	}
	if row = t.rows[string(key)]; row != nil {
		return row, false, nil
	}
	if err := t.b.budget.charge(columns); err != nil {
		return nil, false, err
	}
	if row, err = t.b.labelled(instance, s); err != nil {
		return nil, false, err
	}
	row.Value = make([]int64, columns)
	t.rows[string(key)] = row
	return row, true, nil
}

func add(to *int64, s pprofile.Sample) error {
	v, err := total(s)
	*to = addSaturated(*to, v)
	return err
}

// head is what a profile says once.
type head struct {
	kind
	period                         int64
	time, duration                 int64
	comments                       []string
	docURL, dropFrames, keepFrames string
}

func (b *builder) head(p pprofile.Profile) (head, error) {
	h := head{period: p.Period(), time: int64(p.Time()), duration: int64(p.DurationNano())}
	var err error
	if h.kind, err = b.dict.kind(p); err != nil {
		return h, err
	}
	if err := b.budget.charge(p.AttributeIndices().Len()); err != nil {
		return h, err
	}
	for _, index := range p.AttributeIndices().All() {
		a, err := b.attribute(index)
		if err != nil {
			return h, fmt.Errorf("attribute: %w", err)
		}
		switch a.key {
		case keyComment:
			h.comments = a.texts
		case keyDocURL:
			h.docURL = a.text()
		case keyDropFrames:
			h.dropFrames = a.text()
		case keyKeepFrames:
			h.keepFrames = a.text()
		}
	}
	return h, nil
}

func (t *target) head(h head, s set) {
	out := t.b.out
	switch {
	case len(t.types) == 0:
		out.TimeNanos, out.DurationNanos = h.time, h.duration
	case out.TimeNanos != h.time || out.DurationNanos != h.duration:
		var both span
		both.add(out.TimeNanos, out.DurationNanos)
		both.add(h.time, h.duration)
		both.set(out)
	}
	if *out.PeriodType == (profile.ValueType{}) && out.Period == 0 {
		out.PeriodType, out.Period = &profile.ValueType{Type: h.periodName, Unit: h.periodUnit}, h.period
	}
	if len(out.Comments) == 0 {
		out.Comments = h.comments
	}
	out.DocURL = cmp.Or(out.DocURL, h.docURL)
	out.DropFrames = cmp.Or(out.DropFrames, h.dropFrames)
	out.KeepFrames = cmp.Or(out.KeepFrames, h.keepFrames)
	if v, ok := s.scope.Attributes().Get(keyDefaultSampleType); ok {
		out.DefaultSampleType = cmp.Or(out.DefaultSampleType, v.AsString())
	}
}

func (t *target) finish() (*profile.Profile, error) {
	out := t.b.out
	for i := range t.types {
		out.SampleType = append(out.SampleType, &t.types[i])
	}
	if err := t.b.budget.charge(len(t.types) * len(out.Sample)); err != nil {
		return nil, err
	}
	for _, s := range out.Sample {
		s.Value = append(s.Value, make([]int64, len(t.types)-len(s.Value))...)
	}
	// The dictionary has the main binary first, and tools take the first mapping for it.
	out.Mapping = out.Mapping[:0]
	for i, index := range slices.Sorted(maps.Keys(t.b.mappings)) {
		m := t.b.mappings[index]
		m.ID = uint64(i + 1)
		out.Mapping = append(out.Mapping, m)
	}
	markSymbolized(out, t.b.flagged)
	return out, out.CheckValid()
}

// resourceLabels are all attributes of a resource.
func resourceLabels(res pcommon.Resource) []label {
	out := make([]label, 0, res.Attributes().Len())
	for key, v := range res.Attributes().All() {
		out = append(out, newLabel(key, v, ""))
	}
	return out
}
