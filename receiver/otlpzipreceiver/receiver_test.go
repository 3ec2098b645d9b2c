package otlpzipreceiver

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/client"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.opentelemetry.io/collector/exporter/otlpexporter"
	"go.opentelemetry.io/collector/exporter/otlphttpexporter"
	"go.opentelemetry.io/collector/exporter/xexporter"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/testdata"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/receivertest"
	"go.opentelemetry.io/otel/attribute"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpzip"
	"github.com/otelcol-plus/otelcol-plus/internal/otlpzip/otlpziptest"
	"github.com/otelcol-plus/otelcol-plus/internal/tracezip"
)

// serve starts our receiver and returns an address for it.
func serve(t *testing.T, protocol string, settings, zip Map, sink *otlpziptest.Sink) (string, *componenttest.Telemetry) {
	t.Helper()
	tel := componenttest.NewTelemetry()
	t.Cleanup(func() { require.NoError(t, tel.Shutdown(context.Background())) })
	set := receivertest.NewNopSettings(NewFactory().Type())
	set.TelemetrySettings = tel.NewTelemetrySettings()
	server := otlpziptest.Serve(t, NewFactory(), set, protocol, settings, zip, sink)
	return otlpziptest.NewFront(t, server.Socket).Addr, tel
}

func startComponent(t *testing.T, c component.Component) {
	t.Helper()
	require.NoError(t, c.Start(context.Background(), componenttest.NewNopHost()))
	t.Cleanup(func() { require.NoError(t, c.Shutdown(context.Background())) })
}

// TestStockExporters sends all signals with the stock exporters.
func TestStockExporters(t *testing.T) {
	for _, tt := range []struct {
		name, protocol string
		factory        exporter.Factory
		settings       Map
	}{
		{"grpc gzip", "grpc", otlpexporter.NewFactory(), nil},
		{"grpc zstd", "grpc", otlpexporter.NewFactory(), Map{"compression": "zstd"}},
		{"http proto", "http", otlphttpexporter.NewFactory(), nil},
		{"http json zstd", "http", otlphttpexporter.NewFactory(), Map{"encoding": "json", "compression": "zstd"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var sink otlpziptest.Sink
			addr, tel := serve(t, tt.protocol, nil, nil, &sink)
			settings := Map{"endpoint": addr, "tls": Map{"insecure": true}, "sending_queue": Map{"enabled": false}, "retry_on_failure": Map{"enabled": false}}
			if tt.protocol == "http" {
				settings["endpoint"] = "http://" + addr
			}
			for k, v := range tt.settings {
				settings[k] = v
			}
			sendAll(t, tt.factory, otlpziptest.Config(t, tt.factory, settings))
			require.Len(t, sink.Traces.AllTraces(), 1)
			assert.Equal(t, otlpziptest.Canonical(t, testdata.GenerateTraces(5)), otlpziptest.Canonical(t, sink.Traces.AllTraces()[0]))
			require.Len(t, sink.Metrics.AllMetrics(), 1)
			assert.Equal(t, testdata.GenerateMetricsAllTypes(), sink.Metrics.AllMetrics()[0])
			require.Len(t, sink.Logs.AllLogs(), 1)
			assert.Equal(t, testdata.GenerateLogs(5), sink.Logs.AllLogs()[0])
			assert.Equal(t, testdata.GenerateProfiles(5).SampleCount(), sink.Profiles.SampleCount())
			assert.Zero(t, otlpziptest.Sum(t, tel, "otelcol_receiver_otlpzip_frames"))
			transport := attribute.String("transport", tt.protocol)
			assert.EqualValues(t, 5, otlpziptest.Sum(t, tel, "otelcol_receiver_accepted_spans", transport))
		})
	}
}

