// Package batches reads recorded traces and cuts them into requests of a chosen size.
package batches

import (
	"errors"
	"fmt"
	"io"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpfile"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// Read returns the requests of a recording, re-cut to n spans each.
func Read(path string, n int) ([]ptrace.Traces, error) {
	r, err := otlpfile.Open(path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var requests []ptrace.Traces
	var u ptrace.ProtoUnmarshaler
	for {
		body, err := r.Next()
		if errors.Is(err, io.EOF) {
			return Recut(requests, n), nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		// Traces data and an export request have the same protobuf form.
		td, err := u.UnmarshalTraces(body)
		if err != nil {
			return nil, fmt.Errorf("%s: request %d: %w", path, len(requests)+1, err)
		}
		requests = append(requests, td)
	}
}

// Spans counts the spans of all requests.
func Spans(requests []ptrace.Traces) int {
	n := 0
	for _, td := range requests {
		n += td.SpanCount()
	}
	return n
}
