package tracezip

import (
	"bytes"
	"errors"
	"runtime/metrics"
	"testing"

	"go.opentelemetry.io/collector/pdata/ptrace"
)

// FuzzDecode: whatever the bytes, no panic, a typed error, and traces within the limits. The checksum would stop nearly
// every mutation at the door, so it is put right first; the crash is then reproducible through the public API.
func FuzzDecode(f *testing.F) {
	for _, frame := range sampleFrames(f) {
		if len(frame) < 4096 {
			f.Add(frame)
		}
	}
	limits := Limits{MaxFrameBytes: 1 << 20, MaxDecodedBytes: 1 << 20}
	d, e := NewDecoder(limits), newColumnar()
	large := NewDecoder(Limits{MaxFrameBytes: 64 << 20, MaxDecodedBytes: 256 << 20})
	f.Fuzz(func(t *testing.T, frame []byte) {
		td, err := d.Decode(fixChecksum(frame))
		if err != nil {
			checkError(t, err)
			return
		}
		raw := marshal(t, td)
		if len(raw) > limits.MaxDecodedBytes {
			t.Fatalf("%d bytes of OTLP from a decoder limited to %d", len(raw), limits.MaxDecodedBytes)
		}
		again, err := e.AppendFrame(nil, td)
		if err != nil {
			t.Fatal(err)
		}
		back, err := large.Decode(again)
		if err != nil || !bytes.Equal(marshal(t, back), raw) {
			t.Fatal("what was decoded does not survive a second trip:", err)
		}
	})
}

// FuzzInspect: an Inspector takes what a Decoder takes, and what it reports adds up.
func FuzzInspect(f *testing.F) {
	for _, frame := range sampleFrames(f) {
		if len(frame) < 4096 {
			f.Add(frame)
		}
	}
	limits := Limits{MaxFrameBytes: 1 << 20, MaxDecodedBytes: 1 << 20}
	d := NewDecoder(limits)
	f.Fuzz(func(t *testing.T, frame []byte) {
		frame = fixChecksum(frame)
		i := NewInspector(limits)
		if err := i.Add(frame, nil); err != nil {
			checkError(t, err)
			if _, err := d.Decode(frame); err == nil {
				t.Fatal("decodes but cannot be inspected:", err)
			}
			if r := i.Report(); r.Frames != 0 || len(r.Parts)+len(r.Keys)+len(r.Services) > 0 {
				t.Fatalf("a frame that cannot be read is in the report: %+v", r)
			}
			return
		}
		checkReport(t, i, 1, i.spans, len(frame))
		checkWeights(t, i, frame, noDictionaries{})
	})
}

// fixChecksum returns frame with the checksum that its contents ask for, if they can be unpacked.
func fixChecksum(frame []byte) []byte {
	if len(frame) < headerBytes {
		return frame
	}
	frame = bytes.Clone(frame)
	d := NewDecoder(Limits{MaxDecodedBytes: 1 << 20})
	d.budget = budget{left: 1 << 20}
	_, err := d.open(frame, noDictionaries{})
	if errors.Is(err, errChecksum) {
		sum := d.digest.Sum64()
		for i := range 8 {
			frame[checksumOffset+i] = byte(sum >> (8 * i))
		}
	}
	return frame
}

// FuzzColumns mutates the decoded sections, which FuzzDecode rarely gets past the entropy coders.
func FuzzColumns(f *testing.F) {
	for _, frame := range sampleFrames(f) {
		if s, flags := openFrame(f, frame, noDictionaries{}); flags == 0 && len(frame) < 4096 {
			f.Add(s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], s[8], s[9], s[10], s[11])
		}
	}
	d, e := NewDecoder(Limits{MaxDecodedBytes: 1 << 20}), newColumnar()
	large := NewDecoder(Limits{MaxFrameBytes: 64 << 20, MaxDecodedBytes: 256 << 20})
	f.Fuzz(func(t *testing.T, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11 []byte) {
		d.budget, d.dict = budget{left: d.limits.MaxDecodedBytes}, staticDictionary()
		d.sections = [numSections][]byte{s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11}
		td, err := d.decodeSections(len(s2))
		d.release()
		if err != nil {
			checkError(t, err)
			return
		}
		raw := marshal(t, td)
		if len(raw) > 1<<20 {
			t.Fatalf("%d bytes of OTLP from a decoder limited to 1 MiB", len(raw))
		}
		frame, err := e.AppendFrame(nil, td)
		if err != nil {
			t.Fatal(err)
		}
		back, err := large.Decode(frame)
		if err != nil || !bytes.Equal(marshal(t, back), raw) {
			t.Fatal("what was decoded does not survive a second trip:", err)
		}
	})
}

