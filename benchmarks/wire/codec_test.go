package wire

import (
	"bytes"
	"compress/gzip"
	"io"

	"github.com/golang/snappy"
	"github.com/klauspost/compress/zstd"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-plus/otelcol-plus/internal/tracezip"
)

// codec is one way from traces to bytes and back. encode appends to dst. Both keep state between calls only to reuse
// memory, as the collector's compressors do.
type codec struct {
	name   string
	encode func(dst []byte, td ptrace.Traces) ([]byte, error)
	decode func([]byte) (ptrace.Traces, error)
}

func codecs() []codec {
	return []codec{
		otlp("otlp", func(dst, b []byte) ([]byte, error) { return append(dst, b...), nil }, func(b []byte) ([]byte, error) { return b, nil }),
		gzipped(),
		zstandard("otlp+zstd-fastest", zstd.SpeedFastest),
		zstandard("otlp+zstd", zstd.SpeedDefault),
		otlp("otlp+snappy",
			func(dst, b []byte) ([]byte, error) { return append(dst, snappy.Encode(nil, b)...), nil },
			func(b []byte) ([]byte, error) { return snappy.Decode(nil, b) }),
		zipped(),
	}
}

// otlp is protobuf with a compressor over it.
func otlp(name string, compress func(dst, b []byte) ([]byte, error), decompress func([]byte) ([]byte, error)) codec {
	var m ptrace.ProtoMarshaler
	var u ptrace.ProtoUnmarshaler
	return codec{
		name: name,
		encode: func(dst []byte, td ptrace.Traces) ([]byte, error) {
			b, err := m.MarshalTraces(td)
			if err != nil {
				return dst, err
			}
			return compress(dst, b)
		},
		decode: func(frame []byte) (ptrace.Traces, error) {
			b, err := decompress(frame)
			if err != nil {
				return ptrace.Traces{}, err
			}
			return u.UnmarshalTraces(b)
		},
	}
}

// gzipped uses the implementation and level of gRPC.
func gzipped() codec {
	w := gzip.NewWriter(nil)
	var r gzip.Reader
	return otlp("otlp+gzip",
		func(dst, b []byte) ([]byte, error) {
			out := bytes.NewBuffer(dst)
			w.Reset(out)
			if _, err := w.Write(b); err != nil {
				return dst, err
			}
			err := w.Close() // writes the rest
			return out.Bytes(), err
		},
		func(b []byte) ([]byte, error) {
			if err := r.Reset(bytes.NewReader(b)); err != nil {
				return nil, err
			}
			return io.ReadAll(&r)
		})
}

func zstandard(name string, level zstd.EncoderLevel) codec {
	w, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(level), zstd.WithEncoderConcurrency(1))
	if err != nil {
		panic(err) // the options are constants
	}
	r, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		panic(err)
	}
	return otlp(name,
		func(dst, b []byte) ([]byte, error) { return w.EncodeAll(b, dst), nil },
		func(b []byte) ([]byte, error) { return r.DecodeAll(b, nil) })
}

func zipped() codec {
	enc := tracezip.NewEncoder()
	dec := tracezip.NewDecoder(tracezip.Limits{MaxFrameBytes: 64 << 20, MaxDecodedBytes: 256 << 20})
	return codec{name: "tracezip", encode: enc.AppendFrame, decode: dec.Decode}
}
