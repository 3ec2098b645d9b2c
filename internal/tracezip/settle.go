package tracezip

import (
	"math/bits"

	"github.com/cespare/xxhash/v2"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// settlement turns the charges of one frame into costs of parts, keys and services.
type settlement struct {
	in *Inspector
	d  *Decoder
	m  *meter

	spans       shares   // of the services in the frame
	contexts    []uint32 // service of every context
	rows        map[dRow]uint32
	shapes      []shares // of the rows of every shape
	events      []uint32 // service of every event and link
	links       []uint32
	keyClasses  []byte // the first class that uses a key or list, plus one
	listClasses []byte
}

// shares says how many of some things belong to each service.
type shares []share

type share struct {
	service uint32
	n       uint64
}

func (s *shares) add(service uint32) {
	for i := range *s {
		if (*s)[i].service == service {
			(*s)[i].n++
			return
		}
	}
	*s = append(*s, share{service, 1})
}

// readOTLP shares a frame that carries protobuf by spans.
func (s *settlement) readOTLP(spans int) error {
	td, err := s.d.decodeOTLP(s.d.sections[0], spans)
	if err != nil {
		return err
	}
	for _, rs := range td.ResourceSpans().All() {
		service := s.in.service(serviceName(rs))
		for _, ss := range rs.ScopeSpans().All() {
			for range ss.Spans().Len() {
				s.spans.add(service)
			}
		}
	}
	s.in.otlpFrames++
	s.m.charges = append(s.m.charges, charge{purpose: purpose{part: partOTLP}, weight: 1})
	return nil
}

const serviceKey = "service.name"

func serviceName(rs ptrace.ResourceSpans) string {
	if v, ok := rs.Resource().Attributes().Get(serviceKey); ok {
		return v.Str()
	}
	return ""
}

// readColumns finds out who uses what, from the columns that the decoder has read.
func (s *settlement) readColumns() {
	s.findServices()
	s.findEvents()
	s.findClasses()
	s.chargeSpans()
	s.countKeys()
}

// rowService returns the service of a resource.
func (s *settlement) rowService(r dRow) uint32 {
	if at, ok := s.rows[r]; ok {
		return at
	}
	d, name := s.d, ""
	sh := &d.shapes[r.shape]
	l := &d.lists[sh.list]
	for i := l.fields; int(i) < len(l.keys); i++ {
		if k := &l.keys[i]; k.text == serviceKey && k.typ == typeStr {
			name = d.str(d.at(&d.columns[sh.columns+i], r.row))
			break
		}
	}
	at := s.in.service(name)
	s.rows[r] = at
	return at
}

func (s *settlement) findServices() {
	d := s.d
	s.rows = make(map[dRow]uint32)
	s.contexts = make([]uint32, len(d.contexts))
	s.shapes = make([]shares, len(d.shapes))
	for _, r := range d.resources {
		s.shapes[r.shape].add(s.rowService(r))
	}
	scope := 0
	for _, b := range d.blocks {
		service := s.rowService(b.resource)
		for range b.scopes {
			s.contexts[d.scopeBlocks[scope].context] = service
			scope++
		}
	}
	for i := range d.spans {
		service := s.contexts[d.spans[i].context]
		s.spans.add(service)
		s.shapes[d.spans[i].shape].add(service)
	}
}

// findEvents finds the services of events and links by walking the spans as the decoder does that builds them.
func (s *settlement) findEvents() {
	d := s.d
	for i := range d.spans {
		service := s.contexts[d.spans[i].context]
		sh := &d.shapes[d.spans[i].shape]
		row := sh.next
		sh.next++
		s.events = s.walk(s.events, service, classEvent, sh, row, keyEventCount, &sh.events)
		s.links = s.walk(s.links, service, classLink, sh, row, keyLinkCount, &sh.links)
	}
}

// walk appends the service of every event or link of a span. The column of their shapes is behind that of their counts.
func (s *settlement) walk(dst []uint32, service uint32, class byte, sh *dShape, row, countKey uint32, next *uint32) []uint32 {
	d := s.d
	counts, ok := d.fieldColumn(sh, countKey)
	if !ok {
		return dst
	}
	shapes, _ := d.fieldColumn(sh, countKey+1)
	for range d.at(counts, row) {
		s.shapes[d.classes[class].start+uint32(d.at(shapes, *next))].add(service)
		*next++
		dst = append(dst, service)
	}
	return dst
}

// findClasses finds the first class that uses each key and each list: it is charged for their definition.
func (s *settlement) findClasses() {
	d := s.d
	s.keyClasses = make([]byte, firstKey+len(d.dict.keys)+len(d.keys))
	s.listClasses = make([]byte, len(d.lists))
	for class := range byte(numClasses) {
		for i := range d.classShapes(class) {
			list := d.shapes[i].list
			if s.listClasses[list] > 0 {
				continue
			}
			s.listClasses[list] = class + 1
			for _, k := range d.lists[list].keys {
				if s.keyClasses[k.key] == 0 {
					s.keyClasses[k.key] = class + 1
				}
			}
		}
	}
}

// classShapes yields the shapes of a class that the frame has, not those of rows that the dictionary knows.
func (d *Decoder) classShapes(class byte) func(func(uint32) bool) {
	return func(yield func(uint32) bool) {
		for i := d.classes[class].start; i < d.classes[class].end; i++ {
			if !yield(i) {
				return
			}
		}
	}
}

// chargeSpans charges the sections that have one byte for every span, and the times of events, which come last.
func (s *settlement) chargeSpans() {
	d, m := s.d, s.m
	for i := range d.spans {
		o := owner{kind: ownerSpan, at: uint32(i)}
		for _, x := range [...]struct {
			section int
			part    framePart
		}{{secShapes, partShapes}, {secTraces, partTraceIDs}, {secParents, partParents}, {secStarts, partStarts}, {secDurations, partDurations}} {
			m.takeUntil(d, x.section, i+1, purpose{part: x.part}, o)
		}
	}
	for i := range d.numEvents {
		m.takeUntil(d, secNumbers, d.nextNum+i+1, purpose{part: partEvents}, owner{kind: ownerEvent, at: uint32(i)})
	}
}

// countKeys counts rows and distinct values of the attributes.
func (s *settlement) countKeys() {
	d := s.d
	for class := range byte(numClasses) {
		for i := range d.classShapes(class) {
			s.countShape(class, &d.shapes[i])
		}
	}
	for class, used := range d.usedRows {
		for _, at := range used {
			if at > 0 {
				s.countShape(byte(class), &d.shapes[at-1])
			}
		}
	}
}

func (s *settlement) countShape(class byte, sh *dShape) {
	l := &s.d.lists[sh.list]
	for i := l.fields; int(i) < len(l.keys) && sh.rows > 0; i++ {
		k := &l.keys[i]
		x := &s.in.keys[s.in.key(class, k.text)]
		x.rows += uint64(sh.rows)
		s.countValues(&x.values, &s.d.columns[sh.columns+i], k.typ, sh.rows)
	}
}

// countValues adds the values that a column really has: it may know more from the dictionary.
func (s *settlement) countValues(to *distinct, c *dColumn, typ byte, rows uint32) {
	d := s.d
	switch {
	case typ == typeEmpty:
		to.add(0)
	case c.mode == modeConstant:
		to.add(d.hash(typ, d.values[c.values]))
	case c.mode == modeDistinct:
		for _, v := range d.values[c.values : c.values+rows] {
			to.add(d.hash(typ, v))
		}
	default:
		seen := make([]bool, c.count)
		for _, code := range d.codes[c.codes : c.codes+rows] {
			if !seen[code] {
				seen[code] = true
				to.add(d.hash(typ, d.values[c.values+code]))
			}
		}
	}
}

// hash is the same for equal values in different frames.
func (d *Decoder) hash(typ byte, v uint64) uint64 {
	if isText(typ) {
		v = xxhash.Sum64String(d.str(v))
	}
	return mix(v, uint64(typ)+1)
}

// settle shares the bytes of every section among its charges.
func (s *settlement) settle() {
	if len(s.spans) == 0 {
		s.spans = shares{{service: s.in.service(""), n: 1}}
	} else {
		for _, x := range s.spans {
			s.in.services[x.service].spans += x.n
		}
	}
	s.book(purpose{part: partHeader}, owner{}, uint64(s.m.header)*costUnit)
	s.book(purpose{part: partDictionary}, owner{}, uint64(s.m.dictionary)*costUnit)
	s.book(purpose{part: partDefinition}, owner{}, uint64(s.m.definition)*costUnit)
	var total, done [numSections]uint64
	for i := range s.m.charges {
		total[s.m.charges[i].section] += s.m.charges[i].weight
	}
	for i := range s.m.charges {
		c := &s.m.charges[i]
		stored := uint64(s.d.stored[c.section]) * costUnit
		before := done[c.section]
		done[c.section] += c.weight
		s.book(c.purpose, c.owner, fraction(stored, done[c.section], total[c.section])-fraction(stored, before, total[c.section]))
	}
	for i, w := range total {
		if w == 0 { // nothing in it: what is stored is its length
			s.book(purpose{part: partHeader}, owner{}, uint64(s.d.stored[i])*costUnit)
		}
	}
}

// fraction is v*n/of, rounded down, for n <= of.
func fraction(v, n, of uint64) uint64 {
	if of == 0 {
		return 0
	}
	hi, lo := bits.Mul64(v, n)
	if hi >= of { // n == of
		return v
	}
	q, _ := bits.Div64(hi, lo, of)
	return q
}

// book splits a cost among the services of an owner.
func (s *settlement) book(p purpose, o owner, cost uint64) {
	if cost == 0 {
		return
	}
	c := s.cell(p)
	among := s.among(o)
	total, before := uint64(0), uint64(0)
	for _, x := range among {
		total += x.n
	}
	for _, x := range among {
		c.service = x.service
		s.in.costs[c] += fraction(cost, before+x.n, total) - fraction(cost, before, total)
		before += x.n
	}
}

// cell finds the part and key of a purpose.
func (s *settlement) cell(p purpose) cell {
	d := s.d
	switch p.part {
	case partKey:
		if s.keyClasses[p.key] == 0 {
			return cell{part: partShapes}
		}
		p.class = s.keyClasses[p.key] - 1
	case partList:
		if s.listClasses[p.key] == 0 {
			return cell{part: partShapes}
		}
		p.class = s.listClasses[p.key] - 1
		p.key = d.lists[p.key].keys[p.entry].key
	default:
		if p.part < partAttributes {
			return cell{part: p.part}
		}
	}
	if p.key < firstKey {
		return cell{part: fieldPart(p.class, p.key)}
	}
	return cell{part: partAttributes + framePart(p.class), key: s.in.key(p.class, d.keyText(p.key))}
}

func (d *Decoder) keyText(key uint32) string {
	at, known := key-firstKey, uint32(len(d.dict.keys))
	if at < known {
		return d.dict.strings[d.dict.keys[at]]
	}
	return d.str(uint64(d.keys[at-known]))
}

// among returns the services of an owner; of one that has no rows, all.
func (s *settlement) among(o owner) shares {
	one := func(service uint32) shares { return shares{{service, 1}} }
	switch o.kind {
	case ownerSpan:
		return one(s.contexts[s.d.spans[o.at].context])
	case ownerContext:
		return one(s.contexts[o.at])
	case ownerRow:
		return one(s.rowService(dRow{shape: o.at, row: o.row}))
	case ownerEvent:
		return one(s.events[o.at])
	case ownerLink:
		return one(s.links[o.at])
	case ownerShape:
		if len(s.shapes[o.at]) > 0 {
			return s.shapes[o.at]
		}
	}
	return s.spans
}
