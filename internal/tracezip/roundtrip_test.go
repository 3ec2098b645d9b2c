package tracezip

import (
	"bytes"
	"testing"

	"go.opentelemetry.io/collector/pdata/ptrace"
)

// roundTrip encodes, decodes and compares td on OTLP bytes in source order. It returns the frame.
func roundTrip(t testing.TB, e *Encoder, d *Decoder, td ptrace.Traces) []byte {
	t.Helper()
	want := marshal(t, td)
	td.MarkReadOnly()
	frame, err := e.AppendFrame(nil, td)
	if err != nil {
		t.Fatal(err)
	}
	sent := bytes.Clone(frame)
	got, err := d.Decode(frame)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(sent, frame) {
		t.Fatal("decoding changed the frame")
	}
	clear(frame) // what was decoded must not alias it
	if b := marshal(t, got); !bytes.Equal(b, want) {
		t.Fatalf("%d bytes of OTLP came back as %d different ones", len(want), len(b))
	}
	return sent
}

func TestRecordings(t *testing.T) {
	for _, path := range recordings(t) {
		t.Run(recordingName(path), func(t *testing.T) {
			e, d := NewEncoder(), NewDecoder(Limits{})
			all := readRecording(t, path)
			spans, total := 0, 0
			for _, td := range all {
				spans += td.SpanCount()
				total += len(roundTrip(t, e, d, td))
			}
			t.Logf("%d spans in %d requests: %.2f B/span", spans, len(all), float64(total)/float64(spans))
			for _, size := range []int{1, 7, 100, 1000, 5000} {
				for _, td := range cutBatches(all, size, min(spans, 20*size)) {
					roundTrip(t, e, d, td)
				}
			}
		})
	}
}
