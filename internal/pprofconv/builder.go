package pprofconv

import (
	"fmt"

	"github.com/google/pprof/profile"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pprofile"
)

// buildIDKeys are the mapping attributes that hold a build id, the one that tools look up first.
var buildIDKeys = []string{
	"process.executable.build_id.gnu", "process.executable.build_id.go", "process.executable.build_id.htlhash",
}

// builder collects one Profile. The tables are keyed by dictionary index, which is the identity of an entry within a
// request, and hold only what samples refer to.
type builder struct {
	group  group
	dict   dictionary
	budget *budget
	exact  bool // names stay as they are, also where there are none

	out   *profile.Profile
	count int
	span  span

	mappings   map[int32]*profile.Mapping
	functions  map[int32]*profile.Function
	locations  map[int32]*profile.Location
	stacks     map[int32][]*profile.Location
	attributes map[int32]label
	flagged    map[*profile.Mapping]bool // whose flags the request tells
	frameTypes map[*profile.Location]string
}

func newBuilder(g group, dict dictionary, b *budget) *builder {
	out := &profile.Profile{
		SampleType: []*profile.ValueType{{Type: g.name, Unit: g.unit}},
		PeriodType: &profile.ValueType{Type: g.periodName, Unit: g.periodUnit},
		Comments:   []string{"service.name=" + g.service},
	}
	return &builder{
		group: g, dict: dict, budget: b, out: out,
		mappings:   map[int32]*profile.Mapping{},
		functions:  map[int32]*profile.Function{},
		locations:  map[int32]*profile.Location{},
		stacks:     map[int32][]*profile.Location{},
		attributes: map[int32]label{},
		flagged:    map[*profile.Mapping]bool{},
		frameTypes: map[*profile.Location]string{},
	}
}

// samples converts the samples of one profile without adding them.
func (b *builder) samples(res pcommon.Resource, p pprofile.Profile) ([]*profile.Sample, error) {
	instance := instanceLabels(res)
	out := make([]*profile.Sample, 0, p.Samples().Len())
	for i, s := range p.Samples().All() {
		sample, err := b.sample(instance, s)
		if err != nil {
			return nil, fmt.Errorf("sample %d: %w", i, err)
		}
		out = append(out, sample)
	}
	return out, nil
}

func (b *builder) sample(instance []label, s pprofile.Sample) (*profile.Sample, error) {
	value, err := total(s)
	if err != nil {
		return nil, err
	}
	out, err := b.labelled(instance, s)
	if err != nil {
		return nil, err
	}
	out.Value = []int64{value}
	return out, nil
}

// labelled converts all of a sample but its value.
func (b *builder) labelled(instance []label, s pprofile.Sample) (*profile.Sample, error) {
	stack, err := b.stack(s.StackIndex())
	if err != nil {
		return nil, err
	}
	if err := b.budget.charge(1 + len(stack) + len(instance) + s.AttributeIndices().Len()); err != nil {
		return nil, err
	}
	out := &profile.Sample{Location: stack}
	for _, l := range instance {
		l.put(out)
	}
	for _, index := range s.AttributeIndices().All() {
		l, err := b.attribute(index)
		if err != nil {
			return nil, fmt.Errorf("attribute: %w", err)
		}
		l.put(out)
	}
	link, ok, err := b.dict.link(s.LinkIndex())
	if err != nil {
		return nil, fmt.Errorf("link: %w", err)
	}
	if ok {
		putLink(out, link)
	}
	return out, nil
}

func (b *builder) commit(p pprofile.Profile, samples []*profile.Sample) {
	b.out.Sample = append(b.out.Sample, samples...)
	b.count += len(samples)
	b.span.add(int64(p.Time()), int64(min(p.DurationNano(), maxDuration)))
	if b.out.Period == 0 {
		b.out.Period = p.Period()
	}
}

func (b *builder) profile() *profile.Profile {
	b.span.set(b.out)
	markSymbolized(b.out, b.flagged)
	return b.out
}

// stack resolves a stack once; its samples share the slice.
func (b *builder) stack(index int32) ([]*profile.Location, error) {
	if locs, ok := b.stacks[index]; ok {
		return locs, nil
	}
	stack, ok, err := b.dict.stack(index)
	if err != nil || !ok {
		return nil, err
	}
	if err := b.budget.charge(stack.LocationIndices().Len()); err != nil {
		return nil, err
	}
	locs := make([]*profile.Location, 0, stack.LocationIndices().Len())
	for _, i := range stack.LocationIndices().All() {
		l, err := b.location(i)
		if err != nil {
			return nil, fmt.Errorf("stack %d: %w", index, err)
		}
		if l != nil {
			locs = append(locs, l)
		}
	}
	b.stacks[index] = locs
	return locs, nil
}

