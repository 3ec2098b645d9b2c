package profilingreceiver

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/pprof"
	runtimepprof "runtime/pprof"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/consumer/xconsumer"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pprofile"
	"go.opentelemetry.io/collector/receiver/receivertest"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/otelcol-plus/otelcol-plus/internal/pprofconv"
	"github.com/otelcol-plus/otelcol-plus/receiver/profilingreceiver/internal/metadata"
)

// programs runs the sources but the host's own profile.
type programs struct {
	t         *testing.T
	sources   *sources
	telemetry *componenttest.Telemetry
	sent      chan pprofile.Profiles
	refuse    chan error
}

func runPrograms(t *testing.T, cfg *Config) *programs {
	p := &programs{t: t, telemetry: componenttest.NewTelemetry(), sent: make(chan pprofile.Profiles, 1), refuse: make(chan error, 16)}
	set := receivertest.NewNopSettings(metadata.Type)
	set.TelemetrySettings = p.telemetry.NewTelemetrySettings()
	stopped := make(chan struct{})
	next, err := xconsumer.NewProfiles(func(ctx context.Context, pd pprofile.Profiles) error {
		select {
		case err := <-p.refuse:
			return err
		default:
		}
		select {
		case p.sent <- pd:
		case <-ctx.Done():
		case <-stopped:
		}
		return nil
	})
	require.NoError(t, err)
	nothing := struct {
		component.StartFunc
		component.ShutdownFunc
	}{}
	c, err := withPrograms(nothing, set, cfg, next)
	require.NoError(t, err)
	p.sources = c.(*sources)
	require.NoError(t, p.sources.Start(context.Background(), componenttest.NewNopHost()))
	t.Cleanup(func() {
		close(stopped)
		require.NoError(t, p.sources.Shutdown(context.Background()))
		require.NoError(t, p.telemetry.Shutdown(context.Background()))
	})
	return p
}

// wait returns the next profiles that are sent, as pprof with the resource.
func (p *programs) wait() (*pprofconv.Joined, map[string]any) {
	p.t.Helper()
	pd := <-p.sent
	assert.Equal(p.t, metadata.ScopeName, pd.ResourceProfiles().At(0).ScopeProfiles().At(0).Scope().Name())
	for _, one := range pd.ResourceProfiles().At(0).ScopeProfiles().At(0).Profiles().All() {
		assert.False(p.t, one.ProfileID().IsEmpty())
		assert.NotZero(p.t, one.Time())
	}
	joined, err := pprofconv.Join(pd)
	require.NoError(p.t, err)
	return joined, pd.ResourceProfiles().At(0).Resource().Attributes().AsRaw()
}

// count reads a counter for an outcome.
func (p *programs) count(name, outcome string) int64 {
	m, err := p.telemetry.GetMetric(name)
	if err != nil {
		return 0
	}
	for _, point := range m.Data.(metricdata.Sum[int64]).DataPoints {
		if v, ok := point.Attributes.Value("outcome"); ok && v.AsString() == outcome {
			return point.Value
		}
	}
	return 0
}

func target(endpoint string, profiles ...string) Target {
	t := newDefaultTarget()
	t.ClientConfig.Endpoint = endpoint
	t.Profiles = profiles
	t.Interval = 10 * time.Millisecond // less than Validate allows
	return t
}

func serveGo(t *testing.T) string {
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL
}

func serveText(t *testing.T, text func() string) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/pprof/heap" {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write([]byte(text()))
	}))
	t.Cleanup(s.Close)
	return s.URL + "/pprof"
}

func sampleTypes(p *pprofconv.Joined) string {
	var names []string
	for _, v := range p.SampleType {
		names = append(names, v.Type)
	}
	return strings.Join(names, " ")
}

var kept [][]byte

//go:noinline
func allocateForTest() {
	for range 64 {
		kept = append(kept, make([]byte, 1<<20))
	}
	kept = nil
}

func TestPullHeapOfGo(t *testing.T) {
	cfg := target(serveGo(t), "heap")
	cfg.Service, cfg.Attributes = "shop", map[string]string{"deployment.environment.name": "test"}
	p := runPrograms(t, &Config{Targets: []Target{cfg}})
	got, resource := p.wait()
	assert.Equal(t, "inuse_objects inuse_space", sampleTypes(got))
	assert.Equal(t, map[string]any{"service.name": "shop", "service.instance.id": cfg.instance(), "deployment.environment.name": "test"}, resource)
	assert.Equal(t, "go", got.FrameType(got.Sample[0].Location[0]))
}

