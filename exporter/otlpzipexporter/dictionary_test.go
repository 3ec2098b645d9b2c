package otlpzipexporter_test

import (
	"bytes"
	"context"
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/receiver/receivertest"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/mem"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpzip"
	"github.com/otelcol-plus/otelcol-plus/internal/otlpzip/otlpziptest"
	"github.com/otelcol-plus/otelcol-plus/internal/tracezip"
)

var protocols = []string{"grpc", "http"}

// stream is batches in the order they are sent. Every batch is unlike all others, so that it can be told what became of it.
type stream struct {
	t       *testing.T
	batches []ptrace.Traces
	sent    map[string]int
}

// newStream is n small batches of the sample, for which dictionaries matter most. When the sample is through it begins anew with
// other ids.
func newStream(t *testing.T, n int) *stream {
	s := &stream{t: t, sent: map[string]int{}}
	sample := otlpziptest.Cut(otlpziptest.Recording(t, "../../testdata/sample.traces.otlp.pb.zst"), 40)
	for i := range n {
		td := ptrace.NewTraces()
		sample[i%len(sample)].CopyTo(td)
		for _, rs := range td.ResourceSpans().All() {
			for _, ss := range rs.ScopeSpans().All() {
				for _, span := range ss.Spans().All() {
					id := span.TraceID()
					id[0] ^= byte(i / len(sample))
					span.SetTraceID(id)
				}
			}
		}
		td.MarkReadOnly()
		s.batches = append(s.batches, td)
	}
	return s
}

// next takes n batches off the stream.
func (s *stream) next(n int) []ptrace.Traces {
	s.t.Helper()
	require.GreaterOrEqual(s.t, len(s.batches), n, "the stream is too short")
	taken := s.batches[:n]
	s.batches = s.batches[n:]
	for _, td := range taken {
		s.sent[otlpziptest.Canonical(s.t, td)]++
	}
	return taken
}

// send sends n batches, one after the other.
func (s *stream) send(exp exporter.Traces, n int) {
	s.t.Helper()
	for _, td := range s.next(n) {
		require.NoError(s.t, exp.ConsumeTraces(context.Background(), td))
	}
}

// sendAtOnce sends n batches from several goroutines.
func (s *stream) sendAtOnce(exp exporter.Traces, n int) {
	s.t.Helper()
	todo := make(chan ptrace.Traces, n)
	for _, td := range s.next(n) {
		todo <- td
	}
	close(todo)
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			for td := range todo {
				assert.NoError(s.t, exp.ConsumeTraces(context.Background(), td))
			}
		})
	}
	wg.Wait()
}

// check compares what arrived with what was sent: nothing is missing, nothing is other than it was sent, and nothing came
// twice unless that is allowed.
func (s *stream) check(duplicates bool, sinks ...*otlpziptest.Sink) {
	s.t.Helper()
	got := map[string]int{}
	for _, sink := range sinks {
		for _, td := range sink.Traces.AllTraces() {
			got[otlpziptest.Canonical(s.t, td)]++
		}
	}
	missing, wrong, twice := 0, 0, 0
	for batch, n := range s.sent {
		if got[batch] < n {
			missing++
		}
		if got[batch] > n {
			twice++
		}
	}
	for batch := range got {
		if s.sent[batch] == 0 {
			wrong++
		}
	}
	assert.Zero(s.t, missing, "batches that did not arrive, of %d", len(s.sent))
	assert.Zero(s.t, wrong, "batches that arrived other than they were sent")
	if !duplicates {
		assert.Zero(s.t, twice, "batches that arrived twice")
	}
}

func hits(t *testing.T, tel *componenttest.Telemetry) int64 {
	return otlpziptest.Sum(t, tel, "otelcol_exporter_otlpzip_dictionary_hits")
}

func misses(t *testing.T, tel *componenttest.Telemetry) int64 {
	return otlpziptest.Sum(t, tel, "otelcol_exporter_otlpzip_dictionary_misses")
}

func definitions(t *testing.T, tel *componenttest.Telemetry) int64 {
	return otlpziptest.Sum(t, tel, "otelcol_exporter_otlpzip_dictionary_definitions")
}

