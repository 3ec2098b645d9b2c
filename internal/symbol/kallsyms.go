package symbol

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"sort"
	"strconv"
)

// Kallsyms is the kernel's own symbol table: text symbols only, sorted, with
// the names in one block.
type Kallsyms struct {
	addrs []uint64
	names []uint32 // where in block the name begins
	block []byte   // names, each ended by a zero byte
}

// ErrHidden is returned when /proc/kallsyms shows no addresses.
var ErrHidden = errors.New("the kernel hides the addresses of its symbols (kernel.kptr_restrict)")

const maxKallsyms = 1 << 20 // text symbols that are kept

// ReadKallsyms parses the form "ffffffff81000000 T name [module]".
func ReadKallsyms(r io.Reader) (*Kallsyms, error) {
	k := &Kallsyms{}
	sc := bufio.NewScanner(r)
	hidden := false
	for sc.Scan() && len(k.addrs) < maxKallsyms {
		line := sc.Bytes()
		hex, rest, _ := bytes.Cut(line, []byte(" "))
		if len(rest) < 3 || !isText(rest[0]) {
			continue
		}
		addr, err := strconv.ParseUint(string(hex), 16, 64)
		if err != nil {
			continue
		}
		if addr == 0 {
			hidden = true
			continue
		}
		k.addrs, k.names = append(k.addrs, addr), append(k.names, uint32(len(k.block)))
		name, _, _ := bytes.Cut(rest[2:], []byte("\t"))
		k.block = append(append(k.block, name...), 0)
	}
	if err := sc.Err(); err != nil {
		return nil, err
	}
	if len(k.addrs) == 0 && hidden {
		return nil, ErrHidden
	}
	sort.Stable((*byAddr)(k))
	k.addrs, k.names, k.block = clip(k.addrs), clip(k.names), clip(k.block)
	return k, nil
}

// clip gives back what append reserved too much: this table stays.
func clip[T any](s []T) []T { return append(make([]T, 0, len(s)), s...) }

func isText(t byte) bool { return t == 't' || t == 'T' || t == 'w' || t == 'W' }

type byAddr Kallsyms

func (b *byAddr) Len() int           { return len(b.addrs) }
func (b *byAddr) Less(i, j int) bool { return b.addrs[i] < b.addrs[j] }
func (b *byAddr) Swap(i, j int) {
	b.addrs[i], b.addrs[j] = b.addrs[j], b.addrs[i]
	b.names[i], b.names[j] = b.names[j], b.names[i]
}

// Name is the function that holds addr, "" if none does.
func (k *Kallsyms) Name(addr uint64) string {
	i := sort.Search(len(k.addrs), func(i int) bool { return k.addrs[i] > addr }) - 1
	if i < 0 {
		return ""
	}
	const farthest = 1 << 20 // no function is that long: the address lies behind the last symbol of its region
	if addr-k.addrs[i] > farthest {
		return ""
	}
	for i > 0 && k.addrs[i-1] == k.addrs[i] { // the first of several names for one address
		i--
	}
	b := k.block[k.names[i]:]
	return string(b[:bytes.IndexByte(b, 0)])
}

// Bytes is the memory the table takes.
func (k *Kallsyms) Bytes() int { return 8*len(k.addrs) + 4*len(k.names) + len(k.block) }

// ReadKernelBuildID reads the kernel's build ID below a /sys file system.
func ReadKernelBuildID(sys fs.FS) string {
	b, err := fs.ReadFile(sys, "kernel/notes")
	if err != nil || len(b) > maxNotes {
		return ""
	}
	return findBuildID(b, binary.NativeEndian)
}
