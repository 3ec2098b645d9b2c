package tracezip

import (
	"testing"

	"go.opentelemetry.io/collector/pdata/ptrace"
)

func TestEmpty(t *testing.T) {
	frame, err := NewEncoder().AppendFrame(nil, ptrace.NewTraces())
	if err != nil {
		t.Fatal(err)
	}
	td, err := NewDecoder(DefaultLimits()).Decode(frame)
	if err != nil || td.ResourceSpans().Len() != 0 {
		t.Fatal(err, td.ResourceSpans().Len())
	}
}
