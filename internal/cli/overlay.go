package cli

import (
	_ "embed"
	"fmt"
	"net"
	"strings"
	"text/template"
)

//go:embed demo.yaml
var demoYAML string

// overlay is what the demonstration lays over builtin:standalone.
type overlay struct {
	demoPorts
	Backend, Compare string // sinks
	Profiles, Queue  string // directories
	Log              string // file
}

func (o overlay) OTLPGRPC() string { return o.otlpGRPC }
func (o overlay) OTLPHTTP() string { return o.otlpHTTP }
func (o overlay) Gateway() string  { return o.gateway }
func (o overlay) Console() string  { return o.console }
func (o overlay) Metrics() string  { return o.metrics }

// MetricsPort is the port alone, as the telemetry section wants it.
func (o overlay) MetricsPort() (string, error) {
	_, port, err := net.SplitHostPort(o.metrics)
	return port, err
}

// uri renders the overlay as a --config URI.
func (o overlay) uri() (string, error) {
	t, err := template.New("demo.yaml").Parse(demoYAML)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("yaml:")
	if err := t.Execute(&b, o); err != nil {
		return "", fmt.Errorf("demonstration's configuration: %w", err)
	}
	return b.String(), nil
}
