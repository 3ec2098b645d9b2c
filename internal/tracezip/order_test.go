package tracezip

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"go.opentelemetry.io/collector/pdata/ptrace"
)

// shuffled are n spans whose attributes, some of which repeat a key, come in ever different order, with events and links.
func shuffled(seed uint64, n int) ptrace.Traces {
	r := rand.New(rand.NewPCG(seed, 7))
	td := ptrace.NewTraces()
	spans := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans()
	for i := range n {
		s := spans.AppendEmpty()
		s.SetTraceID([16]byte{1, byte(i / 5)})
		s.SetSpanID([8]byte{2, byte(i), byte(i >> 8)})
		s.SetName("op")
		keys := []string{"a", "b", "c", "d", "e", "f"}
		r.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
		for _, k := range keys {
			switch k {
			case "a":
				s.Attributes().PutInt(k, int64(i%3))
			case "b":
				s.Attributes().PutEmpty(k)
			default:
				s.Attributes().PutStr(k, fmt.Sprintf("%s-%d", k, i%4))
			}
		}
		if i%3 == 0 {
			ev := s.Events().AppendEmpty()
			ev.SetName("ev")
			ev.Attributes().PutBool("ok", i%2 == 0)
			s.Links().AppendEmpty().Attributes().PutDouble("w", 0.5)
		}
	}
	return td
}

// TestOrders: attributes in changing order come back in theirs, and are not a shape for every order.
func TestOrders(t *testing.T) {
	e, d := newColumnar(), NewDecoder(Limits{})
	frame := roundTrip(t, e, d, shuffled(1, 300))
	sorted := shuffled(1, 300)
	for _, s := range sorted.ResourceSpans().At(0).ScopeSpans().At(0).Spans().All() {
		attrs := s.Attributes().AsRaw()
		s.Attributes().Clear()
		for _, k := range []string{"a", "b", "c", "d", "e", "f"} {
			if err := s.Attributes().PutEmpty(k).FromRaw(attrs[k]); err != nil {
				t.Fatal(err)
			}
		}
	}
	// 300 orders of 720 take 10 bits each, and the table of them 7 bytes each.
	if inOrder := roundTrip(t, e, d, sorted); len(frame) > len(inOrder)+3000 {
		t.Errorf("%d bytes, in order %d", len(frame), len(inOrder))
	}
	// A dictionary knows the orders.
	s, dicts := newSender(t), memoryDictionaries{}
	var last []byte
	for range 9 {
		td := shuffled(1, 300)
		last = s.send(td)
		got, err := d.DecodeWith(last, dicts)
		if err != nil || !bytes.Equal(marshal(t, got), marshal(t, shuffled(1, 300))) {
			t.Fatal("came back different with a dictionary:", err)
		}
	}
	if len(s.dict.orders) == 0 {
		t.Error("the dictionary knows no order")
	}
}

func TestOrderIsAPermutation(t *testing.T) {
	charge := func(int, int) bool { return true }
	f := func(want []uint16, b ...byte) {
		t.Helper()
		r := reader{buf: b, section: "tables"}
		if got := r.order(charge); !slices.Equal(got, want) || (want == nil) != (r.err != nil) {
			t.Errorf("%v: %v, %v", b, got, r.err)
		}
	}
	f([]uint16{1, 2, 0}, 3, 1, 2, 0)
	f(nil, 3, 1, 1, 0)
	f(nil, 3, 1, 2, 3)
	f(nil, 3, 1)
}
