package perfevent

import (
	"bytes"
	"encoding/hex"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// bytesOf reads hex with spaces and comments after "//". The bytes are of a
// little-endian machine.
func bytesOf(t testing.TB, text string) []byte {
	t.Helper()
	var digits strings.Builder
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "//")
		digits.WriteString(strings.Join(strings.Fields(line), ""))
	}
	b, err := hex.DecodeString(digits.String())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const (
	goldenSample = `
	09000000 0100 4000          // SAMPLE, kernel mode, 64 bytes
	1000008100000000            // ip
	07000000 08000000           // pid 7, tid 8
	e803000000000000            // time 1000
	0300000000000000            // 3 entries
	00feffffffffffff            // PERF_CONTEXT_USER
	1015400000000000
	2015400000000000`
	goldenMmap = `
	0a000000 0240 6800          // MMAP2, user mode | MMAP_BUILD_ID, 104 bytes
	07000000 07000000           // pid, tid
	0000400000000000 0010000000000000 0020000000000000 // addr, len, pgoff
	14 00 0000 0102030405060708090a0b0c0d0e0f1011121314 // build ID of 20 bytes
	05000000 02000000           // prot r-x, flags
	2f62696e2f6c7300 0000000000000000 // "/bin/ls"
	07000000 07000000 e903000000000000`
	goldenMmapInode = `
	0a000000 0200 6000
	07000000 07000000
	0000400000000000 0010000000000000 0020000000000000
	fe000000 01000000 2506000000000000 0000000000000000 // device fe:01, inode 1573, generation
	05000000 02000000
	2f62696e2f6c7300
	07000000 07000000 ea03000000000000`
	goldenComm = `
	03000000 0020 2800          // COMM | COMM_EXEC
	07000000 07000000 6c73000000000000 // "ls"
	07000000 07000000 eb03000000000000`
	goldenFork = `
	07000000 0000 3000
	09000000 07000000 0a000000 07000000 ec03000000000000 // pid 9, parent 7, tid 10
	07000000 07000000 ec03000000000000`
	goldenExit = `
	04000000 0000 3000
	09000000 07000000 09000000 07000000 ed03000000000000
	09000000 09000000 ed03000000000000`
	goldenLost = `
	02000000 0000 2800
	0100000000000000 2a00000000000000 // event 1, 42 lost
	07000000 07000000 ee03000000000000`
	goldenThrottle = `
	05000000 0000 1000 0000000000000000` // of no interest
)

func TestGoldenRecords(t *testing.T) {
	id := []byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20}
	for _, c := range []struct {
		name, text string
		want       Record
	}{
		{"sample", goldenSample, Record{Kind: KindSample, PID: 7, TID: 8, Time: 1000, Chain: []uint64{ContextUser, 0x401510, 0x401520}}},
		{"mmap", goldenMmap, Record{Kind: KindMmap, PID: 7, TID: 7, Time: 1001, Addr: 0x400000, Len: 0x1000, Off: 0x2000, BuildID: id, Name: []byte("/bin/ls")}},
		{"mmap with inode", goldenMmapInode, Record{Kind: KindMmap, PID: 7, TID: 7, Time: 1002, Addr: 0x400000, Len: 0x1000, Off: 0x2000, Dev: 0xfe<<32 | 1, Ino: 1573, Name: []byte("/bin/ls")}},
		{"comm", goldenComm, Record{Kind: KindComm, PID: 7, TID: 7, Time: 1003, Name: []byte("ls"), Exec: true}},
		{"fork", goldenFork, Record{Kind: KindFork, PID: 9, TID: 10, PPID: 7, Time: 1004}},
		{"exit", goldenExit, Record{Kind: KindExit, PID: 9, TID: 9, PPID: 7, Time: 1005}},
		{"lost", goldenLost, Record{Kind: KindLost, PID: 7, TID: 7, Time: 1006, Lost: 42}},
	} {
		b := bytesOf(t, c.text)
		if int(ne.Uint16(b[6:])) != len(b) {
			t.Errorf("%s: the test's own length is %d, not %d", c.name, len(b), ne.Uint16(b[6:]))
		}
		var got Record
		ok, err := parse(b, &got)
		if len(got.Chain) == 0 {
			got.Chain = nil
		}
		if !ok || err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v %v\n got %+v\nwant %+v", c.name, ok, err, got, c.want)
		}
		for n := range len(b) { // cut short anywhere, it is refused or at least harmless
			_, _ = parse(b[:n], &got)
		}
	}
}

