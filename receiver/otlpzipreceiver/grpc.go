package otlpzipreceiver

import (
	"context"

	"go.opentelemetry.io/collector/config/configgrpc"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
	"go.opentelemetry.io/collector/pdata/pprofile/pprofileotlp"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpzip"
)

// defaultMaxRecvBytes is what grpc-go takes when max_recv_msg_size_mib is not set.
const defaultMaxRecvBytes = 4 << 20

// grpcFrameLimit is the largest frame that passes the server's limit on messages as well.
func grpcFrameLimit(cfg *configgrpc.ServerConfig, maxFrame int) int {
	maxRecv := defaultMaxRecvBytes
	if cfg.MaxRecvMsgSizeMiB > 0 {
		maxRecv = cfg.MaxRecvMsgSizeMiB << 20
	}
	return min(maxFrame, maxRecv-otlpzip.MessageOverhead)
}

// advertise says on every answer of a trace method that this peer takes frames, and leaves the sender in the context.
func advertise(in *intake) grpc.UnaryServerInterceptor {
	to := map[bool]metadata.MD{true: in.capability(true).Metadata(), false: in.capability(false).Metadata()}
	return func(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
		if info.FullMethod == otlpzip.ExportMethod || info.FullMethod == otlpzip.OTLPExportMethod {
			from := in.identifier.grpc(ctx)
			// It fails only outside a call, and then nobody would read it.
			_ = grpc.SetHeader(ctx, to[from.known])
			ctx = context.WithValue(ctx, senderKey{}, from)
		}
		return handler(ctx, req)
	}
}

// senderKey is where advertise leaves the sender.
type senderKey struct{}

// grpcFrames takes frames.
type grpcFrames struct{ *intake }

func (s grpcFrames) ExportFrame(ctx context.Context, frame []byte) error {
	from, _ := ctx.Value(senderKey{}).(sender)
	return s.frame(ctx, frame, from)
}

// The OTLP services.
type (
	grpcTraces struct {
		ptraceotlp.UnimplementedGRPCServer
		*intake
	}
	grpcMetrics struct {
		pmetricotlp.UnimplementedGRPCServer
		*intake
	}
	grpcLogs struct {
		plogotlp.UnimplementedGRPCServer
		*intake
	}
	grpcProfiles struct {
		pprofileotlp.UnimplementedGRPCServer
		*intake
	}
)

func (s *grpcTraces) Export(ctx context.Context, req ptraceotlp.ExportRequest) (ptraceotlp.ExportResponse, error) {
	return ptraceotlp.NewExportResponse(), s.traces(ctx, req.Traces(), formatProtobuf)
}

func (s *grpcMetrics) Export(ctx context.Context, req pmetricotlp.ExportRequest) (pmetricotlp.ExportResponse, error) {
	return pmetricotlp.NewExportResponse(), s.metrics(ctx, req.Metrics())
}

func (s *grpcLogs) Export(ctx context.Context, req plogotlp.ExportRequest) (plogotlp.ExportResponse, error) {
	return plogotlp.NewExportResponse(), s.logs(ctx, req.Logs())
}

func (s *grpcProfiles) Export(ctx context.Context, req pprofileotlp.ExportRequest) (pprofileotlp.ExportResponse, error) {
	return pprofileotlp.NewExportResponse(), s.profiles(ctx, req.Profiles())
}