// What was allocated is told as the growth between two pulls, with the time between them.
func TestPullAllocationsOfGo(t *testing.T) {
	p := runPrograms(t, &Config{Targets: []Target{target(serveGo(t), "allocs")}})
	for {
		allocateForTest()
		got, _ := p.wait()
		require.Equal(t, "alloc_objects alloc_space", sampleTypes(got))
		require.Positive(t, got.DurationNanos)
		require.Less(t, got.DurationNanos, time.Minute.Nanoseconds())
		for _, s := range got.Sample {
			for _, l := range s.Location {
				for _, line := range l.Line {
					if strings.HasSuffix(line.Function.Name, "allocateForTest") {
						// A pull may fall into the allocation, but nobody else allocates 16 MiB at a time here.
						if s.Value[1] >= 16<<20 {
							return
						}
					}
				}
			}
		}
	}
}

// Labels of the program become links, and say so.
func TestPullCPUProfileWithLinks(t *testing.T) {
	stop := make(chan struct{})
	defer close(stop)
	go runtimepprof.Do(context.Background(), runtimepprof.Labels("trace_id", "0102030405060708090a0b0c0d0e0f10", "span_id", "0102030405060708"), func(context.Context) {
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			default:
			}
		}
	})
	cfg := target(serveGo(t), "profile")
	cfg.CPUDuration = time.Second
	p := runPrograms(t, &Config{Targets: []Target{cfg}})
	pd := <-p.sent
	d := pd.Dictionary()
	require.Equal(t, 2, d.LinkTable().Len())
	assert.Equal(t, pcommon.TraceID{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}, d.LinkTable().At(1).TraceID())
	linked := 0
	for _, s := range pd.ResourceProfiles().At(0).ScopeProfiles().At(0).Profiles().At(0).Samples().All() {
		if s.LinkIndex() == 0 {
			continue
		}
		linked++
		require.Equal(t, 1, s.AttributeIndices().Len())
		a := d.AttributeTable().At(int(s.AttributeIndices().At(0)))
		assert.Equal(t, "profile.link.method", d.StringTable().At(int(a.KeyStrindex())))
		assert.Equal(t, "pprof_labels", a.Value().Str())
	}
	assert.Positive(t, linked)
}

func TestPullEveryGoProfile(t *testing.T) {
	p := runPrograms(t, &Config{Targets: []Target{target(serveGo(t), "goroutine", "/debug/pprof/threadcreate")}})
	got, _ := p.wait()
	assert.Equal(t, "goroutine", sampleTypes(got))
	got, _ = p.wait()
	assert.Equal(t, "threadcreate", sampleTypes(got))
}

func TestPullTexts(t *testing.T) {
	jemalloc := serveText(t, func() string {
		return "heap_v2/524288\n  t*: 2: 4194304 [0: 0]\n@ 0x401105\n  t*: 2: 4194304 [0: 0]\nMAPPED_LIBRARIES:\n00400000-00500000 r-xp 00000000 08:01 42 /usr/bin/app\n"
	})
	p := runPrograms(t, &Config{Targets: []Target{target(jemalloc, "heap")}})
	got, _ := p.wait()
	assert.Equal(t, "inuse_objects inuse_space", sampleTypes(got))
	assert.Equal(t, []int64{2, 4272559}, got.Sample[0].Value)
	assert.Equal(t, "/usr/bin/app", got.Sample[0].Location[0].Mapping.File)

	n := int64(0)
	tcmalloc := serveText(t, func() string {
		n++
		allocated := strings.Repeat("1", int(min(n, 3))) // 1, 11, 111
		return "heap profile: 2: 400 [" + allocated + ": 1000] @ heapprofile\n2: 400 [" + allocated + ": 1000] @ 0x401105 0x401206\n"
	})
	p = runPrograms(t, &Config{Targets: []Target{target(tcmalloc, "/pprof/heap")}})
	for _, want := range []int64{0, 10, 100, 0} {
		got, _ := p.wait()
		require.Equal(t, "alloc_objects alloc_space inuse_objects inuse_space", sampleTypes(got))
		assert.Equal(t, []int64{want, 2}, []int64{got.Sample[0].Value[0], got.Sample[0].Value[2]})
	}
}

// Endpoints that do not answer, answer with something else or with too much are counted, and do not hold up others.
func TestPullFailures(t *testing.T) {
	serve := func(h http.HandlerFunc) string {
		s := httptest.NewServer(h)
		t.Cleanup(s.Close)
		return s.URL
	}
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, closed.Close())
	stalled := target(serve(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte("heap"))
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}), "heap")
	stalled.ClientConfig.Timeout = 20 * time.Millisecond
	small := target(serveGo(t), "heap")
	small.MaxBytes = 100
	p := runPrograms(t, &Config{Targets: []Target{
		stalled, small, target("http://"+closed.Addr().String(), "heap"), target(serve(http.NotFound), "heap"),
		target(serve(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }), "heap"), target(serveGo(t), "goroutine"),
	}})
	for _, outcome := range []string{"timeout", "too_large", "unreachable", "status", "malformed", "ok"} {
		for p.count("otelcol_receiver_profiling_pulls", outcome) < 2 {
			p.wait()
		}
	}
}

