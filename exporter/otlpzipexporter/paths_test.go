package otlpzipexporter_test

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/client"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/receiver/receivertest"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/otelcol-plus/otelcol-plus/exporter/otlpzipexporter"
	"github.com/otelcol-plus/otelcol-plus/internal/otlpzip/otlpziptest"
)

// The ways a request takes to the peer are those of the stock components; these tests are that frames take them too.

// TestTLS: mutual TLS over both transports; a client without a certificate is turned away and nothing is lost silently.
func TestTLS(t *testing.T) {
	authority := otlpziptest.NewAuthority(t)
	serverCert, serverKey := authority.Issue("server")
	clientCert, clientKey := authority.Issue("client")
	for _, protocol := range protocols {
		t.Run(protocol, func(t *testing.T) {
			var sink otlpziptest.Sink
			server := serve(t, ours, protocol, Map{"tls": Map{"cert_file": serverCert, "key_file": serverKey, "client_ca_file": authority.File}}, nil, &sink)
			front := otlpziptest.NewFront(t, server.Socket)
			secure := func(tls Map) Map {
				tls["ca_file"] = authority.File
				settings := Map{"tls": tls, "timeout": "2s"}
				if protocol == "http" {
					settings["endpoint"] = "https://" + front.Addr
				}
				return settings
			}
			exp, tel := startTraces(t, protocol, front.Addr, secure(Map{"cert_file": clientCert, "key_file": clientKey}))
			s := newStream(t, 100)
			s.send(exp, 60)
			s.check(false, &sink)
			assert.Positive(t, hits(t, tel))
			stranger, _ := startTraces(t, protocol, front.Addr, secure(Map{}))
			require.Error(t, stranger.ConsumeTraces(context.Background(), otlpziptest.Traces(1)))
			s.check(false, &sink)
		})
	}
}

// password authenticates with a name and a password: on the client's side it adds them, on the server's it checks them.
type password struct {
	component.Component
	name string
}

func (p password) header() string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(p.name+":secret"))
}

func (p password) RoundTripper(base http.RoundTripper) (http.RoundTripper, error) {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		r = r.Clone(r.Context())
		r.Header.Set("Authorization", p.header())
		return base.RoundTrip(r)
	}), nil
}

func (p password) PerRPCCredentials() (credentials.PerRPCCredentials, error) { return p, nil }

func (p password) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": p.header()}, nil
}

func (password) RequireTransportSecurity() bool { return false }

func (p password) Authenticate(ctx context.Context, sources map[string][]string) (context.Context, error) {
	for key, values := range sources {
		if strings.EqualFold(key, "authorization") && len(values) == 1 && strings.HasPrefix(values[0], "Basic ") {
			info := client.FromContext(ctx)
			info.Auth = user(values[0])
			return client.NewContext(ctx, info), nil
		}
	}
	return ctx, errors.New("no name and password")
}

type user string

func (u user) GetAttribute(string) any   { return string(u) }
func (user) GetAttributeNames() []string { return []string{"user"} }

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

type extensions map[component.ID]component.Component

func (e extensions) GetExtensions() map[component.ID]component.Component { return e }

// TestAuthenticatorsAndHeaders: two exporters with names of their own send the same, and headers go along with frames.
func TestAuthenticatorsAndHeaders(t *testing.T) {
	id := component.MustNewID("password")
	for _, protocol := range protocols {
		t.Run(protocol, func(t *testing.T) {
			var headers atomic.Int64
			sink := otlpziptest.Sink{OnTraces: func(ctx context.Context, _ ptrace.Traces) error {
				if values := client.FromContext(ctx).Metadata.Get("x-team"); len(values) == 1 && values[0] == "shop" {
					headers.Add(1)
				}
				return nil
			}}
			socket := otlpziptest.SocketPath(t)
			cfg := otlpziptest.Config(t, ours, Map{"protocols": Map{protocol: Map{
				"endpoint": socket, "transport": "unix", "include_metadata": true, "auth": Map{"authenticator": "password"},
			}}})
			server := otlpziptest.Build(t, ours, receivertest.NewNopSettings(ours.Type()), cfg, &sink)[0]
			require.NoError(t, server.Start(context.Background(), extensions{id: password{}}))
			t.Cleanup(func() { require.NoError(t, server.Shutdown(context.Background())) })
			front := otlpziptest.NewFront(t, socket)
			s := newStream(t, 100)
			for _, name := range []string{"alice", "bob"} {
				set, tel := telemetrySettings(t)
				exp, err := otlpzipexporter.NewFactory().CreateTraces(context.Background(), set,
					exporterConfig(t, protocol, front.Addr, Map{"auth": Map{"authenticator": "password"}, "headers": Map{"x-team": "shop"}}))
				require.NoError(t, err)
				require.NoError(t, exp.Start(context.Background(), extensions{id: password{name: name}}))
				s.send(exp, 50)
				assert.Positive(t, hits(t, tel))
				assert.Zero(t, misses(t, tel))
				require.NoError(t, exp.Shutdown(context.Background()))
			}
			s.check(false, &sink)
			assert.EqualValues(t, 100, headers.Load())
			stranger, _ := startTraces(t, protocol, front.Addr, nil)
			err := stranger.ConsumeTraces(context.Background(), otlpziptest.Traces(1))
			require.ErrorContains(t, err, "no name and password")
			require.True(t, consumererror.IsPermanent(err))
		})
	}
}

