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
	lines                  // JSON objects, each beginning on a line of its own
	whole                  // one request in protobuf
)

// framingBytes is how many bytes tell the framing: enough to see past the white space at the beginning of JSON.
const framingBytes = 256

// framingOf tells the framing from the first bytes.
func framingOf(in *bufio.Reader) (framing, error) {
	first, err := in.Peek(framingBytes)
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return 0, err
	case len(first) > 0 && first[0] == 0:
		return fixedLengths, nil
	case startsJSON(first):
		return lines, nil
	case startsRequest(first):
		return whole, nil
	default:
		return uvarintLengths, nil
	}
}

var byteOrderMark = []byte("\ufeff")

// startsJSON tells an object from lengths that happen to be a brace or white space. After such a length comes the tag of a message,
// 10 or 18; then, sooner or later, something that is neither white space nor printable text in quotes:
//
//	{ LF SP SP " r    JSON on several lines
//	{ LF SP  10 …     123 bytes of request that begin with 32 of a resource and its data
func startsJSON(first []byte) bool {
	first = bytes.TrimPrefix(first, byteOrderMark)
	rest := bytes.TrimLeft(first, jsonSpace)
	if len(rest) == 0 || rest[0] != '{' {
		return false
	}
	if len(rest) == len(first) && (len(rest) == 1 || !isTag(rest[1])) {
		return true
	}
	rest = bytes.TrimLeft(rest[1:], jsonSpace)
	return len(rest) < 2 || rest[0] == '}' || rest[0] == '"' && rest[1] >= ' '
}

const jsonSpace = " \t\r\n"

// startsRequest tells a request that no length goes before. It begins with the tag of a message (10: resource and data, 18: the
// dictionary of profiles) and a length; after a uvarint length comes such a tag at once, and then a length that fits into the first.
// Where both would do (a dictionary of 10 bytes that begins with a mapping) it is taken for a length.
func startsRequest(first []byte) bool {
	if len(first) < 2 || !isTag(first[0]) {
		return false
	}
	return !isTag(first[1]) || len(first) > 2 && first[2] > first[0]-2
}

// isTag tells a field of a request: 1 or 2, a message.
func isTag(b byte) bool { return b == 1<<3|2 || b == 2<<3|2 }

// frame reads the bytes of the next request into r.message.
func (r *Reader) frame() error {
	switch r.form.framing {
	case lines:
		return r.object()
	case whole:
		return r.all()
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

// all reads everything there is, once.
func (r *Reader) all() error {
	if r.index > 0 {
		return io.EOF
	}
	var buf bytes.Buffer
	if _, err := buf.ReadFrom(io.LimitReader(r.in, MaxMessage+1)); err != nil {
		return err
	}
	if buf.Len() > MaxMessage {
		return fmt.Errorf("one request of more than %d bytes, which is what is allowed", MaxMessage)
	}
	r.message = buf.Bytes()
	return nil
}

// object reads up to the brace that closes the first one: a line of a recording, or several lines of an object written for people.
// What is no object ends with its line.
func (r *Reader) object() error {
	r.message = r.message[:0]
	var open nesting
	for first := r.index == 0; ; first = false {
		if _, err := r.in.Peek(1); err != nil {
			r.message = bytes.TrimSpace(r.message)
			switch {
			case !errors.Is(err, io.EOF) || len(r.message) == 0:
				return err
			case open.depth > 0:
				return errEndsEarly
			default:
				return nil
			}
		}
		part, _ := r.in.Peek(r.in.Buffered())
		if first && bytes.HasPrefix(part, byteOrderMark) {
			part = part[len(byteOrderMark):]
			_, _ = r.in.Discard(len(byteOrderMark)) // it is buffered
		}
		n, ended := open.read(part)
		if len(r.message)+n > MaxMessage {
			return fmt.Errorf("line: %d bytes are allowed", MaxMessage)
		}
		r.message = append(r.message, part[:n]...)
		if _, err := r.in.Discard(n); err != nil {
			return err
		}
		if ended {
			if r.message = bytes.TrimSpace(r.message); len(r.message) > 0 {
				return nil
			}
		}
	}
}

// nesting finds the end of a value of JSON.
type nesting struct {
	depth             int // of braces and brackets
	quoted, backslash bool
}

// read returns how many bytes of part belong to the value, and whether it ends there.
func (n *nesting) read(part []byte) (length int, ended bool) {
	for i, c := range part {
		switch {
		case n.backslash:
			n.backslash = false
		case n.quoted:
			n.quoted, n.backslash = c != '"', c == '\\'
		case c == '"':
			n.quoted = true
		case c == '{' || c == '[':
			n.depth++
		case c == '}' || c == ']':
			n.depth--
			ended = n.depth <= 0
		case c == '\n':
			ended = n.depth <= 0
		}
		if ended {
			*n = nesting{}
			return i + 1, true
		}
	}
	return len(part), false
}
