package tracezip

import (
	"encoding/binary"
	"strconv"
	"unsafe"
)

// numStrings is how many strings there are so far: those of the dictionary come first.
func (d *Decoder) numStrings() int { return len(d.dict.strings) + len(d.strings) }

// str returns a string of the table, once all have been read.
func (d *Decoder) str(at uint64) string {
	if at < uint64(len(d.dict.strings)) {
		return d.dict.strings[at]
	}
	s := d.strings[at-uint64(len(d.dict.strings))]
	return d.all[s.start:s.end]
}

// length is the length of a string, which may not have been made yet.
func (d *Decoder) length(at uint64) int {
	if at < uint64(len(d.dict.strings)) {
		return len(d.dict.strings[at])
	}
	s := d.strings[at-uint64(len(d.dict.strings))]
	return int(s.end - s.start)
}

// data returns a string of the table as bytes that must not be changed.
func (d *Decoder) data(at uint64) []byte {
	s := d.str(at)
	return unsafe.Slice(unsafe.StringData(s), len(s))
}

// readString reads the definition of a new string and returns its number.
func (d *Decoder) readString() uint32 {
	v := d.tables.uvarint()
	if v>>1 > uint64(d.text.left()) {
		d.tables.fail("string longer than the text")
		return 0
	}
	text := d.text.bytes(int(v >> 1))
	if v == sameSkeleton {
		if text = d.skeleton; text == nil {
			d.tables.fail("no string with markers before this one")
		}
	} else if v&1 == 1 {
		d.skeleton = text
	}
	if !d.charge(len(text), 1) || !d.charge(1, 8) {
		return 0
	}
	start := len(d.textBuf)
	if v&1 == 0 {
		d.textBuf = append(d.textBuf, text...)
	} else {
		d.expandText(text)
	}
	d.strings = append(d.strings, span32{start: uint32(start), end: uint32(len(d.textBuf))})
	return uint32(d.numStrings() - 1)
}

// expandText appends a string that has markers.
func (d *Decoder) expandText(text []byte) {
	for i := 0; i < len(text) && d.tables.err == nil && d.raw.err == nil; i++ {
		switch text[i] {
		case markLiteral:
			if i++; i == len(text) {
				d.tables.fail("text ends within an escape")
				return
			}
			d.textBuf = append(d.textBuf, text[i])
		case markHex8, markHex16, markUUID:
			if d.charge(36, 1) {
				d.expandToken(text[i])
			}
		case markDecimal:
			v := d.nextNumber()
			if v < 0 {
				d.tables.fail("negative decimal")
			}
			if d.charge(20, 1) {
				d.textBuf = strconv.AppendInt(d.textBuf, v, 10)
			}
		default:
			d.textBuf = append(d.textBuf, text[i])
		}
	}
}

func (d *Decoder) expandToken(mark byte) {
	if mark == markHex8 {
		place := d.tables.index(len(d.ids8) + 1)
		if place == 0 {
			place = len(d.ids8) + 1
			d.ids8 = append(d.ids8, d.raw64())
		}
		var id [8]byte
		binary.LittleEndian.PutUint64(id[:], d.ids8[place-1])
		d.textBuf = appendHex(d.textBuf, id[:])
		return
	}
	place := d.tables.index(len(d.ids16) + 1)
	if place == 0 {
		place = len(d.ids16) + 1
		var id [16]byte
		copy(id[:], d.raw.bytes(16))
		d.ids16 = append(d.ids16, id)
	}
	if mark == markHex16 {
		d.textBuf = appendHex(d.textBuf, d.ids16[place-1][:])
	} else {
		d.textBuf = appendUUID(d.textBuf, d.ids16[place-1][:])
	}
}
