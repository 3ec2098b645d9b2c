package pprofconv

import (
	"fmt"
	"slices"

	"github.com/google/pprof/profile"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pprofile"
)

// Split converts a request, which it only reads, into one pprof profile for each set of OTLP profiles that belong
// together: those of one resource and scope that cover the same time and differ in their sample type. It is the reverse
// of Encoder.Add for a profile of one resource. What is damaged is refused set by set, as FromOTLP does.
func Split(pd pprofile.Profiles) ([]*profile.Profile, error) {
	var out []*profile.Profile
	c := newCombiner(pd)
	c.walk(pd, func(s set) error {
		t := newTarget(c.dict, c.budget)
		if err := t.add(s); err != nil {
			return err
		}
		p, err := t.finish()
		if err != nil {
			return err
		}
		out = append(out, p)
		return nil
	})
	return out, c.error()
}

// Joined is a request as one pprof profile, and what of it pprof has no place for but a picture needs.
type Joined struct {
	*profile.Profile
	frameTypes map[*profile.Location]string
}

// FrameType is the location's profile.frame.type as the request said, or else what FrameType finds.
func (j *Joined) FrameType(l *profile.Location) string {
	if kind := j.frameTypes[l]; kind != "" {
		return kind
	}
	return FrameType(l)
}

// Join converts a request into a single pprof profile with all its sample types, whose period, comments and the like are
// those of the first set that has any. It is nil when there is none.
func Join(pd pprofile.Profiles) (*Joined, error) {
	c := newCombiner(pd)
	t := newTarget(c.dict, c.budget)
	c.walk(pd, t.add)
	if len(t.types) == 0 {
		return nil, c.error()
	}
	p, err := t.finish()
	if err != nil {
		c.refuse(err)
		return nil, c.error()
	}
	return &Joined{p, t.b.frameTypes}, c.error()
}

// combiner walks the sets of a request.
type combiner struct {
	dict   dictionary
	budget *budget
	refusals
}

func newCombiner(pd pprofile.Profiles) *combiner {
	return &combiner{dict: dictionary{pd.Dictionary()}, budget: &budget{left: maxWork}}
}

func (c *combiner) walk(pd pprofile.Profiles, add func(set) error) {
	for i, rp := range pd.ResourceProfiles().All() {
		for j, sp := range rp.ScopeProfiles().All() {
			for _, s := range sets(rp.Resource(), sp) {
				if err := add(s); err != nil {
					c.refuse(fmt.Errorf("resource %d, scope %d, profile %d: %w", i, j, s.first, err))
				}
			}
		}
	}
}

// set is profiles of a scope that differ in their sample type only.
type set struct {
	resource pcommon.Resource
	scope    pcommon.InstrumentationScope
	first    int
	profiles []pprofile.Profile
	// place says for each profile which of the sample types it was. ordered tells that the scope says so.
	place   []int
	ordered bool
}

// sets puts the profiles of a scope together: all of them where the scope says that they are the sample types of one
// pprof profile, else those that could be.
func sets(res pcommon.Resource, sp pprofile.ScopeProfiles) []set {
	if place := sampleTypeOrder(sp.Scope(), sp.Profiles().Len()); place != nil {
		s := set{resource: res, scope: sp.Scope(), place: place, ordered: true}
		for _, p := range sp.Profiles().All() {
			s.profiles = append(s.profiles, p)
		}
		return []set{s}
	}
	var out []set
	for i, p := range sp.Profiles().All() {
		if last := len(out) - 1; last < 0 || !out[last].fits(p) {
			out = append(out, set{resource: res, scope: sp.Scope(), first: i})
		}
		s := &out[len(out)-1]
		s.place = append(s.place, len(s.profiles))
		s.profiles = append(s.profiles, p)
	}
	return out
}

// fits tells whether a profile may be a further sample type of the set.
func (s *set) fits(p pprofile.Profile) bool {
	one := s.profiles[0]
	if len(s.profiles) >= maxSampleTypes || p.Time() != one.Time() || p.DurationNano() != one.DurationNano() || p.Period() != one.Period() ||
		!same(p.PeriodType(), one.PeriodType()) || !p.AttributeIndices().Equal(one.AttributeIndices()) {
		return false
	}
	return !slices.ContainsFunc(s.profiles, func(q pprofile.Profile) bool { return same(q.SampleType(), p.SampleType()) })
}

func same(a, b pprofile.ValueType) bool {
	return a.TypeStrindex() == b.TypeStrindex() && a.UnitStrindex() == b.UnitStrindex()
}

// sampleTypeOrder reads the scope's attribute; it is nil unless it is a permutation of n.
func sampleTypeOrder(scope pcommon.InstrumentationScope, n int) []int {
	v, ok := scope.Attributes().Get(keySampleTypeOrder)
	if !ok || v.Type() != pcommon.ValueTypeSlice || v.Slice().Len() != n || n == 0 || n > maxSampleTypes {
		return nil
	}
	order, seen := make([]int, n), make([]bool, n)
	for i, v := range v.Slice().All() {
		at := v.Int()
		if v.Type() != pcommon.ValueTypeInt || at < 0 || at >= int64(n) || seen[at] {
			return nil
		}
		order[i], seen[at] = int(at), true
	}
	return order
}
