package pprofscrape

import (
	"slices"
	"strings"

	"github.com/google/pprof/profile"
)

// Keep leaves out sample types that another profile of the same program is there for: Go's heap and allocs are the same
// values, of which heap is asked for what is in use, and allocs for what was allocated.
func Keep(p *profile.Profile, name string) {
	switch name {
	case "heap":
		keepTypes(p, "inuse_")
	case "allocs":
		keepTypes(p, "alloc_")
	}
}

// keepTypes leaves the sample types with that prefix, if there are any.
func keepTypes(p *profile.Profile, prefix string) {
	var columns []int
	for i, t := range p.SampleType {
		if strings.HasPrefix(t.Type, prefix) {
			columns = append(columns, i)
		}
	}
	if len(columns) == 0 || len(columns) == len(p.SampleType) {
		return
	}
	types := make([]*profile.ValueType, len(columns))
	for to, from := range columns {
		types[to] = p.SampleType[from]
	}
	kept := p.Sample[:0]
	for _, s := range p.Sample {
		values := make([]int64, len(columns))
		for to, from := range columns {
			values[to] = s.Value[from]
		}
		s.Value = values
		if slices.ContainsFunc(values, func(v int64) bool { return v != 0 }) {
			kept = append(kept, s)
		}
	}
	p.SampleType, p.Sample = types, kept
	if !strings.HasPrefix(p.DefaultSampleType, prefix) {
		p.DefaultSampleType = ""
	}
}
