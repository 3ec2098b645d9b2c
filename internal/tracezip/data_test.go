package tracezip

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// readRecording reads a recording: zstd over repetitions of a uvarint length and a request of that length.
func readRecording(t testing.TB, path string) []ptrace.Traces {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	dec, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer dec.Close()
	raw, err := dec.DecodeAll(data, nil)
	if err != nil {
		t.Fatal(path, err)
	}
	var u ptrace.ProtoUnmarshaler
	var all []ptrace.Traces
	for len(raw) > 0 {
		size, n := binary.Uvarint(raw)
		if n <= 0 || size > uint64(len(raw)-n) {
			t.Fatal(path, "damaged")
		}
		td, err := u.UnmarshalTraces(raw[n : n+int(size)])
		if err != nil {
			t.Fatal(path, err)
		}
		all = append(all, td)
		raw = raw[n+int(size):]
	}
	return all
}

// recordings returns the committed sample and, when OTELPLUS_DATA names a folder, all recordings there.
func recordings(t testing.TB) []string {
	t.Helper()
	paths, err := filepath.Glob("testdata/*.traces.otlp.pb.zst")
	if err != nil {
		t.Fatal(err)
	}
	if dir := os.Getenv("OTELPLUS_DATA"); dir != "" {
		more, err := filepath.Glob(filepath.Join(dir, "*.traces.otlp.pb.zst"))
		if err != nil || len(more) == 0 {
			t.Fatal("no recordings in OTELPLUS_DATA", err)
		}
		paths = append(paths, more...)
	}
	return paths
}

func recordingName(path string) string {
	return strings.TrimSuffix(filepath.Base(path), ".traces.otlp.pb.zst")
}

// cutBatches cuts the first limit spans of a recording into batches of size spans. Blocks stay blocks; they are split
// where a batch ends.
func cutBatches(all []ptrace.Traces, size, limit int) []ptrace.Traces {
	var batches []ptrace.Traces
	var rs ptrace.ResourceSpans
	var ss ptrace.ScopeSpans
	total := 0
	for _, td := range all {
		for _, srcRS := range td.ResourceSpans().All() {
			newRS := true
			for _, srcSS := range srcRS.ScopeSpans().All() {
				newSS := true
				for _, span := range srcSS.Spans().All() {
					if total == limit {
						return batches
					}
					if total%size == 0 {
						batches = append(batches, ptrace.NewTraces())
						newRS = true
					}
					total++
					if newRS {
						rs = batches[len(batches)-1].ResourceSpans().AppendEmpty()
						srcRS.Resource().CopyTo(rs.Resource())
						rs.SetSchemaUrl(srcRS.SchemaUrl())
						newRS, newSS = false, true
					}
					if newSS {
						ss = rs.ScopeSpans().AppendEmpty()
						srcSS.Scope().CopyTo(ss.Scope())
						ss.SetSchemaUrl(srcSS.SchemaUrl())
						newSS = false
					}
					span.CopyTo(ss.Spans().AppendEmpty())
				}
			}
		}
	}
	return batches
}

func marshal(t testing.TB, td ptrace.Traces) []byte {
	t.Helper()
	var m ptrace.ProtoMarshaler
	b, err := m.MarshalTraces(td)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