func sendAll(t *testing.T, factory exporter.Factory, cfg component.Config) {
	t.Helper()
	ctx, set := context.Background(), exportertest.NewNopSettings(factory.Type())
	traces, err := factory.CreateTraces(ctx, set, cfg)
	require.NoError(t, err)
	startComponent(t, traces)
	require.NoError(t, traces.ConsumeTraces(ctx, testdata.GenerateTraces(5)))
	metrics, err := factory.CreateMetrics(ctx, set, cfg)
	require.NoError(t, err)
	startComponent(t, metrics)
	require.NoError(t, metrics.ConsumeMetrics(ctx, testdata.GenerateMetricsAllTypes()))
	logs, err := factory.CreateLogs(ctx, set, cfg)
	require.NoError(t, err)
	startComponent(t, logs)
	require.NoError(t, logs.ConsumeLogs(ctx, testdata.GenerateLogs(5)))
	profiles, err := factory.(xexporter.Factory).CreateProfiles(ctx, set, cfg)
	require.NoError(t, err)
	startComponent(t, profiles)
	require.NoError(t, profiles.ConsumeProfiles(ctx, testdata.GenerateProfiles(5)))
}

func frameOf(t *testing.T, td ptrace.Traces) []byte {
	t.Helper()
	frame, err := tracezip.NewEncoder().AppendFrame(nil, td)
	require.NoError(t, err)
	return frame
}

// sendFunc sends bytes as a frame. It returns the status and the HTTP code (0 over gRPC) and what was advertised.
type sendFunc func(t *testing.T, frame []byte) (*status.Status, int, otlpzip.Capability)

func grpcSender(t *testing.T, addr string) sendFunc {
	conn, err := grpc.NewClient("passthrough:///"+addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	return func(t *testing.T, frame []byte) (*status.Status, int, otlpzip.Capability) {
		t.Helper()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		var header metadata.MD
		frame = bytes.Clone(frame)
		_, err := otlpzip.ExportFrame(ctx, conn, &frame, nil, grpc.Header(&header), grpc.WaitForReady(true))
		return status.Convert(err), 0, otlpzip.FromMetadata(header)
	}
}

func httpSender(t *testing.T, addr string) sendFunc {
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	return func(t *testing.T, frame []byte) (*status.Status, int, otlpzip.Capability) {
		t.Helper()
		resp, err := http.Post("http://"+addr+"/v1/traces", tracezip.ContentType, bytes.NewReader(frame))
		require.NoError(t, err)
		defer func() { require.NoError(t, resp.Body.Close()) }()
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.Equal(t, protoContentType, resp.Header.Get("Content-Type"))
		st := status.New(codes.OK, "")
		if resp.StatusCode != http.StatusOK {
			var p spb.Status
			require.NoError(t, proto.Unmarshal(body, &p))
			st = status.FromProto(&p)
		}
		return st, resp.StatusCode, otlpzip.FromHeader(resp.Header)
	}
}

var senders = map[string]func(*testing.T, string) sendFunc{"grpc": grpcSender, "http": httpSender}

// TestBadFrames sends what is not a frame, and after each a good one: the server lives.
func TestBadFrames(t *testing.T) {
	good := frameOf(t, otlpziptest.Traces(50))
	newer := bytes.Clone(good)
	newer[4] = 200
	flipped := bytes.Clone(good)
	flipped[len(flipped)/2] ^= 0x40
	big := frameOf(t, randomTraces(2000))
	require.Greater(t, len(big), 8<<10)
	for _, tt := range []struct {
		name   string
		frame  []byte
		code   codes.Code
		http   int
		reason otlpzip.Reason
	}{
		{"empty", nil, codes.InvalidArgument, 400, otlpzip.ReasonCorrupt},
		{"garbage", []byte("GET / HTTP/1.1 and so on"), codes.InvalidArgument, 400, otlpzip.ReasonCorrupt},
		{"truncated", good[:len(good)-5], codes.InvalidArgument, 400, otlpzip.ReasonCorrupt},
		{"cut to its header", good[:6], codes.InvalidArgument, 400, otlpzip.ReasonCorrupt},
		{"flipped bit", flipped, codes.InvalidArgument, 400, otlpzip.ReasonCorrupt},
		{"other version", newer, codes.Unimplemented, 415, otlpzip.ReasonVersion},
		{"too large", big, codes.ResourceExhausted, 413, otlpzip.ReasonTooLarge},
		{"too large when decoded", frameOf(t, bomb()), codes.ResourceExhausted, 413, otlpzip.ReasonTooLarge},
	} {
		for protocol, newSender := range senders {
			t.Run(tt.name+" "+protocol, func(t *testing.T) {
				var sink otlpziptest.Sink
				addr, tel := serve(t, protocol, nil, Map{"max_frame_bytes": 8 << 10, "max_decoded_bytes": 1 << 20}, &sink)
				send := newSender(t, addr)
				st, httpCode, c := send(t, tt.frame)
				assert.Equal(t, tt.code, st.Code(), st.Message())
				assert.Equal(t, tt.reason, otlpzip.FrameReason(st))
				assert.Nil(t, otlpzip.RetryInfo(st))
				assert.NotEmpty(t, c.Instance)
				assert.Equal(t, otlpzip.Capability{Tracezip: true, MaxFrameBytes: 8 << 10, MaxDictionaryBytes: 1 << 20, Instance: c.Instance}, c)
				assert.Contains(t, st.Message(), "section", "says where")
				if protocol == "http" {
					assert.Equal(t, tt.http, httpCode)
				}
				assert.EqualValues(t, 1, otlpziptest.Sum(t, tel, "otelcol_receiver_otlpzip_refused", attribute.String("reason", string(tt.reason))))

				st, _, _ = send(t, good)
				require.Equal(t, codes.OK, st.Code(), st.Message())
				require.Equal(t, 50, sink.Traces.SpanCount())
				assert.EqualValues(t, 2, otlpziptest.Sum(t, tel, "otelcol_receiver_otlpzip_frames"))
			})
		}
	}
}

// randomTraces do not compress well.
func randomTraces(n int) ptrace.Traces {
	td := otlpziptest.Traces(n)
	seed := uint64(1)
	for _, rs := range td.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			for _, span := range ss.Spans().All() {
				var id [8]byte
				for i := range id {
					seed = seed*6364136223846793005 + 1442695040888963407
					id[i] = byte(seed >> 56)
				}
				span.SetSpanID(id)
			}
		}
	}
	return td
}

