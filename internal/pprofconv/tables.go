package pprofconv

import (
	"encoding/binary"
	"strings"

	"github.com/google/pprof/profile"
	"go.opentelemetry.io/collector/pdata/pprofile"
)

// tables writes a dictionary. Every table begins with its zero value and holds nothing twice, as OTLP demands.
type tables struct {
	dict       pprofile.ProfilesDictionary
	strings    map[string]int32
	attributes map[string]int32
	mappings   map[mappingKey]int32
	functions  map[functionKey]int32
	locations  map[string]int32
	stacks     map[string]int32
	links      map[link]int32

	// What a profile points to is looked up by its address first. A profile is not changed while it is converted.
	known map[*profile.Location]int32
}

type mappingKey struct {
	start, limit, offset uint64
	file, buildID        string
	flags                [4]bool
}

type functionKey struct {
	name, system, file string
	start              int64
}

func newTables(dict pprofile.ProfilesDictionary) *tables {
	dict.StringTable().Append("")
	dict.MappingTable().AppendEmpty()
	dict.LocationTable().AppendEmpty()
	dict.FunctionTable().AppendEmpty()
	dict.LinkTable().AppendEmpty()
	dict.AttributeTable().AppendEmpty()
	dict.StackTable().AppendEmpty()
	return &tables{
		dict:       dict,
		strings:    map[string]int32{"": 0},
		attributes: map[string]int32{},
		mappings:   map[mappingKey]int32{},
		functions:  map[functionKey]int32{{}: 0},
		locations:  map[string]int32{},
		stacks:     map[string]int32{"": 0},
		links:      map[link]int32{},
		known:      map[*profile.Location]int32{},
	}
}

func (t *tables) str(s string) int32 {
	if i, ok := t.strings[s]; ok {
		return i
	}
	i := int32(t.dict.StringTable().Len())
	t.dict.StringTable().Append(s)
	t.strings[s] = i
	return i
}

func (t *tables) attribute(l label) int32 {
	key := l.identity()
	if i, ok := t.attributes[key]; ok {
		return i
	}
	i := int32(t.dict.AttributeTable().Len())
	a := t.dict.AttributeTable().AppendEmpty()
	a.SetKeyStrindex(t.str(l.key))
	a.SetUnitStrindex(t.str(l.unit))
	l.toValue(a.Value())
	t.attributes[key] = i
	return i
}

func (t *tables) flag(key string, value bool) int32 {
	return t.attribute(label{key: key, flag: true, flagValue: value})
}

func (t *tables) link(l link) int32 {
	if i, ok := t.links[l]; ok {
		return i
	}
	i := int32(t.dict.LinkTable().Len())
	to := t.dict.LinkTable().AppendEmpty()
	to.SetTraceID(l.trace)
	to.SetSpanID(l.span)
	t.links[l] = i
	return i
}

func (t *tables) mapping(m *profile.Mapping) int32 {
	if m == nil {
		return 0
	}
	key := mappingKey{m.Start, m.Limit, m.Offset, m.File, m.BuildID, [4]bool{m.HasFunctions, m.HasFilenames, m.HasLineNumbers, m.HasInlineFrames}}
	if i, ok := t.mappings[key]; ok {
		return i
	}
	i := int32(t.dict.MappingTable().Len())
	to := t.dict.MappingTable().AppendEmpty()
	to.SetMemoryStart(m.Start)
	to.SetMemoryLimit(m.Limit)
	to.SetFileOffset(m.Offset)
	to.SetFilenameStrindex(t.str(m.File))
	if m.BuildID != "" {
		to.AttributeIndices().Append(t.attribute(label{key: buildIDKey(m.BuildID), texts: []string{m.BuildID}}))
	}
	for n, key := range mappingFlags {
		to.AttributeIndices().Append(t.flag(key, *flagOf(m, n)))
	}
	t.mappings[key] = i
	return i
}

// mappingFlags are the attributes for what pprof knows of a mapping's names. They are written whether true or not: a
// mapping of another origin has none of them.
var mappingFlags = [4]string{keyHasFunctions, keyHasFilenames, keyHasLineNumbers, keyHasInlineFrames}

func flagOf(m *profile.Mapping, n int) *bool {
	return [4]*bool{&m.HasFunctions, &m.HasFilenames, &m.HasLineNumbers, &m.HasInlineFrames}[n]
}

// buildIDKey tells what kind a build id is of: a GNU one is in hexadecimal, Go's own has slashes in it.
func buildIDKey(id string) string {
	if strings.Trim(id, "0123456789abcdefABCDEF") != "" {
		return "process.executable.build_id.go"
	}
	return "process.executable.build_id.gnu"
}

func (t *tables) function(f *profile.Function) int32 {
	key := functionKey{f.Name, f.SystemName, f.Filename, f.StartLine}
	if i, ok := t.functions[key]; ok {
		return i
	}
	i := int32(t.dict.FunctionTable().Len())
	to := t.dict.FunctionTable().AppendEmpty()
	to.SetNameStrindex(t.str(f.Name))
	to.SetSystemNameStrindex(t.str(f.SystemName))
	to.SetFilenameStrindex(t.str(f.Filename))
	to.SetStartLine(f.StartLine)
	t.functions[key] = i
	return i
}

func (t *tables) location(l *profile.Location) int32 {
	if i, ok := t.known[l]; ok {
		return i
	}
	mapping, kind := t.mapping(l.Mapping), FrameType(l)
	key := binary.AppendUvarint(nil, uint64(mapping))
	key = binary.AppendUvarint(key, l.Address)
	if l.IsFolded {
		key = append(key, 1)
	} else {
		key = append(key, 0)
	}
	functions := make([]int32, len(l.Line))
	for n, line := range l.Line {
		functions[n] = t.function(line.Function)
		key = binary.AppendUvarint(key, uint64(functions[n]))
		key = binary.AppendVarint(key, line.Line)
		key = binary.AppendVarint(key, line.Column)
	}
	i, ok := t.locations[string(key)]
	if !ok {
		i = int32(t.dict.LocationTable().Len())
		to := t.dict.LocationTable().AppendEmpty()
		to.SetMappingIndex(mapping)
		to.SetAddress(l.Address)
		for n, line := range l.Line {
			at := to.Lines().AppendEmpty()
			at.SetFunctionIndex(functions[n])
			at.SetLine(line.Line)
			at.SetColumn(line.Column)
		}
		if kind != "" {
			to.AttributeIndices().Append(t.attribute(label{key: keyFrameType, texts: []string{kind}}))
		}
		if l.IsFolded {
			to.AttributeIndices().Append(t.flag(keyIsFolded, true))
		}
		t.locations[string(key)] = i
	}
	t.known[l] = i
	return i
}

func (t *tables) stack(locations []*profile.Location) int32 {
	key := make([]byte, 0, 4*len(locations))
	for _, l := range locations {
		key = binary.LittleEndian.AppendUint32(key, uint32(t.location(l)))
	}
	if i, ok := t.stacks[string(key)]; ok {
		return i
	}
	i := int32(t.dict.StackTable().Len())
	to := t.dict.StackTable().AppendEmpty().LocationIndices()
	to.EnsureCapacity(len(locations))
	for at := 0; at < len(key); at += 4 {
		to.Append(int32(binary.LittleEndian.Uint32(key[at:])))
	}
	t.stacks[string(key)] = i
	return i
}
