package otlpfile

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// framing is how requests lie in a recording.
type framing byte

const (
	uvarintLengths framing = iota
	fixedLengths           // uint32, big endian
	lines
)

// framingOf tells the framing from the first bytes. A uvarint length of '{' is followed by the tag of a field of a request (1 or 2,
// bytes), which JSON never is.
func framingOf(in *bufio.Reader) (framing, error) {
	first, err := in.Peek(2)
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return 0, err
	case len(first) > 0 && first[0] == 0:
		return fixedLengths, nil
	case len(first) == 2 && first[0] == '{' && first[1] != 1<<3|2 && first[1] != 2<<3|2:
		return lines, nil
	default:
		return uvarintLengths, nil
	}
}

// frame reads the bytes of the next request into r.message.
func (r *Reader) frame() error {
	switch r.framing {
	case lines:
		return r.line()
	case fixedLengths:
		var length [4]byte
		if _, err := io.ReadFull(r.in, length[:]); err != nil {
			if errors.Is(err, io.EOF) {
				return io.EOF
			}
			return fmt.Errorf("length: %w", err)
		}
		return r.body(uint64(binary.BigEndian.Uint32(length[:])))
	default:
		length, err := binary.ReadUvarint(r.in)
		if errors.Is(err, io.EOF) {
			return io.EOF
		}
		if err != nil {
			return fmt.Errorf("length: %w", err)
		}
		return r.body(length)
	}
}

func (r *Reader) body(length uint64) error {
	if length > MaxMessage {
		return fmt.Errorf("length: %d bytes announced, %d allowed", length, MaxMessage)
	}
	// Grown as bytes really come, so that a damaged length costs no memory.
	buf := bytes.NewBuffer(r.message[:0])
	_, err := io.CopyN(buf, r.in, int64(length))
	r.message = buf.Bytes()
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return fmt.Errorf("body: %w", err)
	}
	return nil
}

// line reads the next line that is not empty.
func (r *Reader) line() error {
	for {
		r.message = r.message[:0]
		part, err := r.in.ReadSlice('\n')
		for ; errors.Is(err, bufio.ErrBufferFull); part, err = r.in.ReadSlice('\n') {
			if len(r.message) > MaxMessage {
				return fmt.Errorf("line: %d bytes are allowed", MaxMessage)
			}
			r.message = append(r.message, part...)
		}
		r.message = bytes.TrimSpace(append(r.message, part...))
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if len(r.message) > 0 {
			return nil
		}
		if err != nil {
			return io.EOF
		}
	}
}