// bomb is a small frame that decodes to much.
func bomb() ptrace.Traces {
	td := ptrace.NewTraces()
	spans := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans()
	for range 50 {
		spans.AppendEmpty().Attributes().PutStr("a", strings.Repeat("x", 100_000))
	}
	return td
}

// TestTransportLimits: the limits of the servers themselves bound frames too, and say so in a way the exporter knows.
func TestTransportLimits(t *testing.T) {
	for protocol, settings := range map[string]Map{"grpc": {"max_recv_msg_size_mib": 1}, "http": {"max_request_body_size": 1 << 20}} {
		t.Run(protocol, func(t *testing.T) {
			var sink otlpziptest.Sink
			addr, _ := serve(t, protocol, settings, nil, &sink)
			send := senders[protocol](t, addr)
			st, httpCode, _ := send(t, make([]byte, 2<<20))
			assert.True(t, otlpzip.TooLarge(st) || httpCode == http.StatusRequestEntityTooLarge, st.Message())
			st, _, c := send(t, frameOf(t, otlpziptest.Traces(5)))
			require.Equal(t, codes.OK, st.Code())
			assert.LessOrEqual(t, c.MaxFrameBytes, 1<<20)
			assert.GreaterOrEqual(t, c.MaxFrameBytes, 1<<20-otlpzip.MessageOverhead)
		})
	}
}

