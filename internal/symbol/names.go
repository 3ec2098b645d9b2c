package symbol

import (
	"bytes"
	"io"
	"slices"
	"strings"

	"github.com/ianlancetaylor/demangle"
)

// Func is a named range of addresses.
type Func struct {
	Start, End uint64
	Name       string // as a reader of a profile wants it
	Linkage    string // as the file spells it, when that differs
	Go         bool
}

const (
	symbolLen  = 24
	sttNotype  = 0
	sttFunc    = 2
	sttIFunc   = 10
	shndxUndef = 0
)

// Names finds the functions that hold the given addresses, which must be
// sorted. Addresses without one have no entry in the result, which is sorted
// and holds no function twice.
func (f *File) Names(r io.ReaderAt, addrs []uint64) []Func {
	out, rest := f.goNames(r, addrs)
	for _, t := range [...][2]section{{f.symtab, f.strtab}, {f.dynsym, f.dynstr}} {
		if len(rest) == 0 || t[0].none() {
			continue
		}
		var found []Func
		found, rest = f.elfNames(r, t[0], t[1], rest)
		out = append(out, found...)
	}
	slices.SortFunc(out, func(a, b Func) int { return cmp(a.Start, b.Start) })
	return slices.CompactFunc(out, func(a, b Func) bool { return a.Start == b.Start && a.Name == b.Name })
}

func cmp(a, b uint64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// match collects, while symbols stream by, the best one for each address: the
// nearest start whose size covers the address. Assembly often gives no size;
// such a symbol names what follows it, up to the next symbol of any kind.
type match struct {
	addrs   []uint64
	covers  []candidate // size covers the address
	sizedUp []uint64    // largest start of symbols that end between the address before and this one
	unsized []candidate // nearest without size that starts between the address before and this one
	work    int
}

type candidate struct {
	start, end uint64
	name       uint32
}

// result is the answer for address i. It must be asked for in order: what
// comes before an address comes before all that follow.
func (m *match) result(i int) candidate {
	if i > 0 {
		m.sizedUp[i] = max(m.sizedUp[i], m.sizedUp[i-1])
		if m.unsized[i-1].start > m.unsized[i].start {
			m.unsized[i] = m.unsized[i-1]
		}
	}
	if m.covers[i].start > 0 {
		return m.covers[i]
	}
	if c := m.unsized[i]; c.start > m.sizedUp[i] {
		return candidate{c.start, m.addrs[i] + 1, c.name}
	}
	return candidate{}
}

func (f *File) elfNames(r io.ReaderAt, table, strs section, addrs []uint64) (found []Func, rest []uint64) {
	n := len(addrs)
	m := &match{addrs: addrs, covers: make([]candidate, n), sizedUp: make([]uint64, n+1), unsized: make([]candidate, n+1), work: maxWork}
	f.stream(r, table, maxSymbolTable, symbolLen, func(b []byte) bool {
		f.offer(b, m)
		return m.work > 0
	})
	names := map[uint32]string{}
	for i := range addrs {
		c := m.result(i)
		name, ok := names[c.name]
		if !ok && c.start > 0 {
			name = f.name(r, strs, uint64(c.name))
			names[c.name] = name
		}
		if c.start == 0 || name == "" {
			rest = append(rest, addrs[i])
			continue
		}
		fn := Func{Start: c.start, End: c.end, Name: name}
		if d := demangled(name); d != name {
			fn.Name, fn.Linkage = d, name
		}
		found = append(found, fn)
	}
	return found, rest
}

// stream calls each for the entries of a table of fixed-size entries, until
// it returns false.
func (f *File) stream(r io.ReaderAt, s section, limit, entry uint64, each func([]byte) bool) {
	if s.size > limit {
		return
	}
	buf := make([]byte, min(chunkSize, s.size/entry*entry))
	for at := uint64(0); s.size-at >= entry; {
		n := min(uint64(len(buf)), (s.size-at)/entry*entry)
		if _, err := r.ReadAt(buf[:n], int64(s.off+at)); err != nil {
			return
		}
		for b := buf[:n]; uint64(len(b)) >= entry; b = b[entry:] {
			if !each(b[:entry]) {
				return
			}
		}
		at += n
	}
}

// offer lets one symbol compete. Real symbols cover few addresses, hostile ones
// all of them: work counts.
func (f *File) offer(b []byte, m *match) {
	typ := b[4] & 15
	if (typ != sttFunc && typ != sttNotype && typ != sttIFunc) || f.order.Uint16(b[6:]) == shndxUndef {
		return
	}
	start, size := f.order.Uint64(b[8:]), f.order.Uint64(b[16:])
	if start == 0 || start > m.addrs[len(m.addrs)-1] || start+size < start {
		return
	}
	c := candidate{start, start + size, f.order.Uint32(b)}
	i := 0
	if start > m.addrs[0] {
		i, _ = slices.BinarySearch(m.addrs, start)
	}
	if size == 0 {
		if start > m.unsized[i].start {
			m.unsized[i] = c
		}
		return
	}
	if typ == sttNotype {
		return
	}
	for ; i < len(m.addrs) && m.addrs[i] < c.end; i++ {
		m.work--
		if start > m.covers[i].start {
			m.covers[i] = c
		}
	}
	m.sizedUp[i] = max(m.sizedUp[i], start)
}

// name reads one string of a string table.
func (f *File) name(r io.ReaderAt, strs section, off uint64) string {
	if off == 0 || off >= strs.size {
		return ""
	}
	return readString(r, strs.off+off, strs.size-off)
}

// readString reads a string that ends with a zero byte within limit bytes.
func readString(r io.ReaderAt, off, limit uint64) string {
	var buf [maxName]byte
	for want := uint64(128); ; want = maxName { // few names are longer
		n, _ := r.ReadAt(buf[:min(want, limit)], int64(off))
		if i := bytes.IndexByte(buf[:n], 0); i >= 0 {
			s := string(buf[:i])
			if strings.HasPrefix(s, "$") { // marks code and data on ARM, names nothing
				return ""
			}
			return strings.ToValidUTF8(s, "\uFFFD")
		}
		if want == maxName {
			return ""
		}
	}
}

// demangled turns a C++ or Rust name into what was written, parameters left
// out as flame graphs have no room for them.
func demangled(name string) string {
	if !strings.HasPrefix(name, "_Z") && !strings.HasPrefix(name, "_R") && !strings.HasPrefix(name, "__Z") {
		return name
	}
	d, err := demangle.ToString(name, demangle.NoParams, demangle.NoEnclosingParams, demangle.MaxLength(maxDemangled))
	if err != nil || d == "" {
		return name
	}
	return d
}
