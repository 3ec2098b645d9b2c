package floor

import (
	"math"
	"testing"

	"github.com/klauspost/compress/zstd"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// A root and its child, worked out by hand.
func TestByHand(t *testing.T) {
	td := ptrace.NewTraces()
	ss := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty()
	add := func(name string, id, parent byte, start, end pcommon.Timestamp) ptrace.Span {
		s := ss.Spans().AppendEmpty()
		s.SetName(name)
		s.SetTraceID([16]byte{1})
		s.SetSpanID([8]byte{id})
		s.SetParentSpanID([8]byte{parent})
		s.SetStartTimestamp(start * 1e6)
		s.SetEndTimestamp(end * 1e6)
		s.Attributes().PutInt("size", 7)
		return s
	}
	add("root", 1, 0, 5, 9).Attributes().PutStr("request", "id 0190163d-8694-739b-aea5-966c26f8ad91")
	add("child", 2, 1, 8, 10)

	got := Estimate([]ptrace.Traces{td})[0]
	equal(t, "ids", got.IDs, 16+2*8)
	// Quantum 1 ms. Starts: 5 and 8-5=3, each alone in its kind: 2 + 1 bits below the leading one. Durations: 4 and 2, of two
	// lengths that are equally frequent: 1 + 1 bits, and 2 + 1 below the leading one.
	equal(t, "times", got.Times, (3+5)/8.)
	// Two shapes and two kinds of parent, 1 bit an occurrence.
	equal(t, "structure", got.Structure, 4/8.)
	// 7 is alone in its two columns: 2 bits below the leading one, twice. The text is paid below.
	equal(t, "values", got.Values, 4/8.)
	equal(t, "text", got.Text, 16+float64(compressed(t, "root\nsize\nrequest\nid \nchild\n")))
	if got.Total() != Sum([]Parts{got}).Total() {
		t.Error("the sum of one is another")
	}
}

// What one request has already told, the next does not know: ids are paid again. Names are not.
func TestIDsArePaidInEachRequest(t *testing.T) {
	var all []ptrace.Traces
	for i := range 2 {
		td := ptrace.NewTraces()
		s := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty()
		s.SetName("same")
		s.SetTraceID([16]byte{1})
		s.SetSpanID([8]byte{byte(i + 2)})
		s.SetParentSpanID([8]byte{1})
		all = append(all, td)
	}
	got := Estimate(all)
	for _, p := range got {
		equal(t, "ids", p.IDs, 16+8+8)
	}
	equal(t, "text of the second", got[1].Text, 0)
}

func TestShortTraceIDs(t *testing.T) {
	u := newUniformity(16)
	u.add([]byte{15: 1})
	equal(t, "bits of a 64-bit id", u.bits(), 64)
	u.add([]byte{0: 1, 15: 0})
	equal(t, "bits when half are of 64", u.bits(), 1+(64+128)/2)
}

func TestTokens(t *testing.T) {
	f := func(s string, n, bytes int) {
		t.Helper()
		if gotN, gotBytes := token(s); gotN != n || gotBytes != bytes {
			t.Errorf("%q: got %d, %d, want %d, %d", s, gotN, gotBytes, n, bytes)
		}
	}
	f("0190163d-8694-739b-aea5-966c26f8ad91/x", 36, 16)
	f("0190163d8694739bf rest", 16, 8)
	f("1234567890123456", 16, 0) // a number
	f("/a/0190163d8694739b", 1, 0)
	f("xyz", 3, 0)
}

func equal(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-9 {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func compressed(t *testing.T, s string) int {
	w, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithEncoderCRC(false))
	if err != nil {
		t.Fatal(err)
	}
	return len(w.EncodeAll([]byte(s), nil))
}
