package semconv

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-plus/otelcol-plus/internal/semconv/internal/facts"
)

// Bits that the look pass collects. A place masks out the bits that mean nothing there.
type flags uint16

const (
	// flagOld: the name has an operation or a finding wherever it stands.
	flagOld flags = 1 << iota
	// flagScoped: the name means something only on points of certain metrics.
	flagScoped
	// flagMessage: the name means something only on span events named message.
	flagMessage
	// flagRPC: the name belongs to rpc.*, which AWS spans keep.
	flagRPC
	// flagKey: the key itself has to be rewritten.
	flagKey
	// flagUnknown: the registry does not know the name.
	flagUnknown
	// flagUnstable: the name is current but may change with a release.
	flagUnstable
	// flagOdd is never set on a name, only found on a value.
	flagOdd
)

const lookAlways = flagOld | flagKey | flagOdd

// anyType marks names whose values are not checked.
const anyType = pcommon.ValueType(-1)

// record is what the engine knows of one name. The fields that the look pass needs come first.
type record struct {
	want       pcommon.ValueType
	flags      flags
	checks     checks
	note       uint8 // slot of Worker.notes, 0 for none
	area       uint8
	mayBeEmpty bool
	elems      pcommon.ValueType // of a list
	low, high  int64             // bounds of an integer
	template   bool
	lowerKeys  bool // the variable part of a template's names is lower case
	rule       Rule // DeprecatedAttribute or ObsoleteAttribute; read only with flagOld or flagMessage
	to         string
	typ        string
	members    []string
	enum       []oldValue
	ops        [numKinds]uint16 // index into Registry.ops, 0 for none
}

// operation turns attribute `from` into attribute `to`.
type operation struct {
	from, to  uint16
	want      pcommon.ValueType
	elems     pcommon.ValueType
	declared  pcommon.ValueType // what the old name promised; anyType when nobody knows
	plain     bool              // a value of the wanted type is moved as it is
	anySource bool              // the rename itself prescribes every change of type
	lower     bool
	values    *valueMap
	flags     flags
	special   special
	structure structure // nil: one old name becomes one new name
	half      uint16    // an attribute of which this is the other half, 0 for none
}

type special uint8

const (
	_ special = iota
	specialProtocolVersion
	specialClientGroup
	specialFlavor
)

// Lists of values are short, at most two dozen: comparing one after the other beats a hash.

type valueMap struct {
	unmapped string
	pairs    []mapped
}

type mapped struct {
	old, value string
	to         uint16 // 0: the operation's own target
}

// oldValue is a deprecated member of an enum. Its replacement is empty when there is none.
type oldValue struct {
	old, replacement string
}

// Registry is a compiled set of facts. It never changes after it is built.
type Registry struct {
	// Release is the release of the conventions, followed by those of registries that were added.
	Release string

	table   table
	records []record // by id; record 0 is every unknown name
	names   []string
	tracked uint16 // ids below this take part in operations
	ops     []operation
	areas   []string // areas[0] is where unknown names belong
	metrics map[string]*MetricRecord
	pool    Plan // of the metrics of database connection pools
	known   known
	demands demands
	redact  facts.Redaction
}

// otherArea counts findings on names that the registry does not know.
const otherArea = "_other"

// Default is the compiled registry of [Release].
var Default = sync.OnceValue(func() *Registry { return compile(&builtinFacts) })

// draft is an operation with names where ids are not yet known.
type draft struct {
	from, to  string
	kinds     kindSet
	metrics   []string // final metric names; nil: everywhere
	lower     bool
	anySource bool
	special   special
	structure structure
	// via are the names that a scoped rename passes on its way, each of which may map values.
	via []string
}

type compiler struct {
	*facts.Facts
	reg    *Registry
	attrs  map[string]*facts.Attribute
	moved  map[string]bool
	drafts []draft
	ids    map[string]uint16
}

func compile(f *facts.Facts) *Registry {
	c := &compiler{Facts: f, reg: &Registry{Release: f.Release, redact: f.Redaction}, attrs: map[string]*facts.Attribute{}, moved: map[string]bool{}, ids: map[string]uint16{}}
	for i := range f.Attributes {
		c.attrs[f.Attributes[i].Name] = &f.Attributes[i]
	}
	for _, r := range f.Renames {
		c.moved[r.From] = r.Moved
	}
	c.draftPlain()
	c.draftStructural()
	finals := c.finalMetrics()
	c.draftScoped(finals)
	c.number()
	c.describe()
	c.operations()
	c.reg.table = newTable(c.reg.names)
	c.compileMetrics(finals)
	c.compileDemands()
	return c.reg
}

