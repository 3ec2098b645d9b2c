package tracezip

import (
	"bytes"
	"encoding/binary"
	"errors"
	"maps"
	"reflect"
	"slices"
	"testing"

	"go.opentelemetry.io/collector/pdata/ptrace"
)

// Steps of a plan, which FuzzChain plays: the upper three bits of a byte say what, the lower five are its argument.
const (
	stepAppend = iota // segment arg%4 to the definition
	stepRepeat        // the last segment of the definition, arg+1 times more
	stepSplice        // the front of segment arg%4, the next byte says how much, and the rest of segment arg/4%4
	stepExtend        // begin a definition that extends the arg-th dictionary there was
	stepDefine        // send a frame with the definition, with contents if arg is odd; the next one extends what it made
	stepLie           // send a frame whose definition is not true: arg%3 says what is not
	stepRefer         // send a frame that only names the arg-th dictionary, with contents
	stepForget        // the receiver loses the arg-th dictionary
)

func step(what, arg int) byte { return byte(what<<5 | arg) }

// What a definition lies about.
const (
	lieName = iota
	lieSize
	lieSegment // a byte of the last one, compressed
)

const (
	maxChainSteps    = 48
	maxChainSegments = 2 * maxSegments
)

// FuzzChain: a receiver gets definitions that extend each other, in one frame or in several, and frames that use what they made.
// Segments come decoded, as compressed bytes with a hash in front would stop nearly every mutation. Whatever they are, no panic,
// memory within the limits and typed errors; a dictionary is kept exactly if its frame has decoded, nothing that is done later
// changes it, and it serves encoders.
func FuzzChain(f *testing.F) {
	p := chainPlayer{receiver: NewDecoder(Limits{MaxFrameBytes: 64 << 20, MaxDecodedBytes: 4 << 20, MaxDictionaryBytes: 64 << 10})}
	addChains(f, &p)
	e, large := newColumnar(), NewDecoder(Limits{MaxFrameBytes: 64 << 20, MaxDecodedBytes: 256 << 20})
	td := randomTraces(1)
	want := marshal(f, td)
	f.Fuzz(func(t *testing.T, plan, s0, s1, s2, s3, tables, text, rest []byte) {
		p.begin(t, [4][]byte{s0, s1, s2, s3}, contentSections(tables, text, rest))
		p.play(plan)
		var last *Dictionary
		for _, name := range p.names {
			if dict := p.kept[name]; dict != nil {
				p.checkMade(dict)
				last = dict
			}
		}
		if last == nil {
			return
		}
		frame, err := e.Append(nil, td, FrameOptions{Dictionary: last})
		if err != nil {
			t.Fatal(err)
		}
		back, err := large.DecodeWith(frame, p.kept)
		if err != nil || !bytes.Equal(marshal(t, back), want) {
			t.Fatal("a frame made with the dictionary comes back different:", err)
		}
	})
}

// chainPlayer is a sender that plays a plan, and its receiver.
type chainPlayer struct {
	t        testing.TB
	receiver *Decoder
	packer   packer
	kept     memoryDictionaries

	pool     [4][]byte
	contents [][]byte
	names    []DictionaryID            // that there have been, from the static one on
	segments map[DictionaryID][][]byte // that make it

	// The definition at hand.
	base, name DictionaryID
	added      [][]byte
}

func (p *chainPlayer) begin(t testing.TB, pool [4][]byte, contents [][]byte) {
	p.t, p.pool, p.contents = t, pool, contents
	p.kept, p.names, p.segments = memoryDictionaries{}, []DictionaryID{{}}, map[DictionaryID][][]byte{{}: nil}
	p.extend(DictionaryID{})
}

func (p *chainPlayer) play(plan []byte) {
	plan = plan[:min(len(plan), maxChainSteps)]
	for len(plan) > 0 {
		b, arg := plan[0], int(plan[0]&31)
		plan = plan[1:]
		name := p.names[arg%len(p.names)]
		switch b >> 5 {
		case stepAppend:
			p.append(p.pool[arg%4], 1)
		case stepRepeat:
			if n := len(p.added); n > 0 {
				p.append(p.added[n-1], arg+1)
			}
		case stepSplice:
			if len(plan) > 0 {
				front, back := p.pool[arg%4], p.pool[arg/4%4]
				at := len(front) * int(plan[0]) / 256
				plan = plan[1:]
				p.append(slices.Concat(front[:at], back[min(at, len(back)):]), 1)
			}
		case stepExtend:
			p.extend(name)
		case stepDefine:
			p.define(arg&1 == 1)
		case stepLie:
			p.lie(arg % 3)
		case stepRefer:
			p.send(flagDictionary, name[:], p.contents)
		case stepForget:
			delete(p.kept, name)
		}
	}
}

