package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpfile"
	"github.com/otelcol-plus/otelcol-plus/internal/tracezip"
)

func runZip(t *testing.T, stdin []byte, args ...string) (string, error) {
	t.Helper()
	cmd := newZip()
	var out bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetErr(&out)
	cmd.SetIn(bytes.NewReader(stdin))
	cmd.SetArgs(args)
	err := cmd.Execute()
	return out.String(), err
}

func inspectJSON(t *testing.T, stdin []byte, args ...string) inspection {
	t.Helper()
	out, err := runZip(t, stdin, append([]string{"inspect", "--format", "json"}, args...)...)
	require.NoError(t, err)
	var r inspection
	require.NoError(t, json.Unmarshal([]byte(out), &r))
	sum := int64(0)
	for _, p := range r.Parts {
		sum += p.Bytes
	}
	assert.Equal(t, r.Bytes, sum, "parts add up")
	return r
}

func TestInspectRecording(t *testing.T) {
	out, err := runZip(t, nil, "inspect", sampleTraces)
	require.NoError(t, err)
	t.Log("\n" + out)
	for _, want := range []string{"11185 spans in 12 frames", "as OTLP+zstd", "span_ids", "keys worth dropping", "measured", "MB"} {
		assert.Contains(t, out, want)
	}
	for line := range strings.Lines(out) {
		assert.LessOrEqual(t, len([]rune(line)), 160, line)
	}
}

// Every way to cut and encode has the same spans, and what the options promise shows.
func TestInspectOptions(t *testing.T) {
	exact := inspectJSON(t, nil, sampleTraces)
	assert.Equal(t, 12, exact.Frames)
	assert.Equal(t, 11185, exact.Spans)
	assert.Equal(t, 11185, exact.MeasuredSpans)
	assert.Len(t, exact.Drop, 10)
	assert.Less(t, exact.Bytes, exact.OTLPZstdBytes)
	assert.Less(t, exact.OTLPZstdBytes, exact.OTLPBytes)
	for i, d := range exact.Drop {
		assert.Less(t, d.Bytes, exact.Bytes)
		assert.NotEqual(t, identityKey, d.Key)
		if i > 0 {
			assert.LessOrEqual(t, d.Bytes, exact.Drop[i-1].Bytes)
		}
	}
	grouped := inspectJSON(t, nil, "--order", "grouped", sampleTraces)
	assert.Less(t, grouped.Bytes, exact.Bytes)
	small := inspectJSON(t, nil, "--batch", "100", "--top", "3", sampleTraces)
	assert.Len(t, small.Drop, 3)
	steady := inspectJSON(t, nil, "--batch", "100", "--top", "1", "--dictionary", sampleTraces)
	assert.Less(t, steady.Bytes, small.Bytes)
	assert.True(t, hasPart(steady, "dictionary_definition"))
	assert.False(t, hasPart(small, "dictionary_definition"))
	recorded := inspectJSON(t, nil, "--batch", "0", "--top", "1", sampleTraces)
	assert.Equal(t, 11185, recorded.Spans)
	assert.Equal(t, exact.Keys[0].Rows, recorded.Keys[0].Rows)
	twice := inspectJSON(t, nil, "--top", "1", sampleTraces, sampleTraces)
	assert.Equal(t, 2*exact.Bytes, twice.Bytes)
}

func hasPart(r inspection, name string) bool {
	for _, p := range r.Parts {
		if p.Part == name {
			return true
		}
	}
	return false
}

func sampleFrame(t *testing.T) []byte {
	t.Helper()
	r, err := otlpfile.Open(sampleTraces)
	require.NoError(t, err)
	defer r.Close()
	request, err := r.Next()
	require.NoError(t, err)
	var u ptrace.ProtoUnmarshaler
	td, err := u.UnmarshalTraces(request)
	require.NoError(t, err)
	frame, err := tracezip.NewEncoder().AppendFrame(nil, td)
	require.NoError(t, err)
	return frame
}

func TestInspectFrame(t *testing.T) {
	frame := sampleFrame(t)
	path := filepath.Join(t.TempDir(), "frame")
	require.NoError(t, os.WriteFile(path, frame, 0o600))
	for _, r := range []inspection{inspectJSON(t, nil, path), inspectJSON(t, frame, "-")} {
		assert.Equal(t, 1, r.Frames)
		assert.Equal(t, int64(len(frame)), r.Bytes)
		assert.Zero(t, r.MeasuredSpans)
		assert.NotEmpty(t, r.Drop)
	}
	out, err := runZip(t, frame, "inspect", "-")
	require.NoError(t, err)
	assert.Contains(t, out, "estimated")
}

// TestInspectMeasuresWhatDroppingSaves: without a key, a recording is as large as the measurement says.
func TestInspectMeasuresWhatDroppingSaves(t *testing.T) {
	r := inspectJSON(t, nil, "--top", "1", sampleTraces)
	in := newInspecting(inspectFlags{batch: 1000, order: "exact"})
	w := newWire(in.flags)
	size := 0
	cut := batcher{size: 1000, emit: func(td ptrace.Traces) error {
		frame, err := w.send(td)
		size += len(frame)
		return err
	}}
	file, err := otlpfile.Open(sampleTraces)
	require.NoError(t, err)
	defer file.Close()
	var u ptrace.ProtoUnmarshaler
	for request, err := file.Next(); err == nil; request, err = file.Next() {
		td, err := u.UnmarshalTraces(request)
		require.NoError(t, err)
		require.NoError(t, cut.add(without(td, r.Drop[0].Class, r.Drop[0].Key)))
	}
	require.NoError(t, cut.flush())
	assert.Equal(t, r.Bytes-int64(size), r.Drop[0].Bytes)
}

