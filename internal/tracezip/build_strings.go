package tracezip

import "encoding/binary"

// findString returns the number of a string, which it adds to the table when it is new.
func (b *frameBuilder) findString(e *Encoder, text string) (at int, isNew bool) {
	tag := fold(hashString(text))
	if at := e.set.dict.find(e.set.dx, text, tag); at >= 0 {
		return at, false
	}
	first := len(e.set.dict.strings)
	x := &b.stringIndex
	i := x.first(tag)
	for ; x.slots[i].pos != 0; i = x.next(i) {
		if at := x.slots[i].pos - 1; x.slots[i].tag == tag && b.strings[at] == text {
			return first + int(at), false
		}
	}
	x.insert(i, tag, len(b.strings))
	b.strings = append(b.strings, text)
	b.marks = append(b.marks, stringMark{})
	return first + len(b.strings) - 1, true
}

// defineString writes a new string: its length, its tokens and its text. Runs of decimal digits are tokens if decimals is set.
func (b *frameBuilder) defineString(e *Encoder, s string, decimals bool) {
	start, end, mark := findToken(s, 0, decimals)
	if mark == 0 {
		b.varint(secTables, uint64(len(s))<<1)
		b.sections[secText] = append(b.sections[secText], s...)
		return
	}
	text, at := b.text[:0], 0
	tokens := [maxTokens]uint64{}
	n := 0
	for count := 0; mark != 0 && count < maxTokens; start, end, mark = findToken(s, at, decimals) {
		text = append(appendEscaped(text, s[at:start]), mark)
		if mark == markDecimal {
			b.numbers.add(decimal(s[start:end]))
		} else {
			tokens[n] = b.token(e, s[start:end], mark)
			n++
		}
		at = end
		count++
	}
	b.text = appendEscaped(text, s[at:])
	if string(b.text) == string(b.skeleton) {
		b.varint(secTables, sameSkeleton)
	} else {
		b.skeleton = append(b.skeleton[:0], b.text...)
		b.varint(secTables, uint64(len(b.text))<<1|1)
		b.sections[secText] = append(b.sections[secText], b.text...)
	}
	for _, t := range tokens[:n] {
		b.varint(secTables, t)
	}
}

// maxTokens bounds the tokens cut out of one string; further ones stay text.
const maxTokens = 64

// token returns the code of an id written in hex digits, which it writes to raw if it is new.
func (b *frameBuilder) token(e *Encoder, s string, mark byte) uint64 {
	var buf [16]byte
	id := buf[:16]
	if mark == markHex8 {
		id = buf[:8]
	}
	packHex(id, s)
	place, isNew := e.ids.token(id)
	if isNew {
		b.sections[secRaw] = append(b.sections[secRaw], id...)
		return 0
	}
	return uint64(place + 1)
}

func appendEscaped(dst []byte, s string) []byte {
	for i := range len(s) {
		if s[i] <= markDecimal {
			dst = append(dst, markLiteral)
		}
		dst = append(dst, s[i])
	}
	return dst
}

// token finds or adds a token of 8 or 16 bytes.
func (t *idTable) token(id []byte) (place int, isNew bool) {
	if len(id) == 16 {
		return t.find16([16]byte(id))
	}
	place, found := t.find8(binary.LittleEndian.Uint64(id), true)
	return place, !found
}
