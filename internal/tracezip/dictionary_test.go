package tracezip

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/klauspost/compress/zstd"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// memoryDictionaries is the cache of one tenant.
type memoryDictionaries map[DictionaryID]*Dictionary

func (m memoryDictionaries) Dictionary(id DictionaryID) *Dictionary { return m[id] }
func (m memoryDictionaries) Define(d *Dictionary)                   { m[d.ID()] = d }

// sender makes frames as an exporter does whose peer acknowledges everything: it learns from frames and renews its dictionary
// after so many of them.
type sender struct {
	t       testing.TB
	e       *Encoder
	trainer *Trainer
	dict    *Dictionary
	known   DictionaryID
	frames  int
	grouped bool
	defined int // bytes of definitions
}

func newSender(t testing.TB) *sender {
	return &sender{t: t, e: NewEncoder(), trainer: NewTrainer(256 << 10)}
}

func (s *sender) send(td ptrace.Traces) []byte {
	s.t.Helper()
	o := FrameOptions{Dictionary: s.dict, Sample: new(Sample), Grouped: s.grouped}
	if s.dict != nil && s.dict.ID() != s.known {
		o.Define, o.Known = true, s.known
		s.defined += s.dict.DefinitionBytes(s.known)
	}
	frame, err := s.e.Append(nil, td, o)
	if err != nil {
		s.t.Fatal(err)
	}
	if s.dict != nil {
		s.known = s.dict.ID()
	}
	s.trainer.Observe(o.Sample)
	s.frames++
	if n := s.frames; n >= 4 && n&(n-1) == 0 {
		if d := s.trainer.Build(s.dict); d != nil {
			s.dict = d
		}
	}
	return frame
}

// TestDictionaries sends recordings with dictionaries and compares what a peer makes of the frames.
func TestDictionaries(t *testing.T) {
	for _, path := range recordings(t) {
		t.Run(recordingName(path), func(t *testing.T) {
			for _, size := range []int{20, 100, 1000} {
				s, d, dicts := newSender(t), NewDecoder(Limits{}), memoryDictionaries{}
				for _, td := range cutBatches(readRecording(t, path), size, 40*size) {
					want := marshal(t, td)
					got, err := d.DecodeWith(s.send(td), dicts)
					if err != nil {
						t.Fatal(err)
					}
					if !bytes.Equal(marshal(t, got), want) {
						t.Fatal("came back different")
					}
				}
				if s.dict != nil && dicts[s.known] == nil {
					t.Error("the peer has not kept the dictionary")
				}
			}
		})
	}
}

// TestDictionarySizes logs bytes a span with dictionaries:
//
//	OTELPLUS_DATA=folder go test -v -run TestDictionarySizes ./internal/tracezip
func TestDictionarySizes(t *testing.T) {
	enc, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range recordings(t) {
		all := readRecording(t, path)
		for _, size := range []int{100, 1000, 5000} {
			s := newSender(t)
			s.grouped = false
			spans, plain, ours, late, lateSpans, latePlain := 0, 0, 0, 0, 0, 0
			var sections [numSections]int
			batches := cutBatches(all, size, 50000)
			for i, td := range batches {
				n, z := td.SpanCount(), len(enc.EncodeAll(marshal(t, td), nil))
				frame := s.send(td)
				spans += n
				plain += z
				ours += len(frame)
				if i >= len(batches)*2/3 {
					late += len(frame)
					lateSpans += n
					latePlain += z
					for i, n := range s.e.packer.stored {
						sections[i] += n
					}
				}
			}
			n := float64(spans)
			if s.dict == nil {
				continue // too few frames
			}
			t.Logf("%-20s %5d: otlp+zstd %.2f, tracezip %.2f B/span of which definitions %.2f, ratio %.3f; last third %.2f, ratio %.3f; dictionary %d", recordingName(path), size,
				float64(plain)/n, float64(ours)/n, float64(s.defined)/n, float64(ours)/float64(plain), float64(late)/float64(lateSpans), float64(late)/float64(latePlain), s.dict.MemoryBytes())
			for i, b := range sections {
				t.Logf("    %-10s %.2f", sectionNames[i], float64(b)/float64(lateSpans))
			}
		}
	}
}

// TestDictionariesOfOddities: what columns rarely see comes back through dictionaries made of it, and of other things.
func TestDictionariesOfOddities(t *testing.T) {
	d := NewDecoder(Limits{MaxFrameBytes: 64 << 20, MaxDecodedBytes: 256 << 20})
	var others []*Dictionary
	check := func(t *testing.T, e *Encoder, td ptrace.Traces, dict *Dictionary) {
		t.Helper()
		frame, err := e.Append(nil, td, FrameOptions{Dictionary: dict})
		if err != nil {
			t.Fatal(err)
		}
		got, err := d.DecodeWith(frame, memoryDictionaries{dict.ID(): dict})
		if err != nil || !bytes.Equal(marshal(t, got), marshal(t, td)) {
			t.Fatal("came back different:", err)
		}
	}
	batches := map[string]func() ptrace.Traces{}
	for _, o := range oddities {
		batches[o.name] = func() ptrace.Traces { return build(o) }
	}
	for seed := range uint64(10) {
		batches[fmt.Sprint("random ", seed)] = func() ptrace.Traces { return randomTraces(seed) }
	}
	for name, build := range batches {
		t.Run(name, func(t *testing.T) {
			s := newSender(t)
			s.e = newColumnar()
			for range 5 {
				s.send(build())
			}
			if s.dict == nil {
				return // nothing that a dictionary could hold
			}
			check(t, s.e, build(), s.dict)
			others = append(others, s.dict)
			for _, dict := range others {
				check(t, s.e, build(), dict)
			}
		})
	}
}

// TestDictionaryMemory: making a dictionary takes about as much memory as it says that it has, however little is new in it.
func TestDictionaryMemory(t *testing.T) {
	s := newSender(t)
	for _, td := range cutBatches(readRecording(t, "testdata/node-shop-2026-cut.traces.otlp.pb.zst"), 20, 340) {
		s.send(td)
	}
	recorded, err := segmentBytes(s.dict, 0)
	if err != nil {
		t.Fatal(err)
	}
	for name, raw := range map[string][]byte{"recording": recorded, "shuffled": shuffledDictionary(t, 1), "one key": oneKeySegment()} {
		t.Run(name, func(t *testing.T) {
			const many = 100
			size := 0
			used := allocated(func() {
				for range many {
					d, err := staticDictionary().extend(raw, &budget{left: 1 << 20})
					if err != nil {
						t.Fatal(err)
					}
					size = d.MemoryBytes()
				}
			}) / many
			t.Logf("%d bytes, says %d", used, size)
			if used > uint64(size)*5/4+1024 {
				t.Errorf("takes %d bytes, says %d", used, size)
			}
		})
	}
}

// oneKeySegment has a string and a key: the first string that is not static, which is its own if nothing comes before it.
func oneKeySegment() []byte {
	raw := binary.AppendUvarint([]byte{1, 1, 'k', 1}, uint64(len(staticDictionary().strings)))
	return append(raw, make([]byte, 11)...)
}
