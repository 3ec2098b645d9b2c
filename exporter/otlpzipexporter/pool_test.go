package otlpzipexporter_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpzip/otlpziptest"
)

// pools numbers the pools of a test run: resolvers are registered for the process.
var pools atomic.Int64

// poolAddr is one address for several servers: requests go to them in turn.
func poolAddr(t *testing.T, protocol string, sockets []string) string {
	t.Helper()
	if protocol == "http" {
		return otlpziptest.NewFront(t, sockets...).Addr // one connection per request, see poolSettings
	}
	var state resolver.State
	for _, socket := range sockets {
		state.Addresses = append(state.Addresses, resolver.Address{Addr: otlpziptest.NewFront(t, socket).Addr})
	}
	builder := manual.NewBuilderWithScheme(fmt.Sprintf("zippool%d", pools.Add(1)))
	builder.InitialState(state)
	resolver.Register(builder)
	return builder.Scheme() + ":///pool:1"
}

func poolSettings(protocol string) Map {
	if protocol == "http" {
		return Map{"headers": Map{"Connection": "close"}}
	}
	return Map{"balancer_name": "round_robin"}
}
