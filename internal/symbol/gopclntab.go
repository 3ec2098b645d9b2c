package symbol

import (
	"io"
	"sort"
	"strings"
)

// pclntab reads Go's table of functions where it lies in the file, by binary
// search: a few short reads for a name, whatever the table's size.
//
//	header   magic u32, 0, 0, minLC u8, ptrSize u8, nfunc, nfiles, textStart (Go 1.18-1.25), offsets of
//	         funcnametab, cutab, filetab, pctab, functab
//	functab  nfunc × {entry, offset of _func}, then the end of the last function
//	_func    entry, nameoff i32, …
//
// Entries are 32-bit offsets from textStart since Go 1.18 and addresses in 1.16
// and 1.17; older tables are not read.
type pclntab struct {
	f        *File
	r        io.ReaderAt
	off      uint64 // of the table in the file
	size     uint64
	nfunc    int
	entry    uint64 // size of an entry's address
	text     uint64 // what entries are relative to
	names    uint64
	functab  uint64
	failed   bool
	relative bool
}

const (
	magic116  = 0xfffffffa
	magic118  = 0xfffffff0
	magic120  = 0xfffffff1
	maxGoFunc = 1 << 24
)

// openPclntab returns nil if the file has no table that can be trusted.
func (f *File) openPclntab(r io.ReaderAt) *pclntab {
	t := &pclntab{f: f, r: r, off: f.pclntab.off, size: f.pclntab.size}
	h := t.bytes(0, 8)
	if t.failed || h[4] != 0 || h[5] != 0 || h[7] != 8 {
		return nil
	}
	switch magic := f.order.Uint32(h); magic {
	case magic118, magic120:
		t.relative, t.entry = true, 4
		t.names, t.functab = t.u64(8+3*8), t.u64(8+7*8)
	case magic116:
		t.entry = 8
		t.names, t.functab = t.u64(8+2*8), t.u64(8+6*8)
	default:
		return nil
	}
	n := t.u64(8)
	if t.failed || n == 0 || n > maxGoFunc || t.names >= t.size || t.functab >= t.size || (2*n+1)*t.entry > t.size-t.functab {
		return nil
	}
	t.nfunc = int(n)
	if t.relative && !t.findText() {
		return nil
	}
	return t
}

func (t *pclntab) bytes(at, n uint64) []byte {
	b := make([]byte, n)
	if at > t.size || n > t.size-at {
		t.failed = true
		return b
	}
	if _, err := t.r.ReadAt(b, int64(t.off+at)); err != nil {
		t.failed = true
	}
	return b
}

func (t *pclntab) u64(at uint64) uint64 { return t.f.order.Uint64(t.bytes(at, 8)) }

// pc is the start of function i; of i = nfunc, the end of the last.
func (t *pclntab) pc(i int) uint64 {
	at := t.functab + uint64(i)*2*t.entry
	if !t.relative {
		return t.u64(at)
	}
	return t.text + uint64(t.f.order.Uint32(t.bytes(at, 4)))
}

// find returns the function that holds addr.
func (t *pclntab) find(addr uint64) (fn Func, ok bool) {
	i := sort.Search(t.nfunc+1, func(i int) bool { return t.pc(i) > addr }) - 1
	if i < 0 || i >= t.nfunc || t.failed {
		return Func{}, false
	}
	at := t.functab + uint64(i)*2*t.entry + t.entry
	var off uint64
	if t.relative {
		off = uint64(t.f.order.Uint32(t.bytes(at, 4)))
	} else {
		off = t.u64(at)
	}
	if off > t.size {
		return Func{}, false
	}
	nameOff := t.names + uint64(t.f.order.Uint32(t.bytes(t.functab+off+t.entry, 4)))
	if t.failed || nameOff >= t.size {
		return Func{}, false
	}
	fn = Func{Start: t.pc(i), End: t.pc(i + 1), Name: readString(t.r, t.off+nameOff, t.size-nameOff), Go: true}
	return fn, fn.Name != "" && fn.End > addr && fn.Start <= addr && !t.failed
}

// findText finds the address that entries are relative to. Up to Go 1.25 the
// header has it, later the module data; in a position-independent program both
// fields are zero in the file and filled by a relocation. A program linked by
// Go's own linker starts its .text section there; that last resort is believed
// only if the program's entry point then has the name it must have.
func (t *pclntab) findText() bool {
	const moduleText = 8 + 6*24 + 3*8 // runtime.moduledata.text since Go 1.18
	for _, s := range [...]struct {
		at section
		n  uint64
	}{{t.f.pclntab, 24}, {t.f.goModule, moduleText}} {
		if t.plausible(t.f.word(t.r, s.at, s.n)) || t.plausible(t.f.relocated(t.r, s.at, s.n)) {
			return true
		}
	}
	if !t.plausible(t.f.text.addr) {
		return false
	}
	fn, ok := t.find(t.f.entry)
	return ok && strings.HasPrefix(fn.Name, "_rt0_")
}

// plausible takes text as the start if all functions then lie in the file's
// .text section.
func (t *pclntab) plausible(text uint64) bool {
	s := t.f.text
	if text == 0 || text < s.addr || text >= s.addr+s.size {
		return false
	}
	t.text = text
	return t.pc(t.nfunc) <= s.addr+s.size && !t.failed
}

// word is the pointer at offset n of section s, 0 if there is none.
func (f *File) word(r io.ReaderAt, s section, n uint64) uint64 {
	b, err := f.read(r, s.off+n, 8, 8)
	if err != nil || n+8 > s.size {
		return 0
	}
	return f.order.Uint64(b)
}

// relocated is what the loader writes there: the addend of the relocation.
func (f *File) relocated(r io.ReaderAt, s section, n uint64) (addend uint64) {
	if n+8 > s.size || s.addr == 0 {
		return 0
	}
	f.stream(r, f.rela, maxRelocations, 24, func(b []byte) bool {
		if f.order.Uint64(b) == s.addr+n {
			addend = f.order.Uint64(b[16:])
		}
		return addend == 0
	})
	return addend
}

// goNames names addresses by the Go table and returns those it has none for.
func (f *File) goNames(r io.ReaderAt, addrs []uint64) (found []Func, rest []uint64) {
	if f.pclntab.none() {
		return nil, addrs
	}
	t := f.openPclntab(r)
	if t == nil {
		return nil, addrs
	}
	for _, a := range addrs {
		if n := len(found); n > 0 && a < found[n-1].End && a >= found[n-1].Start {
			continue
		}
		if fn, ok := t.find(a); ok {
			found = append(found, fn)
		} else {
			rest = append(rest, a)
		}
	}
	return found, rest
}
