package profilingreceiver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/config/confignet"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"

	"github.com/otelcol-plus/otelcol-plus/internal/pprofpush"
)

// PushConfig is the server that accepts profiles.
type PushConfig struct {
	// ServerConfig is how it listens: endpoint (default 127.0.0.1:4040), max_request_body_size, which bounds a profile as
	// sent and decompressed (default 20971520), read_timeout (default 30s), tls, auth and so on.
	ServerConfig confighttp.ServerConfig `mapstructure:",squash"`
}

var _ confmap.Unmarshaler = (*PushConfig)(nil)

func newDefaultPush() PushConfig {
	server := confighttp.NewDefaultServerConfig()
	server.NetAddr.Endpoint = "127.0.0.1:4040"
	server.ReadTimeout = 30 * time.Second // a sender that stalls must not hold its place
	return PushConfig{ServerConfig: server}
}

// serverKeys are the server's keys without its way of decoding, which lets unknown keys pass.
type serverKeys confighttp.ServerConfig

// Unmarshal refuses keys that do not exist.
func (c *PushConfig) Unmarshal(conf *confmap.Conf) error {
	var known struct {
		Server serverKeys `mapstructure:",squash"`
	}
	if err := conf.Unmarshal(&known); err != nil {
		return err
	}
	return conf.Unmarshal(c)
}

// Validate checks the address.
func (c *PushConfig) Validate() error {
	addr := c.ServerConfig.NetAddr
	if addr.Transport == confignet.TransportTypeUnix {
		return nil
	}
	if _, _, err := net.SplitHostPort(addr.Endpoint); err != nil {
		return fmt.Errorf("endpoint: %w", err)
	}
	return nil
}

// defaultPushBytes is confighttp's bound on a body that has none configured.
const defaultPushBytes = 20 << 20

// pusher is the server that accepts profiles.
type pusher struct {
	*outlet
	config  confighttp.ServerConfig
	server  *http.Server
	address string
	wg      sync.WaitGroup
}

func (p *pusher) Start(ctx context.Context, host component.Host) error {
	limit := p.config.MaxRequestBodySize
	if limit <= 0 {
		limit = defaultPushBytes
	}
	handler := pprofpush.NewHandler(pprofpush.Settings{
		MaxBytes: int(limit),
		Consume:  p.send,
		Count: func(ctx context.Context, o pprofpush.Outcome) {
			p.telemetry.ReceiverProfilingUploads.Add(ctx, 1, metric.WithAttributes(attribute.String("outcome", string(o))))
		},
	})
	listener, err := p.config.ToListener(ctx)
	if err != nil {
		return err
	}
	if p.server, err = p.config.ToServer(ctx, host.GetExtensions(), p.set.TelemetrySettings, handler); err != nil {
		return errors.Join(err, listener.Close())
	}
	p.address = listener.Addr().String()
	p.set.Logger.Info("Accepting profiles", zap.String("endpoint", p.address))
	p.wg.Go(func() {
		if err := p.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			componentstatus.ReportStatus(host, componentstatus.NewFatalErrorEvent(err))
		}
	})
	return nil
}

func (p *pusher) Shutdown(ctx context.Context) error {
	if p.server == nil {
		return nil
	}
	err := p.server.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, p.server.Close())
	}
	p.wg.Wait()
	return err
}