func (p *chainPlayer) extend(base DictionaryID) { p.base, p.name, p.added = base, base, nil }

func (p *chainPlayer) append(segment []byte, times int) {
	for range min(times, maxChainSegments-len(p.added)) {
		p.added = append(p.added, segment)
		p.name = segmentID(p.name, segment)
	}
}

// define sends the definition at hand and goes on from what it makes.
func (p *chainPlayer) define(full bool) {
	sections := columnarSections(0, emptyTables)
	if full {
		sections = p.contents
	}
	_, known := p.kept[p.base]
	known = known || p.base == DictionaryID{}
	err := p.send(flagDictionary|flagDefine, slices.Concat(p.name[:], p.definition(p.added)), sections)
	switch {
	case len(p.added) > maxSegments && !errors.Is(err, ErrCorrupt):
		p.t.Fatal("too many segments:", err)
	case len(p.added) <= maxSegments && !known && !errors.Is(err, ErrDictionary):
		p.t.Fatal("extends a dictionary that is not there:", err)
	}
	if dict := p.kept[p.name]; err == nil && (dict == nil || dict.id != p.name || dict.MemoryBytes() > p.receiver.limits.MaxDictionaryBytes) {
		p.t.Fatalf("not kept, or not what was defined, or too large: %v", dict)
	}
	if _, ok := p.segments[p.name]; !ok {
		p.names = append(p.names, p.name)
		p.segments[p.name] = slices.Concat(p.segments[p.base], p.added)
	}
	p.extend(p.name)
}

func (p *chainPlayer) lie(about int) {
	name, definition := p.name, p.definition(p.added)
	switch {
	case about == lieName || len(p.added) == 0:
		name[len(p.added)%len(name)] ^= 1
	case about == lieSize:
		// The size of the first segment, behind the base and the count: one byte each if it is small.
		definition[len(p.base)+1] ^= 1
	case about == lieSegment:
		definition[len(definition)-1-len(p.added)%8] ^= 1 << (len(p.added) % 8)
	}
	err := p.send(flagDictionary|flagDefine, slices.Concat(name[:], definition), columnarSections(0, emptyTables))
	if err == nil && about != lieSegment {
		p.t.Fatal("a false definition is believed:", about)
	}
}

func (p *chainPlayer) definition(segments [][]byte) []byte {
	b := binary.AppendUvarint(bytes.Clone(p.base[:]), uint64(len(segments)))
	var stored []byte
	for i, raw := range segments {
		if i == 0 || !bytes.Equal(raw, segments[i-1]) {
			var err error
			if stored, err = compressSegment(raw); err != nil {
				p.t.Fatal(err)
			}
		}
		b = binary.AppendUvarint(b, uint64(len(raw)))
		b = binary.AppendUvarint(b, uint64(len(stored)))
		b = append(b, stored...)
	}
	return b
}

// send sends a frame and checks what a receiver promises of any.
func (p *chainPlayer) send(flags byte, preamble []byte, sections [][]byte) error {
	frame, err := p.packer.appendFrame(nil, flags, preamble, len(sections[secShapes]), sections)
	if err != nil {
		p.t.Fatal(err)
	}
	had := maps.Clone(p.kept)
	var td ptrace.Traces
	decode := func() {
		td, err = p.receiver.DecodeWith(frame, p.kept)
	}
	// Garbage and the working memory of zstd included.
	if used := allocatedMore(decode, func() int { return 2*p.receiver.DecodedBytes() + 256<<10 }); used > 0 {
		p.t.Fatalf("%d bytes of frame take %d, charged are %d", len(frame), used, p.receiver.DecodedBytes())
	}
	if err != nil {
		checkError(p.t, err)
		if !maps.Equal(had, p.kept) {
			p.t.Fatal("a dictionary of a frame that does not decode is kept:", err)
		}
		return err
	}
	if n := len(marshal(p.t, td)); n > p.receiver.limits.MaxDecodedBytes {
		p.t.Fatalf("%d bytes of OTLP from a decoder limited to %d", n, p.receiver.limits.MaxDecodedBytes)
	}
	return nil
}

// checkMade holds a dictionary against one that is made of the same segments at once, after all that has been done with it.
func (p *chainPlayer) checkMade(dict *Dictionary) {
	again := staticDictionary()
	for _, raw := range p.segments[dict.id] {
		var err error
		if again, err = again.extend(raw, &budget{left: 1 << 30}); err != nil {
			p.t.Fatal("accepted once, but not again:", err)
		}
	}
	x, y := *dict, *again
	x.index, y.index = nil, nil
	if !reflect.DeepEqual(x, y) {
		p.t.Fatalf("dictionary %v has changed", dict.id)
	}
}