// active is what the gauge says: 1, 0, or -1 when it is not there.
func active(t *testing.T, tel *componenttest.Telemetry) int64 {
	t.Helper()
	m, err := tel.GetMetric("otelcol_exporter_otlpzip_dictionary_active")
	if err != nil {
		return -1
	}
	points := m.Data.(metricdata.Gauge[int64]).DataPoints
	require.Len(t, points, 1)
	return points[0].Value
}

// retrying lets the exporter retry soon.
var retrying = Map{"enabled": true, "initial_interval": "1ms", "max_interval": "5ms", "max_elapsed_time": "0s"}

// serveWith starts our receiver with readable metrics.
func serveWith(t *testing.T, protocol string, zip Map, sink *otlpziptest.Sink) (*otlpziptest.Server, *componenttest.Telemetry) {
	t.Helper()
	tel := componenttest.NewTelemetry()
	t.Cleanup(func() { require.NoError(t, tel.Shutdown(context.Background())) })
	set := receivertest.NewNopSettings(ours.Type())
	set.TelemetrySettings = tel.NewTelemetrySettings()
	return otlpziptest.Serve(t, ours, set, protocol, nil, zip, sink), tel
}

// TestDictionariesSave sends the same with and without dictionaries, in both orders.
func TestDictionariesSave(t *testing.T) {
	for _, protocol := range protocols {
		t.Run(protocol, func(t *testing.T) {
			wire := map[bool]int64{}
			for _, enabled := range []bool{true, false} {
				var sink otlpziptest.Sink
				server, received := serveWith(t, protocol, nil, &sink)
				exp, tel := startTraces(t, protocol, otlpziptest.NewFront(t, server.Socket).Addr, Map{"zip": Map{"dictionary": Map{"enabled": enabled}}})
				s := newStream(t, 150)
				s.send(exp, 150)
				s.check(false, &sink)
				wire[enabled] = otlpziptest.Sum(t, tel, "otelcol_exporter_otlpzip_wire_bytes", asFrame)
				assert.Equal(t, enabled, hits(t, tel) > 0)
				assert.EqualValues(t, map[bool]int64{true: 1, false: -1}[enabled], active(t, tel))
				assert.Equal(t, hits(t, tel), otlpziptest.Sum(t, received, "otelcol_receiver_otlpzip_dictionary_hits"))
				assert.Equal(t, definitions(t, tel), otlpziptest.Sum(t, received, "otelcol_receiver_otlpzip_dictionaries_defined"))
				assert.Zero(t, misses(t, tel))
				t.Logf("%s dictionaries %t: %d bytes, %d hits, %d definitions of %d bytes", protocol, enabled, wire[enabled], hits(t, tel), definitions(t, tel),
					otlpziptest.Sum(t, tel, "otelcol_exporter_otlpzip_dictionary_definition_bytes"))
			}
			assert.Less(t, wire[true], wire[false])
		})
	}
}

// TestNoDictionariesForThosePeers: a peer that keeps none is sent none.
func TestNoDictionariesForThosePeers(t *testing.T) {
	for _, protocol := range protocols {
		var sink otlpziptest.Sink
		server := serve(t, ours, protocol, nil, Map{"dictionary_memory": 0}, &sink)
		exp, tel := startTraces(t, protocol, otlpziptest.NewFront(t, server.Socket).Addr, nil)
		s := newStream(t, 40)
		s.send(exp, 40)
		s.check(false, &sink)
		assert.Zero(t, hits(t, tel)+misses(t, tel)+definitions(t, tel))
	}
}

// TestReceiverRestarts: the new process has no dictionaries. The first frame that names one is sent again with it at once.
func TestReceiverRestarts(t *testing.T) {
	for _, protocol := range protocols {
		t.Run(protocol, func(t *testing.T) {
			var sinks [4]otlpziptest.Sink
			front := otlpziptest.NewFront(t)
			exp, tel := startTraces(t, protocol, front.Addr, Map{"retry_on_failure": retrying})
			const n = 60
			s := newStream(t, n*len(sinks))
			for i := range sinks {
				server := serve(t, ours, protocol, nil, nil, &sinks[i])
				front.Point(server.Socket)
				before := hits(t, tel)
				s.sendAtOnce(exp, n/2)
				s.send(exp, n/2)
				assert.Positive(t, hits(t, tel)-before)
				server.Stop()
			}
			s.check(false, &sinks[0], &sinks[1], &sinks[2], &sinks[3])
			assert.GreaterOrEqual(t, misses(t, tel), int64(len(sinks)-1))
			assert.Equal(t, misses(t, tel), otlpziptest.Sum(t, tel, "otelcol_exporter_otlpzip_dictionary_resends"))
			assert.Zero(t, otlpziptest.Sum(t, tel, "otelcol_exporter_otlpzip_fallbacks"))
		})
	}
}