// draftPlain takes the renames that are nothing but a new key, or that only the derive option would add something to.
func (c *compiler) draftPlain() {
	for _, r := range c.Renames {
		plain := r.Action == "rename" || r.Action == "rename_and_map" || r.Action == "structural" && c.onlyDerives(r.From)
		if plain && !r.Moved && !r.Generic && !c.isTemplate(r.From) {
			c.drafts = append(c.drafts, draft{from: r.From, to: r.To, kinds: kindsAny})
		}
	}
}

func (c *compiler) isTemplate(name string) bool {
	return c.attrs[name] != nil && strings.HasPrefix(c.attrs[name].Type, "template")
}

// onlyDerives tells whether structural rules name the attribute, and all of them only as a source to derive others from.
func (c *compiler) onlyDerives(name string) bool {
	derives := false
	for _, s := range c.Structural {
		if slices.Contains(s.From, name) {
			if !s.Derive {
				return false
			}
			derives = true
		}
	}
	return derives
}

var kindSets = map[string]kindSet{
	"any": kindsAny, "server": kindsServer, "not_server": kindsNotServer, "client": kindsNotServer, "consumer": kindsConsumer,
}

// draftStructural takes the structural rules: those that policy.go counts as plain and those that have a function of their own,
// each with the span kinds it is meant for.
func (c *compiler) draftStructural() {
	for _, s := range c.Structural {
		if run := structures[s.ID]; run != nil {
			c.drafts = append(c.drafts, draftsOf(s, run)...)
			continue
		}
		how, known := structuralOps[s.Op]
		if !known || s.Derive || s.Metric || len(s.To) == 0 {
			continue
		}
		for _, from := range s.From {
			d := draft{from: from, to: s.To[0], kinds: kindSets[s.Kind], lower: how.lower || lowered[from], anySource: how.anySource}
			c.drafts = append(c.drafts, c.byKind(d, s)...)
		}
	}
}

// draftsOf gives each attribute that starts a rule the function that the rule has for it.
func draftsOf(s facts.Structural, run map[string]structure) []draft {
	var out []draft
	for i, from := range s.From {
		fn := run[from]
		if fn == nil {
			fn = run[""]
		}
		if fn == nil {
			continue
		}
		to := s.To[0]
		if len(s.To) == len(s.From) {
			to = s.To[i]
		}
		out = append(out, draft{from: from, to: to, kinds: kindSets[s.Kind], structure: fn})
	}
	return out
}

// byKind splits a draft whose target or right to exist depends on the span kind.
func (c *compiler) byKind(d draft, s facts.Structural) []draft {
	if server, ok := serverTarget[d.from]; ok {
		onServer, elsewhere := d, d
		onServer.kinds, onServer.to = kindsServer, s.To[server]
		elsewhere.kinds, elsewhere.to = kindsNotServer, s.To[1-server]
		return []draft{onServer, elsewhere}
	}
	switch d.from {
	case rocketmqGroup:
		onClient := d
		onClient.kinds, onClient.special = kindsClient, specialClientGroup
		return []draft{d, onClient}
	case protoVersion:
		d.special = specialProtocolVersion
	case httpFlavor:
		d.special = specialFlavor
	}
	return []draft{d}
}

// number gives ids: first the names that operations read or write, so that the repair pass can track them in small arrays.
func (c *compiler) number() {
	c.reg.names = []string{""}
	add := func(name string) {
		if _, known := c.ids[name]; !known && name != "" {
			c.ids[name] = uint16(len(c.reg.names))
			c.reg.names = append(c.reg.names, name)
		}
	}
	for _, d := range c.drafts {
		add(d.from)
		add(d.to)
	}
	for _, m := range c.ValueMaps {
		for _, p := range m.Pairs {
			add(p.To)
		}
	}
	for _, name := range alsoTracked {
		add(name)
	}
	c.reg.tracked = uint16(len(c.reg.names))
	for _, a := range c.Attributes {
		add(a.Name)
	}
	for _, s := range c.Structural {
		if s.Op == "keep" {
			for _, name := range s.From {
				add(name)
			}
		}
	}
}