// TestPipelineErrors: what the pipeline says reaches the sender as with the stock receiver, over OTLP and frames.
func TestPipelineErrors(t *testing.T) {
	ofAnotherDictionary, _ := otlpzip.FrameStatus(&tracezip.Error{Kind: tracezip.ErrDictionary, Section: "header", Reason: "elsewhere"})
	ofAnotherFrame, _ := otlpzip.FrameStatus(&tracezip.Error{Kind: tracezip.ErrCorrupt, Section: "ids", Reason: "elsewhere"})
	for _, tt := range []struct {
		name string
		err  error
		code codes.Code
		http int
	}{
		{"plain", errors.New("full"), codes.Unavailable, 503},
		{"permanent", consumererror.NewPermanent(errors.New("bad")), codes.Internal, 500},
		{"status", status.Error(codes.ResourceExhausted, "slow"), codes.ResourceExhausted, 429},
		{"permanent status", consumererror.NewPermanent(status.Error(codes.InvalidArgument, "bad")), codes.InvalidArgument, 400},
		{"unimplemented further down", status.Error(codes.Unimplemented, "backend"), codes.Unimplemented, 404},
		{"about another dictionary", ofAnotherDictionary.Err(), codes.FailedPrecondition, 500},
		{"about another frame", consumererror.NewPermanent(ofAnotherFrame.Err()), codes.InvalidArgument, 400},
	} {
		for protocol, newSender := range senders {
			t.Run(tt.name+" "+protocol, func(t *testing.T) {
				sink := otlpziptest.Sink{OnTraces: func(context.Context, ptrace.Traces) error { return tt.err }}
				addr, tel := serve(t, protocol, nil, nil, &sink)
				st, httpCode, c := newSender(t, addr)(t, frameOf(t, otlpziptest.Traces(5)))
				assert.Equal(t, tt.code, st.Code())
				assert.Empty(t, otlpzip.FrameReason(st), "the frame was fine")
				assert.True(t, c.Tracezip)
				if protocol == "http" {
					assert.Equal(t, tt.http, httpCode)
				}
				assert.EqualValues(t, 1, otlpziptest.Sum(t, tel, "otelcol_receiver_otlpzip_refused", attribute.String("reason", "pipeline")))
				assert.EqualValues(t, 5, otlpziptest.Sum(t, tel, "otelcol_receiver_refused_spans"))
			})
		}
	}
}

// TestHTTPRequests that are not what they should be.
func TestHTTPRequests(t *testing.T) {
	var sink otlpziptest.Sink
	addr, _ := serve(t, "http", nil, nil, &sink)
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	for _, tt := range []struct {
		method, path, contentType, encoding, body string
		code                                      int
		advertises                                bool
	}{
		{"GET", "/v1/traces", "", "", "", 405, true},
		{"POST", "/v1/traces", "text/plain", "", "x", 415, true},
		{"POST", "/v1/traces", "application/x-protobuf", "", "\xff\xff", 400, true},
		{"POST", "/v1/traces", "application/json; charset=utf-8", "", "{}", 200, true},
		{"POST", "/v1/traces", "application/json", "", "{", 400, true},
		{"POST", "/v1/traces", "application/x-protobuf", "gzip", "not gzip", 400, false},
		{"POST", "/v1/metrics", tracezip.ContentType, "", "x", 415, false},
		{"POST", "/v1/logs", "application/x-protobuf", "", "", 200, false},
		{"POST", "/v1/other", "application/x-protobuf", "", "", 404, false},
	} {
		req, err := http.NewRequest(tt.method, "http://"+addr+tt.path, strings.NewReader(tt.body))
		require.NoError(t, err)
		req.Header.Set("Content-Type", tt.contentType)
		if tt.encoding != "" {
			req.Header.Set("Content-Encoding", tt.encoding)
		}
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		_, _ = io.Copy(io.Discard, resp.Body)
		require.NoError(t, resp.Body.Close())
		assert.Equal(t, tt.code, resp.StatusCode, "%+v", tt)
		assert.Equal(t, tt.advertises, otlpzip.FromHeader(resp.Header).Tracezip, "%+v", tt)
	}
}

