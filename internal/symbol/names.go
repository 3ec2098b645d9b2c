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

// candidate is the best symbol so far for one address.
type candidate struct {
	start, end uint64
	name       uint32
	rank       uint8 // 0: none, 1: no size given, 2: its size covers the address
}

func (f *File) elfNames(r io.ReaderAt, table, strs section, addrs []uint64) (found []Func, rest []uint64) {
	best := make([]candidate, len(addrs))
	work := maxWork
	f.stream(r, table, maxSymbolTable, symbolLen, func(b []byte) bool {
		work -= f.offer(b, addrs, best)
		return work > 0
	})
	names := map[uint32]string{}
	for i, c := range best {
		name, ok := names[c.name]
		if !ok && c.rank > 0 {
			name = f.name(r, strs, uint64(c.name))
			names[c.name] = name
		}
		if c.rank == 0 || name == "" {
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

// offer lets one symbol compete for the addresses it may name: a symbol whose
// size covers the address beats one without size that merely comes before it,
// and among equals the nearest start wins. It returns how many addresses it
// looked at: real symbols cover few, hostile ones all of them.
func (f *File) offer(b []byte, addrs []uint64, best []candidate) (work int) {
	typ := b[4] & 15
	if (typ != sttFunc && typ != sttNotype && typ != sttIFunc) || f.order.Uint16(b[6:]) == shndxUndef {
		return 0
	}
	start, size := f.order.Uint64(b[8:]), f.order.Uint64(b[16:])
	if start == 0 || start > addrs[len(addrs)-1] {
		return 0
	}
	end, rank := start+size, uint8(2)
	if size == 0 {
		end, rank = ^uint64(0), 1
	} else if typ == sttNotype || end < start || end <= addrs[0] {
		return 0
	}
	i, _ := slices.BinarySearch(addrs, start)
	for ; i < len(addrs) && addrs[i] < end; i++ {
		work++
		c := &best[i]
		if rank < c.rank || rank == c.rank && start <= c.start {
			if rank == 1 && start < c.start {
				return work // whoever is nearer is nearer to all that follow
			}
			continue
		}
		*c = candidate{start, end, f.order.Uint32(b), rank}
		if rank == 1 {
			c.end = addrs[i] + 1
		}
	}
	return work
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
