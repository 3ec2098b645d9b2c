package tracezip

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"runtime"
	"strings"
	"sync"
	"testing"

	"go.opentelemetry.io/collector/pdata/ptrace"
)

// sampleFrames are frames of the committed sample and of all oddities.
func sampleFrames(t testing.TB) [][]byte {
	t.Helper()
	e := newColumnar()
	var frames [][]byte
	add := func(td ptrace.Traces) {
		frame, err := e.AppendFrame(nil, td)
		if err != nil {
			t.Fatal(err)
		}
		frames = append(frames, frame)
	}
	for _, o := range oddities {
		add(build(o))
	}
	for _, td := range cutBatches(readRecording(t, "testdata/node-shop-2026-cut.traces.otlp.pb.zst"), 60, 120) {
		add(td)
	}
	return append(frames, definingFrames(t)...)
}

// definingFrames are frames that bring their dictionary along, some made of several segments.
func definingFrames(t testing.TB) [][]byte {
	t.Helper()
	s := newSender(t)
	var frames [][]byte
	for i, td := range cutBatches(readRecording(t, "testdata/node-shop-2026-cut.traces.otlp.pb.zst"), 20, 340) {
		s.send(td)
		if i == 5 || i == 16 {
			frame, err := s.e.Append(nil, td, FrameOptions{Dictionary: s.dict, Define: true})
			if err != nil {
				t.Fatal(err)
			}
			frames = append(frames, frame)
		}
	}
	return frames
}

// checkError holds an error to the promise of Decode.
func checkError(t testing.TB, err error) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || e.Section == "" || e.Reason == "" || !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrLimit) && !errors.Is(err, ErrVersion) && !errors.Is(err, ErrDictionary) {
		t.Fatalf("not a decode error: %#v", err)
	}
}

func TestTruncatedAndExtended(t *testing.T) {
	d := NewDecoder(Limits{})
	for _, frame := range sampleFrames(t) {
		step := max(1, len(frame)/400)
		for n := 0; n < len(frame); n += step {
			if _, err := d.Decode(frame[:n]); err == nil {
				t.Fatalf("%d of %d bytes decode", n, len(frame))
			} else {
				checkError(t, err)
			}
		}
		_, err := d.Decode(append(bytes.Clone(frame), 0))
		if !errors.Is(err, ErrCorrupt) {
			t.Fatal("a byte too many:", err)
		}
	}
}

// TestBitFlips: a frame with any one bit changed is refused. Bits that the codecs do not read (padding of the last byte)
// change nothing, so what still decodes must be equal.
func TestBitFlips(t *testing.T) {
	d := NewDecoder(Limits{})
	for _, frame := range sampleFrames(t) {
		var want []byte
		if td, err := d.Decode(frame); err == nil {
			want = marshal(t, td)
		}
		step := max(1, len(frame)*8/500)
		for bit := 0; bit < len(frame)*8; bit += step {
			damaged := bytes.Clone(frame)
			damaged[bit/8] ^= 1 << (bit % 8)
			td, err := d.Decode(damaged)
			if err != nil {
				checkError(t, err)
			} else if !bytes.Equal(marshal(t, td), want) {
				t.Fatalf("bit %d changed the traces unnoticed", bit)
			}
		}
	}
}

