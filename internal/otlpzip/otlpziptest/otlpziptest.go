// Package otlpziptest helps the tests of the otlpzip exporter and receiver: configurations from maps, servers that
// come and go behind an address that stays, comparison and data.
package otlpziptest

import (
	"cmp"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/xreceiver"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpfile"
	"github.com/otelcol-plus/otelcol-plus/internal/tracezip"
)

// Map is a configuration as YAML would give it.
type Map = map[string]any

// Config makes the configuration of a component from its factory's default and settings, and validates it.
func Config(tb testing.TB, factory component.Factory, settings Map) component.Config {
	tb.Helper()
	cfg := factory.CreateDefaultConfig()
	require.NoError(tb, confmap.NewFromStringMap(settings).Unmarshal(&cfg))
	require.NoError(tb, confmap.Validate(cfg))
	return cfg
}

// Sink is where the signals of a server end.
type Sink struct {
	Traces   consumertest.TracesSink
	Metrics  consumertest.MetricsSink
	Logs     consumertest.LogsSink
	Profiles consumertest.ProfilesSink
	// OnTraces, when set, sees traces first and may refuse them.
	OnTraces func(context.Context, ptrace.Traces) error
}

func (s *Sink) consumeTraces(ctx context.Context, td ptrace.Traces) error {
	if s.OnTraces != nil {
		if err := s.OnTraces(ctx, td); err != nil {
			return err
		}
	}
	return s.Traces.ConsumeTraces(ctx, td)
}

// Server is a running receiver with all four signals on a unix socket.
type Server struct {
	// Socket is the path of the unix socket.
	Socket     string
	tb         testing.TB
	components []component.Component
}

// Serve starts a receiver of factory for protocol ("grpc" or "http") on a socket of its own. Settings beside the
// endpoint go to the protocol's block, and zip, if any, beside it.
func Serve(tb testing.TB, factory receiver.Factory, set receiver.Settings, protocol string, settings, zip Map, sink *Sink) *Server {
	tb.Helper()
	s := &Server{Socket: SocketPath(tb), tb: tb}
	block := Map{"endpoint": s.Socket, "transport": "unix"}
	for k, v := range settings {
		block[k] = v
	}
	whole := Map{"protocols": Map{protocol: block}}
	if zip != nil {
		whole["zip"] = zip
	}
	s.components = Build(tb, factory, set, Config(tb, factory, whole), sink)
	for _, c := range s.components {
		require.NoError(tb, c.Start(context.Background(), componenttest.NewNopHost()))
	}
	tb.Cleanup(s.Stop)
	return s
}

// Build creates a receiver for all signals.
func Build(tb testing.TB, factory receiver.Factory, set receiver.Settings, cfg component.Config, sink *Sink) []component.Component {
	tb.Helper()
	ctx := context.Background()
	next, err := consumer.NewTraces(sink.consumeTraces)
	require.NoError(tb, err)
	traces, err := factory.CreateTraces(ctx, set, cfg, next)
	require.NoError(tb, err)
	metrics, err := factory.CreateMetrics(ctx, set, cfg, &sink.Metrics)
	require.NoError(tb, err)
	logs, err := factory.CreateLogs(ctx, set, cfg, &sink.Logs)
	require.NoError(tb, err)
	profiles, err := factory.(xreceiver.Factory).CreateProfiles(ctx, set, cfg, &sink.Profiles)
	require.NoError(tb, err)
	return []component.Component{traces, metrics, logs, profiles}
}

// Stop shuts the server down; it may be called again.
func (s *Server) Stop() {
	for _, c := range s.components {
		require.NoError(s.tb, c.Shutdown(context.Background()))
	}
	s.components = nil
}

// SocketPath returns a path for a unix socket. It is short, since those paths are limited to about 100 bytes.
func SocketPath(tb testing.TB) string {
	tb.Helper()
	dir, err := os.MkdirTemp("", "zip")
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = os.RemoveAll(dir) })
	return filepath.Join(dir, "s")
}

