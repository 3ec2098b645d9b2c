package otlpfile

import (
	"encoding/binary"
	"io"
)

// Write appends one request to a recording.
func Write(out io.Writer, request []byte) error {
	if _, err := out.Write(binary.AppendUvarint(nil, uint64(len(request)))); err != nil {
		return err
	}
	_, err := out.Write(request)
	return err
}
