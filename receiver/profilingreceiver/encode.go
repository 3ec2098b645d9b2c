package profilingreceiver

import (
	"crypto/rand"
	"encoding/binary"
	"slices"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pprofile"

	"github.com/otelcol-plus/otelcol-plus/receiver/profilingreceiver/internal/metadata"
)

// names answers what a frame is called.
type names interface {
	lookUp(f frame) place
}

// place is where a frame is, in the terms of a profile: addresses are the
// file's own, as if it were loaded where its headers say, so that all
// processes share locations.
type place struct {
	name, linkage string // "" when there is no name
	kind          string // profile.frame.type
	addr          uint64
	start, limit  uint64 // of the mapping
	off           uint64 // in the file, of start
	buildID       string
}

// encoder builds one batch of profiles. Every table begins with its zero value
// and holds nothing twice.
type encoder struct {
	names     names
	dict      pprofile.ProfilesDictionary
	strings   map[string]int32
	attrs     map[[2]string]int32
	functions map[[2]string]int32
	mappings  map[mappingKey]int32
	locations map[frame]int32
	stacks    map[string]int32
	key       []byte
	unnamed   map[int32]bool
	stats     encodeStats
}

type encodeStats struct{ samples, frames, unnamed int }

type mappingKey struct {
	file  fileRef
	start uint64
}

// encode turns a window into profiles, one resource for each process.
func encode(w *window, n names, period int64, version string) (pprofile.Profiles, encodeStats) {
	pd := pprofile.NewProfiles()
	e := &encoder{
		names: n, dict: pd.Dictionary(), strings: map[string]int32{}, attrs: map[[2]string]int32{}, functions: map[[2]string]int32{},
		mappings: map[mappingKey]int32{}, locations: map[frame]int32{}, stacks: map[string]int32{}, unnamed: map[int32]bool{},
	}
	e.zeroValues()
	groups := make([]*group, 0, len(w.groups))
	for _, g := range w.groups {
		groups = append(groups, g)
	}
	slices.SortFunc(groups, func(a, b *group) int { return int(a.pid) - int(b.pid) })
	for _, g := range groups {
		rp := pd.ResourceProfiles().AppendEmpty()
		g.describe(rp.Resource().Attributes())
		sp := rp.ScopeProfiles().AppendEmpty()
		sp.Scope().SetName(metadata.ScopeName)
		sp.Scope().SetVersion(version)
		e.profile(sp.Profiles().AppendEmpty(), g, w, period)
	}
	return pd, e.stats
}

func (e *encoder) zeroValues() {
	e.str("")
	e.dict.MappingTable().AppendEmpty()
	e.dict.LocationTable().AppendEmpty()
	e.dict.FunctionTable().AppendEmpty()
	e.dict.LinkTable().AppendEmpty()
	e.dict.StackTable().AppendEmpty()
	e.dict.AttributeTable().AppendEmpty()
}

// describe writes the resource. What the host is, is for processors to say.
func (g *group) describe(a pcommon.Map) {
	service := g.name
	if g.kernel {
		service = "kernel" // its threads have too many names to be services
	}
	a.PutStr("service.name", service)
	a.PutInt("process.pid", int64(g.pid))
	a.PutStr("process.executable.name", g.name)
	if g.exe != "" {
		a.PutStr("process.executable.path", g.exe)
	}
	if g.container != "" {
		a.PutStr("container.id", g.container)
	}
}

