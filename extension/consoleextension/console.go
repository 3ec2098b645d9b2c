package consoleextension

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/extension"
	"go.uber.org/zap"
)

type console struct {
	config    *Config
	info      component.BuildInfo
	telemetry component.TelemetrySettings

	server *http.Server
	done   sync.WaitGroup
}

func newConsole(cfg *Config, set extension.Settings) *console {
	return &console{config: cfg, info: set.BuildInfo, telemetry: set.TelemetrySettings}
}

// Start listens before it returns, so that a port in use is an error of the start.
func (c *console) Start(ctx context.Context, host component.Host) error {
	listener, err := c.config.ServerConfig.ToListener(ctx)
	if err != nil {
		return fmt.Errorf("console cannot listen on `endpoint` %q: %w", c.config.ServerConfig.NetAddr.Endpoint, err)
	}
	a := newAPI(c.config, c.info)
	handler := guard(listener.Addr(), c.config.ServerConfig.NetAddr.Endpoint, a.mux())
	c.server, err = c.config.ServerConfig.ToServer(ctx, host.GetExtensions(), c.telemetry, handler)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	c.done.Go(func() {
		if err := c.server.Serve(listener); err != nil && !errors.Is(err, http.ErrServerClosed) {
			componentstatus.ReportStatus(host, componentstatus.NewFatalErrorEvent(err))
		}
	})
	c.telemetry.Logger.Info("The console is at "+c.url(listener.Addr()), zap.String("profiles_directory", c.config.ProfilesDirectory))
	return nil
}

// url is the address to type on this machine.
func (c *console) url(addr net.Addr) string {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		return addr.Network() + ":" + addr.String()
	}
	ip := tcp.IP
	if ip.IsUnspecified() {
		ip = net.IPv4(127, 0, 0, 1)
	}
	scheme := "http"
	if c.config.ServerConfig.TLS.HasValue() {
		scheme = "https"
	}
	return scheme + "://" + (&net.TCPAddr{IP: ip, Port: tcp.Port, Zone: tcp.Zone}).String() + "/"
}

// Shutdown waits for requests under way, or for ctx.
func (c *console) Shutdown(ctx context.Context) error {
	if c.server == nil {
		return nil
	}
	err := c.server.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, c.server.Close())
	}
	c.done.Wait()
	return err
}