func TestHeaderErrors(t *testing.T) {
	frame := sampleFrames(t)[5]
	for name, c := range map[string]struct {
		change func([]byte) []byte
		kind   error
	}{
		"empty":           {func([]byte) []byte { return nil }, ErrCorrupt},
		"otlp":            {func([]byte) []byte { return marshal(t, build(oddities[5])) }, ErrCorrupt},
		"magic":           {func(b []byte) []byte { b[0] = 't'; return b }, ErrCorrupt},
		"version 0":       {func(b []byte) []byte { b[versionOffset] = 0; return b }, ErrVersion},
		"version 1":       {func(b []byte) []byte { b[versionOffset] = 1; return b }, ErrVersion},
		"version 3":       {func(b []byte) []byte { b[versionOffset] = 3; return b }, ErrVersion},
		"dictionary":      {func(b []byte) []byte { b[flagsOffset] = flagDictionary; return b }, ErrDictionary},
		"unnamed":         {func(b []byte) []byte { b[flagsOffset] = flagDefine; return b }, ErrCorrupt},
		"unknown flag":    {func(b []byte) []byte { b[flagsOffset] = 0x80; return b }, ErrVersion},
		"checksum":        {func(b []byte) []byte { b[checksumOffset]++; return b }, ErrCorrupt},
		"larger than 4 M": {func([]byte) []byte { return make([]byte, 4<<20+1) }, ErrLimit},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := NewDecoder(DefaultLimits()).Decode(c.change(bytes.Clone(frame)))
			if !errors.Is(err, c.kind) {
				t.Fatal(err)
			}
			checkError(t, err)
		})
	}
}

// TestSameBytes: frames do not depend on the encoder's past or on the process.
func TestSameBytes(t *testing.T) {
	used := NewEncoder()
	var wg sync.WaitGroup
	for i, o := range oddities {
		first, err := used.AppendFrame([]byte("prefix"), build(o))
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			second, err := NewEncoder().AppendFrame(nil, build(o))
			if err != nil || string(first) != "prefix"+string(second) {
				t.Error("frames differ", i, o.name, err)
			}
		})
	}
	wg.Wait()
}

// allocated runs f and returns the bytes it allocated.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// bombs are small frames that decode to very much.
func bombs(t testing.TB) map[string][]byte {
	t.Helper()
	e := NewEncoder()
	bombs := make(map[string][]byte)
	encode := func(name string, build func(ptrace.Traces)) {
		td := ptrace.NewTraces()
		build(td)
		frame, err := e.AppendFrame(nil, td)
		if err != nil {
			t.Fatal(err)
		}
		bombs[name] = frame
	}
	// The strings are shared while the bomb is built; only decoding would multiply them.
	long := strings.Repeat("x", 1<<18)
	const many = 4096
	encode("value referenced by every span", manySpans(many, func(_ int, s ptrace.Span) { s.Attributes().PutStr("k", long) }))
	encode("key of every span", manySpans(many, func(_ int, s ptrace.Span) { s.Attributes().PutEmpty(long) }))
	encode("name of every span", manySpans(many, func(_ int, s ptrace.Span) { s.SetName(long) }))
	encode("bytes of every span", manySpans(500, func(_ int, s ptrace.Span) { s.Attributes().PutEmptyBytes("k").FromRaw([]byte(long[:1<<16])) }))
	encode("trace state of every link", manySpans(64, func(_ int, s ptrace.Span) {
		for range 1000 {
			s.Links().AppendEmpty().TraceState().FromRaw(long)
		}
	}))
	encode("slice of every event", func(td ptrace.Traces) {
		manySpans(100, func(_ int, s ptrace.Span) {
			for range 100 {
				list := s.Events().AppendEmpty().Attributes().PutEmptySlice("l")
				for range 300 {
					list.AppendEmpty()
				}
			}
		})(td)
	})
	encode("resource of every block", func(td ptrace.Traces) {
		for range 1000 {
			td.ResourceSpans().AppendEmpty().Resource().Attributes().PutStr("k", long)
		}
	})
	encode("schema url of every scope", func(td ptrace.Traces) {
		rs := td.ResourceSpans().AppendEmpty()
		for range 1000 {
			rs.ScopeSpans().AppendEmpty().SetSchemaUrl(long)
		}
	})
	encode("empty blocks", func(td ptrace.Traces) {
		for range 300000 {
			td.ResourceSpans().AppendEmpty()
		}
	})
	for name, frame := range craftedBombs(t) {
		bombs[name] = frame
	}
	return bombs
}

