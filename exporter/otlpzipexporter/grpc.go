package otlpzipexporter

import (
	"context"
	"errors"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/configgrpc"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
	"go.opentelemetry.io/collector/pdata/pprofile"
	"go.opentelemetry.io/collector/pdata/pprofile/pprofileotlp"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpzip"
)

var errNotStarted = errors.New("otlpzip exporter not started")

// grpcLink is the gRPC transport.
type grpcLink struct {
	config    *configgrpc.ClientConfig
	settings  component.TelemetrySettings
	userAgent string
	peer      *negotiator
	tel       *telemetry
	buffers   *bufferPool

	conn           *grpc.ClientConn
	tracesClient   ptraceotlp.GRPCClient
	metricsClient  pmetricotlp.GRPCClient
	logsClient     plogotlp.GRPCClient
	profilesClient pprofileotlp.GRPCClient
	callOptions    []grpc.CallOption
}

// start makes the connection: only now are the extensions known that it may need.
func (l *grpcLink) start(ctx context.Context, host component.Host) error {
	conn, err := l.config.ToClientConn(ctx, host.GetExtensions(), l.settings,
		configgrpc.WithGrpcDialOption(grpc.WithUserAgent(l.userAgent)),
		configgrpc.WithGrpcDialOption(grpc.WithStatsHandler(&wireStats{peer: l.peer, tel: l.tel})))
	if err != nil {
		return err
	}
	l.conn = conn
	l.tracesClient = ptraceotlp.NewGRPCClient(conn)
	l.metricsClient = pmetricotlp.NewGRPCClient(conn)
	l.logsClient = plogotlp.NewGRPCClient(conn)
	l.profilesClient = pprofileotlp.NewGRPCClient(conn)
	l.callOptions = []grpc.CallOption{grpc.WaitForReady(l.config.WaitForReady)}
	return nil
}

func (l *grpcLink) shutdown(context.Context) error {
	if l.conn == nil {
		return nil
	}
	err := l.conn.Close()
	l.conn = nil
	return err
}

// exchange is what a call tells beside its answer.
type exchange struct {
	header metadata.MD
	peer   peer.Peer
}

func (x *exchange) options(base []grpc.CallOption) []grpc.CallOption {
	return append(base[:len(base):len(base)], grpc.Header(&x.header), grpc.Peer(&x.peer))
}

// learn tells the negotiator what the answer advertised.
func (x *exchange) learn(n *negotiator) (conn string, c otlpzip.Capability) {
	c = otlpzip.FromMetadata(x.header)
	if x.peer.Addr != nil {
		conn = connKey(x.peer.LocalAddr, x.peer.Addr)
	}
	n.advertised(conn, c)
	return conn, c
}

func (l *grpcLink) frame(ctx context.Context, frame *[]byte) reply {
	if l.conn == nil {
		return reply{verdict: failed, err: errNotStarted}
	}
	var x exchange
	resp, err := otlpzip.ExportFrame(ctx, l.conn, frame, l.buffers, x.options(l.callOptions)...)
	conn, c := x.learn(l.peer)
	st := status.Convert(err)
	reason := otlpzip.FrameReason(st)
	switch {
	case st.Code() == codes.OK:
		l.peer.accepted(conn)
		ps := resp.PartialSuccess()
		warnPartial(l.settings.Logger, ps.ErrorMessage(), ps.RejectedSpans(), "spans")
		return reply{verdict: delivered, peer: c}
	case reason == otlpzip.ReasonVersion, st.Code() == codes.Unimplemented && !c.Tracezip:
		l.peer.refusedFrame(conn)
		return reply{verdict: unsupported, err: err, peer: c}
	case reason == otlpzip.ReasonCorrupt:
		return reply{verdict: rejected, err: err, peer: c}
	case reason == otlpzip.ReasonDictionary:
		return reply{verdict: missing, err: consumererror.NewPermanent(err), peer: c}
	case otlpzip.TooLarge(st):
		return reply{verdict: tooLarge, err: consumererror.NewPermanent(err), peer: c}
	}
	return reply{verdict: failed, err: classifyGRPC(err), peer: c}
}

func (l *grpcLink) traces(ctx context.Context, td ptrace.Traces) reply {
	if l.conn == nil {
		return reply{verdict: failed, err: errNotStarted}
	}
	var x exchange
	resp, err := l.tracesClient.Export(ctx, ptraceotlp.NewExportRequestFromTraces(td), x.options(l.callOptions)...)
	_, c := x.learn(l.peer)
	if failure := classifyGRPC(err); failure != nil {
		v := failed
		if otlpzip.TooLarge(status.Convert(err)) {
			v = tooLarge
		}
		return reply{verdict: v, err: failure, peer: c}
	}
	ps := resp.PartialSuccess()
	warnPartial(l.settings.Logger, ps.ErrorMessage(), ps.RejectedSpans(), "spans")
	return reply{verdict: delivered, peer: c}
}

func (l *grpcLink) metrics(ctx context.Context, md pmetric.Metrics) error {
	if l.conn == nil {
		return errNotStarted
	}
	resp, err := l.metricsClient.Export(ctx, pmetricotlp.NewExportRequestFromMetrics(md), l.callOptions...)
	if err := classifyGRPC(err); err != nil {
		return err
	}
	ps := resp.PartialSuccess()
	warnPartial(l.settings.Logger, ps.ErrorMessage(), ps.RejectedDataPoints(), "data_points")
	return nil
}

func (l *grpcLink) logs(ctx context.Context, ld plog.Logs) error {
	if l.conn == nil {
		return errNotStarted
	}
	resp, err := l.logsClient.Export(ctx, plogotlp.NewExportRequestFromLogs(ld), l.callOptions...)
	if err := classifyGRPC(err); err != nil {
		return err
	}
	ps := resp.PartialSuccess()
	warnPartial(l.settings.Logger, ps.ErrorMessage(), ps.RejectedLogRecords(), "log_records")
	return nil
}

func (l *grpcLink) profiles(ctx context.Context, pd pprofile.Profiles) error {
	if l.conn == nil {
		return errNotStarted
	}
	resp, err := l.profilesClient.Export(ctx, pprofileotlp.NewExportRequestFromProfiles(pd), l.callOptions...)
	if err := classifyGRPC(err); err != nil {
		return err
	}
	ps := resp.PartialSuccess()
	warnPartial(l.settings.Logger, ps.ErrorMessage(), ps.RejectedProfiles(), "profiles")
	return nil
}

// classifyGRPC says whether a failed call is permanent, throttled or to be retried, by the OTLP specification's table.
func classifyGRPC(err error) error {
	st := status.Convert(err)
	if st.Code() == codes.OK {
		return nil
	}
	retryInfo := otlpzip.RetryInfo(st)
	switch st.Code() {
	case codes.Canceled, codes.DeadlineExceeded, codes.Aborted, codes.OutOfRange, codes.Unavailable, codes.DataLoss:
	case codes.ResourceExhausted:
		// Only a server that says when to come back can recover from exhaustion.
		if retryInfo == nil {
			return consumererror.NewPermanent(err)
		}
	default:
		return consumererror.NewPermanent(err)
	}
	if delay := retryInfo.GetRetryDelay().AsDuration(); delay != 0 {
		return exporterhelper.NewThrottleRetry(err, delay)
	}
	return err
}
