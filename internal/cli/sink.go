package cli

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
	"go.opentelemetry.io/collector/pdata/pprofile/pprofileotlp"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/grpc"
	_ "google.golang.org/grpc/encoding/gzip" // what exporters may send
	"google.golang.org/grpc/stats"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpfile"
)

// maxSinkMessage is generous: the sink must not be what bounds a batch. Bytes.
const maxSinkMessage = 64 << 20

// tally is what a sink has taken of one signal: items, and the bytes of the requests as they came (compressed).
type tally struct{ items, bytes atomic.Int64 }

// sink is an OTLP/gRPC backend that counts and forgets.
type sink struct {
	server  *grpc.Server
	addr    string
	tallies map[otlpfile.Signal]*tally
	serving sync.WaitGroup
}

func startSink() (*sink, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &sink{addr: ln.Addr().String(), tallies: map[otlpfile.Signal]*tally{}}
	for _, signal := range otlpfile.Signals {
		s.tallies[signal] = &tally{}
	}
	s.server = grpc.NewServer(grpc.StatsHandler(payloadCounter{s}), grpc.MaxRecvMsgSize(maxSinkMessage))
	ptraceotlp.RegisterGRPCServer(s.server, &traceSink{sink: s})
	pmetricotlp.RegisterGRPCServer(s.server, &metricSink{sink: s})
	plogotlp.RegisterGRPCServer(s.server, &logSink{sink: s})
	pprofileotlp.RegisterGRPCServer(s.server, &profileSink{sink: s})
	s.serving.Go(func() {
		if err := s.server.Serve(ln); err != nil && !errors.Is(err, grpc.ErrServerStopped) {
			panic(err) // a loopback listener of our own
		}
	})
	return s, nil
}

func (s *sink) stop() {
	s.server.Stop()
	s.serving.Wait()
}

func (s *sink) items(signal otlpfile.Signal) int64 { return s.tallies[signal].items.Load() }
func (s *sink) bytes(signal otlpfile.Signal) int64 { return s.tallies[signal].bytes.Load() }

type (
	traceSink struct {
		ptraceotlp.UnimplementedGRPCServer
		*sink
	}
	metricSink struct {
		pmetricotlp.UnimplementedGRPCServer
		*sink
	}
	logSink struct {
		plogotlp.UnimplementedGRPCServer
		*sink
	}
	profileSink struct {
		pprofileotlp.UnimplementedGRPCServer
		*sink
	}
)

func (s traceSink) Export(_ context.Context, req ptraceotlp.ExportRequest) (ptraceotlp.ExportResponse, error) {
	s.tallies[otlpfile.Traces].items.Add(int64(req.Traces().SpanCount()))
	return ptraceotlp.NewExportResponse(), nil
}

func (s metricSink) Export(_ context.Context, req pmetricotlp.ExportRequest) (pmetricotlp.ExportResponse, error) {
	s.tallies[otlpfile.Metrics].items.Add(int64(req.Metrics().DataPointCount()))
	return pmetricotlp.NewExportResponse(), nil
}

func (s logSink) Export(_ context.Context, req plogotlp.ExportRequest) (plogotlp.ExportResponse, error) {
	s.tallies[otlpfile.Logs].items.Add(int64(req.Logs().LogRecordCount()))
	return plogotlp.NewExportResponse(), nil
}

func (s profileSink) Export(_ context.Context, req pprofileotlp.ExportRequest) (pprofileotlp.ExportResponse, error) {
	s.tallies[otlpfile.Profiles].items.Add(int64(req.Profiles().SampleCount()))
	return pprofileotlp.NewExportResponse(), nil
}

// payloadCounter adds up request bytes per signal, which the method tells.
type payloadCounter struct{ *sink }

type methodKey struct{}

func (payloadCounter) TagRPC(ctx context.Context, info *stats.RPCTagInfo) context.Context {
	return context.WithValue(ctx, methodKey{}, info.FullMethodName)
}

func (c payloadCounter) HandleRPC(ctx context.Context, s stats.RPCStats) {
	in, ok := s.(*stats.InPayload)
	if !ok {
		return
	}
	method, _ := ctx.Value(methodKey{}).(string)
	if t, ok := c.tallies[signalOf[method]]; ok {
		t.bytes.Add(int64(in.CompressedLength))
	}
}

// signalOf knows the methods of OTLP/gRPC.
var signalOf = map[string]otlpfile.Signal{
	"/opentelemetry.proto.collector.trace.v1.TraceService/Export":                  otlpfile.Traces,
	"/opentelemetry.proto.collector.metrics.v1.MetricsService/Export":              otlpfile.Metrics,
	"/opentelemetry.proto.collector.logs.v1.LogsService/Export":                    otlpfile.Logs,
	"/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export": otlpfile.Profiles,
}

func (payloadCounter) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }
func (payloadCounter) HandleConn(context.Context, stats.ConnStats)                       {}