// TestExporterRestarts: the new exporter knows of no dictionaries and needs none.
func TestExporterRestarts(t *testing.T) {
	for _, protocol := range protocols {
		t.Run(protocol, func(t *testing.T) {
			var sink otlpziptest.Sink
			front := otlpziptest.NewFront(t, serve(t, ours, protocol, nil, nil, &sink).Socket)
			const n = 40
			s := newStream(t, 3*n)
			for range 3 {
				exp, tel := startTraces(t, protocol, front.Addr, nil)
				s.send(exp, n)
				assert.Positive(t, hits(t, tel))
				assert.Zero(t, misses(t, tel))
				require.NoError(t, exp.Shutdown(context.Background()))
			}
			s.check(false, &sink)
		})
	}
}

// TestThreeReceivers behind round-robin: every one is sent each dictionary once, and no frame meets one that lacks it.
func TestThreeReceivers(t *testing.T) {
	for _, protocol := range protocols {
		t.Run(protocol, func(t *testing.T) {
			var sinks [3]otlpziptest.Sink
			var received [3]*componenttest.Telemetry
			var sockets []string
			for i := range sinks {
				server, tel := serveWith(t, protocol, nil, &sinks[i])
				sockets, received[i] = append(sockets, server.Socket), tel
			}
			exp, tel := startTraces(t, protocol, poolAddr(t, protocol, sockets), poolSettings(protocol))
			s := newStream(t, 240)
			s.send(exp, 90)
			held := otlpziptest.Sum(t, received[0], "otelcol_receiver_otlpzip_dictionaries")
			assert.Positive(t, held)
			for i := range received {
				assert.Equal(t, held, otlpziptest.Sum(t, received[i], "otelcol_receiver_otlpzip_dictionaries"), "receiver %d", i)
				assert.Equal(t, held, otlpziptest.Sum(t, received[i], "otelcol_receiver_otlpzip_dictionaries_defined"), "receiver %d", i)
			}
			assert.Equal(t, 3*held, definitions(t, tel))
			assert.Zero(t, misses(t, tel))
			assert.GreaterOrEqual(t, hits(t, tel), int64(60), "of 90")

			s.sendAtOnce(exp, 150)
			s.check(false, &sinks[0], &sinks[1], &sinks[2])
			for i := range sinks {
				assert.Greater(t, len(sinks[i].Traces.AllTraces()), 60, "batches at receiver %d, about a third of 240", i)
				assert.Greater(t, otlpziptest.Sum(t, received[i], "otelcol_receiver_otlpzip_dictionary_hits"), int64(40), "receiver %d", i)
			}
			assert.LessOrEqual(t, misses(t, tel), int64(3), "frames that overtake a definition, one at each")
			assert.GreaterOrEqual(t, hits(t, tel), int64(180), "of 240")
			t.Logf("%d hits, %d misses, %d definitions", hits(t, tel), misses(t, tel), definitions(t, tel))
		})
	}
}

// TestFaultyNetwork: requests are dropped, answers are lost, requests arrive twice and out of order, at three receivers in turn.
func TestFaultyNetwork(t *testing.T) {
	for _, protocol := range protocols {
		t.Run(protocol, func(t *testing.T) {
			var sinks [3]otlpziptest.Sink
			var sockets []string
			for i := range sinks {
				sockets = append(sockets, serve(t, ours, protocol, nil, nil, &sinks[i]).Socket)
			}
			faults := otlpziptest.Faults{Drop: 0.05, LoseAnswer: 0.05, Duplicate: 0.1, Hold: 0.2}
			proxy := otlpziptest.NewProxy(t, protocol, faults, sockets...)
			exp, tel := startTraces(t, protocol, proxy.Addr, Map{"retry_on_failure": retrying})
			s := newStream(t, 300)
			s.send(exp, 100)
			s.sendAtOnce(exp, 200)
			s.check(true, &sinks[0], &sinks[1], &sinks[2])
			assert.Positive(t, hits(t, tel))
			assert.Zero(t, otlpziptest.Sum(t, tel, "otelcol_exporter_otlpzip_fallbacks"))
			t.Logf("%d hits, %d misses, %d definitions", hits(t, tel), misses(t, tel), definitions(t, tel))
		})
	}
}

