package semconvcheck

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/xconsumer"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pprofile"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
	"go.opentelemetry.io/collector/receiver/xreceiver"
	noopmetric "go.opentelemetry.io/otel/metric/noop"
	nooptrace "go.opentelemetry.io/otel/trace/noop"
	"go.uber.org/zap"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpfile"
)

// maxRequestMiB is generous: what a collector would send must not be refused here.
const maxRequestMiB = 64

// listen checks what arrives until the time is over, the context is done, or Ctrl-C.
func (c *checker) listen(ctx context.Context, s settings, notes io.Writer) (err error) {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	for _, address := range []*string{&s.grpc, &s.http} {
		if *address, err = free(*address); err != nil {
			return unreadable(err)
		}
	}
	c.report.begin("otlp://" + s.grpc)
	in := &inbox{checker: c}
	receivers, err := in.receivers(ctx, s)
	if err != nil {
		return unreadable(err)
	}
	if err := start(receivers); err != nil {
		return unreadable(err)
	}
	fmt.Fprintln(notes, listening(s))
	if s.duration > 0 {
		timed, cancel := context.WithTimeout(ctx, s.duration)
		defer cancel()
		ctx = timed
	}
	<-ctx.Done()
	stop() // a second Ctrl-C ends the process
	if err := shutdown(receivers); err != nil {
		return unreadable(err)
	}
	if in.requests == 0 {
		c.report.unreadable = append(c.report.unreadable, errors.New("no OTLP request arrived"))
	}
	return nil
}

func listening(s settings) string {
	where, until := "gRPC on "+s.grpc, "until Ctrl-C"
	if s.http != "" {
		where += " and HTTP on " + s.http
	}
	if s.duration > 0 {
		until = fmt.Sprintf("for %v, Ctrl-C ends it early", s.duration)
	}
	return "taking OTLP/" + where + " " + until
}

// free replaces port 0 by one that nothing uses.
func free(address string) (string, error) {
	if _, port, err := net.SplitHostPort(address); err != nil || port != "0" {
		return address, nil
	}
	ln, err := net.Listen("tcp", address)
	if err != nil {
		return "", err
	}
	return ln.Addr().String(), ln.Close()
}

// inbox checks one request at a time.
type inbox struct {
	mu       sync.Mutex
	checker  *checker
	requests int
}

func (in *inbox) take(d otlpfile.Data) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.requests++
	in.checker.look(d)
	return nil
}

// receivers makes the collector's own receiver, once for each signal. They share their servers.
func (in *inbox) receivers(ctx context.Context, s settings) ([]component.Component, error) {
	factory := otlpreceiver.NewFactory().(xreceiver.Factory)
	cfg := factory.CreateDefaultConfig().(*otlpreceiver.Config)
	grpc := cfg.Protocols.GRPC.GetOrInsertDefault()
	grpc.NetAddr.Endpoint = s.grpc
	grpc.MaxRecvMsgSizeMiB = maxRequestMiB
	if s.http != "" {
		http := cfg.Protocols.HTTP.GetOrInsertDefault()
		http.ServerConfig.NetAddr.Endpoint = s.http
		http.ServerConfig.MaxRequestBodySize = maxRequestMiB << 20
	}
	set := receiver.Settings{
		ID: component.NewID(factory.Type()),
		TelemetrySettings: component.TelemetrySettings{
			Logger: zap.NewNop(), TracerProvider: nooptrace.NewTracerProvider(), MeterProvider: noopmetric.NewMeterProvider(),
		},
	}
	mutates := consumer.WithCapabilities(consumer.Capabilities{MutatesData: true})
	traces, err1 := consumer.NewTraces(func(_ context.Context, td ptrace.Traces) error {
		return in.take(otlpfile.Data{Signal: otlpfile.Traces, Traces: td})
	}, mutates)
	metrics, err2 := consumer.NewMetrics(func(_ context.Context, md pmetric.Metrics) error {
		return in.take(otlpfile.Data{Signal: otlpfile.Metrics, Metrics: md})
	}, mutates)
	logs, err3 := consumer.NewLogs(func(_ context.Context, ld plog.Logs) error {
		return in.take(otlpfile.Data{Signal: otlpfile.Logs, Logs: ld})
	}, mutates)
	profiles, err4 := xconsumer.NewProfiles(func(_ context.Context, pd pprofile.Profiles) error {
		return in.take(otlpfile.Data{Signal: otlpfile.Profiles, Profiles: pd})
	}, mutates)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return nil, err
	}
	t, err1 := factory.CreateTraces(ctx, set, cfg, traces)
	m, err2 := factory.CreateMetrics(ctx, set, cfg, metrics)
	l, err3 := factory.CreateLogs(ctx, set, cfg, logs)
	p, err4 := factory.CreateProfiles(ctx, set, cfg, profiles)
	return []component.Component{t, m, l, p}, errors.Join(err1, err2, err3, err4)
}

// start starts what shares servers, or nothing.
func start(receivers []component.Component) error {
	for _, r := range receivers {
		if err := r.Start(context.Background(), host{}); err != nil {
			return errors.Join(err, shutdown(receivers))
		}
	}
	return nil
}

// shutdownTimeout is how long requests under way have.
const shutdownTimeout = 5 * time.Second

func shutdown(receivers []component.Component) error {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	var errs []error
	for _, r := range receivers {
		errs = append(errs, r.Shutdown(ctx))
	}
	return errors.Join(errs...)
}

// host is that of a receiver without a collector.
type host struct{}

func (host) GetExtensions() map[component.ID]component.Component { return nil }