// Front is a TCP address that stays while the servers behind it change. Connections go to its sockets in turn.
type Front struct {
	// Addr is host:port.
	Addr string

	ln net.Listener
	wg sync.WaitGroup

	mu      sync.Mutex
	sockets []string
	turn    int
	conns   map[net.Conn]struct{}
}

// NewFront listens and forwards to the given sockets.
func NewFront(tb testing.TB, sockets ...string) *Front {
	tb.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	f := &Front{Addr: ln.Addr().String(), ln: ln, sockets: sockets, conns: map[net.Conn]struct{}{}}
	f.wg.Go(f.accept)
	tb.Cleanup(func() {
		_ = ln.Close()
		f.Point()
		f.wg.Wait()
	})
	return f
}

// Point sends new connections to the given sockets and cuts the old ones.
func (f *Front) Point(sockets ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sockets = sockets
	for c := range f.conns {
		_ = c.Close()
	}
}

func (f *Front) accept() {
	for {
		client, err := f.ln.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil {
			f.forward(client)
		}
	}
}

func (f *Front) forward(client net.Conn) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.sockets) == 0 {
		_ = client.Close()
		return
	}
	socket := f.sockets[f.turn%len(f.sockets)]
	f.turn++
	server, err := net.Dial("unix", socket)
	if err != nil {
		_ = client.Close()
		return
	}
	f.conns[client], f.conns[server] = struct{}{}, struct{}{}
	f.wg.Go(func() { f.pipe(client, server) })
	f.wg.Go(func() { f.pipe(server, client) })
}

func (f *Front) pipe(dst, src net.Conn) {
	_, _ = io.Copy(dst, src)
	_ = dst.Close()
	_ = src.Close()
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.conns, src)
}

// Traces returns n spans, each with its own ids and name, over several resources and scopes.
func Traces(n int) ptrace.Traces {
	td := ptrace.NewTraces()
	for i := range n {
		if i%10 == 0 {
			rs := td.ResourceSpans().AppendEmpty()
			rs.Resource().Attributes().PutStr("service.name", "shop")
			rs.Resource().Attributes().PutInt("resource", int64(i))
			rs.SetSchemaUrl("https://opentelemetry.io/schemas/1.30.0")
			rs.ScopeSpans().AppendEmpty().Scope().SetName("first")
			rs.ScopeSpans().AppendEmpty().Scope().SetName("second")
		}
		scopes := td.ResourceSpans().At(i / 10).ScopeSpans()
		addSpan(scopes.At(i%10/5).Spans().AppendEmpty(), i)
	}
	return td
}

func addSpan(span ptrace.Span, i int) {
	span.SetTraceID(pcommon.TraceID{1, byte(i / 7 >> 8), byte(i / 7)})
	span.SetSpanID(pcommon.SpanID{2, byte(i >> 16), byte(i >> 8), byte(i)})
	span.SetName("GET /cart")
	span.SetKind(ptrace.SpanKindServer)
	span.SetStartTimestamp(pcommon.Timestamp(1_700_000_000_000_000_000 + i*1_000_003))
	span.SetEndTimestamp(span.StartTimestamp() + 77_777)
	span.Attributes().PutInt("test.number", int64(i))
	span.Attributes().PutStr("http.route", "/cart")
}

// made numbers the dictionaries of a test run.
var made atomic.Int64

// Dictionaries returns n dictionaries, different from each other and from all it returned before.
func Dictionaries(tb testing.TB, n int) (dicts []*tracezip.Dictionary) {
	tb.Helper()
	for range n {
		i := made.Add(1)
		trainer := tracezip.NewTrainer(64 << 10)
		enc := tracezip.NewEncoder()
		for range 3 {
			td := Traces(20)
			td.ResourceSpans().At(0).Resource().Attributes().PutStr("process.command_line", longText(i))
			var sample tracezip.Sample
			_, err := enc.Append(nil, td, tracezip.FrameOptions{Sample: &sample})
			require.NoError(tb, err)
			trainer.Observe(&sample)
		}
		dict := trainer.Build(nil)
		require.NotNil(tb, dict, "there is something to learn from these traces")
		dicts = append(dicts, dict)
	}
	return dicts
}

