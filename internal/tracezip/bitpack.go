package tracezip

import (
	"encoding/binary"
	"slices"
)

// Bit packing of values that all have the same width.
//
// Full blocks of 256 values use the vertical layout: value i lies in lane i%8, row i/8; each of the eight lanes is its
// own bit stream of 32-bit words, filled from the low bit up, and the words of the lanes are interleaved (word j of
// lane 0, word j of lane 1, …). 32 rows of w bits make exactly w words a lane, so nothing is wasted and a vector unit
// handles eight lanes with the same shift. Widths above 32 are two blocks: the low 32 bits, then the rest.
//
// Worked example, w = 1: value 0 is bit 0 of byte 0, value 1 bit 0 of byte 4, value 8 bit 1 of byte 0.
//
// What does not fill a block goes into one plain bit stream, least significant bit first.

const (
	blockValues = 256
	lanes       = 8
	rows        = blockValues / lanes
)

// blockBytes is the size of a packed block of 256 values of width w.
func blockBytes(w uint) int { return int(w) * blockValues / 8 }

// appendBlock packs the low w bits of 256 values, 0 < w <= 62.
func appendBlock(dst []byte, vals []uint64, w uint) []byte {
	at := len(dst)
	dst = slices.Grow(dst, blockBytes(w))[:at+blockBytes(w)]
	if w > 32 {
		packHalf(dst[at:], vals, 32, 0)
		packHalf(dst[at+blockBytes(32):], vals, w-32, 32)
	} else {
		packHalf(dst[at:], vals, w, 0)
	}
	return dst
}

func packHalf(dst []byte, vals []uint64, w, shift uint) {
	vals = vals[:blockValues]
	mask := uint64(1)<<w - 1
	var acc [lanes]uint64
	var filled uint
	for row := range rows {
		v := (*[lanes]uint64)(vals[row*lanes:])
		for lane := range lanes {
			acc[lane] |= (v[lane] >> (shift & 63) & mask) << (filled & 63)
		}
		if filled += w; filled >= 32 {
			words := (*[4 * lanes]byte)(dst)
			for lane := range lanes {
				binary.LittleEndian.PutUint32(words[4*lane:], uint32(acc[lane]))
				acc[lane] >>= 32
			}
			dst = dst[4*lanes:]
			filled -= 32
		}
	}
}

// unpackBlock is the inverse of appendBlock; src holds blockBytes(w) bytes.
func unpackBlock(vals []uint64, src []byte, w uint) {
	if w > 32 {
		unpackHalf(vals, src[:blockBytes(32)], 32)
		var high [blockValues]uint64
		unpackHalf(high[:], src[blockBytes(32):], w-32)
		for i, h := range high {
			vals[i] |= h << 32
		}
		return
	}
	unpackHalf(vals, src, w)
}

func unpackHalf(vals []uint64, src []byte, w uint) {
	vals = vals[:blockValues]
	mask := uint64(1)<<w - 1
	var acc [lanes]uint64
	var have uint
	for row := range rows {
		if have < w {
			words := (*[4 * lanes]byte)(src)
			for lane := range lanes {
				acc[lane] |= uint64(binary.LittleEndian.Uint32(words[4*lane:])) << (have & 63)
			}
			src = src[4*lanes:]
			have += 32
		}
		v := (*[lanes]uint64)(vals[row*lanes:])
		for lane := range lanes {
			v[lane] = acc[lane] & mask
			acc[lane] >>= w & 63
		}
		have -= w
	}
}

// bitWriter writes the plain stream, least significant bit first, into dst, which has room for 8 bytes more than it.
type bitWriter struct {
	dst  []byte
	acc  uint64
	have uint // bits in acc, below 64
}

// write writes the low w bits of every value, 0 < w < 64.
func (b *bitWriter) write(vals []uint64, w uint) {
	mask := uint64(1)<<(w&63) - 1
	dst, acc, have := b.dst, b.acc, b.have
	for _, v := range vals {
		v &= mask
		acc |= v << (have & 63)
		if have += w; have >= 64 {
			binary.LittleEndian.PutUint64(dst, acc)
			dst = dst[8:]
			have -= 64
			acc = v >> ((w - have) & 63)
		}
	}
	b.dst, b.acc, b.have = dst, acc, have
}

// bitReader reads what bitWriter wrote. The caller has checked that src holds all that is read.
type bitReader struct {
	src []byte
	at  uint // in bits
}

// read reads values of width w, 0 < w < 64.
func (b *bitReader) read(vals []uint64, w uint) {
	mask := uint64(1)<<(w&63) - 1
	at := b.at
	for i := range vals {
		vals[i] = b.word(at, w) & mask
		at += w
	}
	b.at = at
}

// word returns the bits from at on, at least w of them as far as src goes.
func (b *bitReader) word(at, w uint) uint64 {
	src := b.src[at/8:]
	var v uint64
	if len(src) >= 8 {
		v = binary.LittleEndian.Uint64(src)
	} else {
		for i, c := range src {
			v |= uint64(c) << (8 * i)
		}
	}
	v >>= at % 8
	if at%8+w > 64 {
		v |= uint64(src[8]) << (64 - at%8)
	}
	return v
}
