package symbol

import (
	"bytes"
	"encoding/binary"
	"os"
	"runtime"
	"slices"
	"testing"
)

// tinyELF builds a file with one segment, a symbol table and a Go table.
func tinyELF() []byte {
	le := binary.LittleEndian
	b := make([]byte, 0x1000)
	copy(b, "\x7fELF\x02\x01\x01")
	le.PutUint64(b[24:], 0x401000)
	le.PutUint64(b[32:], 64)    // program headers
	le.PutUint64(b[40:], 0x200) // section headers
	le.PutUint16(b[54:], progLen)
	le.PutUint16(b[56:], 1)
	le.PutUint16(b[58:], sectionLen)
	le.PutUint16(b[60:], 6)
	le.PutUint16(b[62:], 5)
	ph := b[64:]
	le.PutUint32(ph, ptLoad)
	le.PutUint64(ph[16:], 0x400000)
	le.PutUint64(ph[32:], 0x1000)
	le.PutUint64(ph[40:], 0x1000)
	names := "\x00.symtab\x00.strtab\x00.text\x00.gopclntab\x00"
	copy(b[0x800:], names)
	sec := func(i int, name, typ, addr, off, size, link uint64) {
		s := b[0x200+i*sectionLen:]
		le.PutUint32(s, uint32(name))
		le.PutUint32(s[4:], uint32(typ))
		le.PutUint64(s[16:], addr)
		le.PutUint64(s[24:], off)
		le.PutUint64(s[32:], size)
		le.PutUint32(s[40:], uint32(link))
	}
	sec(1, 1, shtSymtab, 0, 0x900, 4*symbolLen, 2)
	sec(2, 9, 3, 0, 0xa00, 0x40, 0)
	sec(3, 17, 1, 0x400b00, 0xb00, 0x100, 0)
	sec(4, 23, 1, 0x400c00, 0xc00, 0x200, 0)
	sec(5, 0, 3, 0, 0x800, uint64(len(names)), 0)
	copy(b[0xa00:], "\x00first\x00asm\x00_ZN1a1bEv\x00")
	sym := func(i int, name uint32, typ byte, start, size uint64) {
		s := b[0x900+i*symbolLen:]
		le.PutUint32(s, name)
		s[4] = typ
		le.PutUint16(s[6:], 1)
		le.PutUint64(s[8:], start)
		le.PutUint64(s[16:], size)
	}
	sym(1, 1, sttFunc, 0x400b00, 0x10)
	sym(2, 7, sttFunc, 0x400b20, 0)
	sym(3, 11, sttFunc, 0x400b40, 0x10)
	return b
}

func TestTinyELF(t *testing.T) {
	b := tinyELF()
	f, err := Open(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	got := f.Names(bytes.NewReader(b), []uint64{0x400b00, 0x400b0f, 0x400b10, 0x400b25, 0x400b41, 0x400b60})
	want := []Func{
		{Start: 0x400b00, End: 0x400b10, Name: "first"},
		{Start: 0x400b20, End: 0x400b26, Name: "asm"},
		{Start: 0x400b40, End: 0x400b50, Name: "a::b", Linkage: "_ZN1a1bEv"},
	}
	// 0x400b10 lies behind first, 0x400b60 behind a::b: they have no name. asm
	// has no size, and names what follows up to the next symbol.
	if !slices.Equal(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// TestHostileSizes claims huge tables in a small file: nothing may be
// allocated for them.
func TestHostileSizes(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for at := 0; at < 0x400; at += 2 {
		b := tinyELF()
		for i := range 8 {
			b[at+i] = 0xff
		}
		if f, err := Open(bytes.NewReader(b), int64(len(b))); err == nil {
			f.Names(bytes.NewReader(b), []uint64{0x400b05, 0x400c10})
		}
	}
	runtime.ReadMemStats(&after)
	if n := (after.TotalAlloc - before.TotalAlloc) / 512; n > 64<<10 {
		t.Errorf("%d bytes allocated for a file of 4096", n)
	}
}

// go test -run - -fuzz FuzzELF -fuzztime 60s -parallel 1 ./internal/symbol
func FuzzELF(f *testing.F) {
	f.Add(tinyELF())
	f.Add(tinyELF()[:0x900])
	if b, err := os.ReadFile("/bin/true"); err == nil && len(b) < 64<<10 {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r := bytes.NewReader(b)
		file, err := Open(r, r.Size())
		if err != nil {
			return
		}
		addrs := []uint64{0, 0x400b05, 0x400b21, 0x400c10, file.entry, ^uint64(0)}
		for _, s := range file.Segments {
			addrs = append(addrs, s.Addr, s.Addr+s.FileSize/2)
		}
		slices.Sort(addrs)
		for _, fn := range file.Names(r, addrs) {
			if fn.Name == "" || len(fn.Name) > maxName || fn.End <= fn.Start {
				t.Fatalf("%+v", fn)
			}
			hit := slices.ContainsFunc(addrs, func(a uint64) bool { return a >= fn.Start && a < fn.End })
			if !hit {
				t.Fatalf("%+v holds none of %x", fn, addrs)
			}
		}
		for off := range uint64(64) {
			file.Addr(off * 97)
		}
	})
}
