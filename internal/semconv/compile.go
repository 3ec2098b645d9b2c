package semconv

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// Bits that the look pass collects. A place masks out the bits that mean nothing there.
type flags uint8

const (
	// flagOld: the name has an operation or a finding wherever it stands.
	flagOld flags = 1 << iota
	// flagScoped: the name means something only on points of certain metrics.
	flagScoped
	// flagMessage: the name means something only on span events named message.
	flagMessage
	// flagEnum: some values of this current attribute are old.
	flagEnum
	// flagElements: a list whose elements have to be looked at.
	flagElements
	// flagRPC: the name belongs to rpc.*, which AWS spans keep.
	flagRPC
	// flagMismatch is never set on a name, only found on a value.
	flagMismatch
)

const lookAlways = flagOld | flagMismatch

// anyType marks names whose values are not checked.
const anyType = pcommon.ValueType(-1)

// record is what the engine knows of one name. The fields that the look pass needs come first.
type record struct {
	want  pcommon.ValueType
	flags flags
	area  uint8
	rule  Rule // DeprecatedAttribute or ObsoleteAttribute; read only with flagOld or flagMessage
	elems attrType
	enum  []oldValue
	ops   [numKinds]uint16 // index into Registry.ops, 0 for none
}

// operation turns attribute `from` into attribute `to`.
type operation struct {
	from, to  uint16
	want      pcommon.ValueType
	elems     attrType
	declared  pcommon.ValueType // what the old name promised; anyType when nobody knows
	plain     bool              // a value of the wanted type is moved as it is
	anySource bool              // the rename itself prescribes every change of type
	lower     bool
	values    *valueMap
	members   []string // when set, other values keep the old key
	blockedBy []string
	flags     flags
	area      uint8
	special   special
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
	unmapped unmapped
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
	table   table
	records []record // by id; record 0 is every unknown name
	names   []string
	tracked uint16 // ids below this take part in operations
	ops     []operation
	areas   []string
	metrics map[string]*MetricRecord
	pool    Plan // of the metrics of database connection pools
}

// Default is the compiled registry of [Release].
var Default = sync.OnceValue(func() *Registry {
	return compile(&facts{
		attributes: factAttributes, renames: factRenames, scoped: factScoped, valueMaps: factValueMaps,
		structural: factStructural, metrics: factMetrics, metricRenames: factMetricRenames, collectorMetrics: factCollectorMetrics,
	})
})

type facts struct {
	attributes       []attributeFact
	renames          []renameFact
	scoped           []scopedFact
	valueMaps        []valueMapFact
	structural       []structuralFact
	metrics          []metricFact
	metricRenames    []metricRenameFact
	collectorMetrics []collectorMetricFact
}

// draft is an operation with names where ids are not yet known.
type draft struct {
	from, to  string
	kinds     kindSet
	metrics   []string // final metric names; nil: everywhere
	lower     bool
	anySource bool
	members   bool
	special   special
	// via are the names that a scoped rename passes on its way, each of which may map values.
	via []string
}

type compiler struct {
	*facts
	reg    *Registry
	attrs  map[string]*attributeFact
	moved  map[string]bool
	drafts []draft
	ids    map[string]uint16
}

