package otlpzipexporter

import (
	"context"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pprofile"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.uber.org/zap"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpzip"
)

// link carries requests to the peer: grpcLink or httpLink. Errors are classified the way exporterhelper wants them:
// permanent, throttled, or to be retried.
type link interface {
	start(context.Context, component.Host) error
	shutdown(context.Context) error

	// frame sends a tracezip frame and takes the buffer over.
	frame(ctx context.Context, frame *[]byte) reply
	// traces sends the same as OTLP.
	traces(context.Context, ptrace.Traces) reply

	metrics(context.Context, pmetric.Metrics) error
	logs(context.Context, plog.Logs) error
	profiles(context.Context, pprofile.Profiles) error
}

// verdict is what became of a request for traces.
type verdict int

const (
	// delivered: the peer accepted it.
	delivered verdict = iota
	// failed: reply.err says whether to retry.
	failed
	// unsupported: the peer does not speak tracezip. Nothing was accepted.
	unsupported
	// rejected: the peer could not read the frame, although it speaks tracezip. Nothing was accepted.
	rejected
	// missing: the peer does not have the dictionary that the frame names. Nothing was accepted.
	missing
	// tooLarge: the peer refused it for its size. Nothing was accepted.
	tooLarge
)

type reply struct {
	verdict verdict
	// err is set unless delivered.
	err error
	// peer is what the answer, if there was one, told of the peer.
	peer otlpzip.Capability
}

// warnPartial reports a partial success the way the stock exporter does: the spec forbids to send again.
func warnPartial(logger *zap.Logger, message string, rejectedItems int64, what string) {
	if message != "" || rejectedItems != 0 {
		logger.Warn("Partial success response", zap.String("message", message), zap.Int64("dropped_"+what, rejectedItems))
	}
}
