package tracezip

import (
	"encoding/binary"
	"math"
)

// reader reads one decoded section. The first failure sticks: later reads return zeros, so a caller may read several
// fields and look at err once. Loops over counts from the wire must still check err, or they would spin.
type reader struct {
	buf     []byte
	pos     int
	section string
	err     error
}

func (r *reader) reset(section string, buf []byte) { *r = reader{buf: buf, section: section} }

func (r *reader) fail(reason string) {
	if r.err == nil {
		r.err = &Error{Kind: ErrCorrupt, Section: r.section, Offset: r.pos, Reason: reason}
	}
}

func (r *reader) left() int { return len(r.buf) - r.pos }

func (r *reader) byte() byte {
	if r.err != nil || r.pos >= len(r.buf) {
		r.fail("truncated")
		return 0
	}
	b := r.buf[r.pos]
	r.pos++
	return b
}

// bytes returns the next n bytes; they alias the section.
func (r *reader) bytes(n int) []byte {
	if r.err != nil || n < 0 || n > r.left() {
		r.fail("truncated")
		return nil
	}
	b := r.buf[r.pos : r.pos+n]
	r.pos += n
	return b
}

func (r *reader) uvarint() uint64 {
	if r.err != nil {
		return 0
	}
	if r.pos < len(r.buf) && r.buf[r.pos] < 0x80 {
		b := r.buf[r.pos]
		r.pos++
		return uint64(b)
	}
	v, n := binary.Uvarint(r.buf[r.pos:])
	if n <= 0 {
		r.fail("bad varint")
		return 0
	}
	r.pos += n
	return v
}

func (r *reader) zigzag() int64 { return unzigzag(r.uvarint()) }

// count reads a number of things of which each takes at least minBytes in this section, so that no declared count can
// ask for more than the bytes that are there.
func (r *reader) count(minBytes int) int {
	v := r.uvarint()
	if r.err == nil && minBytes > 0 && v > uint64(r.left()/minBytes) {
		r.fail("count larger than the section")
		return 0
	}
	if v > math.MaxInt32 {
		r.fail("count out of range")
		return 0
	}
	return int(v)
}

// index reads a number below n.
func (r *reader) index(n int) int {
	v := r.uvarint()
	if r.err == nil && v >= uint64(n) {
		r.fail("index out of range")
		return 0
	}
	if r.err != nil {
		return 0
	}
	return int(v)
}

func (r *reader) end() error {
	if r.err == nil && r.pos != len(r.buf) {
		r.fail("bytes left over")
	}
	return r.err
}

func zigzag(v int64) uint64   { return uint64(v)<<1 ^ uint64(v>>63) }
func unzigzag(v uint64) int64 { return int64(v>>1) ^ -int64(v&1) }

func appendString(dst []byte, s string) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(s)))
	return append(dst, s...)
}