func compile(f *facts) *Registry {
	c := &compiler{facts: f, reg: &Registry{}, attrs: map[string]*attributeFact{}, moved: map[string]bool{}, ids: map[string]uint16{}}
	for i := range f.attributes {
		c.attrs[f.attributes[i].name] = &f.attributes[i]
	}
	for _, r := range f.renames {
		c.moved[r.from] = r.moved
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
	return c.reg
}

// draftPlain takes the renames that are nothing but a new key, or that only the derive option would add something to.
func (c *compiler) draftPlain() {
	for _, r := range c.renames {
		plain := r.action == actionRename || r.action == actionStructural && c.onlyDerives(r.from)
		if plain && !r.moved && !r.generic {
			c.drafts = append(c.drafts, draft{from: r.from, to: r.to, kinds: kindsAny})
		}
	}
}

// onlyDerives tells whether structural rules name the attribute, and all of them only as a source to derive others from.
func (c *compiler) onlyDerives(name string) bool {
	derives := false
	for _, s := range c.structural {
		if slices.Contains(s.from, name) {
			if !s.derive {
				return false
			}
			derives = true
		}
	}
	return derives
}

// draftStructural takes the structural rules that policy.go counts as plain, each with the span kinds it is meant for.
func (c *compiler) draftStructural() {
	for _, s := range c.structural {
		how, known := structuralOps[s.op]
		if !known || s.derive || s.metricOnly || notYet[s.id] || len(s.to) == 0 {
			continue
		}
		for _, from := range s.from {
			// code.namespace and rpc.method are the second halves of joins.
			if s.op == "join" && from != s.from[0] {
				continue
			}
			d := draft{from: from, to: s.to[0], kinds: s.kinds, lower: how.lower || lowered[from], anySource: how.anySource,
				members: s.op == "enum_fold"}
			c.drafts = append(c.drafts, c.byKind(d, s)...)
		}
	}
}

// byKind splits a draft whose target or right to exist depends on the span kind.
func (c *compiler) byKind(d draft, s structuralFact) []draft {
	if server, ok := serverTarget[d.from]; ok {
		onServer, elsewhere := d, d
		onServer.kinds, onServer.to = kindsServer, s.to[server]
		elsewhere.kinds, elsewhere.to = kindsNotServer, s.to[1-server]
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
	for _, m := range c.valueMaps {
		for _, p := range m.pairs {
			add(p.to)
		}
	}
	c.reg.tracked = uint16(len(c.reg.names))
	for _, a := range c.attributes {
		if a.typ != typeTemplate {
			add(a.name)
		}
	}
	for _, s := range c.structural {
		if s.op == "keep" {
			for _, name := range s.from {
				add(name)
			}
		}
	}
}

var wantOf = [...]pcommon.ValueType{
	typeAny: anyType, typeString: pcommon.ValueTypeStr, typeInt: pcommon.ValueTypeInt, typeDouble: pcommon.ValueTypeDouble,
	typeBool: pcommon.ValueTypeBool, typeStrings: pcommon.ValueTypeSlice, typeInts: pcommon.ValueTypeSlice, typeTemplate: anyType,
}

// describe fills the records that need no operation: types, old values, obsolete names.
func (c *compiler) describe() {
	c.reg.records = make([]record, len(c.reg.names))
	areas := map[string]uint8{}
	for id, name := range c.reg.names {
		r := &c.reg.records[id]
		r.want, r.area = anyType, c.area(areas, name)
		if strings.HasPrefix(name, rpcPrefix) {
			r.flags |= flagRPC
		}
		if a := c.attrs[name]; a != nil {
			c.describeAttribute(r, a)
		}
	}
	for _, s := range c.structural {
		if s.op != "keep" {
			continue
		}
		for _, name := range s.from {
			if a := c.attrs[name]; a == nil || a.status != statusMoved {
				c.obsolete(name)
			}
		}
	}
}

func (c *compiler) describeAttribute(r *record, a *attributeFact) {
	switch {
	case a.status == statusMoved:
	case a.status == statusCurrent:
		r.want, r.elems = wantOf[a.typ], a.typ
		if r.want == pcommon.ValueTypeSlice {
			r.flags |= flagElements
		}
		r.enum = c.oldValues(a)
		if len(r.enum) > 0 {
			r.flags |= flagEnum
		}
	case c.generic(a.name):
		// Old only on the metrics or events it belongs to.
	default:
		r.flags |= flagOld
		r.rule = DeprecatedAttribute
		if a.status == statusObsolete && !c.hasSuccessor(a.name) {
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
	return slices.ContainsFunc(c.renames, func(r renameFact) bool { return r.from == name && r.generic })
}

// hasSuccessor tells whether any structural rule, built yet or not, gives the name a new home.
func (c *compiler) hasSuccessor(name string) bool {
	return slices.ContainsFunc(c.structural, func(s structuralFact) bool { return len(s.to) > 0 && slices.Contains(s.from, name) })
}

// oldValues lists the deprecated values of a current attribute with what replaces them.
func (c *compiler) oldValues(a *attributeFact) []oldValue {
	var out []oldValue
	for _, m := range c.valueMaps {
		if m.from == a.name && m.to == a.name {
			for _, p := range m.pairs {
				out = append(out, oldValue{p.old, p.new})
			}
		}
	}
	for _, v := range a.deprecatedMembers {
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
	if !ok {
		id = uint8(len(c.reg.areas))
		known[word] = id
		c.reg.areas = append(c.reg.areas, word)
	}
	return id
}

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
		anySource: d.anySource, lower: d.lower, blockedBy: blockedBy[d.from], special: d.special,
		flags: c.reg.records[from].flags & flagRPC, area: c.reg.records[from].area,
	}
	if a := c.attrs[d.from]; a != nil {
		op.declared = wantOf[a.typ]
	}
	if d.members {
		op.members = c.attrs[d.to].members
	}
	for _, name := range append([]string{d.from}, d.via...) {
		op.values = compose(op.values, c.valuesOf(name, d.to))
	}
	op.values = compose(op.values, ownValues(target))
	op.plain = op.values == nil && op.members == nil && !op.lower && op.want != pcommon.ValueTypeSlice
	return op
}

func (c *compiler) valuesOf(from, to string) *valueMap {
	for _, m := range c.valueMaps {
		if m.from == from && m.to == to && from != to {
			v := &valueMap{unmapped: m.unmapped}
			for _, p := range m.pairs {
				v.pairs = append(v.pairs, mapped{old: p.old, value: p.new, to: c.ids[p.to]})
			}
			return v
		}
	}
	return nil
}

// ownValues are the old values of the target itself, so that one run reaches what a second run would.
func ownValues(target *record) *valueMap {
	v := &valueMap{}
	for _, e := range target.enum {
		if e.replacement != "" {
			v.pairs = append(v.pairs, mapped{old: e.old, value: e.replacement})
		}
	}
	if len(v.pairs) == 0 {
		return nil
	}
	return v
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
