package otlpfile

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"io"

	"github.com/klauspost/compress/zstd"
)

// Write appends one request to a recording.
func Write(out io.Writer, request []byte) error {
	if _, err := out.Write(binary.AppendUvarint(nil, uint64(len(request)))); err != nil {
		return err
	}
	_, err := out.Write(request)
	return err
}

// Writer writes requests the way they lay in another recording.
type Writer struct {
	out    io.Writer
	stream io.Closer     // of the compression of the whole, or nil
	zip    *zstd.Encoder // of single requests, made when one needs it
}

// NewWriter writes a recording that is compressed as form says of another one.
func NewWriter(out io.Writer, form Form) (*Writer, error) {
	w := &Writer{out: out}
	switch form.stream {
	case gzipStream:
		zip := gzip.NewWriter(out)
		w.out, w.stream = zip, zip
	case zstdStream:
		zip, err := zstd.NewWriter(out, zstd.WithEncoderConcurrency(1))
		if err != nil {
			return nil, err
		}
		w.out, w.stream = zip, zip
	}
	return w, nil
}

// Write appends a request in the encoding, the framing and the compression of form.
func (w *Writer) Write(d Data, form Form) error {
	message, err := form.encode(d)
	if err != nil {
		return err
	}
	if form.packed {
		if w.zip == nil {
			if w.zip, err = zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1)); err != nil {
				return err
			}
		}
		message = w.zip.EncodeAll(message, nil)
	}
	switch form.framing {
	case uvarintLengths:
		return Write(w.out, message)
	case fixedLengths:
		if _, err := w.out.Write(binary.BigEndian.AppendUint32(nil, uint32(len(message)))); err != nil {
			return err
		}
	case lines:
		message = append(message, '\n')
	}
	_, err = w.out.Write(message)
	return err
}

func (f Form) encode(d Data) ([]byte, error) {
	if !f.json {
		return d.Proto()
	}
	line, err := d.JSON()
	if err != nil || !f.indented {
		return line, err
	}
	var out bytes.Buffer
	err = json.Indent(&out, line, "", "  ")
	return out.Bytes(), err
}

// Close ends the recording; what it was written to stays open.
func (w *Writer) Close() error {
	if w.zip != nil {
		_ = w.zip.Close() // it has nothing of its own to write
	}
	if w.stream == nil {
		return nil
	}
	return w.stream.Close()
}
