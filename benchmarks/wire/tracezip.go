package main

import (
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpzip"
	"github.com/otelcol-plus/otelcol-plus/internal/tracezip"
)

// largeLimits let frames of any cut pass.
var largeLimits = tracezip.Limits{MaxFrameBytes: 64 << 20, MaxDecodedBytes: 256 << 20}

// dictionaryBytes is the exporter's default for zip::dictionary::max_bytes.
const dictionaryBytes = 256 << 10

func tracezipContenders() []contender {
	return []contender{
		{
			name: "tracezip", driven: "each frame by itself, exact order",
			encoder: func() (encode, error) { return newFrameWriter(nil, false), nil },
			decoder: newFrameReader,
		},
		{
			name:    "tracezip+dict",
			driven:  "with dictionaries by the exporter's policy, every frame acknowledged, exact order",
			encoder: func() (encode, error) { return newFrameWriter(newEpochs(), false), nil },
			decoder: newFrameReader,
		},
		{
			name:    "tracezip+dict-grouped",
			driven:  "the same with zip::order grouped",
			encoder: func() (encode, error) { return newFrameWriter(newEpochs(), true), nil },
			decoder: newFrameReader,
		},
	}
}

// newEpochs is the policy towards a peer that keeps dictionaries.
func newEpochs() *otlpzip.Epochs {
	e := otlpzip.NewEpochs(dictionaryBytes, func(otlpzip.Event) {})
	e.Heard(peer)
	return e
}

var peer = otlpzip.Capability{Tracezip: true, MaxDictionaryBytes: 64 << 20, Instance: "peer"}

// newFrameWriter encodes as the exporter does; learning is part of what it costs.
func newFrameWriter(epochs *otlpzip.Epochs, grouped bool) encode {
	e := tracezip.NewEncoder()
	var trial []byte
	return func(dst []byte, td ptrace.Traces) ([]byte, int, error) {
		plan := epochs.Plan()
		plan.Options.Grouped = grouped
		before := len(dst)
		dst, err := e.Append(dst, td, plan.Options)
		if err != nil {
			return dst, 0, err
		}
		epochs.Delivered(plan, len(dst)-before, peer.Instance, func(o tracezip.FrameOptions) (int, error) {
			o.Grouped = grouped
			var err error
			trial, err = e.Append(trial[:0], td, o)
			return len(trial), err
		})
		return dst, plan.DefinitionBytes(), nil
	}
}

func newFrameReader() (decode, error) {
	d, dicts := tracezip.NewDecoder(largeLimits), keepAll{}
	return func(frame []byte) (ptrace.Traces, error) { return d.DecodeWith(frame, dicts) }, nil
}

// keepAll is a receiver's cache that nothing is evicted from.
type keepAll map[tracezip.DictionaryID]*tracezip.Dictionary

func (k keepAll) Dictionary(id tracezip.DictionaryID) *tracezip.Dictionary { return k[id] }
func (k keepAll) Define(d *tracezip.Dictionary)                            { k[d.ID()] = d }
