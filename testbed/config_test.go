package testbed

import (
	"fmt"
	"net"
	"testing"
)

// configs are the YAML of the two processes.
type configs struct{ agent, gateway string }

// ports of the three hops; the kernel chose them.
type ports struct{ agent, gateway, backend int }

// newConfigs describes: load -OTLP-> agent -otlpzip-> gateway -OTLP-> backend, for one signal.
func newConfigs(signal string, p ports) configs {
	return configs{
		agent: fmt.Sprintf(`
receivers:
  otlp:
    protocols:
      grpc:
        endpoint: 127.0.0.1:%d
processors:
  memory_limiter:
    check_interval: 1s
    limit_mib: 256
exporters:
  otlpzip:
    endpoint: 127.0.0.1:%d
    tls:
      insecure: true
    sending_queue:
      block_on_overflow: true
      batch:
        sizer: items
        flush_timeout: 200ms
        min_size: 1000
        max_size: 2000
service:
  telemetry:
    metrics:
      level: none
  pipelines:
    %s:
      receivers: [otlp]
      processors: [memory_limiter]
      exporters: [otlpzip]
`, p.agent, p.gateway, signal),
		gateway: fmt.Sprintf(`
receivers:
  otlpzip:
    protocols:
      grpc:
        endpoint: 127.0.0.1:%d
processors:
  memory_limiter:
    check_interval: 1s
    limit_mib: 256
exporters:
  otlp_grpc:
    endpoint: 127.0.0.1:%d
    tls:
      insecure: true
    sending_queue:
      enabled: false
service:
  telemetry:
    metrics:
      level: none
  pipelines:
    %s:
      receivers: [otlpzip]
      processors: [memory_limiter]
      exporters: [otlp_grpc]
`, p.gateway, p.backend, signal),
	}
}

// freePorts asks the kernel for ports nobody uses; all are held until all are known, so they differ.
func freePorts(t *testing.T) ports {
	var found [3]int
	for i := range found {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		found[i] = l.Addr().(*net.TCPAddr).Port
	}
	return ports{agent: found[0], gateway: found[1], backend: found[2]}
}
