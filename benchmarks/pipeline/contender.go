package main

import (
	"fmt"
	"slices"
	"strings"
)

// contender is a way from agent to gateway: the exporter's and the receiver's type, and settings of the exporter.
type contender struct{ name, exporter, receiver, settings string }

var contenders = []contender{
	{"none", "otlp_grpc", "otlp", "compression: none"},
	{"gzip", "otlp_grpc", "otlp", "compression: gzip"},
	{"zstd", "otlp_grpc", "otlp", "compression: zstd"},
	{"otlpzip", "otlpzip", "otlpzip", "zip: {}"},
}

func names() []string {
	var out []string
	for _, c := range contenders {
		out = append(out, c.name)
	}
	return out
}

func find(name string) (contender, error) {
	i := slices.IndexFunc(contenders, func(c contender) bool { return c.name == name })
	if i < 0 {
		return contender{}, fmt.Errorf("no contender %q: known are %s", name, strings.Join(names(), ", "))
	}
	return contenders[i], nil
}

// title is how the report calls a contender.
func (c contender) title() string {
	if c.exporter == "otlpzip" {
		return "otlpzip"
	}
	return "otlp, " + c.name
}

// agentConfig has no queue and no retry: a request is answered when the sink has it, and an error is an error.
func (c contender) agentConfig(listen, gateway string) string {
	return config("otlp", "http", listen, c.exporter, fmt.Sprintf(`
    endpoint: %s
    tls:
      insecure: true
    %s`, gateway, c.settings))
}

func (c contender) gatewayConfig(listen, sink string) string {
	return config(c.receiver, "grpc", listen, "otlp_http", fmt.Sprintf(`
    endpoint: %s
    compression: none`, sink))
}

func config(receiver, protocol, listen, exporter, settings string) string {
	return fmt.Sprintf(`
receivers:
  %[1]s:
    protocols:
      %[2]s:
        endpoint: %[3]s
exporters:
  %[4]s:%[5]s
    sending_queue:
      enabled: false
    retry_on_failure:
      enabled: false
service:
  telemetry:
    logs:
      level: info
    metrics:
      level: none
  pipelines:
    traces:
      receivers: [%[1]s]
      exporters: [%[4]s]
`, receiver, protocol, listen, exporter, settings)
}