// TestPeerUpgradedMidConnection: behind one connection the peer is first a stock receiver, then one of ours that keeps no
// dictionaries, then one that does, and all the way back.
func TestPeerUpgradedMidConnection(t *testing.T) {
	for _, protocol := range protocols {
		t.Run(protocol, func(t *testing.T) {
			var sink otlpziptest.Sink
			old := serve(t, stock, protocol, nil, nil, &sink).Socket
			without := serve(t, ours, protocol, nil, Map{"dictionary_memory": 0}, &sink).Socket
			with := serve(t, ours, protocol, nil, nil, &sink).Socket
			proxy := otlpziptest.NewProxy(t, protocol, otlpziptest.Faults{}, old)
			exp, tel := startTraces(t, protocol, proxy.Addr, nil)
			const n = 25
			s := newStream(t, 6*n)
			for i, step := range []struct {
				socket       string
				frames, hits bool
			}{{old, false, false}, {without, true, false}, {with, true, true}, {without, true, false}, {old, false, false}, {with, true, true}} {
				proxy.Point(step.socket)
				frames, before := otlpziptest.Sum(t, tel, "otelcol_exporter_otlpzip_frames"), hits(t, tel)
				s.send(exp, n)
				assert.Equal(t, step.frames, otlpziptest.Sum(t, tel, "otelcol_exporter_otlpzip_frames") > frames, "step %d", i)
				assert.Equal(t, step.hits, hits(t, tel) > before, "step %d", i)
				assert.Equal(t, step.hits, active(t, tel) == 1, "step %d", i)
			}
			s.check(false, &sink)
		})
	}
}

// TestMixedPoolWithDictionaries: three receivers keep dictionaries, one keeps none, one is the stock receiver. Both sides count the
// same. (With fewer that take frames, as in TestMixedPool, so many are refused that no more are tried.)
func TestMixedPoolWithDictionaries(t *testing.T) {
	for _, protocol := range protocols {
		for name, address := range map[string]func(*testing.T, []string) string{
			"by connection": func(t *testing.T, sockets []string) string { return poolAddr(t, protocol, sockets) },
			"by request": func(t *testing.T, sockets []string) string {
				return otlpziptest.NewProxy(t, protocol, otlpziptest.Faults{}, sockets...).Addr
			},
		} {
			t.Run(protocol+" "+name, func(t *testing.T) {
				var sink otlpziptest.Sink
				var sockets []string
				var received []*componenttest.Telemetry
				for _, memory := range []int{64 << 20, 64 << 20, 0, 64 << 20} {
					server, tel := serveWith(t, protocol, Map{"dictionary_memory": memory}, &sink)
					sockets, received = append(sockets, server.Socket), append(received, tel)
				}
				keepsNone := received[2]
				sockets = append(sockets, serve(t, stock, protocol, nil, nil, &sink).Socket)
				settings := poolSettings(protocol)
				settings["retry_on_failure"] = retrying // an HTTP server that refuses a frame unread may cut the connection before its answer is read
				exp, tel := startTraces(t, protocol, address(t, sockets), settings)
				s := newStream(t, 200)
				s.send(exp, 120)
				s.sendAtOnce(exp, 80)
				s.check(false, &sink)

				count := func(metric string, attrs ...attribute.KeyValue) int64 {
					return otlpziptest.Sum(t, tel, "otelcol_exporter_otlpzip_"+metric, attrs...)
				}
				atAll := func(metric string, attrs ...attribute.KeyValue) (n int64) {
					for _, tel := range received {
						n += otlpziptest.Sum(t, tel, "otelcol_receiver_otlpzip_"+metric, attrs...)
					}
					return n
				}
				t.Logf("%d frames, %d fallbacks, %d hits, %d misses, %d definitions",
					count("frames"), count("fallbacks"), hits(t, tel), misses(t, tel), definitions(t, tel))
				assert.EqualValues(t, 200, count("frames")+count("fallbacks"), "every batch went one way or the other")
				assert.Greater(t, hits(t, tel), int64(10), "dictionaries are used where they are kept")
				assert.LessOrEqual(t, misses(t, tel), int64(40), "given up when half of the last 32 missed")
				assert.Positive(t, count("fallbacks", attribute.String("reason", "unsupported")), "the stock receiver refuses frames")
				assert.Zero(t, count("fallbacks", attribute.String("reason", "rejected")))
				assert.Equal(t, count("frames")+misses(t, tel), atAll("frames"), "a frame that misses its dictionary is sent again")
				assert.Equal(t, misses(t, tel), atAll("refused", attribute.String("reason", "DICTIONARY_MISSING")))
				assert.Equal(t, misses(t, tel), atAll("refused"), "no frame is refused for another reason")
				assert.Equal(t, hits(t, tel), atAll("dictionary_hits"))
				assert.LessOrEqual(t, atAll("dictionaries_defined"), definitions(t, tel), "the one that keeps none takes them too")
				assert.Zero(t, otlpziptest.Sum(t, keepsNone, "otelcol_receiver_otlpzip_dictionaries"))
			})
		}
	}
}

