package tracezipprocessor

import (
	"context"
	"errors"
	"sync"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"

	"github.com/otelcol-plus/otelcol-plus/internal/tracezip"
	"github.com/otelcol-plus/otelcol-plus/processor/tracezipprocessor/internal/metadata"
)

// What is wrong with an envelope, besides the errors of the decoder.
var (
	// errNoFrame: somebody on the way has taken the frame out, or made it something else than bytes.
	errNoFrame = errors.New("envelope without a tracezip.frame attribute of bytes")
	// errEnvelopeVersion: the envelope was made by something newer.
	errEnvelopeVersion = errors.New("unknown version of the envelope")
	errFrameBytes      = errors.New("frame is too large")
	// errRequestBytes: the envelopes before it have used up the allowance of their request. It was not tried.
	errRequestBytes = errors.New("the frames of this request decode to too much")
	// errDecoder: the decoder panicked, which is a mistake of ours.
	errDecoder = errors.New("the decoder failed")
)

// refusals counts the envelopes that could not be opened and logs the first for each reason.
type refusals struct {
	telemetry *metadata.TelemetryBuilder
	logger    *zap.Logger
	reasons   map[string]*refusal
}

type refusal struct {
	option metric.MeasurementOption
	first  sync.Once
}

func newRefusals(telemetry *metadata.TelemetryBuilder, logger *zap.Logger) refusals {
	r := refusals{telemetry: telemetry, logger: logger, reasons: map[string]*refusal{}}
	for _, name := range []string{"allowance", "corrupt", "failure", "no_frame", "too_large", "version"} {
		r.reasons[name] = &refusal{option: metric.WithAttributeSet(attribute.NewSet(attribute.String("reason", name)))}
	}
	return r
}

func (r *refusals) add(ctx context.Context, err error) {
	name := refusalReason(err)
	reason := r.reasons[name]
	r.telemetry.ProcessorTracezipUnpackRefused.Add(ctx, 1, reason.option)
	reason.first.Do(func() {
		r.logger.Warn("An envelope could not be unpacked and goes on as it is; further ones are only counted, in otelcol_processor_tracezip_unpack_refused",
			zap.String("reason", name), zap.Error(err))
	})
}

func refusalReason(err error) string {
	switch {
	case errors.Is(err, errNoFrame):
		return "no_frame"
	case errors.Is(err, errRequestBytes):
		return "allowance"
	case errors.Is(err, errDecoder):
		return "failure"
	case errors.Is(err, errFrameBytes), errors.Is(err, tracezip.ErrLimit):
		return "too_large"
	case errors.Is(err, tracezip.ErrCorrupt):
		return "corrupt"
	default: // the envelope or the frame is newer, or needs something that envelopes do not carry
		return "version"
	}
}