// TestClientMetadata: include_metadata works for frames.
func TestClientMetadata(t *testing.T) {
	got := make(chan []string, 1)
	sink := otlpziptest.Sink{OnTraces: func(ctx context.Context, _ ptrace.Traces) error {
		got <- client.FromContext(ctx).Metadata.Get("x-tenant")
		return nil
	}}
	addr, _ := serve(t, "grpc", Map{"include_metadata": true}, nil, &sink)
	conn, err := grpc.NewClient("passthrough:///"+addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	frame := frameOf(t, otlpziptest.Traces(1))
	ctx := metadata.AppendToOutgoingContext(context.Background(), "x-tenant", "acme")
	_, err = otlpzip.ExportFrame(ctx, conn, &frame, nil, grpc.WaitForReady(true))
	require.NoError(t, err)
	assert.Equal(t, []string{"acme"}, <-got)
}

// TestStartUndone: the HTTP server cannot start, so the gRPC server must not stay.
func TestStartUndone(t *testing.T) {
	taken := otlpziptest.SocketPath(t)
	ln, err := net.Listen("unix", taken)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, ln.Close()) })
	grpcSocket := otlpziptest.SocketPath(t)
	cfg := otlpziptest.Config(t, NewFactory(), Map{"protocols": Map{
		"grpc": Map{"endpoint": grpcSocket, "transport": "unix"},
		"http": Map{"endpoint": taken, "transport": "unix"},
	}})
	var sink otlpziptest.Sink
	components := otlpziptest.Build(t, NewFactory(), receivertest.NewNopSettings(NewFactory().Type()), cfg, &sink)
	for _, c := range components {
		require.ErrorContains(t, c.Start(context.Background(), componenttest.NewNopHost()), "address already in use")
	}
	_, err = net.Dial("unix", grpcSocket)
	require.Error(t, err, "the gRPC server is gone")
	for range 2 {
		for _, c := range components {
			require.NoError(t, c.Shutdown(context.Background()))
		}
	}
}

// TestShared: one receiver for all signals, gone from the set after shutdown.
func TestShared(t *testing.T) {
	cfg := otlpziptest.Config(t, NewFactory(), Map{"protocols": Map{"grpc": Map{"endpoint": otlpziptest.SocketPath(t), "transport": "unix"}}})
	var sink otlpziptest.Sink
	set := receivertest.NewNopSettings(NewFactory().Type())
	first := otlpziptest.Build(t, NewFactory(), set, cfg, &sink)
	for _, c := range first {
		require.Same(t, first[0], c)
		require.NoError(t, c.Start(context.Background(), componenttest.NewNopHost()))
	}
	for _, c := range first {
		require.NoError(t, c.Shutdown(context.Background()))
	}
	second := otlpziptest.Build(t, NewFactory(), set, cfg, &sink)
	require.NotSame(t, first[0], second[0])
	require.NoError(t, second[0].Start(context.Background(), componenttest.NewNopHost()))
	require.NoError(t, second[0].Shutdown(context.Background()))
}

type reporterHost struct {
	component.Host
	events []*componentstatus.Event
}

func (h *reporterHost) Report(e *componentstatus.Event) { h.events = append(h.events, e) }

// TestSharedStatus: every pipeline learns of a failure, also one that joins later.
func TestSharedStatus(t *testing.T) {
	s := &sharedReceiver{}
	early, late := &reporterHost{Host: componenttest.NewNopHost()}, &reporterHost{Host: componenttest.NewNopHost()}
	s.addHost(early)
	s.report(componentstatus.NewFatalErrorEvent(errors.New("lost the port")))
	s.addHost(late)
	assert.Len(t, early.events, 1)
	assert.Equal(t, early.events, late.events)
}

// TestShutdownWaits for a request under way, until its context ends.
func TestShutdownWaits(t *testing.T) {
	for protocol, newSender := range senders {
		t.Run(protocol, func(t *testing.T) {
			entered, release := make(chan struct{}), make(chan struct{})
			sink := otlpziptest.Sink{OnTraces: func(context.Context, ptrace.Traces) error {
				close(entered)
				<-release
				return nil
			}}
			server := otlpziptest.Serve(t, NewFactory(), receivertest.NewNopSettings(NewFactory().Type()), protocol, nil, nil, &sink)
			send := newSender(t, otlpziptest.NewFront(t, server.Socket).Addr)
			frame := frameOf(t, otlpziptest.Traces(3))
			answered := make(chan codes.Code, 1)
			go func() {
				st, _, _ := send(t, frame)
				answered <- st.Code()
			}()
			<-entered
			stopped := make(chan struct{})
			go func() {
				server.Stop()
				close(stopped)
			}()
			select {
			case <-stopped:
				t.Fatal("stopped with a request under way")
			case <-time.After(20 * time.Millisecond):
			}
			close(release)
			<-stopped
			assert.Equal(t, codes.OK, <-answered)
			assert.Equal(t, 3, sink.Traces.SpanCount())
		})
	}
}

