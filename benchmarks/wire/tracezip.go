package main

import (
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-plus/otelcol-plus/internal/tracezip"
)

func tracezipContenders() []contender {
	return []contender{{
		name:   "tracezip",
		driven: "each frame by itself, exact order",
		encoder: func() (encode, error) {
			e := tracezip.NewEncoder()
			return func(dst []byte, td ptrace.Traces) ([]byte, int, error) {
				dst, err := e.AppendFrame(dst, td)
				return dst, 0, err
			}, nil
		},
		decoder: func() (decode, error) {
			return tracezip.NewDecoder(tracezip.Limits{MaxFrameBytes: 64 << 20, MaxDecodedBytes: 256 << 20}).Decode, nil
		},
	}}
}
