package otlpfile

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/zstd"
)

// MaxMessage bounds one request, in bytes: a length beyond it is taken for damage.
const MaxMessage = 256 << 20

var (
	gzipMagic = []byte{0x1f, 0x8b}
	zstdMagic = []byte{0x28, 0xb5, 0x2f, 0xfd}
)

// Reader yields the requests of one recording.
type Reader struct {
	in      *bufio.Reader
	message []byte
	index   int
	closers []func() error
}

// Open opens the recording at path; close it after use.
func Open(path string) (*Reader, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	r, err := NewReader(f)
	if err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	r.closers = append(r.closers, f.Close)
	return r, nil
}

// NewReader reads a recording from in, finding out its compression from the first bytes.
func NewReader(in io.Reader) (*Reader, error) {
	r := &Reader{in: bufio.NewReaderSize(in, 1<<16)}
	magic, err := r.in.Peek(len(zstdMagic))
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(magic, zstdMagic):
		dec, err := zstd.NewReader(r.in, zstd.WithDecoderConcurrency(1))
		if err != nil {
			return nil, err
		}
		r.closers = append(r.closers, func() error { dec.Close(); return nil })
		r.in = bufio.NewReaderSize(dec, 1<<16)
	case bytes.HasPrefix(magic, gzipMagic):
		dec, err := gzip.NewReader(r.in)
		if err != nil {
			return nil, err
		}
		r.in = bufio.NewReaderSize(dec, 1<<16)
	}
	return r, nil
}

// Next returns the next request, or io.EOF at the end. The bytes are valid until the following call.
func (r *Reader) Next() ([]byte, error) {
	length, err := binary.ReadUvarint(r.in)
	if errors.Is(err, io.EOF) {
		return nil, io.EOF
	}
	if err != nil {
		return nil, r.damaged("length", err)
	}
	if length > MaxMessage {
		return nil, r.damaged("length", fmt.Errorf("%d bytes announced, %d allowed", length, MaxMessage))
	}
	// Grown as bytes really come, so that a damaged length costs no memory.
	buf := bytes.NewBuffer(r.message[:0])
	if _, err := io.CopyN(buf, r.in, int64(length)); err != nil {
		return nil, r.damaged("body", err)
	}
	r.message = buf.Bytes()
	r.index++
	return r.message, nil
}

func (r *Reader) damaged(what string, err error) error {
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	if r.index == 0 {
		return fmt.Errorf("request 1: %s: %w: is this length-delimited OTLP protobuf?", what, err)
	}
	return fmt.Errorf("request %d: %s: %w", r.index+1, what, err)
}

// Close releases the file and the decompressor.
func (r *Reader) Close() error {
	var errs []error
	for _, c := range r.closers {
		errs = append(errs, c())
	}
	r.closers = nil
	return errors.Join(errs...)
}
