package tracezip

import (
	"bytes"
	"errors"
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
	d, e := NewDecoder(limits), NewEncoder()
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
		if s, flags := openFrame(f, frame); flags == 0 && len(frame) < 4096 {
			f.Add(s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], s[8], s[9], s[10], s[11])
		}
	}
	d, e := NewDecoder(Limits{MaxDecodedBytes: 1 << 20}), NewEncoder()
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
	e, d := NewEncoder(), NewDecoder(Limits{MaxFrameBytes: 256 << 20, MaxDecodedBytes: 1 << 30, MaxDepth: 1 << 20})
	f.Fuzz(func(t *testing.T, raw []byte) {
		var u ptrace.ProtoUnmarshaler
		td, err := u.UnmarshalTraces(raw)
		if err != nil {
			return
		}
		roundTrip(t, e, d, td)
	})
}

// openFrame returns the decoded sections of a good frame without a dictionary of its own.
func openFrame(t testing.TB, frame []byte) ([numSections][]byte, byte) {
	t.Helper()
	d := NewDecoder(Limits{})
	d.budget = budget{left: 16 << 20}
	h, err := d.open(frame, noDictionaries{})
	if err != nil {
		t.Fatal(err)
	}
	return d.sections, h.flags
}
