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
	form     Form
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
		r.in, r.form.stream = bufio.NewReaderSize(dec, 1<<16), zstdStream
	case bytes.HasPrefix(magic, gzipMagic):
		dec, err := gzip.NewReader(r.in)
		if err != nil {
			return nil, err
		}
		r.in, r.form.stream = bufio.NewReaderSize(dec, 1<<16), gzipStream
	}
	if r.form.framing, err = framingOf(r.in); err != nil {
		_ = r.Close()
		return nil, err
	}
	return r, nil
}

// Next returns the next request as protobuf, or io.EOF at the end. The bytes are valid until the following call.
func (r *Reader) Next() ([]byte, error) {
	request, err := r.request()
	if err != nil {
		return nil, err
	}
	if r.form.json {
		d, err := fromJSON(request)
		if err == nil {
			r.signal = d.Signal
			request, err = d.Proto()
		}
		if err != nil {
			return nil, r.damaged(err)
		}
	}
	r.index++
	return request, nil
}

// NextData returns the next request decoded, or io.EOF at the end. Of protobuf the content tells the signal.
func (r *Reader) NextData() (Data, error) {
	request, err := r.request()
	if err != nil {
		return Data{}, err
	}
	var d Data
	var known bool
	if r.form.json {
		d, err = fromJSON(request)
	} else if d, known = Detect(request); !known {
		err = errors.New("cannot be read as OTLP of any signal")
	}
	if err != nil {
		return Data{}, r.damaged(err)
	}
	r.signal = d.Signal
	r.index++
	return d, nil
}

// Signal is what the request is of that Next or NextData has returned last. Next knows it of JSON only; of protobuf it is "".
func (r *Reader) Signal() Signal { return r.signal }

// Form is how the request lay in the recording that Next or NextData has returned last.
func (r *Reader) Form() Form { return r.form }

// request returns the next one without its compression, as JSON or protobuf.
func (r *Reader) request() ([]byte, error) {
	r.signal = ""
	err := r.frame()
	if errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, io.EOF
	}
	if err != nil {
		return nil, r.damaged(err)
	}
	request := r.message
	// What the file exporter does to a request begins with what none in protobuf does.
	if r.form.packed = r.form.framing == fixedLengths && bytes.HasPrefix(request, zstdMagic); r.form.packed {
		if request, err = r.unpack(request); err != nil {
			return nil, r.damaged(fmt.Errorf("zstd: %w", err))
		}
	}
	r.form.json = r.form.framing == lines || r.form.framing == fixedLengths && bytes.HasPrefix(request, []byte("{"))
	r.form.indented = r.form.json && bytes.IndexByte(request, '\n') >= 0
	return request, nil
}

// unpack undoes the compression of a single request.
func (r *Reader) unpack(request []byte) ([]byte, error) {
	if r.unzip == nil {
		dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(MaxMessage))
		if err != nil {
			return nil, err
		}
		r.unzip = dec
		r.closers = append(r.closers, func() error { dec.Close(); return nil })
	}
	var err error
	r.unzipped, err = r.unzip.DecodeAll(request, r.unzipped[:0])
	return r.unzipped, err
}

func (r *Reader) damaged(err error) error {
	if r.index == 0 && r.form.framing != lines {
		return fmt.Errorf("request 1: %w: is this a recording? Known are what the file exporter writes (json or proto, plain or zstd), "+
			"OTLP protobuf after uvarint lengths, and one request as JSON or protobuf", err)
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
