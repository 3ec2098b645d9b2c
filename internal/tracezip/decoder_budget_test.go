package tracezip

import (
	"errors"
	"testing"
)

func TestDecodersShareAnAllowance(t *testing.T) {
	frame, err := NewEncoder().AppendFrame(nil, randomTraces(1))
	if err != nil {
		t.Fatal(err)
	}
	d := NewDecoder(Limits{})
	if _, err := d.Decode(frame); err != nil {
		t.Fatal(err)
	}
	cost := d.DecodedBytes()
	if cost <= 0 || cost >= DefaultLimits().MaxDecodedBytes {
		t.Fatalf("a frame of %d bytes was charged %d", len(frame), cost)
	}
	d.SetMaxDecodedBytes(cost)
	if _, err := d.Decode(frame); err != nil || d.DecodedBytes() != cost {
		t.Fatalf("charged %d where %d are just enough: %v", d.DecodedBytes(), cost, err)
	}
	d.SetMaxDecodedBytes(cost - 1)
	if _, err := d.Decode(frame); !errors.Is(err, ErrLimit) || d.DecodedBytes() != cost-1 {
		t.Fatalf("charged %d of %d: %v", d.DecodedBytes(), cost-1, err)
	}
	d.SetMaxDecodedBytes(0)
	if _, err := d.Decode(frame); err != nil {
		t.Fatal("zero is the default:", err)
	}
}