func TestInspectNamesWhatIsWrong(t *testing.T) {
	frame := sampleFrame(t)
	f := func(code int, want string, stdin []byte, args ...string) {
		t.Helper()
		_, err := runZip(t, stdin, append([]string{"inspect"}, args...)...)
		require.ErrorContains(t, err, want)
		assert.Equal(t, code, ExitCode(err), want)
	}
	f(2, "requires at least 1 arg", nil)
	f(2, "unknown flag", nil, "--colour", "-")
	f(2, "neither exact nor grouped", nil, "--order", "random", "-")
	f(2, "neither text nor json", nil, "--format", "xml", "-")
	f(2, "--batch", nil, "--batch", "-1", "-")
	f(2, "--top", nil, "--top", "0", "-")
	f(1, "none.pb: no such file", nil, "none.pb")
	f(1, "-: request 1: body", []byte("\x0babc"), "-")
	f(1, "request 1 is not an OTLP trace request", []byte("\x02\xff\xff"), "-")
	f(1, "no spans", nil, "-")
	f(1, "section header at byte", frame[:20], "-")
	f(1, "one frame per file", append(bytes.Clone(frame), frame...), "-")
	f(2, "are for recordings", frame, "--batch", "10", "-")
	f(2, "are for recordings", frame, "--dictionary", "-")
	f(1, "request 1: these are logs; zip inspect is for traces", nil, sampleLogs)
	f(1, "these are logs; zip inspect is for traces", asJSON(t, sampleLogs), "-")
	dir := t.TempDir()
	f(1, dir+": is a directory", nil, dir)
	frame[len(frame)-1] ^= 1
	f(1, "checksum mismatch", frame, "-")
	assert.Equal(t, 1, ExitCode(errors.New("x")))
	assert.Zero(t, ExitCode(nil))
}

func TestInspectFileExporter(t *testing.T) {
	json := append(asJSON(t, sampleLogs), asJSON(t, sampleTraces)...)
	assert.Equal(t, inspectJSON(t, nil, "--top", "1", sampleTraces), inspectJSON(t, json, "--top", "1", "-"))
}

func TestInspectExplains(t *testing.T) {
	f := func(stdin []byte, wants []string, args ...string) {
		t.Helper()
		out, err := runZip(t, stdin, append([]string{"inspect"}, args...)...)
		require.NoError(t, err)
		for _, want := range wants {
			assert.Contains(t, out, want)
		}
	}
	f(nil, []string{"all attributes together", "what nobody can drop", "they do not add up"}, "--top", "1", sampleTraces)
	f(nil, []string{"too few for a dictionary to pay"}, "--top", "1", "--dictionary", "--batch", "10000", sampleTraces)
	f(nil, []string{"less than without a dictionary"}, "--top", "1", "--dictionary", "--batch", "100", sampleTraces)
	f(sampleFrame(t), []string{"spans in 1 frame\n"}, "-")
}

func TestDictionariesThatDoNotPayAreTold(t *testing.T) {
	r := &inspection{Report: &tracezip.Report{Frames: 3, Bytes: 110, Parts: []tracezip.PartReport{{Part: "dictionary_definition", Bytes: 50}}}, NoDictionaryBytes: 100}
	p := &page{}
	p.dictionary(r)
	assert.Contains(t, p.out.String(), "10.0 % more than without a dictionary: sending it has not paid within 3 frames")
}

func TestZipHelps(t *testing.T) {
	out, err := runZip(t, nil)
	require.NoError(t, err)
	assert.Contains(t, out, "inspect")
	_, err = runZip(t, nil, "inpsect")
	require.Error(t, err)
	assert.Equal(t, 2, ExitCode(err))
}

func TestNamesFromOutsideAreHarmless(t *testing.T) {
	assert.Equal(t, "a·[31mb", printable("a\x1b[31mb", 10))
	assert.Equal(t, "abc…", printable("abcdef", 4))
}

func TestRecentDictionariesAreBounded(t *testing.T) {
	var r recentDictionaries
	var last *tracezip.Dictionary
	for i := range 3 * maxRecentDictionaries {
		trainer := tracezip.NewTrainer(1 << 16)
		for range 4 {
			td := ptrace.NewTraces()
			td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty().SetName(fmt.Sprint("span ", i))
			sample := new(tracezip.Sample)
			_, err := tracezip.NewEncoder().Append(nil, td, tracezip.FrameOptions{Sample: sample})
			require.NoError(t, err)
			trainer.Observe(sample)
		}
		last = trainer.Build(nil)
		require.NotNil(t, last)
		r.Define(last)
		r.Define(last)
		assert.Same(t, last, r.Dictionary(last.ID()))
	}
	assert.Len(t, r, maxRecentDictionaries)
}
