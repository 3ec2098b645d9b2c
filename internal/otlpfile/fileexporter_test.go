package otlpfile

import (
	"bytes"
	"encoding/binary"
	"io"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pprofile"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// recorded is one request of each signal, as the file exporter marshals it.
type recorded struct {
	signal      Signal
	json, proto []byte
}

func requestsOfEverySignal(t *testing.T) []recorded {
	t.Helper()
	must := func(data []byte, err error) []byte {
		require.NoError(t, err)
		return data
	}
	td, ld, md, pd := ptrace.NewTraces(), plog.NewLogs(), pmetric.NewMetrics(), pprofile.NewProfiles()
	span := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	span.SetName("GET /\n\"{}\"")
	span.SetTraceID([16]byte{1})
	span.Attributes().PutInt("a", 1<<60)
	ld.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords().AppendEmpty().SetTimestamp(1 << 60)
	metric := md.ResourceMetrics().AppendEmpty().ScopeMetrics().AppendEmpty().Metrics().AppendEmpty()
	metric.SetName("m")
	metric.SetEmptyGauge().DataPoints().AppendEmpty().SetIntValue(7)
	pd.ResourceProfiles().AppendEmpty().ScopeProfiles().AppendEmpty().Profiles().AppendEmpty().Samples().AppendEmpty().SetStackIndex(1)
	pd.Dictionary().StringTable().Append("", "x")
	return []recorded{
		{Traces, must((&ptrace.JSONMarshaler{}).MarshalTraces(td)), must((&ptrace.ProtoMarshaler{}).MarshalTraces(td))},
		{Logs, must((&plog.JSONMarshaler{}).MarshalLogs(ld)), must((&plog.ProtoMarshaler{}).MarshalLogs(ld))},
		{Metrics, must((&pmetric.JSONMarshaler{}).MarshalMetrics(md)), must((&pmetric.ProtoMarshaler{}).MarshalMetrics(md))},
		{Profiles, must((&pprofile.JSONMarshaler{}).MarshalProfiles(pd)), must((&pprofile.ProtoMarshaler{}).MarshalProfiles(pd))},
	}
}

func fixed(out *bytes.Buffer, message []byte) {
	out.Write(binary.BigEndian.AppendUint32(nil, uint32(len(message))))
	out.Write(message)
}

func TestWhatTheFileExporterWrites(t *testing.T) {
	enc, err := zstd.NewWriter(nil)
	require.NoError(t, err)
	defer enc.Close()
	all := requestsOfEverySignal(t)
	var lines, proto, jsonZstd, protoZstd bytes.Buffer
	for _, x := range all {
		lines.Write(x.json)
		lines.WriteString("\n")
		fixed(&proto, x.proto)
		fixed(&jsonZstd, enc.EncodeAll(x.json, nil))
		fixed(&protoZstd, enc.EncodeAll(x.proto, nil))
	}
	for name, file := range map[string][]byte{
		"json":                      lines.Bytes(),
		"json without the last end": bytes.TrimSpace(lines.Bytes()),
		"json with empty lines":     bytes.ReplaceAll(lines.Bytes(), []byte("\n"), []byte("\r\n\n")),
		"json, zstd":                jsonZstd.Bytes(),
		"json, zstd as a stream":    enc.EncodeAll(lines.Bytes(), nil),
		"proto":                     proto.Bytes(),
		"proto, zstd":               protoZstd.Bytes(),
		"proto, zstd as a stream":   enc.EncodeAll(proto.Bytes(), nil),
	} {
		t.Run(name, func(t *testing.T) {
			r, err := NewReader(bytes.NewReader(file))
			require.NoError(t, err)
			for _, want := range all {
				got, err := r.Next()
				require.NoError(t, err)
				assert.Equal(t, want.proto, got)
				if name[0] == 'j' {
					assert.Equal(t, want.signal, r.Signal())
				} else {
					assert.Empty(t, r.Signal())
				}
			}
			_, err = r.Next()
			assert.Equal(t, io.EOF, err)
			require.NoError(t, r.Close())
		})
	}
}

// A line longer than the read buffer, and one that holds nothing.
func TestLongAndEmptyLines(t *testing.T) {
	td := ptrace.NewTraces()
	td.ResourceSpans().AppendEmpty().Resource().Attributes().PutStr("k", string(bytes.Repeat([]byte("x"), 200_000)))
	line, err := (&ptrace.JSONMarshaler{}).MarshalTraces(td)
	require.NoError(t, err)
	r, err := NewReader(bytes.NewReader(append(append([]byte("{}\n"), line...), "\n{}\n"...)))
	require.NoError(t, err)
	for _, want := range []bool{false, true, false} {
		got, err := r.Next()
		require.NoError(t, err)
		assert.Equal(t, want, len(got) > 200_000)
	}
	_, err = r.Next()
	assert.Equal(t, io.EOF, err)
}

// A request of 123 bytes after a uvarint begins like JSON.
func TestLengthThatLooksLikeJSON(t *testing.T) {
	want := append([]byte{1<<3 | 2, 121}, bytes.Repeat([]byte{'"'}, 121)...)
	var file bytes.Buffer
	require.NoError(t, Write(&file, want))
	require.Equal(t, byte('{'), file.Bytes()[0])
	r, err := NewReader(&file)
	require.NoError(t, err)
	got, err := r.Next()
	require.NoError(t, err)
	assert.Equal(t, want, got)
}

func TestGuess(t *testing.T) {
	for _, x := range requestsOfEverySignal(t) {
		assert.Equal(t, x.signal, Guess(x.proto))
	}
	assert.Empty(t, Guess(nil))
	assert.Empty(t, Guess([]byte{0xff}))
}

func TestDirectoryIsNamedOnce(t *testing.T) {
	dir := t.TempDir()
	_, err := Open(dir)
	require.ErrorContains(t, err, "is a directory")
	assert.Equal(t, 1, bytes.Count([]byte(err.Error()), []byte(dir)))
}
