package otlpzipexporter

import (
	"context"
	"net"

	"google.golang.org/grpc/stats"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpzip"
)

// wireStats is the gRPC stats handler: it counts the payload bytes really sent and tells the negotiator about
// connections.
type wireStats struct {
	peer *negotiator
	tel  *telemetry
}

type (
	frameCall struct{} // context key: the call carries a frame
	connTag   struct{} // context key: the connection's name
)

func (s *wireStats) TagRPC(ctx context.Context, info *stats.RPCTagInfo) context.Context {
	if info.FullMethodName == otlpzip.ExportMethod {
		return context.WithValue(ctx, frameCall{}, true)
	}
	return ctx
}

func (s *wireStats) HandleRPC(ctx context.Context, event stats.RPCStats) {
	out, ok := event.(*stats.OutPayload)
	if !ok {
		return
	}
	if ctx.Value(frameCall{}) != nil {
		s.tel.sentFrame(ctx, out.CompressedLength)
		return
	}
	s.tel.sentOTLP(ctx, out.CompressedLength)
	s.tel.weighOTLP(ctx, out.Length)
}

func (s *wireStats) TagConn(ctx context.Context, info *stats.ConnTagInfo) context.Context {
	return context.WithValue(ctx, connTag{}, connKey(info.LocalAddr, info.RemoteAddr))
}

func (s *wireStats) HandleConn(ctx context.Context, event stats.ConnStats) {
	conn, _ := ctx.Value(connTag{}).(string)
	switch event.(type) {
	case *stats.ConnBegin:
		s.peer.connected(conn)
	case *stats.ConnEnd:
		s.peer.disconnected(conn)
	}
}

// connKey names a connection by its two ends.
func connKey(local, remote net.Addr) string {
	key := "?"
	if local != nil {
		key = local.String()
	}
	if remote != nil {
		key += " " + remote.String()
	}
	return key
}
