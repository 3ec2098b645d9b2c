package cli

import (
	"bytes"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpfile"
	"github.com/otelcol-plus/otelcol-plus/internal/pprofdir"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	sampleTraces = "../../testdata/sample.traces.otlp.pb.zst"
	sampleLogs   = "../../testdata/sample.logs.otlp.pb.zst"
)

func TestReplaySendsEveryItem(t *testing.T) {
	s, err := startSink()
	require.NoError(t, err)
	defer s.stop()
	cmd := newReplay()
	var out bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetArgs([]string{"--endpoint", s.addr, sampleTraces, sampleLogs})
	require.NoError(t, cmd.Execute())
	assert.Equal(t, int64(11185), s.items(otlpfile.Traces))
	assert.Equal(t, int64(1202), s.items(otlpfile.Logs))
	assert.Zero(t, s.items(otlpfile.Metrics))
	assert.Greater(t, s.bytes(otlpfile.Traces), int64(3<<20), "sent without compression")
	assert.Contains(t, out.String(), "11185 spans accepted")
}

func TestReplayNamesWhatIsWrong(t *testing.T) {
	f := func(want string, args ...string) {
		cmd := newReplay()
		cmd.SetOut(&bytes.Buffer{})
		cmd.SetErr(&bytes.Buffer{})
		cmd.SetArgs(args)
		require.ErrorContains(t, cmd.Execute(), want)
	}
	f("no such file", "none.traces.otlp.pb")
	f("known are traces, metrics, logs, profiles", "--signal", "spans", sampleTraces)
	f("requires at least 1 arg")
	f("is not a number of items a second", "--rate", "-1", sampleTraces)
	f("is not a number of items a second", "--rate", "NaN", sampleTraces)
	f(`"http://127.0.0.1:4317" is a URL: give host:port`, "--endpoint", "http://127.0.0.1:4317", sampleTraces)
	f(`"localhost" is not host:port, as in 127.0.0.1:4317`, "--endpoint", "localhost", sampleTraces)
	f("no port between 1 and 65535", "--endpoint", "localhost:", sampleTraces)
	f("no port between 1 and 65535", "--endpoint", "localhost:otlp", sampleTraces)
	f("these look like logs: name the file NAME.logs.…, or use replay --signal logs", "--signal", "traces", sampleLogs)
}

// The file exporter writes the signals of all pipelines into one file.
func TestReplayOfAFileExporter(t *testing.T) {
	path := filepath.Join(t.TempDir(), "recording.json")
	require.NoError(t, os.WriteFile(path, append(asJSON(t, sampleTraces), asJSON(t, sampleLogs)...), 0o600))
	s, err := startSink()
	require.NoError(t, err)
	defer s.stop()
	cmd := newReplay()
	var out bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetArgs([]string{"--endpoint", s.addr, path})
	require.NoError(t, cmd.Execute())
	assert.Equal(t, int64(11185), s.items(otlpfile.Traces))
	assert.Equal(t, int64(1202), s.items(otlpfile.Logs))
	assert.Contains(t, out.String(), "11185 spans accepted")
	assert.Contains(t, out.String(), "1202 log records accepted")
}

// asJSON is the recording at path as the file exporter writes it.
func asJSON(t *testing.T, path string) (out []byte) {
	t.Helper()
	r, err := otlpfile.Open(path)
	require.NoError(t, err)
	defer r.Close()
	logs := otlpfile.SignalOf(path) == otlpfile.Logs
	for request, err := r.Next(); err == nil; request, err = r.Next() {
		var line []byte
		if logs {
			req := plogotlp.NewExportRequest()
			require.NoError(t, req.UnmarshalProto(request))
			line, err = req.MarshalJSON()
		} else {
			req := ptraceotlp.NewExportRequest()
			require.NoError(t, req.UnmarshalProto(request))
			line, err = req.MarshalJSON()
		}
		require.NoError(t, err)
		out = append(append(out, line...), '\n')
	}
	return out
}

func TestBusyPortsAreAvoided(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	addr, err := freeAddr(ln.Addr().(*net.TCPAddr).Port)
	require.NoError(t, err)
	assert.NotEqual(t, ln.Addr().String(), addr)
}

func TestOverlayIsYAML(t *testing.T) {
	uri, err := overlay{
		demoPorts: demoPorts{otlpGRPC: "127.0.0.1:1", otlpHTTP: "127.0.0.1:2", gateway: "127.0.0.1:3", console: "127.0.0.1:4", metrics: "127.0.0.1:5"},
		Backend:   "127.0.0.1:6", Compare: "127.0.0.1:7", Profiles: "/tmp/p", Queue: "/tmp/q", Log: "/tmp/l",
	}.uri()
	require.NoError(t, err)
	retrieved, err := confmap.NewRetrievedFromYAML([]byte(strings.TrimPrefix(uri, "yaml:")))
	require.NoError(t, err)
	conf, err := retrieved.AsConf()
	require.NoError(t, err)
	assert.Equal(t, "127.0.0.1:3", conf.Get("exporters::otlpzip::endpoint"))
	assert.Equal(t, "http://127.0.0.1:5/metrics", conf.Get("extensions::console::metrics_endpoint"))
}

func TestWarningsKeepTheirReasons(t *testing.T) {
	var w warnings
	logger := zap.NewNop().WithOptions(zap.WrapCore(func(zapcore.Core) zapcore.Core {
		return zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.AddSync(io.Discard), zap.InfoLevel)
	}), w.option())
	logger.Info("fine")
	for range 3 {
		logger.With(zap.String("id", "profiling")).Warn("Profiling is limited", zap.Strings("why", []string{"no CAP_PERFMON"}))
	}
	logger.Error("broken", zap.Error(io.ErrUnexpectedEOF))
	assert.Equal(t, []warning{
		{"Profiling is limited", []string{"no CAP_PERFMON"}},
		{"broken", []string{"unexpected EOF"}},
	}, w.list())
}

func TestScreenSaysWhenCountsDiffer(t *testing.T) {
	s := screen{flows: []flow{{signal: otlpfile.Traces, in: 11, out: 9, duplicates: 1, zipBytes: 45, zstdBytes: 90}}, profile: pprofdir.NewTree()}
	var out bytes.Buffer
	s.print(&out)
	assert.Contains(t, out.String(), "11 in          9 out   NOT EQUAL")
	assert.Contains(t, out.String(), "as otlpzip: 50 % (5.0 against 10.0 bytes each)")
	assert.Contains(t, out.String(), "no profile of this machine yet")
}
