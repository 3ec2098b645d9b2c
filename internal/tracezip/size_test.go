package tracezip

import (
	"testing"

	"github.com/klauspost/compress/zstd"
)

// TestSizes logs bytes a span beside OTLP with zstd, the shares of the sections, and fails when columns stop paying:
//
//	OTELPLUS_DATA=folder go test -v -run TestSizes ./internal/tracezip
func TestSizes(t *testing.T) {
	enc, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range recordings(t) {
		all := readRecording(t, path)
		for _, size := range []int{100, 1000, 5000} {
			e := NewEncoder()
			spans, plain, ours := 0, 0, 0
			var sections [numSections]int
			for _, td := range cutBatches(all, size, 20000) {
				spans += td.SpanCount()
				plain += len(enc.EncodeAll(marshal(t, td), nil))
				frame, err := e.AppendFrame(nil, td)
				if err != nil {
					t.Fatal(err)
				}
				ours += len(frame)
				for i, n := range e.packer.stored {
					sections[i] += n
				}
			}
			n := float64(spans)
			t.Logf("%-20s %5d: otlp+zstd %.2f, tracezip %.2f B/span, ratio %.3f", recordingName(path), size, float64(plain)/n, float64(ours)/n, float64(ours)/float64(plain))
			if size == 1000 && ours*100 > plain*68 {
				t.Errorf("%s: %d bytes for what OTLP with zstd does in %d", path, ours, plain)
			}
			for i, s := range sections {
				t.Logf("    %-10s %.2f", sectionNames[i], float64(s)/n)
			}
		}
	}
}