// TestDictionaryEvicted: somebody else fills the receiver's cache while the exporter goes on.
func TestDictionaryEvicted(t *testing.T) {
	for _, protocol := range protocols {
		t.Run(protocol, func(t *testing.T) {
			var sink otlpziptest.Sink
			server, received := serveWith(t, protocol, Map{"dictionary_memory": 1 << 20}, &sink)
			front := otlpziptest.NewFront(t, server.Socket)
			exp, tel := startTraces(t, protocol, front.Addr, nil)
			const n = 40
			s := newStream(t, 4*n)
			s.send(exp, n)
			require.Positive(t, hits(t, tel))
			require.Zero(t, misses(t, tel))
			for range 3 {
				flood(t, protocol, front.Addr, received)
				sink.Traces.Reset()
				clear(s.sent)
				before := hits(t, tel)
				s.send(exp, n)
				s.check(false, &sink)
				assert.Positive(t, hits(t, tel)-before)
			}
			assert.Positive(t, misses(t, tel))
		})
	}
}

// flood defines dictionaries until everything that was in the receiver's cache has been evicted.
func flood(t *testing.T, protocol, addr string, received *componenttest.Telemetry) {
	t.Helper()
	evicted := func() int64 {
		return otlpziptest.Sum(t, received, "otelcol_receiver_otlpzip_dictionaries_evicted", attribute.String("reason", "memory"))
	}
	held, before := otlpziptest.Sum(t, received, "otelcol_receiver_otlpzip_dictionaries"), evicted()
	enc := tracezip.NewEncoder()
	send := newFrameSender(t, protocol, addr)
	for i := 0; evicted()-before < held; i++ {
		require.Less(t, i, 1000)
		for _, d := range otlpziptest.Dictionaries(t, 16) {
			frame, err := enc.Append(nil, otlpziptest.Traces(1), tracezip.FrameOptions{Dictionary: d, Define: true})
			require.NoError(t, err)
			send(frame)
		}
	}
}

// newFrameSender returns a function that sends frames to a receiver, which must take them.
func newFrameSender(t *testing.T, protocol, addr string) func(frame []byte) {
	t.Helper()
	if protocol == "http" {
		client := &http.Client{Transport: &http.Transport{}}
		t.Cleanup(client.CloseIdleConnections)
		return func(frame []byte) {
			resp, err := client.Post("http://"+addr+"/v1/traces", tracezip.ContentType, bytes.NewReader(frame))
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
			require.Equal(t, http.StatusOK, resp.StatusCode)
		}
	}
	conn, err := grpc.NewClient("passthrough:///"+addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	return func(frame []byte) {
		_, err := otlpzip.ExportFrame(context.Background(), conn, &frame, mem.NopBufferPool{})
		require.NoError(t, err)
	}
}
