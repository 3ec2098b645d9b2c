package cli

import (
	"fmt"
	"net"
)

// demoPorts are the loopback addresses of one run.
type demoPorts struct {
	otlpGRPC, otlpHTTP, gateway, console, metrics string
}

// pickPorts takes the documented ports and, where something else has one already, a free one.
func pickPorts() (demoPorts, error) {
	var p demoPorts
	for _, want := range []struct {
		addr *string
		port int
	}{{&p.otlpGRPC, 4317}, {&p.otlpHTTP, 4318}, {&p.gateway, 4319}, {&p.console, 4320}, {&p.metrics, 8888}} {
		addr, err := freeAddr(want.port)
		if err != nil {
			return p, err
		}
		*want.addr = addr
	}
	return p, nil
}

func freeAddr(port int) (string, error) {
	ln, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		ln, err = net.Listen("tcp", "127.0.0.1:0")
	}
	if err != nil {
		return "", err
	}
	return ln.Addr().String(), ln.Close()
}