// emptyTables are those of a frame without spans: no keys, lists, heads, orders, shapes of resources, resources, shapes of scopes,
// scopes, blocks, shapes of events, shapes of links.
var emptyTables = make([]byte, 11)

// contentSections are the sections of a frame: rest holds those behind tables and text, each behind its length.
func contentSections(tables, text, rest []byte) [][]byte {
	sections := make([][]byte, numSections)
	sections[secTables], sections[secText] = tables, text
	r := reader{buf: rest}
	for i := secText + 1; i < numSections; i++ {
		n := min(r.uvarint(), uint64(r.left()))
		if i == numSections-1 {
			n = uint64(r.left())
		}
		sections[i] = r.bytes(int(n))
	}
	return sections
}

func appendRest(dst []byte, sections [numSections][]byte) []byte {
	for _, s := range sections[secText+1:] {
		dst = appendString(dst, string(s))
	}
	return dst
}

// addChains adds chains of a recording and of odd spans, with a frame that uses all of a chain, and plans for them.
func addChains(f *testing.F, p *chainPlayer) {
	f.Helper()
	plans := [][]byte{
		// In one frame, and then one that only names what it made.
		{step(stepAppend, 0), step(stepAppend, 1), step(stepDefine, 1), step(stepRefer, 1)},
		// Segment by segment.
		{step(stepAppend, 0), step(stepDefine, 0), step(stepAppend, 1), step(stepDefine, 1), step(stepRefer, 2)},
		// Several that extend the same one.
		{step(stepAppend, 0), step(stepDefine, 0), step(stepAppend, 1), step(stepDefine, 1), step(stepExtend, 1), step(stepAppend, 2),
			step(stepDefine, 0), step(stepExtend, 1), step(stepSplice, 2|3<<2), 128, step(stepDefine, 0), step(stepRefer, 2)},
		// Another one, with contents that do not fit it, and twice without any.
		{step(stepAppend, 2), step(stepAppend, 3), step(stepDefine, 1), step(stepExtend, 0), step(stepAppend, 2), step(stepAppend, 3), step(stepDefine, 0),
			step(stepExtend, 0), step(stepAppend, 2), step(stepAppend, 3), step(stepDefine, 0)},
		// Too large.
		{step(stepAppend, 0), step(stepRepeat, 9), step(stepDefine, 0)},
		// What is forgotten, and what is not true.
		{step(stepAppend, 0), step(stepDefine, 0), step(stepForget, 1), step(stepAppend, 1), step(stepDefine, 0), step(stepExtend, 0),
			step(stepAppend, 0), step(stepLie, lieName), step(stepLie, lieSize), step(stepLie, lieSegment), step(stepDefine, 0)},
		// As many as there may be, and more.
		{step(stepAppend, 3), step(stepRepeat, 31), step(stepRepeat, 30), step(stepDefine, 0), step(stepAppend, 3), step(stepDefine, 0),
			step(stepAppend, 3), step(stepRepeat, 31), step(stepRepeat, 31), step(stepDefine, 0)},
	}
	recording := cutBatches(readRecording(f, "testdata/node-shop-2026-cut.traces.otlp.pb.zst"), 20, 340)
	addChain(f, p, plans, recording, recording[len(recording)-1])
	odd, odder := shuffled(3, 40), shuffled(4, 60)
	addChain(f, p, plans, []ptrace.Traces{odd, odd, odd, odd, odder, odder, odder, odder}, randomTraces(1))
}

// addChain adds plans for the two segments that batches make and contents that use them.
func addChain(f *testing.F, p *chainPlayer, plans [][]byte, batches []ptrace.Traces, contents ptrace.Traces) {
	f.Helper()
	s := newSender(f)
	s.e = newColumnar()
	for _, td := range batches {
		if s.send(td); s.dict != nil && len(s.dict.segments) == 2 {
			break
		}
	}
	// And two that fit more.
	pool := [4][]byte{2: shuffledDictionary(f, 1), 3: oneKeySegment()}
	for i := range s.dict.segments {
		raw, err := segmentBytes(s.dict, i)
		if err != nil {
			f.Fatal(err)
		}
		pool[i] = raw
	}
	frame, err := s.e.Append(nil, contents, FrameOptions{Dictionary: s.dict})
	if err != nil {
		f.Fatal(err)
	}
	sections, _ := openFrame(f, frame, memoryDictionaries{s.dict.ID(): s.dict})
	rest := appendRest(nil, sections)
	for _, plan := range plans[:2] {
		p.begin(f, pool, contentSections(sections[secTables], sections[secText], rest))
		if p.play(plan); p.kept[s.dict.ID()] == nil {
			f.Fatal("the chain and its contents do not decode")
		}
	}
	for _, plan := range plans {
		f.Add(plan, pool[0], pool[1], pool[2], pool[3], sections[secTables], sections[secText], rest)
	}
}