// craftedBombs are frames that no encoder writes.
func craftedBombs(t testing.TB) map[string][]byte {
	t.Helper()
	frame := func(flags byte, spans int, sections [][]byte) []byte {
		var p packer
		b, err := p.appendFrame(nil, flags, nil, spans, sections)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	columnar := func(spans int, tables []byte) []byte { return frame(0, spans, columnarSections(spans, tables)) }
	uvarints := func(vs ...uint64) []byte {
		var b []byte
		for _, v := range vs {
			b = binary.AppendUvarint(b, v)
		}
		return b
	}
	// One list of 20,000 keys, used by 20,000 shapes: 400 million columns.
	wide := uvarints(1, 0, 0, 1, 20000)
	wide = append(wide, bytes.Repeat(uvarints(firstKey<<3), 20000)...)
	wide = append(wide, uvarints(0, 0, 20000)...)
	wide = append(wide, make([]byte, 20000)...)
	// A span with 2^31-1 events: lists, head, resource, scope, block, quanta, span shape, event shape, no link shapes, modes.
	events := uvarints(0, 2, 0, 2, keyEventCount<<3|2, keyEventShape<<3|2, 1, 0, 0, 0, 0,
		1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 0, 1, 0, 0, modeConstant)
	var count mantissas
	eventSections := make([][]byte, numSections)
	copy(eventSections, columnarSections(1, events))
	count.add(math.MaxInt32)
	eventSections[secNumbers] = count.finish(nil)
	eventSections[secMantissas] = count.appendTo(nil)
	bombs := map[string][]byte{
		"declared span count":    frame(0, math.MaxInt32, make([][]byte, numSections)),
		"constant sections":      frame(flagOTLP, 0, [][]byte{make([]byte, 200<<20)}),
		"shapes of a wide list":  columnar(1, wide),
		"declared events":        frame(0, 1, eventSections),
		"empty spans as OTLP":    frame(flagOTLP, 1<<20, [][]byte{otlpSpans(1 << 20)}),
		"deep nesting as OTLP":   frame(flagOTLP, 1, [][]byte{deepOTLP(60000)}),
		"keys larger than table": columnar(1, uvarints(math.MaxInt32)),
		"spans beyond budget":    columnar(100000, nil),
	}
	return bombs
}

// columnarSections are those of spans without parents, each in a trace of its own.
func columnarSections(spans int, tables []byte) [][]byte {
	sections := make([][]byte, numSections)
	for _, s := range []int{secShapes, secTraces, secParents, secStarts, secDurations} {
		sections[s] = make([]byte, spans)
	}
	sections[secRaw] = make([]byte, 24*spans)
	sections[secTables] = tables
	return sections
}

func otlpField(n int, body []byte) []byte {
	b := binary.AppendUvarint(nil, uint64(n)<<3|2)
	return append(binary.AppendUvarint(b, uint64(len(body))), body...)
}

func otlpSpans(n int) []byte {
	return otlpField(1, otlpField(2, bytes.Repeat([]byte{0x12, 0}, n)))
}

// deepOTLP nests slices in a span attribute.
func deepOTLP(depth int) []byte {
	var value []byte
	for range depth {
		value = otlpField(5, otlpField(1, value))
		if len(value) > 100000 {
			break
		}
	}
	return otlpField(1, otlpField(2, otlpField(2, otlpField(9, otlpField(2, value)))))
}

// bombKind holds those that are refused for another reason than a limit.
var bombKind = map[string]error{"keys larger than table": ErrCorrupt, "declared span count": ErrCorrupt}

func TestBombs(t *testing.T) {
	for name, frame := range bombs(t) {
		t.Run(name, func(t *testing.T) {
			limits := Limits{MaxFrameBytes: 64 << 20}.withDefaults()
			d := NewDecoder(limits)
			var err error
			used := allocated(func() { _, err = d.Decode(frame) })
			if err == nil {
				t.Fatal("accepted")
			}
			checkError(t, err)
			if want := bombKind[name]; !errors.Is(err, want) && want != nil || want == nil && !errors.Is(err, ErrLimit) {
				t.Error(err)
			}
			// Twice: buffers that grow leave their smaller selves behind.
			if used > 2*uint64(limits.MaxDecodedBytes) {
				t.Errorf("a frame of %d bytes made the decoder allocate %d: %v", len(frame), used, err)
			}
			t.Logf("%d bytes, allocated %d: %v", len(frame), used, err)
		})
	}
}

func TestDepthLimit(t *testing.T) {
	nested := func(depth int) ptrace.Traces {
		td := ptrace.NewTraces()
		oneSpan(func(s ptrace.Span) {
			list := s.Attributes().PutEmptySlice("l")
			for range depth - 1 {
				list = list.AppendEmpty().SetEmptySlice()
			}
		})(td)
		return td
	}
	e, d := newColumnar(), NewDecoder(Limits{MaxDepth: 10})
	for depth, want := range map[int]error{1: nil, 10: nil, 11: ErrLimit, 5000: ErrLimit} {
		frame, err := e.AppendFrame(nil, nested(depth))
		if err != nil {
			t.Fatal(err)
		}
		if _, err = d.Decode(frame); !errors.Is(err, want) {
			t.Error(depth, err)
		}
	}
	// The same through OTLP: every level is a value and an array message.
	for depth, want := range map[int]error{8: nil, 2000: ErrLimit} {
		var p packer
		frame, err := p.appendFrame(nil, flagOTLP, nil, 1, [][]byte{deepOTLP(depth)})
		if err != nil {
			t.Fatal(err)
		}
		if _, err = d.Decode(frame); !errors.Is(err, want) {
			t.Error("otlp", depth, err)
		}
	}
}

// TestAllocations: encoding allocates nothing per span, decoding about one object for every attribute plus two a span.
func TestAllocations(t *testing.T) {
	td := cutBatches(readRecording(t, "testdata/node-shop-2026-cut.traces.otlp.pb.zst"), 500, 500)[0]
	attrs := 0
	for _, rs := range td.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			for _, s := range ss.Spans().All() {
				attrs += s.Attributes().Len()
			}
		}
	}
	e, d := NewEncoder(), NewDecoder(Limits{})
	frame, err := e.AppendFrame(nil, td)
	if err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 0, 2*len(frame))
	encode := testing.AllocsPerRun(20, func() {
		if _, err := e.AppendFrame(buf, td); err != nil {
			t.Fatal(err)
		}
	})
	decode := testing.AllocsPerRun(20, func() {
		if _, err := d.Decode(frame); err != nil {
			t.Fatal(err)
		}
	})
	t.Logf("500 spans, %d attributes: encoding %.0f allocations, decoding %.0f", attrs, encode, decode)
	if encode > 50 {
		t.Errorf("encoding allocates %.0f times for 500 spans", encode)
	}
	if limit := float64(attrs) + 2.5*500 + 200; decode > limit {
		t.Errorf("decoding allocates %.0f times, expected at most %.0f", decode, limit)
	}
}

