package main

import (
	"context"
	"net"
	"net/http"
	"testing"

	"go.opentelemetry.io/collector/pdata/ptrace"
)

func recording(spans int) []ptrace.Traces {
	td := ptrace.NewTraces()
	ss := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty()
	for i := range spans {
		s := ss.Spans().AppendEmpty()
		s.SetName("GET /")
		s.SetTraceID([16]byte{1, byte(i)})
		s.SetSpanID([8]byte{2, byte(i)})
	}
	return []ptrace.Traces{td}
}

func marshal(t *testing.T, td ptrace.Traces) []byte {
	t.Helper()
	var m ptrace.ProtoMarshaler
	b, err := m.MarshalTraces(td)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func tallyOf(t *testing.T, td ptrace.Traces) tally {
	t.Helper()
	var got tally
	if err := got.add(marshal(t, td)); err != nil {
		t.Fatal(err)
	}
	return got
}

func TestTallySeesSpansNotTheirOrder(t *testing.T) {
	td := recording(5)[0]
	want := tallyOf(t, td)
	if want.spans != 5 {
		t.Fatalf("counted %d spans, want 5", want.spans)
	}
	spans := td.ResourceSpans().At(0).ScopeSpans().At(0).Spans()
	spans.Sort(func(a, b ptrace.Span) bool { return a.SpanID()[1] > b.SpanID()[1] })
	// Another grouping: the last span in a resource of its own.
	last := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	spans.At(4).MoveTo(last)
	spans.RemoveIf(func(s ptrace.Span) bool { return s.SpanID().IsEmpty() })
	if got := tallyOf(t, td); got != want {
		t.Errorf("another order: %+v, want %+v", got, want)
	}
	last.SetName("GET /changed")
	if got := tallyOf(t, td); got == want {
		t.Error("a changed span has the same tally")
	}
}

func TestTallyRefusesDamage(t *testing.T) {
	body := marshal(t, recording(2)[0])
	for n := 1; n < len(body); n++ {
		var got tally
		if err := got.add(body[:n]); err == nil {
			t.Errorf("%d of %d bytes: no error", n, len(body))
		}
	}
}

// Load to sink directly, through the counting proxy.
func TestEverythingSentIsCounted(t *testing.T) {
	s, err := startSink()
	if err != nil {
		t.Fatal(err)
	}
	defer s.stop()
	p, err := startProxy(s.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	var pass uint64
	l, err := newLoad(recording(10), 95, &pass)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{}}
	if err := l.send(context.Background(), client, "http://"+p.addr()+"/x/v1/traces", 3); err != nil {
		t.Fatal(err)
	}
	client.CloseIdleConnections()
	p.stop()
	if got := s.take("x"); got != l.tally || got.spans != 100 {
		t.Errorf("arrived %+v, sent %+v, want 100 spans", got, l.tally)
	}
	if forth := int(p.forth.Load()); forth < l.bytes || forth > 2*l.bytes+10*500 {
		t.Errorf("the proxy counted %d bytes for %d bytes of bodies", forth, l.bytes)
	}
	if p.back.Load() == 0 {
		t.Error("the proxy counted no answers")
	}
	if pass != 10 {
		t.Errorf("%d passes over the recording, want 10", pass)
	}
}

func TestRefusalIsAnError(t *testing.T) {
	s, err := startSink()
	if err != nil {
		t.Fatal(err)
	}
	defer s.stop()
	l := load{bodies: [][]byte{{0xff}}}
	if err := l.send(context.Background(), http.DefaultClient, s.url("x")+"/v1/traces", 1); err == nil {
		t.Error("a refused request is no error")
	}
}

func TestMedian(t *testing.T) {
	self := func(x float64) float64 { return x }
	f := func(want float64, xs ...float64) {
		if got := median(xs, self); got != want {
			t.Errorf("median of %v is %v, want %v", xs, got, want)
		}
	}
	f(2, 3, 1, 2)
	f(2.5, 4, 1, 2, 3)
	if got := spread("%.0f", []float64{3, 1, 2}, self); got != "2 (1–3)" {
		t.Error(got)
	}
}

func TestFreeAddrsDiffer(t *testing.T) {
	addrs, err := freeAddrs(5)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, a := range addrs {
		if _, _, err := net.SplitHostPort(a); err != nil || seen[a] {
			t.Errorf("%v: %v", addrs, err)
		}
		seen[a] = true
	}
}
