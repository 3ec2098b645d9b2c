// Package tracezip is the wire format for traces: one frame holds one batch. SPEC.md is the normative description.
package tracezip

import (
	"sync"

	"github.com/klauspost/compress/zstd"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// ContentType is the HTTP media type of a frame.
const ContentType = "application/x-tracezip"

// Version is the frame version this package writes.
const Version = 1

const magic = "TRZ\xf1"

// Encoder turns traces into frames. It is reusable but not for concurrent use.
type Encoder struct {
	raw []byte
}

// NewEncoder returns an Encoder.
func NewEncoder() *Encoder { return &Encoder{} }

var sharedZstd = sync.OnceValue(func() *zstd.Encoder {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(2), zstd.WithWindowSize(1<<20))
	if err != nil {
		panic(err) // only options can fail, and they are constants
	}
	return enc
})

// AppendFrame appends the frame that holds td to dst. It only reads td. Equal traces give equal bytes.
func (e *Encoder) AppendFrame(dst []byte, td ptrace.Traces) ([]byte, error) {
	var m ptrace.ProtoMarshaler
	raw, err := m.MarshalTraces(td)
	if err != nil {
		return dst, err
	}
	dst = append(dst, magic...)
	dst = append(dst, Version, 0)
	return sharedZstd().EncodeAll(raw, dst), nil
}

// Decoder turns frames into traces. It is reusable but not for concurrent use.
type Decoder struct {
	limits Limits
	zstd   *zstd.Decoder
}

// NewDecoder returns a Decoder that enforces limits.
func NewDecoder(limits Limits) *Decoder {
	return &Decoder{limits: limits.withDefaults()}
}

// Decode returns the traces in frame. It never panics and the result never aliases frame.
func (d *Decoder) Decode(frame []byte) (ptrace.Traces, error) {
	none := ptrace.NewTraces()
	if len(frame) > d.limits.MaxFrameBytes {
		return none, &Error{Kind: ErrLimit, Section: "header", Reason: "frame too large"}
	}
	if len(frame) < len(magic)+2 || string(frame[:len(magic)]) != magic {
		return none, &Error{Kind: ErrCorrupt, Section: "header", Reason: "not a tracezip frame"}
	}
	if frame[len(magic)] != Version || frame[len(magic)+1] != 0 {
		return none, &Error{Kind: ErrVersion, Section: "header", Offset: len(magic), Reason: "unknown version or flags"}
	}
	if d.zstd == nil {
		dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(uint64(d.limits.MaxDecodedBytes)))
		if err != nil {
			return none, err
		}
		d.zstd = dec
	}
	raw, err := d.zstd.DecodeAll(frame[len(magic)+2:], nil)
	if err != nil {
		return none, &Error{Kind: ErrCorrupt, Section: "payload", Reason: err.Error()}
	}
	var u ptrace.ProtoUnmarshaler
	td, err := u.UnmarshalTraces(raw)
	if err != nil {
		return none, &Error{Kind: ErrCorrupt, Section: "payload", Reason: err.Error()}
	}
	return td, nil
}