// longText is a text of its own for every number, which makes a dictionary of some size.
func longText(number int64) string {
	random := rand.New(rand.NewPCG(uint64(number), 0))
	text := make([]byte, 0, 12<<10)
	for len(text) < cap(text)-20 {
		text = strconv.AppendUint(text, random.Uint64(), 36)
	}
	return string(text)
}

// Largest returns the dictionary that takes most memory.
func Largest(dicts []*tracezip.Dictionary) *tracezip.Dictionary {
	return slices.MaxFunc(dicts, func(a, b *tracezip.Dictionary) int { return cmp.Compare(a.MemoryBytes(), b.MemoryBytes()) })
}

// Numbers returns the test.number of every span in order of arrival.
func Numbers(batches []ptrace.Traces) []int64 {
	var numbers []int64
	for _, td := range batches {
		for _, rs := range td.ResourceSpans().All() {
			for _, ss := range rs.ScopeSpans().All() {
				for _, span := range ss.Spans().All() {
					v, _ := span.Attributes().Get("test.number")
					numbers = append(numbers, v.Int())
				}
			}
		}
	}
	return numbers
}

// Recording returns the requests of a recording of traces.
func Recording(tb testing.TB, path string) []ptrace.Traces {
	tb.Helper()
	r, err := otlpfile.Open(path)
	require.NoError(tb, err)
	defer func() { require.NoError(tb, r.Close()) }()
	var batches []ptrace.Traces
	var unmarshaler ptrace.ProtoUnmarshaler
	for {
		msg, err := r.Next()
		if errors.Is(err, io.EOF) {
			return batches
		}
		require.NoError(tb, err)
		td, err := unmarshaler.UnmarshalTraces(msg)
		require.NoError(tb, err)
		batches = append(batches, td)
	}
}

// Cut copies batches into smaller ones of up to n spans each, every span under a resource and scope of its own copy of them.
func Cut(batches []ptrace.Traces, n int) (cut []ptrace.Traces) {
	left := 0
	for _, td := range batches {
		for _, rs := range td.ResourceSpans().All() {
			for _, ss := range rs.ScopeSpans().All() {
				var into ptrace.SpanSlice
				for i, span := range ss.Spans().All() {
					if left == 0 {
						cut, left = append(cut, ptrace.NewTraces()), n
					}
					if i == 0 || left == n {
						into = group(cut[len(cut)-1], rs, ss)
					}
					span.CopyTo(into.AppendEmpty())
					left--
				}
			}
		}
	}
	return cut
}

// group adds a copy of a resource and scope without spans.
func group(td ptrace.Traces, rs ptrace.ResourceSpans, ss ptrace.ScopeSpans) ptrace.SpanSlice {
	newRS := td.ResourceSpans().AppendEmpty()
	rs.Resource().CopyTo(newRS.Resource())
	newRS.SetSchemaUrl(rs.SchemaUrl())
	newSS := newRS.ScopeSpans().AppendEmpty()
	ss.Scope().CopyTo(newSS.Scope())
	newSS.SetSchemaUrl(ss.SchemaUrl())
	return newSS.Spans()
}

// Canonical is the OTLP encoding of traces, to compare them.
func Canonical(tb testing.TB, td ptrace.Traces) string {
	tb.Helper()
	b, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(td)
	require.NoError(tb, err)
	return string(b)
}

// Sum returns the value of a counter summed over the points that have the given attributes, 0 when there is none.
func Sum(tb testing.TB, tel *componenttest.Telemetry, name string, attrs ...attribute.KeyValue) int64 {
	tb.Helper()
	m, err := tel.GetMetric(name)
	if err != nil {
		return 0
	}
	var total int64
	for _, point := range m.Data.(metricdata.Sum[int64]).DataPoints {
		if hasAll(point.Attributes, attrs) {
			total += point.Value
		}
	}
	return total
}

func hasAll(set attribute.Set, attrs []attribute.KeyValue) bool {
	for _, want := range attrs {
		if got, ok := set.Value(want.Key); !ok || got != want.Value {
			return false
		}
	}
	return true
}
