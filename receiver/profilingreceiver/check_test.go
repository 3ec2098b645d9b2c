package profilingreceiver

import (
	"fmt"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pprofile"
)

// invalid lists what breaks the rules of profiles.proto.
func invalid(pd pprofile.Profiles) (out []string) {
	d := pd.Dictionary()
	complain := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	index := func(what string, i int32, n int) {
		if i < 0 || int(i) >= n {
			complain("%s: index %d of %d", what, i, n)
		}
	}
	str := func(what string, i int32) { index(what, i, d.StringTable().Len()) }
	attrs := func(what string, l pcommon.Int32Slice) {
		for _, i := range l.All() {
			index(what+" attribute", i, d.AttributeTable().Len())
		}
	}
	if d.StringTable().Len() == 0 || d.StringTable().At(0) != "" {
		complain("string 0")
	}
	if d.MappingTable().Len() == 0 || !d.MappingTable().At(0).Equal(pprofile.NewMapping()) {
		complain("mapping 0")
	}
	if d.LocationTable().Len() == 0 || !d.LocationTable().At(0).Equal(pprofile.NewLocation()) {
		complain("location 0")
	}
	if d.FunctionTable().Len() == 0 || !d.FunctionTable().At(0).Equal(pprofile.NewFunction()) {
		complain("function 0")
	}
	if d.LinkTable().Len() == 0 || !d.LinkTable().At(0).Equal(pprofile.NewLink()) {
		complain("link 0")
	}
	if d.StackTable().Len() == 0 || !d.StackTable().At(0).Equal(pprofile.NewStack()) {
		complain("stack 0")
	}
	if d.AttributeTable().Len() == 0 || !d.AttributeTable().At(0).Equal(pprofile.NewKeyValueAndUnit()) {
		complain("attribute 0")
	}
	seen := map[string]bool{}
	for _, s := range d.StringTable().All() {
		if seen[s] {
			complain("string %q twice", s)
		}
		seen[s] = true
	}
	for _, m := range d.MappingTable().All() {
		str("mapping", m.FilenameStrindex())
		attrs("mapping", m.AttributeIndices())
	}
	for _, f := range d.FunctionTable().All() {
		str("function", f.NameStrindex())
		str("function", f.SystemNameStrindex())
	}
	for _, l := range d.LocationTable().All() {
		index("location mapping", l.MappingIndex(), d.MappingTable().Len())
		attrs("location", l.AttributeIndices())
		for _, ln := range l.Lines().All() {
			index("line", ln.FunctionIndex(), d.FunctionTable().Len())
		}
		if m := d.MappingTable().At(int(l.MappingIndex())); m.MemoryLimit() > 0 && (l.Address() < m.MemoryStart() || l.Address() >= m.MemoryLimit()) {
			complain("address %#x outside its mapping %#x-%#x", l.Address(), m.MemoryStart(), m.MemoryLimit())
		}
	}
	stacks := map[string]bool{}
	for _, s := range d.StackTable().All() {
		for _, i := range s.LocationIndices().All() {
			index("stack", i, d.LocationTable().Len())
		}
		if k := fmt.Sprint(s.LocationIndices().AsRaw()); stacks[k] {
			complain("stack %s twice", k)
		} else {
			stacks[k] = true
		}
	}
	for _, a := range d.AttributeTable().All() {
		str("attribute", a.KeyStrindex())
	}
	for _, rp := range pd.ResourceProfiles().All() {
		for _, sp := range rp.ScopeProfiles().All() {
			for _, p := range sp.Profiles().All() {
				if p.Time() == 0 || p.DurationNano() == 0 || p.Period() == 0 || p.ProfileID().IsEmpty() {
					complain("profile without time, duration, period or id")
				}
				one := map[int32]bool{}
				for _, s := range p.Samples().All() {
					index("sample", s.StackIndex(), d.StackTable().Len())
					index("sample link", s.LinkIndex(), d.LinkTable().Len())
					if n := s.TimestampsUnixNano().Len(); n == 0 || n != s.Values().Len() {
						complain("%d timestamps, %d values", n, s.Values().Len())
					}
					if one[s.StackIndex()] {
						complain("stack %d in two samples", s.StackIndex())
					}
					one[s.StackIndex()] = true
				}
			}
		}
	}
	return out
}