func TestCreateUnsupported(t *testing.T) {
	_, err := NewFactory().CreateTraces(context.Background(), receivertest.NewNopSettings(component.MustNewType("other")), NewFactory().CreateDefaultConfig(), nil)
	require.Error(t, err)
}

var _ receiver.Traces = (*sharedReceiver)(nil)

// TestDecoderPanic: one frame is refused, the process lives.
func TestDecoderPanic(t *testing.T) {
	cfg := otlpziptest.Config(t, NewFactory(), Map{"protocols": Map{"grpc": nil}}).(*Config)
	r, err := newReceiver(cfg, receivertest.NewNopSettings(NewFactory().Type()))
	require.NoError(t, err)
	r.decoders = otlpzip.NewFreeList(func() *tracezip.Decoder { return nil })
	in, err := newIntake(r, "grpc", 1<<20, false)
	require.NoError(t, err)
	err = in.frame(context.Background(), frameOf(t, otlpziptest.Traces(3)), sender{known: true})
	assert.Equal(t, codes.InvalidArgument, status.Code(err))
	assert.Equal(t, otlpzip.ReasonCorrupt, otlpzip.FrameReason(status.Convert(err)))
}

// token is an authenticator that wants one header.
type token struct{ component.Component }

func (token) Authenticate(ctx context.Context, sources map[string][]string) (context.Context, error) {
	for k, v := range sources {
		if strings.EqualFold(k, "x-token") && len(v) == 1 && v[0] == "secret" {
			return ctx, nil
		}
	}
	return ctx, errors.New("who are you")
}

type authHost struct {
	extensions map[component.ID]component.Component
}

func (h authHost) GetExtensions() map[component.ID]component.Component { return h.extensions }

// TestAuth: frames are authenticated like everything else, and strangers learn nothing.
func TestAuth(t *testing.T) {
	id := component.MustNewID("token")
	host := authHost{map[component.ID]component.Component{id: token{}}}
	grpcSocket, httpSocket := otlpziptest.SocketPath(t), otlpziptest.SocketPath(t)
	auth := Map{"authenticator": "token"}
	cfg := otlpziptest.Config(t, NewFactory(), Map{"protocols": Map{
		"grpc": Map{"endpoint": grpcSocket, "transport": "unix", "auth": auth},
		"http": Map{"endpoint": httpSocket, "transport": "unix", "auth": auth},
	}})
	var sink otlpziptest.Sink
	c := otlpziptest.Build(t, NewFactory(), receivertest.NewNopSettings(NewFactory().Type()), cfg, &sink)[0]
	require.NoError(t, c.Start(context.Background(), host))
	t.Cleanup(func() { require.NoError(t, c.Shutdown(context.Background())) })

	frame := frameOf(t, otlpziptest.Traces(3))
	st, _, advertised := grpcSender(t, otlpziptest.NewFront(t, grpcSocket).Addr)(t, frame)
	assert.Equal(t, codes.Unauthenticated, st.Code())
	assert.Equal(t, otlpzip.Capability{}, advertised)
	addr := otlpziptest.NewFront(t, httpSocket).Addr
	st, httpCode, advertised := httpSender(t, addr)(t, frame)
	assert.Equal(t, codes.Unauthenticated, st.Code())
	assert.Equal(t, http.StatusUnauthorized, httpCode)
	assert.Equal(t, otlpzip.Capability{}, advertised)

	req, err := http.NewRequest(http.MethodPost, "http://"+addr+"/v1/traces", bytes.NewReader(frame))
	require.NoError(t, err)
	req.Header.Set("Content-Type", tracezip.ContentType)
	req.Header.Set("X-Token", "secret")
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, http.StatusOK, resp.StatusCode)
	assert.Equal(t, 3, sink.Traces.SpanCount())
}
