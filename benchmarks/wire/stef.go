package main

import (
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-plus/otelcol-plus/benchmarks/internal/stef"
)

func stefContenders() []contender {
	return []contender{
		stefStream("stef", "one stream with zstd, upstream's OTLP to STEF (ids as hexadecimal text); STEF to OTLP is ours, upstream has none for traces", stef.HexIDs),
		stefStream("stef-bin", "the same with ids as raw bytes, which takes a converter of ours in both directions", stef.RawIDs),
	}
}

func stefStream(name, driven string, ids stef.IDs) contender {
	return contender{
		name:   name,
		driven: driven,
		encoder: func() (encode, error) {
			e, err := stef.NewEncoder(ids)
			if err != nil {
				return nil, err
			}
			return func(dst []byte, td ptrace.Traces) ([]byte, int, error) {
				dst, err := e.Append(dst, td)
				return dst, 0, err
			}, nil
		},
		decoder: func() (decode, error) { return stef.NewDecoder(ids).Decode, nil },
	}
}
