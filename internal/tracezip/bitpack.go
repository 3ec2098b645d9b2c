package tracezip

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

// appendBlock packs 256 values of width w, 0 < w <= 62.
func appendBlock(dst []byte, vals []uint64, w uint) []byte {
	if w > 32 {
		dst = appendHalf(dst, vals, 32, 0)
		return appendHalf(dst, vals, w-32, 32)
	}
	return appendHalf(dst, vals, w, 0)
}

func appendHalf(dst []byte, vals []uint64, w, shift uint) []byte {
	vals = vals[:blockValues]
	mask := uint64(1)<<w - 1
	var acc [lanes]uint64
	var filled uint
	for row := range rows {
		for lane := range lanes {
			acc[lane] |= (vals[row*lanes+lane] >> shift & mask) << filled
		}
		if filled += w; filled >= 32 {
			for lane := range lanes {
				a := acc[lane]
				dst = append(dst, byte(a), byte(a>>8), byte(a>>16), byte(a>>24))
				acc[lane] = a >> 32
			}
			filled -= 32
		}
	}
	return dst
}

// unpackBlock is the inverse of appendBlock; src holds blockBytes(w) bytes.
func unpackBlock(vals []uint64, src []byte, w uint) {
	clear(vals[:blockValues])
	if w > 32 {
		unpackHalf(vals, src[:blockBytes(32)], 32, 0)
		unpackHalf(vals, src[blockBytes(32):], w-32, 32)
		return
	}
	unpackHalf(vals, src, w, 0)
}

func unpackHalf(vals []uint64, src []byte, w, shift uint) {
	vals = vals[:blockValues]
	mask := uint64(1)<<w - 1
	var acc [lanes]uint64
	var have uint
	for row := range rows {
		if have < w {
			for lane := range lanes {
				word := uint64(src[0]) | uint64(src[1])<<8 | uint64(src[2])<<16 | uint64(src[3])<<24
				acc[lane] |= word << have
				src = src[4:]
			}
			have += 32
		}
		for lane := range lanes {
			vals[row*lanes+lane] |= (acc[lane] & mask) << shift
			acc[lane] >>= w
		}
		have -= w
	}
}

// bitWriter is the plain stream, least significant bit first.
type bitWriter struct {
	dst  []byte
	acc  uint64
	have uint
}

func (b *bitWriter) write(v uint64, w uint) {
	if w > 32 {
		b.write(v&(1<<32-1), 32)
		v, w = v>>32, w-32
	}
	b.acc |= v << b.have
	for b.have += w; b.have >= 8; b.have -= 8 {
		b.dst = append(b.dst, byte(b.acc))
		b.acc >>= 8
	}
}

func (b *bitWriter) flush() []byte {
	if b.have > 0 {
		b.dst = append(b.dst, byte(b.acc))
	}
	return b.dst
}

// bitReader reads what bitWriter wrote. Reading past the end yields zeros; the caller has checked the length.
type bitReader struct {
	src  []byte
	acc  uint64
	have uint
}

func (b *bitReader) read(w uint) uint64 {
	if w > 32 {
		low := b.read(32)
		return low | b.read(w-32)<<32
	}
	for b.have < w {
		if len(b.src) > 0 {
			b.acc |= uint64(b.src[0]) << b.have
			b.src = b.src[1:]
		}
		b.have += 8
	}
	v := b.acc & (1<<w - 1)
	b.acc >>= w
	b.have -= w
	return v
}