// fill writes records into a ring of the given size from position at on.
func fill(size int, at uint64, records ...[]byte) *cursor {
	c := &cursor{data: make([]byte, size), tail: at, head: at}
	for _, r := range records {
		for _, b := range r {
			c.data[c.head&uint64(size-1)] = b
			c.head++
		}
	}
	return c
}

func TestCursorWalksOverTheEnd(t *testing.T) {
	s, m, x := bytesOf(t, goldenSample), bytesOf(t, goldenMmap), bytesOf(t, goldenThrottle)
	for at := uint64(0); at < 512; at += 8 {
		c := fill(512, 1<<40+at, s, x, m, s, x)
		var kinds []Kind
		for c.next() {
			kinds = append(kinds, c.rec.Kind)
			if c.rec.Kind == KindMmap && (string(c.rec.Name) != "/bin/ls" || len(c.rec.BuildID) != 20) {
				t.Errorf("at %d: %+v", at, c.rec)
			}
		}
		if !slices.Equal(kinds, []Kind{KindSample, KindMmap, KindSample}) || c.bad != 0 || c.tail != c.head {
			t.Errorf("at %d: %v, %d bad", at, kinds, c.bad)
		}
	}
}

func TestCursorGivesUpOnNonsense(t *testing.T) {
	good := bytesOf(t, goldenComm)
	for name, bad := range map[string][]byte{
		"size zero":     make([]byte, 16),
		"size too long": {9, 0, 0, 0, 0, 0, 0xf8, 0xff},
		"size odd":      {9, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0},
	} {
		c := fill(256, 0, good, bad)
		n := 0
		for c.next() {
			n++
		}
		if n != 1 || c.bad != 1 || c.tail != c.head {
			t.Errorf("%s: %d records, %d bad", name, n, c.bad)
		}
	}
	c := fill(64, 0, good)
	c.head += 4096 // the kernel never lets head run so far ahead
	if c.next() || c.bad != 1 {
		t.Error("a head more than a ring ahead was believed")
	}
}

func TestMergeIsInTheOrderOfTime(t *testing.T) {
	at := func(times ...byte) *cursor {
		var rs [][]byte
		for _, tm := range times {
			b := bytesOf(t, goldenSample)
			b[24] = tm
			b[25] = 0
			rs = append(rs, b)
		}
		return fill(1024, 0, rs...)
	}
	var got []uint64
	merge([]*cursor{at(1, 5, 9), at(), at(2, 3), at(0, 4, 10, 11), at(7)}, func(r *Record) { got = append(got, r.Time) })
	if want := []uint64{0, 1, 2, 3, 4, 5, 7, 9, 10, 11}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// go test -fuzz FuzzCursor -fuzztime 60s -parallel 1 ./internal/perfevent
func FuzzCursor(f *testing.F) {
	for _, s := range []string{goldenSample, goldenMmap, goldenComm, goldenFork, goldenExit, goldenLost, goldenThrottle} {
		f.Add(bytesOf(f, s+goldenMmapInode), uint64(120), uint64(104))
	}
	f.Add(bytes.Repeat([]byte{9, 0, 0, 0, 0, 0, 64, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, 8), uint64(0), uint64(128))
	f.Fuzz(func(t *testing.T, data []byte, tail, n uint64) {
		size := 256
		ring := make([]byte, size)
		copy(ring, data)
		c := &cursor{data: ring, tail: tail, head: tail + n}
		for steps := 0; c.next(); steps++ {
			if steps > size/headerSize {
				t.Fatal("more records than fit")
			}
			if len(c.rec.Chain) > size/8 || len(c.rec.Name) > size || len(c.rec.BuildID) > 20 {
				t.Fatalf("more was decoded than there is: %+v", c.rec)
			}
		}
	})
}

// go test -run - -bench Cursor -benchmem ./internal/perfevent
func BenchmarkCursor(b *testing.B) {
	var rs [][]byte
	for range 256 {
		rs = append(rs, bytesOf(b, goldenSample))
	}
	c := fill(16384, 0, rs...)
	b.ReportAllocs()
	for b.Loop() {
		c.tail = 0
		n := 0
		for c.next() {
			n++
		}
		if n != 256 {
			b.Fatal(n)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/256, "ns/sample")
}
