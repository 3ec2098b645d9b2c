package otlpzipreceiver

import (
	"context"
	"fmt"

	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pprofile"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/receiver/receiverhelper"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpzip"
	"github.com/otelcol-plus/otelcol-plus/internal/tracezip"
)

// Names of data formats in the receiver's spans.
const (
	formatProtobuf = "protobuf"
	formatTracezip = "tracezip"
)

// reasonPipeline is the refusal of a frame that was read but not taken.
const reasonPipeline = otlpzip.Reason("pipeline")

// intake hands what one transport received to the pipelines and reports it.
type intake struct {
	*otlpzipReceiver
	obs *receiverhelper.ObsReport
	// maxFrame is the largest frame this transport takes, after every limit that applies.
	maxFrame int
	// identifier tells the senders of this transport apart.
	identifier identifier

	attrs  metric.MeasurementOption
	reason map[otlpzip.Reason]metric.MeasurementOption
}

func newIntake(r *otlpzipReceiver, transport string, maxFrame int, authenticated bool) (*intake, error) {
	obs, err := receiverhelper.NewObsReport(receiverhelper.ObsReportSettings{
		ReceiverID: r.settings.ID, Transport: transport, ReceiverCreateSettings: r.settings,
	})
	if err != nil {
		return nil, err
	}
	option := func(attrs ...attribute.KeyValue) metric.MeasurementOption {
		return metric.WithAttributeSet(attribute.NewSet(append(attrs,
			attribute.String("receiver", r.settings.ID.String()), attribute.String("transport", transport))...))
	}
	in := &intake{
		otlpzipReceiver: r, obs: obs, maxFrame: maxFrame, identifier: identifier{authenticated},
		attrs: option(), reason: map[otlpzip.Reason]metric.MeasurementOption{},
	}
	for _, reason := range []otlpzip.Reason{otlpzip.ReasonCorrupt, otlpzip.ReasonTooLarge, otlpzip.ReasonVersion, otlpzip.ReasonDictionary, reasonPipeline} {
		in.reason[reason] = option(attribute.String("reason", string(reason)))
	}
	return in, nil
}

// capability is what a sender is told.
func (in *intake) capability(known bool) otlpzip.Capability {
	c := otlpzip.Capability{MaxFrameBytes: in.maxFrame}
	if known && in.dictionaries != nil {
		c.MaxDictionaryBytes, c.Instance = in.dictionaries.maxDictionary(), in.instance
	}
	return c
}

// frame decodes a frame and consumes its traces. The error is a gRPC status.
func (in *intake) frame(ctx context.Context, frame []byte, from sender) error {
	in.builder.ReceiverOtlpzipFrames.Add(ctx, 1, in.attrs)
	in.builder.ReceiverOtlpzipWireBytes.Add(ctx, int64(len(frame)), in.attrs)
	if len(frame) > in.maxFrame {
		return in.refuse(ctx, in.frameTooLarge(len(frame)))
	}
	td, err := in.decode(frame, from)
	if err != nil {
		return in.refuse(ctx, err)
	}
	if err := in.traces(ctx, td, formatTracezip); err != nil {
		in.builder.ReceiverOtlpzipRefused.Add(ctx, 1, in.reason[reasonPipeline])
		return err
	}
	return nil
}

// decode turns a panic of the decoder into the refusal of one frame: gRPC would end the process with it, and frames
// come from outside. The decoder it happened in is not used again.
func (in *intake) decode(frame []byte, from sender) (td ptrace.Traces, err error) {
	defer func() {
		if p := recover(); p != nil {
			in.settings.Logger.Error("Failed to decode a tracezip frame, please report this", zap.Any("panic", p), zap.Stack("stack"))
			err = &tracezip.Error{Kind: tracezip.ErrCorrupt, Section: "unknown", Reason: "decoder failure"}
		}
	}()
	dec := in.decoders.Get()
	if in.dictionaries != nil && from.known {
		dicts := lookup{cache: in.dictionaries, tenant: from.tenant}
		td, err = dec.DecodeWith(frame, &dicts)
		dicts.done(err == nil)
	} else {
		td, err = dec.Decode(frame)
	}
	in.decoders.Put(dec)
	return td, err
}

func (in *intake) frameTooLarge(size int) error {
	return &tracezip.Error{
		Kind: tracezip.ErrLimit, Section: "header",
		Reason: fmt.Sprintf("frame of %d bytes or more, the limit is %d", size, in.maxFrame),
	}
}

// refuse counts a frame that could not be read and returns the status for its sender.
func (in *intake) refuse(ctx context.Context, err error) error {
	st, reason := otlpzip.FrameStatus(err)
	in.builder.ReceiverOtlpzipRefused.Add(ctx, 1, in.reason[reason])
	return st.Err()
}

func (in *intake) traces(ctx context.Context, td ptrace.Traces, format string) error {
	n := td.SpanCount()
	if n == 0 {
		return nil
	}
	ctx = in.obs.StartTracesOp(ctx)
	err := in.next.traces.ConsumeTraces(ctx, td)
	in.obs.EndTracesOp(ctx, format, n, err)
	return pipelineStatus(err)
}

func (in *intake) metrics(ctx context.Context, md pmetric.Metrics) error {
	n := md.DataPointCount()
	if n == 0 {
		return nil
	}
	ctx = in.obs.StartMetricsOp(ctx)
	err := in.next.metrics.ConsumeMetrics(ctx, md)
	in.obs.EndMetricsOp(ctx, formatProtobuf, n, err)
	return pipelineStatus(err)
}

func (in *intake) logs(ctx context.Context, ld plog.Logs) error {
	n := ld.LogRecordCount()
	if n == 0 {
		return nil
	}
	ctx = in.obs.StartLogsOp(ctx)
	err := in.next.logs.ConsumeLogs(ctx, ld)
	in.obs.EndLogsOp(ctx, formatProtobuf, n, err)
	return pipelineStatus(err)
}

func (in *intake) profiles(ctx context.Context, pd pprofile.Profiles) error {
	n := pd.SampleCount()
	if n == 0 {
		return nil
	}
	ctx = in.obs.StartProfilesOp(ctx)
	err := in.next.profiles.ConsumeProfiles(ctx, pd)
	in.obs.EndProfilesOp(ctx, formatProtobuf, n, err)
	return pipelineStatus(err)
}

// pipelineStatus maps an error of the pipeline as the stock receiver does: a gRPC status in it is passed on, a
// permanent error is INTERNAL, anything else is UNAVAILABLE and will be retried.
func pipelineStatus(err error) error {
	if err == nil {
		return nil
	}
	if st, ok := status.FromError(err); ok {
		return otlpzip.WithoutFrameReason(st).Err()
	}
	code := codes.Unavailable
	if consumererror.IsPermanent(err) {
		code = codes.Internal
	}
	return status.Error(code, err.Error())
}