// TestProxyURL: over HTTP frames go through the proxy that is configured.
func TestProxyURL(t *testing.T) {
	var sink otlpziptest.Sink
	front := otlpziptest.NewFront(t, serve(t, ours, "http", nil, nil, &sink).Socket)
	var asked atomic.Int64
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		r.RequestURI = ""
		resp, err := transport.RoundTrip(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer func() { _ = resp.Body.Close() }()
		for key, values := range resp.Header {
			w.Header()[key] = values
		}
		w.WriteHeader(resp.StatusCode)
		_, _ = io.Copy(w, resp.Body)
	}))
	t.Cleanup(proxy.Close)
	exp, tel := startTraces(t, "http", front.Addr, Map{"proxy_url": proxy.URL})
	s := newStream(t, 100)
	s.send(exp, 60)
	s.check(false, &sink)
	assert.EqualValues(t, 60, asked.Load())
	assert.Positive(t, hits(t, tel))
}

// behindProxy tells the child process of TestProxyEnvironment from its parent.
const behindProxy = "OTELPLUS_TEST_BEHIND_PROXY"

// TestProxyEnvironment: over gRPC connections go through the proxy of the environment, with CONNECT, as grpc-go does it. A
// process reads that environment once, so the exporter runs in one of its own.
func TestProxyEnvironment(t *testing.T) {
	s := newStream(t, 100)
	if os.Getenv(behindProxy) != "" {
		exp, tel := startTraces(t, "grpc", "gateway.example:4317", nil)
		s.send(exp, 60)
		assert.Positive(t, hits(t, tel))
		return
	}
	var sink otlpziptest.Sink
	front := otlpziptest.NewFront(t, serve(t, ours, "grpc", nil, nil, &sink).Socket)
	var asked atomic.Int64
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect || r.Host != "gateway.example:4317" {
			http.Error(w, r.Host, http.StatusBadRequest)
			return
		}
		asked.Add(1)
		tunnel(w, front.Addr)
	}))
	t.Cleanup(proxy.Close)
	child := exec.Command(os.Args[0], "-test.run=^TestProxyEnvironment$")
	child.Env = append(os.Environ(), behindProxy+"=1", "HTTPS_PROXY="+proxy.URL, "NO_PROXY=")
	out, err := child.CombinedOutput()
	require.NoError(t, err, "%s", out)
	s.next(60)
	s.check(false, &sink)
	assert.EqualValues(t, 1, asked.Load())
}

// tunnel joins the connection of a CONNECT request with addr.
func tunnel(w http.ResponseWriter, addr string) {
	server, err := net.Dial("tcp", addr)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	conn, buffered, err := w.(http.Hijacker).Hijack()
	if err != nil {
		_ = server.Close()
		return
	}
	_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n")
	go func() {
		_, _ = io.Copy(server, buffered)
		_ = server.Close()
	}()
	go func() {
		_, _ = io.Copy(conn, server)
		_ = conn.Close()
	}()
}

// TestThrottled: a peer that asks for time gets it, and the batch with dictionary arrives once.
func TestThrottled(t *testing.T) {
	st, err := status.New(codes.ResourceExhausted, "slow down").WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(time.Second)})
	require.NoError(t, err)
	for _, protocol := range protocols {
		t.Run(protocol, func(t *testing.T) {
			var calls atomic.Int64
			sink := otlpziptest.Sink{OnTraces: func(context.Context, ptrace.Traces) error {
				if calls.Add(1) == 40 {
					return st.Err()
				}
				return nil
			}}
			server := serve(t, ours, protocol, nil, nil, &sink)
			exp, tel := startTraces(t, protocol, otlpziptest.NewFront(t, server.Socket).Addr, Map{"retry_on_failure": retrying})
			s := newStream(t, 100)
			s.send(exp, 39)
			before := time.Now()
			s.send(exp, 1)
			assert.GreaterOrEqual(t, time.Since(before), time.Second)
			s.check(false, &sink)
			assert.Positive(t, hits(t, tel))
		})
	}
}

// TestQueueAndBatches: with a queue that batches, in memory, everything arrives once after an orderly stop.
func TestQueueAndBatches(t *testing.T) {
	for _, protocol := range protocols {
		t.Run(protocol, func(t *testing.T) {
			var sink otlpziptest.Sink
			server := serve(t, ours, protocol, nil, nil, &sink)
			exp, err := otlpzipexporter.NewFactory().CreateTraces(context.Background(), exportertest.NewNopSettings(otlpzipexporter.NewFactory().Type()),
				exporterConfig(t, protocol, otlpziptest.NewFront(t, server.Socket).Addr, Map{
					"retry_on_failure": retrying,
					"sending_queue":    Map{"enabled": true, "queue_size": 1 << 20, "sizer": "items", "batch": Map{"min_size": 300, "max_size": 500}},
				}))
			require.NoError(t, err)
			require.NoError(t, exp.Start(context.Background(), componenttest.NewNopHost()))
			require.True(t, exp.Capabilities().MutatesData, "batching merges what it is given")
			for i := range 100 {
				td := otlpziptest.Traces(20)
				td.ResourceSpans().At(0).Resource().Attributes().PutInt("batch", int64(i))
				require.NoError(t, exp.ConsumeTraces(context.Background(), td))
			}
			require.NoError(t, exp.Shutdown(context.Background()))
			numbers := map[int64]int{}
			for _, n := range otlpziptest.Numbers(sink.Traces.AllTraces()) {
				numbers[n]++
			}
			require.Len(t, numbers, 20)
			for n, times := range numbers {
				assert.Equal(t, 100, times, "span %d of each batch", n)
			}
			for _, td := range sink.Traces.AllTraces() {
				assert.LessOrEqual(t, td.SpanCount(), 500)
			}
		})
	}
}
