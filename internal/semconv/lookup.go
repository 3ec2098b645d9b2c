package semconv

// table finds the id of a name: open addressing over a power of two, at most half full. A slot holds 16 bits of the hash
// beside the id, so that a miss almost never touches a string: of 12 keys of a span, each costs one multiplication or two, one
// load and, only where the 16 bits agree, one comparison.
type table struct {
	slots []slot
	shift uint8
}

type slot struct {
	tag, id uint16
}

func newTable(names []string) table {
	size, shift := 16, uint8(60)
	for size < 2*len(names) {
		size, shift = size*2, shift-1
	}
	t := table{slots: make([]slot, size), shift: shift}
	for id := 1; id < len(names); id++ {
		h := hash(names[id])
		i := h >> t.shift
		for t.slots[i].id != 0 {
			i = (i + 1) & uint64(size-1)
		}
		t.slots[i] = slot{tag: uint16(h), id: uint16(id)}
	}
	return t
}

// find returns the id of name, or 0.
func (r *Registry) find(name string) uint16 {
	h := hash(name)
	mask := uint64(len(r.table.slots) - 1)
	for i := h >> r.table.shift; ; i++ {
		s := r.table.slots[i&mask]
		if s.id == 0 {
			return 0
		}
		if s.tag == uint16(h) && r.names[s.id] == name {
			return s.id
		}
	}
}

// hash mixes the length with the first and the last eight bytes, which tell all names of the conventions apart. Names that a
// sender makes collide cost a comparison of strings each and nothing else: the table holds only our own names.
func hash(s string) uint64 {
	n := len(s)
	var a, b uint64
	switch {
	case n >= 8:
		a, b = load64(s), load64(s[n-8:])
	case n >= 4:
		a, b = uint64(load32(s)), uint64(load32(s[n-4:]))
	default:
		for i := range n {
			a = a<<8 | uint64(s[i])
		}
	}
	h := (a ^ uint64(n)) * 0x9E3779B97F4A7C15
	h = (h ^ h>>29 ^ b) * 0xD6E8FEB86659FD93
	return h ^ h>>32
}

func load64(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

func load32(s string) uint32 {
	_ = s[3]
	return uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24
}