// FuzzDictionary: whatever the bytes of a segment, no panic and memory within the limit; and a dictionary that is accepted serves
// decoders and encoders.
func FuzzDictionary(f *testing.F) {
	s := newSender(f)
	for _, td := range cutBatches(readRecording(f, "testdata/node-shop-2026-cut.traces.otlp.pb.zst"), 20, 340) {
		frame := s.send(td)
		if s.dict != nil && s.known == s.dict.ID() && len(s.dict.segments) == 1 {
			sections, _ := openFrame(f, frame, memoryDictionaries{s.known: s.dict})
			raw, err := segmentBytes(s.dict, 0)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(raw, sections[secTables], sections[secText], uint16(td.SpanCount()))
		}
	}
	for seed := range uint64(6) {
		f.Add(shuffledDictionary(f, seed), []byte{}, []byte{}, uint16(0))
	}
	d, e := NewDecoder(Limits{MaxDecodedBytes: 1 << 20}), newColumnar()
	large := NewDecoder(Limits{MaxFrameBytes: 64 << 20, MaxDecodedBytes: 256 << 20})
	td := randomTraces(1)
	want := marshal(f, td)
	f.Fuzz(func(t *testing.T, segment, tables, text []byte, spans uint16) {
		// readSegment charges what the base has.
		const left = 1 << 18
		var b budget
		var dict *Dictionary
		var err error
		extend := func() {
			b.left = left - staticDictionary().memory
			dict, err = staticDictionary().extend(segment, &b)
		}
		if used := allocatedMore(extend, func() int { return 2*(left-b.left) + 64<<10 }); used > 0 {
			t.Fatalf("%d bytes allocated, %d charged", used, left-b.left)
		}
		if err != nil {
			checkError(t, err)
			return
		}
		if dict.MemoryBytes() > left {
			t.Fatal("more memory than allowed:", dict.MemoryBytes())
		}
		d.budget, d.dict = budget{left: d.limits.MaxDecodedBytes}, dict
		d.sections = [numSections][]byte{}
		for i, b := range columnarSections(int(spans%64), tables) {
			d.sections[i] = b
		}
		d.sections[secText] = text
		decoded, err := d.decodeSections(int(spans % 64))
		d.release()
		if err != nil {
			checkError(t, err)
		} else if n := len(marshal(t, decoded)); n > d.limits.MaxDecodedBytes {
			t.Fatalf("%d bytes of OTLP from a decoder limited to %d", n, d.limits.MaxDecodedBytes)
		}
		frame, err := e.Append(nil, td, FrameOptions{Dictionary: dict})
		if err != nil {
			t.Fatal(err)
		}
		back, err := large.DecodeWith(frame, memoryDictionaries{dict.ID(): dict})
		if err != nil || !bytes.Equal(marshal(t, back), want) {
			t.Fatal("a frame made with the dictionary comes back different:", err)
		}
	})
}

// allocatedMore runs f and returns what it allocated, if that is more than allowed. The runtime's running count, which does not stop
// the world, is only roughly that of f, so f runs once more if it is too high.
func allocatedMore(f func(), allowed func() int) uint64 {
	soFar := func() uint64 {
		sample := [1]metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
		metrics.Read(sample[:])
		return sample[0].Value.Uint64()
	}
	before := soFar()
	f()
	if soFar()-before <= uint64(allowed()) {
		return 0
	}
	if used := allocated(f); used > uint64(allowed()) {
		return used
	}
	return 0
}

// segmentBytes returns one segment of a dictionary, decoded.
func segmentBytes(d *Dictionary, at int) ([]byte, error) {
	s := d.segments[at]
	var u unpacker
	return u.expand(s.stored, nil, codecZstd, s.size)
}

// shuffledDictionary is the segment that spans with shuffled attributes, events and links make.
func shuffledDictionary(t testing.TB, seed uint64) []byte {
	t.Helper()
	s := newSender(t)
	for range 8 {
		s.send(shuffled(seed, 80))
	}
	raw, err := segmentBytes(s.dict, 0)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// FuzzRoundTrip: every batch that pdata can hold comes back with the same bytes.
func FuzzRoundTrip(f *testing.F) {
	for _, o := range oddities {
		if raw := marshal(f, build(o)); len(raw) < 16384 {
			f.Add(raw)
		}
	}
	for seed := range uint64(20) {
		f.Add(marshal(f, randomTraces(seed)))
	}
	f.Add(marshal(f, shuffled(1, 80)))
	e, d := newColumnar(), NewDecoder(Limits{MaxFrameBytes: 256 << 20, MaxDecodedBytes: 1 << 30, MaxDepth: 1 << 20})
	f.Fuzz(func(t *testing.T, raw []byte) {
		var u ptrace.ProtoUnmarshaler
		td, err := u.UnmarshalTraces(raw)
		if err != nil {
			return
		}
		roundTrip(t, e, d, td)
		if grouped, err := e.Append(nil, td, FrameOptions{Grouped: true}); err != nil {
			t.Fatal(err)
		} else if back, err := d.Decode(grouped); err != nil || back.SpanCount() != td.SpanCount() {
			t.Fatal("grouped:", err)
		}
	})
}

// openFrame returns the decoded sections of a good frame.
func openFrame(t testing.TB, frame []byte, dicts Dictionaries) ([numSections][]byte, byte) {
	t.Helper()
	d := NewDecoder(Limits{})
	d.budget = budget{left: 16 << 20}
	h, err := d.open(frame, dicts)
	if err != nil {
		t.Fatal(err)
	}
	return d.sections, h.flags
}
