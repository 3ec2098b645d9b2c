// Package stef drives STEF (github.com/splunk/stef) for traces in both directions: one stream, flushed after each batch,
// zstd state and dictionaries carried over, with STEF's own default limits.
//
// Upstream has a converter from OTLP to STEF but none back for traces; Decoder is that missing half, written here so that
// STEF can be timed and checked like the others. The upstream converter stores ids as hexadecimal text; RawIDs replaces
// it by a converter of ours that differs in nothing but storing the 16 and 8 bytes themselves, which STEF's schema allows
// and which makes its stream smaller. Both leave out what the schema has no place for.
package stef

import (
	"fmt"

	"github.com/splunk/stef/go/otel/otelstef"
	"github.com/splunk/stef/go/pdata/traces"
	"github.com/splunk/stef/go/pkg"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// IDs says how trace and span ids are stored.
type IDs bool

const (
	HexIDs IDs = false // as the upstream converter does
	RawIDs IDs = true
)

// Encoder writes batches to one stream.
type Encoder struct {
	chunks  chunks
	writer  *otelstef.SpansWriter
	convert traces.OtlpToStef
}

// NewEncoder opens a stream.
func NewEncoder(ids IDs) (*Encoder, error) {
	e := &Encoder{convert: &traces.OtlpToStefUnsorted{}}
	if ids == RawIDs {
		e.convert = rawConverter{}
	}
	var err error
	e.writer, err = otelstef.NewSpansWriter(&e.chunks, pkg.WriterOptions{Compression: pkg.CompressionZstd})
	return e, err
}

// Append appends a batch to dst. The stream's header comes with the first one.
func (e *Encoder) Append(dst []byte, td ptrace.Traces) ([]byte, error) {
	if err := e.convert.Convert(td, e.writer); err != nil {
		return dst, fmt.Errorf("stef: %w", err)
	}
	if err := e.writer.Flush(); err != nil {
		return dst, fmt.Errorf("stef: flush: %w", err)
	}
	dst = append(dst, e.chunks.pending...)
	e.chunks.pending = e.chunks.pending[:0]
	return dst, nil
}

// chunks collects what the writer gives away. The header is written before the first batch.
type chunks struct{ pending []byte }

func (c *chunks) WriteChunk(header, content []byte) error {
	c.pending = append(append(c.pending, header...), content...)
	return nil
}