// What the pipeline refuses is counted, and the growth is told with the next one that it takes.
func TestPullRefused(t *testing.T) {
	total := int64(0)
	url := serveText(t, func() string {
		total += 100
		n := strings.Repeat("1", int(min(total/100, 4))) // 1, 11, 111, 1111
		return "heap profile: 1: 8 [" + n + ": 8888] @ heapprofile\n0: 0 [" + n + ": 8888] @ 0x401105\n"
	})
	cfg := &Config{Targets: []Target{target(url, "heap")}}
	cfg.Targets[0].Profiles = []string{"/pprof/heap"}
	p := runPrograms(t, cfg)
	p.refuse <- errors.New("full")
	got, _ := p.wait()
	assert.Equal(t, int64(110), got.Sample[0].Value[0], "11 − 1 was refused, 111 − 1 was not")
	assert.Equal(t, int64(1), p.count("otelcol_receiver_profiling_pulls", "refused"))
}

func TestPush(t *testing.T) {
	server := confighttp.NewDefaultServerConfig()
	server.NetAddr.Endpoint = "127.0.0.1:0"
	server.MaxRequestBodySize = 1 << 20
	p := runPrograms(t, &Config{Push: configoptional.Some(PushConfig{ServerConfig: server})})
	url := "http://" + p.sources.parts[1].(*pusher).address
	var heap bytes.Buffer
	require.NoError(t, runtimepprof.Lookup("heap").WriteTo(&heap, 0))
	post := func(want int, path string, body []byte) {
		t.Helper()
		resp, err := http.Post(url+path, "application/octet-stream", bytes.NewReader(body))
		require.NoError(t, err)
		defer resp.Body.Close()
		assert.Equal(t, want, resp.StatusCode)
	}
	post(200, "/pprof?service.name=shop&team=x", heap.Bytes())
	got, resource := p.wait()
	assert.Equal(t, "alloc_objects alloc_space inuse_objects inuse_space", sampleTypes(got))
	assert.Equal(t, map[string]any{"service.name": "shop", "team": "x"}, resource)
	post(200, "/ingest?name=cart{zone=b}&format=pprof", heap.Bytes())
	_, resource = p.wait()
	assert.Equal(t, map[string]any{"service.name": "cart", "zone": "b"}, resource)

	post(400, "/pprof", []byte("no profile"))
	post(413, "/pprof", make([]byte, 1<<20+1))
	p.refuse <- errors.New("full")
	post(503, "/pprof", heap.Bytes())
	p.refuse <- consumererror.NewPermanent(errors.New("never"))
	post(400, "/pprof", heap.Bytes())
	for outcome, want := range map[string]int64{"ok": 2, "malformed": 1, "too_large": 1, "refused": 2} {
		assert.Equal(t, want, p.count("otelcol_receiver_profiling_uploads", outcome), outcome)
	}
}

func TestPushAddressInUse(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	server := confighttp.NewDefaultServerConfig()
	server.NetAddr.Endpoint = taken.Addr().String()
	nothing := struct {
		component.StartFunc
		component.ShutdownFunc
	}{}
	c, err := withPrograms(nothing, receivertest.NewNopSettings(metadata.Type), &Config{Push: configoptional.Some(PushConfig{ServerConfig: server}), Targets: []Target{target(serveGo(t), "heap")}}, nil)
	require.NoError(t, err)
	require.ErrorContains(t, c.Start(context.Background(), componenttest.NewNopHost()), "address already in use")
	require.NoError(t, c.Shutdown(context.Background()))
}

func TestAddresses(t *testing.T) {
	f := func(want, endpoint, name string) {
		t.Helper()
		c := target(endpoint)
		assert.Equal(t, want, c.address(name))
	}
	f("http://h:1/debug/pprof/heap", "http://h:1", "heap")
	f("http://h:1/debug/pprof/heap", "http://h:1/", "heap")
	f("http://h:1/pprof/heap", "http://h:1/pprof/", "heap")
	f("http://h:1/x/y?z=1", "http://h:1/pprof", "/x/y?z=1")
	f("http://h:1/debug/pprof/profile?seconds=10", "http://h:1", "profile")
	assert.Equal(t, []string{"heap", "allocs"}, (&Target{}).profiles())
}
