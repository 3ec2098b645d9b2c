package main

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/golang/snappy"
	fastgzip "github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// otlpContenders are protobuf, each request compressed by itself as OTLP exporters do, and for comparison one zstd stream
// over all requests, which no OTLP transport offers.
func otlpContenders() []contender {
	return []contender{
		{"otlp", "export requests as protobuf, not compressed", perRequest(plain), decompressed(asIs)},
		{"otlp+gzip", "each request by itself, Go's gzip at its default level, as gRPC has it",
			perRequest(gzipped(func() *gzip.Writer { return gzip.NewWriter(nil) })), decompressed(gunzipped(func() *gzip.Reader { return new(gzip.Reader) }))},
		{"otlp+gzip-klauspost", "the same with the fastest implementation for Go",
			perRequest(gzipped(func() *fastgzip.Writer { return fastgzip.NewWriter(nil) })), decompressed(gunzipped(func() *fastgzip.Reader { return new(fastgzip.Reader) }))},
		{"otlp+zstd-fastest", "each request by itself, zstd at SpeedFastest", perRequest(zstandard(zstd.SpeedFastest)), decompressed(unzstd)},
		{"otlp+zstd", "each request by itself, zstd at SpeedDefault, the level of gRPC and HTTP in the collector", perRequest(zstandard(zstd.SpeedDefault)), decompressed(unzstd)},
		{"otlp+snappy", "each request by itself, snappy blocks", perRequest(snapped), decompressed(unsnapped)},
		{"otlp+zstd-stream", "one zstd stream (SpeedDefault) over all requests, flushed after each: needs one ordered connection", perRequest(streamed), decompressed(unstreamed)},
	}
}

// compress appends b to dst in another form, or undoes that; then dst is empty, and what is returned may be other memory.
type compress func(dst, b []byte) ([]byte, error)

func perRequest(open func() (compress, error)) func() (encode, error) {
	return func() (encode, error) {
		c, err := open()
		if err != nil {
			return nil, err
		}
		var m ptrace.ProtoMarshaler
		return func(dst []byte, td ptrace.Traces) ([]byte, int, error) {
			b, err := m.MarshalTraces(td)
			if err != nil {
				return dst, 0, err
			}
			dst, err = c(dst, b)
			return dst, 0, err
		}, nil
	}
}

func decompressed(open func() (compress, error)) func() (decode, error) {
	return func() (decode, error) {
		d, err := open()
		if err != nil {
			return nil, err
		}
		var buf []byte
		var u ptrace.ProtoUnmarshaler
		return func(frame []byte) (ptrace.Traces, error) {
			b, err := d(buf[:0], frame)
			if err != nil {
				return ptrace.Traces{}, err
			}
			buf = b
			return u.UnmarshalTraces(b)
		}, nil
	}
}

func plain() (compress, error) {
	return func(dst, b []byte) ([]byte, error) { return append(dst, b...), nil }, nil
}

// asIs spares the copy that nobody makes.
func asIs() (compress, error) {
	return func(_, b []byte) ([]byte, error) { return b, nil }, nil
}

// gzipWriter and gzipReader are what two implementations have in common.
type gzipWriter interface {
	io.WriteCloser
	Reset(io.Writer)
}

type gzipReader interface {
	io.Reader
	Reset(io.Reader) error
}

func gzipped[W gzipWriter](open func() W) func() (compress, error) {
	return func() (compress, error) {
		w := open()
		return func(dst, b []byte) ([]byte, error) {
			out := bytes.NewBuffer(dst)
			w.Reset(out)
			if _, err := w.Write(b); err != nil {
				return dst, err
			}
			err := w.Close() // writes the rest
			return out.Bytes(), err
		}, nil
	}
}

func gunzipped[R gzipReader](open func() R) func() (compress, error) {
	return func() (compress, error) {
		r := open()
		var in bytes.Reader
		return func(dst, b []byte) ([]byte, error) {
			in.Reset(b)
			if err := r.Reset(&in); err != nil {
				return dst, err
			}
			out := bytes.NewBuffer(dst)
			_, err := out.ReadFrom(r)
			return out.Bytes(), err
		}, nil
	}
}

func zstandard(level zstd.EncoderLevel) func() (compress, error) {
	return func() (compress, error) {
		w, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(level), zstd.WithEncoderConcurrency(1))
		if err != nil {
			return nil, err
		}
		return func(dst, b []byte) ([]byte, error) { return w.EncodeAll(b, dst), nil }, nil
	}
}

func unzstd() (compress, error) {
	r, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	return func(dst, b []byte) ([]byte, error) { return r.DecodeAll(b, dst) }, nil
}

func snapped() (compress, error) {
	return func(dst, b []byte) ([]byte, error) {
		room := snappy.MaxEncodedLen(len(b))
		if cap(dst)-len(dst) < room {
			dst = append(make([]byte, 0, len(dst)+room), dst...)
		}
		// Encode writes to the front of a buffer that is long enough.
		return dst[:len(dst)+len(snappy.Encode(dst[len(dst):len(dst)+room], b))], nil
	}, nil
}

func unsnapped() (compress, error) {
	return func(dst, b []byte) ([]byte, error) { return snappy.Decode(dst[:cap(dst)], b) }, nil
}

// streamed writes each request after its length.
func streamed() (compress, error) {
	var out bytes.Buffer
	w, err := zstd.NewWriter(&out, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	return func(dst, b []byte) ([]byte, error) {
		out.Reset()
		for _, part := range [][]byte{binary.AppendUvarint(nil, uint64(len(b))), b} {
			if _, err := w.Write(part); err != nil {
				return dst, err
			}
		}
		err := w.Flush()
		return append(dst, out.Bytes()...), err
	}, nil
}

func unstreamed() (compress, error) {
	r, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	var source bytes.Reader
	var opened bool
	return func(dst, b []byte) ([]byte, error) {
		source.Reset(b)
		if !opened {
			opened = true
			// The decoder goes on reading from this source, which every frame fills again.
			if err := r.Reset(&source); err != nil {
				return dst, err
			}
		}
		n, err := binary.ReadUvarint(byteReader{r})
		if err != nil {
			return dst, fmt.Errorf("length of a request: %w", err)
		}
		if n > uint64(cap(dst)) {
			dst = make([]byte, n)
		}
		_, err = io.ReadFull(r, dst[:n])
		return dst[:n], err
	}, nil
}

type byteReader struct{ io.Reader }

func (r byteReader) ReadByte() (byte, error) {
	var b [1]byte
	_, err := io.ReadFull(r.Reader, b[:])
	return b[0], err
}
