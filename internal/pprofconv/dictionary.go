package pprofconv

import (
	"fmt"

	"go.opentelemetry.io/collector/pdata/pprofile"
)

// IndexError is returned when a profile points outside the request's dictionary.
type IndexError struct {
	Table string
	Index int32
	Len   int
}

func (e *IndexError) Error() string {
	return fmt.Sprintf("%s has no index %d, its length is %d", e.Table, e.Index, e.Len)
}

// dictionary is the request's dictionary with every index checked. Index 0 of each table means "none", and so an empty
// table has it as well.
type dictionary struct {
	pprofile.ProfilesDictionary
}

// table is what all the generated slices have in common.
type table[T any] interface {
	Len() int
	At(int) T
}

// lookup returns the entry and whether there is one: index 0 is none.
func lookup[T any](name string, t table[T], index int32) (entry T, ok bool, err error) {
	if index == 0 {
		return entry, false, nil
	}
	if index < 0 || int(index) >= t.Len() {
		return entry, false, &IndexError{Table: name, Index: index, Len: t.Len()}
	}
	return t.At(int(index)), true, nil
}

func (d dictionary) string(index int32) (string, error) {
	s, _, err := lookup("string_table", d.StringTable(), index)
	return s, err
}

func (d dictionary) mapping(index int32) (pprofile.Mapping, bool, error) {
	return lookup("mapping_table", d.MappingTable(), index)
}

func (d dictionary) location(index int32) (pprofile.Location, bool, error) {
	return lookup("location_table", d.LocationTable(), index)
}

func (d dictionary) function(index int32) (pprofile.Function, bool, error) {
	return lookup("function_table", d.FunctionTable(), index)
}

func (d dictionary) link(index int32) (pprofile.Link, bool, error) {
	return lookup("link_table", d.LinkTable(), index)
}

func (d dictionary) stack(index int32) (pprofile.Stack, bool, error) {
	return lookup("stack_table", d.StackTable(), index)
}

func (d dictionary) attribute(index int32) (pprofile.KeyValueAndUnit, bool, error) {
	return lookup("attribute_table", d.AttributeTable(), index)
}

// kind reads what a profile counts.
func (d dictionary) kind(p pprofile.Profile) (kind, error) {
	var k kind
	for _, part := range []struct {
		to    *string
		index int32
		what  string
	}{
		{&k.name, p.SampleType().TypeStrindex(), "sample type"},
		{&k.unit, p.SampleType().UnitStrindex(), "sample type's unit"},
		{&k.periodName, p.PeriodType().TypeStrindex(), "period type"},
		{&k.periodUnit, p.PeriodType().UnitStrindex(), "period type's unit"},
	} {
		s, err := d.string(part.index)
		if err != nil {
			return k, fmt.Errorf("%s: %w", part.what, err)
		}
		*part.to = s
	}
	return k, nil
}