// TestKeepsNothing: after a frame the encoder refers to nothing of the traces, and buffers one large frame has blown up go.
func TestKeepsNothing(t *testing.T) {
	e := NewEncoder()
	td := ptrace.NewTraces()
	manySpans(100000, func(i int, s ptrace.Span) {
		s.SetName(fmt.Sprint("n", i))
		for j := range max(0, 20-i) {
			s.Attributes().PutStr(fmt.Sprint("k", j), "v")
		}
	})(td)
	if _, err := e.AppendFrame(nil, td); err != nil {
		t.Fatal(err)
	}
	for _, v := range e.set.values[:cap(e.set.values)] {
		if v.text != "" {
			t.Fatal("a value of the last frame is still there")
		}
	}
	for _, x := range e.entries[:cap(e.entries)] {
		if x.key != "" || x.text != "" {
			t.Fatal("an attribute of the last frame is still there")
		}
	}
	if n := cap(e.spans); n > maxKeptItems {
		t.Error("kept room for spans:", n)
	}
	for i, s := range e.out.sections {
		if cap(s) > maxKeptItems {
			t.Error("kept a buffer:", sectionNames[i], cap(s))
		}
	}
}

// dictionaryBombs are frames that bring a small dictionary which makes them large or slow.
func dictionaryBombs(t testing.TB) map[string][]byte {
	t.Helper()
	uvarints := func(vs ...uint64) []byte {
		var b []byte
		for _, v := range vs {
			b = binary.AppendUvarint(b, v)
		}
		return b
	}
	frame := func(spans int, tables []byte, segments ...[]byte) []byte {
		var id DictionaryID
		definition := append(make([]byte, len(id)), byte(len(segments)))
		for _, raw := range segments {
			id = segmentID(id, raw)
			stored, err := compressSegment(raw)
			if err != nil {
				t.Fatal(err)
			}
			definition = append(definition, uvarints(uint64(len(raw)), uint64(len(stored)))...)
			definition = append(definition, stored...)
		}
		var p packer
		b, err := p.appendFrame(nil, flagDictionary|flagDefine, append(id[:], definition...), spans, columnarSections(spans, tables))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	statics := staticDictionary()
	newKey, newString := uint64(firstKey+len(statics.keys)), uint64(len(statics.strings))
	// One key of 600 KiB, and one template of a span that has it, without a value.
	long := append(uvarints(1, 600<<10), make([]byte, 600<<10)...)
	long = append(long, uvarints(1, newString, 2, 0, 1, newKey<<3, 1, 0, 0, 0, 0, 0, 0, 1, 1, 0, newString-1, 0, 0, 0, 0, 0)...)
	// No keys, lists, heads, orders; resource and scope without anything; all spans of the one template; no columns.
	const spans = 20000
	empty := uvarints(0, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, spans, 0, 0, 1, 1, 0, 0)
	// A template of 50,000 columns without values, which learns nothing 10,000 times.
	wide := append(uvarints(0, 0, 1, 50000), bytes.Repeat(uvarints(firstKey<<3), 50000)...)
	wide = append(wide, uvarints(1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 10000)...)
	wide = append(wide, make([]byte, 20000)...)
	wide = append(wide, uvarints(0, 0, 0, 0)...)
	// Many lists of many entries.
	lists := uvarints(0, 0, 1000)
	for range 1000 {
		lists = append(append(lists, uvarints(300)...), bytes.Repeat(uvarints(firstKey<<3), 300)...)
	}
	lists = append(lists, make([]byte, 10)...)
	var chain [][]byte
	big := append(uvarints(1, 900<<10), make([]byte, 900<<10)...)
	chain = append(chain, append(big, make([]byte, 12)...))
	for range maxSegments - 1 {
		chain = append(chain, make([]byte, 13))
	}
	return map[string][]byte{
		"key of a dictionary":          frame(spans, empty, long),
		"template that learns nothing": frame(1, nil, wide),
		"lists of a dictionary":        frame(1, nil, lists),
		"chain over a large base":      frame(1, nil, chain...),
	}
}

// TestDictionaryBombs: what a dictionary makes of a frame is charged like what is in the frame.
func TestDictionaryBombs(t *testing.T) {
	for name, frame := range dictionaryBombs(t) {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			td, err := NewDecoder(Limits{}).DecodeWith(frame, memoryDictionaries{})
			runtime.ReadMemStats(&after)
			if !errors.Is(err, ErrLimit) {
				t.Errorf("%d bytes of frame: %v, %d spans", len(frame), err, td.SpanCount())
			} else {
				t.Log(err)
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > 64<<20 {
				t.Errorf("%d bytes of frame take %d MiB", len(frame), used>>20)
			}
		})
	}
}