func (e *encoder) profile(p pprofile.Profile, g *group, w *window, period int64) {
	p.SampleType().SetTypeStrindex(e.str("samples"))
	p.SampleType().SetUnitStrindex(e.str("count"))
	p.PeriodType().SetTypeStrindex(e.str("cpu"))
	p.PeriodType().SetUnitStrindex(e.str("nanoseconds"))
	p.SetPeriod(period)
	p.SetTime(pcommon.Timestamp(w.start))
	p.SetDurationNano(w.end - w.start)
	p.SetProfileID(newProfileID())
	// Two stacks of frames can be one stack of locations.
	samples := map[int32]pprofile.Sample{}
	for _, list := range g.stacks {
		for _, st := range list {
			i := e.stack(st.frames, len(st.times))
			s, ok := samples[i]
			if !ok {
				s = p.Samples().AppendEmpty()
				s.SetStackIndex(i)
				samples[i] = s
			}
			e.stats.samples += len(st.times)
			s.TimestampsUnixNano().Append(st.times...)
			for range st.times {
				s.Values().Append(1) // readers that know no timestamps sum values
			}
		}
	}
}

func (e *encoder) stack(frames []frame, n int) int32 {
	e.key = e.key[:0]
	for _, f := range frames {
		l := e.location(f)
		e.key = binary.LittleEndian.AppendUint32(e.key, uint32(l))
		e.stats.frames += n
		if e.unnamed[l] {
			e.stats.unnamed += n
		}
	}
	if i, ok := e.stacks[string(e.key)]; ok {
		return i
	}
	i := int32(e.dict.StackTable().Len())
	s := e.dict.StackTable().AppendEmpty().LocationIndices()
	s.EnsureCapacity(len(frames))
	for b := e.key; len(b) > 0; b = b[4:] {
		s.Append(int32(binary.LittleEndian.Uint32(b)))
	}
	e.stacks[string(e.key)] = i
	return i
}

func (e *encoder) location(f frame) int32 {
	if i, ok := e.locations[f]; ok {
		return i
	}
	p := e.names.lookUp(f)
	i := int32(e.dict.LocationTable().Len())
	l := e.dict.LocationTable().AppendEmpty()
	l.SetMappingIndex(e.mapping(f.file, p))
	l.SetAddress(p.addr)
	l.AttributeIndices().Append(e.attr("profile.frame.type", p.kind))
	if p.name != "" {
		l.Lines().AppendEmpty().SetFunctionIndex(e.function(p))
	} else {
		e.unnamed[i] = true
	}
	e.locations[f] = i
	return i
}

func (e *encoder) function(p place) int32 {
	key := [2]string{p.name, p.linkage}
	if i, ok := e.functions[key]; ok {
		return i
	}
	i := int32(e.dict.FunctionTable().Len())
	f := e.dict.FunctionTable().AppendEmpty()
	f.SetNameStrindex(e.str(p.name))
	f.SetSystemNameStrindex(e.str(p.linkage))
	e.functions[key] = i
	return i
}

func (e *encoder) mapping(file fileRef, p place) int32 {
	key := mappingKey{file, p.start}
	if i, ok := e.mappings[key]; ok {
		return i
	}
	i := int32(e.dict.MappingTable().Len())
	m := e.dict.MappingTable().AppendEmpty()
	m.SetMemoryStart(p.start)
	m.SetMemoryLimit(p.limit)
	m.SetFileOffset(p.off)
	m.SetFilenameStrindex(e.str(file.Value().path))
	if p.buildID != "" {
		m.AttributeIndices().Append(e.attr("process.executable.build_id.gnu", p.buildID))
	}
	e.mappings[key] = i
	return i
}

func (e *encoder) attr(key, value string) int32 {
	k := [2]string{key, value}
	if i, ok := e.attrs[k]; ok {
		return i
	}
	i := int32(e.dict.AttributeTable().Len())
	a := e.dict.AttributeTable().AppendEmpty()
	a.SetKeyStrindex(e.str(key))
	a.Value().SetStr(value)
	e.attrs[k] = i
	return i
}

func (e *encoder) str(s string) int32 {
	if i, ok := e.strings[s]; ok {
		return i
	}
	i := int32(e.dict.StringTable().Len())
	e.dict.StringTable().Append(s)
	e.strings[s] = i
	return i
}

func newProfileID() (id pprofile.ProfileID) {
	_, _ = rand.Read(id[:]) // never fails
	return id
}
