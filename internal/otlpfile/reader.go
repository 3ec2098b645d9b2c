package otlpfile

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
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
	in       *bufio.Reader
	framing  framing
	message  []byte // as it lies in the recording
	signal   Signal
	index    int
	unzip    *zstd.Decoder // of single requests, made when one needs it
	unzipped []byte
	closers  []func() error
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
		if named := new(fs.PathError); errors.As(err, &named) {
			return nil, err
		}
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	r.closers = append(r.closers, f.Close)
	return r, nil
}

// NewReader reads a recording from in, finding out its compression and framing from the first bytes.
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
	if r.framing, err = framingOf(r.in); err != nil {
		_ = r.Close()
		return nil, err
	}
	return r, nil
}

// Next returns the next request as protobuf, or io.EOF at the end. The bytes are valid until the following call.
func (r *Reader) Next() ([]byte, error) {
	r.signal = ""
	err := r.frame()
	if errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, io.EOF
	}
	if err != nil {
		return nil, r.damaged(err)
	}
	request := r.message
	if r.framing != uvarintLengths {
		if request, err = r.decoded(request); err != nil {
			return nil, r.damaged(err)
		}
	}
	r.index++
	return request, nil
}

// Signal is what the request says it is of that Next has returned last: JSON says it, protobuf does not (then it is "").
func (r *Reader) Signal() Signal { return r.signal }

// decoded undoes what the file exporter does to a request: none of the first bytes can be those of one in protobuf.
func (r *Reader) decoded(request []byte) ([]byte, error) {
	if bytes.HasPrefix(request, zstdMagic) {
		if r.unzip == nil {
			dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(MaxMessage))
			if err != nil {
				return nil, err
			}
			r.unzip = dec
			r.closers = append(r.closers, func() error { dec.Close(); return nil })
		}
		var err error
		if r.unzipped, err = r.unzip.DecodeAll(request, r.unzipped[:0]); err != nil {
			return nil, fmt.Errorf("zstd: %w", err)
		}
		request = r.unzipped
	}
	if r.framing == lines || bytes.HasPrefix(request, []byte("{")) {
		var err error
		request, r.signal, err = fromJSON(request)
		return request, err
	}
	return request, nil
}

func (r *Reader) damaged(err error) error {
	if r.index == 0 && r.framing != lines {
		return fmt.Errorf("request 1: %w: is this a recording? Known are what the file exporter writes (json or proto, plain or zstd) "+
			"and OTLP protobuf after uvarint lengths", err)
	}
	return fmt.Errorf("request %d: %w", r.index+1, err)
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