var wantOf = map[string]pcommon.ValueType{
	"any": anyType, "string": pcommon.ValueTypeStr, "int": pcommon.ValueTypeInt, "double": pcommon.ValueTypeDouble,
	"boolean": pcommon.ValueTypeBool, "string[]": pcommon.ValueTypeSlice, "int[]": pcommon.ValueTypeSlice,
	"template[string]": pcommon.ValueTypeStr, "template[string[]]": pcommon.ValueTypeSlice,
}

// describe fills the records that need no operation: types, members, old values, obsolete names, checks.
func (c *compiler) describe() {
	c.reg.records = make([]record, len(c.reg.names))
	areas := map[string]uint8{otherArea: 0}
	c.reg.areas = []string{otherArea}
	c.reg.records[0] = record{want: anyType, flags: flagUnknown, mayBeEmpty: true}
	for id := 1; id < len(c.reg.names); id++ {
		name, r := c.reg.names[id], &c.reg.records[id]
		r.want, r.area, r.mayBeEmpty = anyType, c.area(areas, name), true
		if strings.HasPrefix(name, rpcPrefix) {
			r.flags |= flagRPC
		}
		if a := c.attrs[name]; a != nil {
			c.describeAttribute(r, a)
		} else if a := c.ofTemplate(name); a != nil {
			c.describeAttribute(r, a)
		}
	}
	for _, s := range c.Structural {
		if s.Op != "keep" {
			continue
		}
		for _, name := range s.From {
			if a := c.attrs[name]; a == nil || a.Status != "moved" {
				c.obsolete(name)
			}
		}
	}
}

// ofTemplate describes a name that belongs to a current template, as a header does that operations write.
func (c *compiler) ofTemplate(name string) *facts.Attribute {
	for end := strings.LastIndexByte(name, '.'); end > 0; end = strings.LastIndexByte(name[:end], '.') {
		if a := c.attrs[name[:end]]; a != nil && a.Status == "" && c.isTemplate(a.Name) {
			one := *a
			one.Name, one.Type = name, strings.TrimSuffix(strings.TrimPrefix(a.Type, "template["), "]")
			return &one
		}
	}
	return nil
}

func (c *compiler) describeAttribute(r *record, a *facts.Attribute) {
	r.template = strings.HasPrefix(a.Type, "template")
	switch {
	case a.Status == "moved":
	case a.Status == "":
		r.want, r.typ, r.members = wantOf[a.Type], strings.TrimSuffix(strings.TrimPrefix(a.Type, "template["), "]"), a.Members
		if r.template {
			r.lowerKeys = lowerKeys[a.Name]
		} else {
			r.typ = a.Type
		}
		r.elems = pcommon.ValueTypeStr
		if a.Type == "int[]" {
			r.elems = pcommon.ValueTypeInt
		}
		r.enum = c.oldValues(a)
		r.mayBeEmpty = r.want != pcommon.ValueTypeStr || mayBeEmpty[a.Name]
		r.checks = c.checksOf(r, a)
		r.low, r.high = r.checks.bounds(r.want)
		if !a.Stable {
			r.flags |= flagUnstable
		}
	case c.generic(a.Name):
		// Old only on the metrics or events it belongs to.
	default:
		r.flags |= flagOld
		r.rule, r.to = DeprecatedAttribute, a.To
		if a.Status == "obsoleted" && !c.hasSuccessor(a.Name) {
			r.rule = ObsoleteAttribute
		}
	}
}

// obsolete marks a name that lost its meaning. The short names of message events are old only there.
func (c *compiler) obsolete(name string) {
	r := &c.reg.records[c.ids[name]]
	r.rule = ObsoleteAttribute
	if strings.HasPrefix(name, messagePrefix) {
		r.flags |= flagMessage
		return
	}
	r.flags |= flagOld
}

func (c *compiler) generic(name string) bool {
	return slices.ContainsFunc(c.Renames, func(r facts.Rename) bool { return r.From == name && r.Generic })
}

// hasSuccessor tells whether any structural rule gives the name a new home.
func (c *compiler) hasSuccessor(name string) bool {
	return slices.ContainsFunc(c.Structural, func(s facts.Structural) bool { return len(s.To) > 0 && slices.Contains(s.From, name) })
}

