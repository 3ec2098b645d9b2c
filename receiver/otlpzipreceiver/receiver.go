package otlpzipreceiver

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"sync"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/config/configgrpc"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/xconsumer"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
	"go.opentelemetry.io/collector/pdata/pprofile/pprofileotlp"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"google.golang.org/grpc"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpzip"
	"github.com/otelcol-plus/otelcol-plus/internal/tracezip"
	"github.com/otelcol-plus/otelcol-plus/receiver/otlpzipreceiver/internal/metadata"
)

// consumers is where each signal goes; nil for a signal without a pipeline.
type consumers struct {
	traces   consumer.Traces
	metrics  consumer.Metrics
	logs     consumer.Logs
	profiles xconsumer.Profiles
}

// otlpzipReceiver runs the servers of one configuration for all signals.
type otlpzipReceiver struct {
	config   *Config
	settings receiver.Settings
	builder  *metadata.TelemetryBuilder
	next     consumers
	decoders *otlpzip.FreeList[*tracezip.Decoder]
	// dictionaries is nil when dictionary_memory is 0.
	dictionaries *dictionaryCache
	// instance tells this process from other replicas, so that senders know who has which dictionary.
	instance string

	grpc    *grpc.Server
	http    *http.Server
	serving sync.WaitGroup
}

func newReceiver(cfg *Config, set receiver.Settings) (*otlpzipReceiver, error) {
	set.TelemetrySettings = withoutSignal(set.TelemetrySettings)
	builder, err := metadata.NewTelemetryBuilder(set.TelemetrySettings)
	if err != nil {
		return nil, err
	}
	limits := cfg.Zip.limits()
	return &otlpzipReceiver{
		config: cfg, settings: set, builder: builder,
		decoders:     otlpzip.NewFreeList(func() *tracezip.Decoder { return tracezip.NewDecoder(limits) }),
		dictionaries: newDictionaryCache(cfg.Zip.DictionaryMemory, newCacheMetrics(builder, set.ID)),
		instance:     rand.Text(),
	}, nil
}

// start runs the servers. Failures after start are reported as status.
func (r *otlpzipReceiver) start(ctx context.Context, host component.Host, report func(*componentstatus.Event)) error {
	err := r.startGRPC(ctx, host, report)
	if err == nil {
		err = r.startHTTP(ctx, host, report)
	}
	if err != nil {
		return errors.Join(err, r.shutdown(ctx))
	}
	return nil
}

func (r *otlpzipReceiver) startGRPC(ctx context.Context, host component.Host, report func(*componentstatus.Event)) error {
	cfg := r.config.Protocols.GRPC.Get()
	if cfg == nil {
		return nil
	}
	in, err := newIntake(r, "grpc", grpcFrameLimit(cfg, r.config.Zip.MaxFrameBytes), cfg.Auth.HasValue())
	if err != nil {
		return err
	}
	server, err := cfg.ToServer(ctx, host.GetExtensions(), r.settings.TelemetrySettings,
		configgrpc.WithGrpcServerOption(grpc.ChainUnaryInterceptor(advertise(in))))
	if err != nil {
		return err
	}
	r.grpc = server
	r.registerGRPC(server, in)
	listener, err := cfg.NetAddr.Listen(ctx)
	if err != nil {
		return err
	}
	r.settings.Logger.Info("Starting GRPC server", zap.String("endpoint", listener.Addr().String()))
	r.serving.Go(func() {
		if err := server.Serve(listener); err != nil && !errors.Is(err, grpc.ErrServerStopped) {
			report(componentstatus.NewFatalErrorEvent(err))
		}
	})
	return nil
}

func (r *otlpzipReceiver) registerGRPC(server *grpc.Server, in *intake) {
	if r.next.traces != nil {
		ptraceotlp.RegisterGRPCServer(server, &grpcTraces{intake: in})
		otlpzip.RegisterFrameServer(server, grpcFrames{in})
	}
	if r.next.metrics != nil {
		pmetricotlp.RegisterGRPCServer(server, &grpcMetrics{intake: in})
	}
	if r.next.logs != nil {
		plogotlp.RegisterGRPCServer(server, &grpcLogs{intake: in})
	}
	if r.next.profiles != nil {
		pprofileotlp.RegisterGRPCServer(server, &grpcProfiles{intake: in})
	}
}

func (r *otlpzipReceiver) startHTTP(ctx context.Context, host component.Host, report func(*componentstatus.Event)) error {
	cfg := r.config.Protocols.HTTP.Get()
	if cfg == nil {
		return nil
	}
	in, err := newIntake(r, "http", httpFrameLimit(cfg, r.config.Zip.MaxFrameBytes), cfg.ServerConfig.Auth.HasValue())
	if err != nil {
		return err
	}
	serverConfig := cfg.ServerConfig
	serverConfig.MaxRequestBodySize = httpBodyLimit(cfg) + drainBytes // the handlers hold the limit itself
	server, err := serverConfig.ToServer(ctx, host.GetExtensions(), r.settings.TelemetrySettings,
		newMux(cfg, in), confighttp.WithErrorHandler(writeServerError))
	if err != nil {
		return err
	}
	r.http = server
	listener, err := cfg.ServerConfig.ToListener(ctx)
	if err != nil {
		return err
	}
	r.settings.Logger.Info("Starting HTTP server", zap.String("endpoint", listener.Addr().String()))
	r.serving.Go(func() {
		if err := server.Serve(listener); err != nil && !errors.Is(err, http.ErrServerClosed) {
			report(componentstatus.NewFatalErrorEvent(err))
		}
	})
	return nil
}

// shutdown lets requests under way finish, until ctx ends.
func (r *otlpzipReceiver) shutdown(ctx context.Context) error {
	var err error
	if r.http != nil {
		if err = r.http.Shutdown(ctx); err != nil {
			err = errors.Join(err, r.http.Close())
		}
	}
	if r.grpc != nil {
		stopped := make(chan struct{})
		go func() {
			defer close(stopped)
			r.grpc.GracefulStop()
		}()
		select {
		case <-stopped:
		case <-ctx.Done():
			r.grpc.Stop() // also ends GracefulStop
			<-stopped
			err = errors.Join(err, ctx.Err())
		}
	}
	r.serving.Wait()
	return err
}

// withoutSignal drops the signal from the telemetry of a component that serves all of them: the service adds the
// signal of whichever pipeline happened to be built first. The service's providers offer this to components that
// share an instance.
func withoutSignal(ts component.TelemetrySettings) component.TelemetrySettings {
	const key = "otelcol.signal"
	ts.Logger = ts.Logger.WithOptions(zap.WrapCore(func(c zapcore.Core) zapcore.Core {
		if injected, ok := c.(interface {
			DropInjectedAttributes(...string) zapcore.Core
		}); ok {
			return injected.DropInjectedAttributes(key)
		}
		return c
	}))
	if injected, ok := ts.TracerProvider.(interface {
		DropInjectedAttributes(...string) trace.TracerProvider
	}); ok {
		ts.TracerProvider = injected.DropInjectedAttributes(key)
	}
	if injected, ok := ts.MeterProvider.(interface {
		DropInjectedAttributes(...string) metric.MeterProvider
	}); ok {
		ts.MeterProvider = injected.DropInjectedAttributes(key)
	}
	return ts
}
