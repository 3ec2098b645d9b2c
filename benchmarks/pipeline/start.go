package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"text/template"
	"time"
)

// start is how long one configuration needs to be ready, and what it weighs when idle; one entry a round.
type start struct {
	config string
	ready  []time.Duration
	memory []memory
	failed error // the binary cannot run it
}

// minimal is the smallest useful collector: OTLP in, nothing out.
const minimal = "minimal"

const minimalConfig = `
receivers: {otlp: {protocols: {grpc: {endpoint: {{port 0}}}, http: {endpoint: {{port 1}}}}}}
exporters: {nop: {}}
service: {pipelines: {traces: {receivers: [otlp], exporters: [nop]}}}
` + ownMetrics

const ownMetrics = `
service::telemetry::metrics::readers: [{pull: {exporter: {prometheus: {host: 127.0.0.1, port: {{number 9}}}}}}]
`

// overrides move the ports of the built-in configurations, so that nothing on this machine is in the way.
var overrides = map[string]string{
	"builtin:agent": ownMetrics + `
receivers::otlpzip::protocols: {grpc: {endpoint: {{port 0}}}, http: {endpoint: {{port 1}}}}
receivers::jaeger::protocols: {grpc: {endpoint: {{port 2}}}, thrift_http: {endpoint: {{port 3}}}}
receivers::zipkin::endpoint: {{port 4}}
exporters::otlpzip::endpoint: {{port 5}}
extensions::health_check::endpoint: {{port 6}}
extensions::console::endpoint: {{port 7}}
extensions::console::metrics_endpoint: http://{{port 9}}/metrics
`,
	"builtin:gateway": ownMetrics + `
receivers::otlpzip::protocols: {grpc: {endpoint: {{port 0}}}, http: {endpoint: {{port 1}}}}
extensions::health_check::endpoint: {{port 6}}
extensions::console::endpoint: {{port 7}}
extensions::console::metrics_endpoint: http://{{port 9}}/metrics
`,
	"builtin:standalone": ownMetrics + `
receivers::otlpzip::protocols: {grpc: {endpoint: {{port 0}}}, http: {endpoint: {{port 1}}}}
receivers::otlpzip/gateway::protocols::grpc::endpoint: {{port 2}}
exporters::otlpzip::endpoint: {{port 2}}
extensions::console::endpoint: {{port 7}}
extensions::console::metrics_endpoint: http://{{port 9}}/metrics
`,
}

// measureStarts starts every configuration once a round, one process at a time.
func measureStarts(ctx context.Context, o options, dir string) ([]*start, error) {
	var starts []*start
	for _, name := range o.configs {
		starts = append(starts, &start{config: name})
	}
	for i := range o.rounds {
		for _, s := range starts {
			if s.failed != nil {
				continue
			}
			if err := s.measure(ctx, o, dir); err != nil {
				if ctx.Err() != nil {
					return nil, ctx.Err()
				}
				s.failed = err
				fmt.Fprintln(os.Stderr, err)
			}
			fmt.Fprintf(os.Stderr, "start %d of %d: %s\n", i+1, o.rounds, s.config)
		}
	}
	return starts, nil
}

func (s *start) measure(ctx context.Context, o options, dir string) error {
	configs, err := s.write(dir)
	if err != nil {
		return err
	}
	c, err := startCollector(ctx, o.bin, dir, configs...)
	if err != nil {
		return err
	}
	defer c.stop()
	select {
	case <-time.After(o.idle):
	case <-ctx.Done():
		return ctx.Err()
	}
	m, err := readMemory(c.pid())
	if err != nil {
		return err
	}
	s.ready = append(s.ready, c.ready)
	s.memory = append(s.memory, m)
	return nil
}

// write returns the --config values: a file for the minimal one, otherwise the name and a file that moves the ports.
func (s *start) write(dir string) ([]string, error) {
	source, known := overrides[s.config]
	if s.config == minimal {
		source, known = minimalConfig, true
	}
	if !known {
		return []string{s.config}, nil // a file of the user's
	}
	addrs, err := freeAddrs(10)
	if err != nil {
		return nil, err
	}
	number := func(i int) string { _, p, _ := net.SplitHostPort(addrs[i]); return p }
	t := template.New(s.config).Funcs(template.FuncMap{"port": func(i int) string { return addrs[i] }, "number": number})
	var yaml bytes.Buffer
	if err := template.Must(t.Parse(source)).Execute(&yaml, nil); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, strings.ReplaceAll(s.config, ":", "-")+".yaml")
	if err := os.WriteFile(path, yaml.Bytes(), 0o600); err != nil {
		return nil, err
	}
	if s.config == minimal {
		return []string{path}, nil
	}
	return []string{s.config, path}, nil
}