// oldValues lists the deprecated values of a current attribute with what replaces them.
func (c *compiler) oldValues(a *facts.Attribute) []oldValue {
	var out []oldValue
	for _, m := range c.ValueMaps {
		if m.From == a.Name && m.To == a.Name {
			for _, p := range m.Pairs {
				out = append(out, oldValue{p.Old, p.New})
			}
		}
	}
	for _, v := range a.Old {
		if !slices.ContainsFunc(out, func(o oldValue) bool { return o.old == v }) {
			out = append(out, oldValue{old: v})
		}
	}
	return out
}

// area is the first word of a name; names of one word belong to the area of what they become.
func (c *compiler) area(known map[string]uint8, name string) uint8 {
	word, _, dotted := strings.Cut(name, ".")
	if !dotted {
		i := slices.IndexFunc(c.drafts, func(d draft) bool { return d.from == name })
		if i >= 0 {
			word, _, _ = strings.Cut(c.drafts[i].to, ".")
		}
	}
	id, ok := known[word]
	if !ok && len(c.reg.areas) < maxAreas {
		id = uint8(len(c.reg.areas))
		known[word] = id
		c.reg.areas = append(c.reg.areas, word)
	}
	return id
}

// maxAreas bounds the first words that are counted apart; with registries of their own, users can have more than a byte holds.
const maxAreas = 250

// operations compiles the drafts in rank order, so that running them by index is running them by rank.
func (c *compiler) operations() {
	slices.SortStableFunc(c.drafts, func(a, b draft) int {
		return cmp.Or(cmp.Compare(rankOf(a.from), rankOf(b.from)), cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to))
	})
	c.reg.ops = make([]operation, 1, len(c.drafts)+1)
	for i := range c.drafts {
		d := &c.drafts[i]
		op := c.operation(d)
		index := uint16(len(c.reg.ops))
		c.reg.ops = append(c.reg.ops, op)
		r := &c.reg.records[op.from]
		if d.metrics != nil {
			r.flags |= flagScoped
			continue
		}
		for k := range numKinds {
			if d.kinds&(1<<k) != 0 {
				r.ops[k] = index
			}
		}
		r.to = cmp.Or(r.to, d.to)
		if r.flags&flagOld == 0 {
			r.flags |= flagOld
			r.rule = DeprecatedAttribute
		}
	}
}

func rankOf(name string) int {
	if i := slices.Index(rank, name); i >= 0 {
		return i
	}
	return len(rank)
}

func (c *compiler) operation(d *draft) operation {
	from, to := c.ids[d.from], c.ids[d.to]
	target := &c.reg.records[to]
	op := operation{
		from: from, to: to, want: target.want, elems: target.elems, declared: anyType,
		anySource: d.anySource, lower: d.lower, special: d.special, structure: d.structure,
		flags: c.reg.records[from].flags & flagRPC, half: c.ids[besideInProfiles[d.from]],
	}
	if a := c.attrs[d.from]; a != nil {
		op.declared = wantOf[a.Type]
	}
	for _, name := range append([]string{d.from}, d.via...) {
		op.values = compose(op.values, c.valuesOf(name, d.to))
	}
	op.plain = op.values == nil && !op.lower && op.want != pcommon.ValueTypeSlice && op.special != specialProtocolVersion
	return op
}

func (c *compiler) valuesOf(from, to string) *valueMap {
	for _, m := range c.ValueMaps {
		if m.From == from && m.To == to && from != to {
			v := &valueMap{unmapped: cmp.Or(m.Unmapped, "keep_value")}
			for _, p := range m.Pairs {
				v.pairs = append(v.pairs, mapped{old: p.Old, value: p.New, to: c.ids[p.To]})
			}
			return v
		}
	}
	return nil
}

func (v *valueMap) index(value string) int {
	return slices.IndexFunc(v.pairs, func(m mapped) bool { return m.old == value })
}

// compose maps with `first`, then with `then`.
func compose(first, then *valueMap) *valueMap {
	if first == nil || then == nil {
		return cmp.Or(first, then)
	}
	out := &valueMap{unmapped: first.unmapped, pairs: slices.Clone(first.pairs)}
	for i, m := range out.pairs {
		if j := then.index(m.value); j >= 0 && m.to == 0 {
			out.pairs[i].value = then.pairs[j].value
		}
	}
	for _, m := range then.pairs {
		if out.index(m.old) < 0 {
			out.pairs = append(out.pairs, m)
		}
	}
	return out
}
