package otlpzip

import (
	"context"
	"fmt"

	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

const (
	// ServiceName is the gRPC service that takes tracezip frames.
	ServiceName = "otelcolplus.tracezip.v1.TraceService"
	// ExportMethod is its only method.
	ExportMethod = "/" + ServiceName + "/Export"
	// OTLPExportMethod is the OTLP method for traces, which advertises tracezip as well.
	OTLPExportMethod = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"

	// MessageOverhead is the most that the gRPC message around a frame adds to it: a field tag and a varint length.
	MessageOverhead = 1 + 5
)

// FrameServer takes the frames of the gRPC service.
type FrameServer interface {
	// ExportFrame handles one frame, which it may keep. Its error becomes the gRPC status.
	ExportFrame(ctx context.Context, frame []byte) error
}

// RegisterFrameServer adds the tracezip service to a gRPC server. The request is decoded by whatever codec the server
// uses for protobuf, hence the well-known message around the frame. The server accepts all spans or none, so it
// answers with the empty message, which is also the empty ExportTraceServiceResponse.
func RegisterFrameServer(s grpc.ServiceRegistrar, srv FrameServer) {
	s.RegisterService(&grpc.ServiceDesc{
		ServiceName: ServiceName,
		HandlerType: (*FrameServer)(nil),
		Methods:     []grpc.MethodDesc{{MethodName: "Export", Handler: handleExport}},
	}, srv)
}

func handleExport(srv any, ctx context.Context, decode func(any) error, interceptor grpc.UnaryServerInterceptor) (any, error) {
	req := new(wrapperspb.BytesValue)
	if err := decode(req); err != nil {
		return nil, err
	}
	handler := func(ctx context.Context, req any) (any, error) {
		return new(emptypb.Empty), srv.(FrameServer).ExportFrame(ctx, req.(*wrapperspb.BytesValue).GetValue())
	}
	if interceptor == nil {
		return handler(ctx, req)
	}
	return interceptor(ctx, req, &grpc.UnaryServerInfo{Server: srv, FullMethod: ExportMethod}, handler)
}

// ExportFrame sends one frame over conn. The frame's bytes go to the transport without a copy and back to pool when
// the transport is done with them, which can be after this function returns: the caller must not touch them again.
func ExportFrame(ctx context.Context, conn grpc.ClientConnInterface, frame *[]byte, pool mem.BufferPool, opts ...grpc.CallOption) (ptraceotlp.ExportResponse, error) {
	resp := ptraceotlp.NewExportResponse()
	opts = append(opts, grpc.ForceCodecV2(frameCodec{}), grpc.UseCompressor(encoding.Identity))
	// One reference of our own, so that an interceptor may send the same message again.
	msg := &outgoingFrame{size: len(*frame), data: mem.NewBuffer(frame, pool)}
	defer msg.data.Free()
	err := conn.Invoke(ctx, ExportMethod, msg, &resp, opts...)
	return resp, err
}

type outgoingFrame struct {
	size int
	data mem.Buffer
}

// frameCodec writes and reads the two messages of the client side. On the wire it is plain protobuf and says so by its
// name; a codec of its own only because the usual one would copy the frame.
type frameCodec struct{}

func (frameCodec) Name() string { return "proto" }

func (frameCodec) Marshal(v any) (mem.BufferSlice, error) {
	m, ok := v.(*outgoingFrame)
	if !ok {
		return nil, fmt.Errorf("otlpzip: cannot send a %T as a frame", v)
	}
	head := protowire.AppendTag(make([]byte, 0, MessageOverhead), 1, protowire.BytesType)
	head = protowire.AppendVarint(head, uint64(m.size))
	m.data.Ref()
	return mem.BufferSlice{mem.SliceBuffer(head), m.data}, nil
}

func (frameCodec) Unmarshal(data mem.BufferSlice, v any) error {
	resp, ok := v.(*ptraceotlp.ExportResponse)
	if !ok {
		return fmt.Errorf("otlpzip: cannot read an answer into a %T", v)
	}
	return resp.UnmarshalProto(data.Materialize())
}
