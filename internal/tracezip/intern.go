package tracezip

import (
	"hash/maphash"
	"math/bits"
)

// hashSeed differs per process, so that nobody outside can choose values that collide. Nothing on the wire depends on
// it: tables are only looked up, their order is that of insertion.
var hashSeed = maphash.MakeSeed()

var mixSeed = maphash.String(hashSeed, "mix") | 1

func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a^mixSeed, b^0x9e3779b97f4a7c15)
	return hi ^ lo
}

func hashString(s string) uint64 { return maphash.String(hashSeed, s) }

// tail8 is the last eight bytes of s, which tell attribute keys apart better than the first.
func tail8(s string) uint64 {
	if n := len(s); n >= 8 {
		s = s[n-8:]
		return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
			uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
	}
	var v uint64
	for i := range len(s) {
		v = v<<8 | uint64(s[i])
	}
	return v
}

// slot is an entry of an index: 32 bits of the hash and the position of the entry in the owner's slice, plus one.
type slot struct{ tag, pos uint32 }

// index is an open-addressing hash index over a slice that its owner keeps. It stores positions only; the owner
// compares:
//
//	for i := x.first(tag); ; i = x.next(i) {
//		switch s := x.slots[i]; {
//		case s.pos == 0:                                  // not there: append to the slice, x.insert(i, tag, pos)
//		case s.tag == tag && equal(slice[s.pos-1], want): // found
//		}
//	}
type index struct {
	slots []slot
	shift uint
	used  int
}

const minSlots = 256

func (x *index) reset() {
	if len(x.slots) == 0 || len(x.slots) > maxKeptBuffer/8 {
		x.slots = make([]slot, minSlots)
		x.shift = uint(32 - bits.TrailingZeros(minSlots))
	} else {
		clear(x.slots)
	}
	x.used = 0
}

func (x *index) first(tag uint32) uint32 { return tag >> x.shift }

func (x *index) next(i uint32) uint32 { return (i + 1) & uint32(len(x.slots)-1) }

// insert puts pos at the free slot i where the probe for tag ended, then keeps the index at most half full.
func (x *index) insert(i, tag uint32, pos int) {
	x.slots[i] = slot{tag: tag, pos: uint32(pos) + 1}
	if x.used++; 2*x.used <= len(x.slots) {
		return
	}
	old := x.slots
	x.slots = make([]slot, 2*len(old))
	x.shift--
	for _, s := range old {
		if s.pos == 0 {
			continue
		}
		j := x.first(s.tag)
		for x.slots[j].pos != 0 {
			j = x.next(j)
		}
		x.slots[j] = s
	}
}

// add puts a tag in that may be there already, as for equal hashes.
func (x *index) add(tag uint32, pos int) {
	i := x.first(tag)
	for x.slots[i].pos != 0 {
		i = x.next(i)
	}
	x.insert(i, tag, pos)
}

func fold(h uint64) uint32 { return uint32(h>>32) ^ uint32(h) }