func (b *builder) location(index int32) (*profile.Location, error) {
	if l := b.locations[index]; l != nil {
		return l, nil
	}
	src, ok, err := b.dict.location(index)
	if err != nil || !ok {
		return nil, err
	}
	if err := b.budget.charge(1 + src.Lines().Len() + src.AttributeIndices().Len()); err != nil {
		return nil, err
	}
	l := &profile.Location{Address: src.Address()}
	for _, i := range src.AttributeIndices().All() {
		a, err := b.attribute(i)
		if err != nil {
			return nil, fmt.Errorf("location %d: attribute: %w", index, err)
		}
		switch a.key {
		case keyIsFolded:
			l.IsFolded = a.flagValue
		case keyFrameType:
			b.frameTypes[l] = a.text()
		}
	}
	if l.Mapping, err = b.mapping(src.MappingIndex()); err != nil {
		return nil, fmt.Errorf("location %d: %w", index, err)
	}
	for _, line := range src.Lines().All() {
		f, err := b.function(line.FunctionIndex())
		if err != nil {
			return nil, fmt.Errorf("location %d: %w", index, err)
		}
		// pprof has no line without a function; where nothing has to come back it is left out.
		if f != nil {
			l.Line = append(l.Line, profile.Line{Function: f, Line: line.Line(), Column: line.Column()})
		}
	}
	b.out.Location = append(b.out.Location, l)
	l.ID = uint64(len(b.out.Location))
	b.locations[index] = l
	return l, nil
}

func (b *builder) function(index int32) (*profile.Function, error) {
	if f := b.functions[index]; f != nil {
		return f, nil
	}
	src, ok, err := b.dict.function(index)
	if err != nil || !ok && !b.exact {
		return nil, err
	}
	if !ok {
		// OTLP's line without a function is pprof's line of one without a name.
		src = pprofile.NewFunction()
	}
	f := &profile.Function{StartLine: src.StartLine()}
	for _, part := range []struct {
		to    *string
		index int32
	}{{&f.Name, src.NameStrindex()}, {&f.SystemName, src.SystemNameStrindex()}, {&f.Filename, src.FilenameStrindex()}} {
		if *part.to, err = b.dict.string(part.index); err != nil {
			return nil, fmt.Errorf("function %d: %w", index, err)
		}
	}
	// pprof shows the name, and expects the system name to be there as well.
	if f.Name == "" && !b.exact {
		f.Name = f.SystemName
	}
	if f.SystemName == "" && !b.exact {
		f.SystemName = f.Name
	}
	b.out.Function = append(b.out.Function, f)
	f.ID = uint64(len(b.out.Function))
	b.functions[index] = f
	return f, nil
}

func (b *builder) mapping(index int32) (*profile.Mapping, error) {
	if m := b.mappings[index]; m != nil {
		return m, nil
	}
	src, ok, err := b.dict.mapping(index)
	if err != nil || !ok {
		return nil, err
	}
	m := &profile.Mapping{Start: src.MemoryStart(), Limit: src.MemoryLimit(), Offset: src.FileOffset()}
	if m.File, err = b.dict.string(src.FilenameStrindex()); err != nil {
		return nil, fmt.Errorf("mapping %d: %w", index, err)
	}
	if err := b.describeMapping(m, src); err != nil {
		return nil, fmt.Errorf("mapping %d: attribute: %w", index, err)
	}
	b.out.Mapping = append(b.out.Mapping, m)
	m.ID = uint64(len(b.out.Mapping))
	b.mappings[index] = m
	return m, nil
}

// describeMapping reads the build id and the flags from the attributes of a mapping.
func (b *builder) describeMapping(m *profile.Mapping, src pprofile.Mapping) error {
	if err := b.budget.charge(src.AttributeIndices().Len()); err != nil {
		return err
	}
	best := len(buildIDKeys)
	for _, index := range src.AttributeIndices().All() {
		a, err := b.attribute(index)
		if err != nil {
			return err
		}
		for i, key := range buildIDKeys[:best] {
			if a.key == key {
				best, m.BuildID = i, a.text()
			}
		}
		for n, key := range mappingFlags {
			if a.key == key && a.flag {
				*flagOf(m, n) = a.flagValue
				b.flagged[m] = true
			}
		}
	}
	return nil
}
