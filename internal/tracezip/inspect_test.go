package tracezip

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"

	"go.opentelemetry.io/collector/pdata/ptrace"
)

// checkReport holds a report to what Report promises of sums, and returns it.
func checkReport(t testing.TB, i *Inspector, frames, spans, size int) *Report {
	t.Helper()
	r := i.Report()
	if r.Frames != frames || r.Spans != spans || r.Bytes != int64(size) {
		t.Fatalf("%d frames, %d spans, %d bytes reported as %d, %d, %d", frames, spans, size, r.Frames, r.Spans, r.Bytes)
	}
	parts, services, serviceSpans := int64(0), int64(0), int64(0)
	classes := map[string]int64{}
	for _, p := range r.Parts {
		parts += p.Bytes
		classes[p.Part] = p.Bytes
	}
	for _, k := range r.Keys {
		if k.Rows <= 0 || k.Distinct <= 0 || k.Distinct > k.Rows && !k.Estimated || k.Bytes < 0 {
			t.Errorf("impossible: %+v", k)
		}
		classes[k.Class+"_attributes"] -= k.Bytes
	}
	for _, class := range classNames {
		if left := classes[class+"_attributes"]; left != 0 {
			t.Errorf("keys of class %s are %d bytes off", class, left)
		}
	}
	for _, s := range r.Services {
		services += s.Bytes
		serviceSpans += s.Spans
	}
	if parts != int64(size) || services != int64(size) || serviceSpans != int64(spans) {
		t.Errorf("%d bytes are %d in parts and %d in services; %d spans are %d in services", size, parts, services, spans, serviceSpans)
	}
	return r
}

// checkWeights holds the charges of the last frame to the sections: nothing is charged twice or to a step that only follows.
func checkWeights(t testing.TB, i *Inspector, frame []byte, dicts Dictionaries) {
	t.Helper()
	sections, flags := openFrame(t, frame, dicts)
	if flags&flagOTLP != 0 {
		return
	}
	var got [numSections]uint64
	for _, c := range i.meter.charges {
		got[c.section] += c.weight
	}
	for s, b := range sections {
		if want := i.meter.weigh(s, b); s != secMantissas && got[s] != want {
			t.Errorf("section %s weighs %d and is charged %d", sectionNames[s], want, got[s])
		}
	}
	if bits, size := got[secMantissas], uint64(len(sections[secMantissas])); (bits+7)/8 != size {
		t.Errorf("%d bytes of mantissas are charged as %d bits", size, bits)
	}
}

func TestReportsOfOneFrameAddUp(t *testing.T) {
	f := func(name string, td ptrace.Traces) {
		t.Run(name, func(t *testing.T) {
			for _, o := range []FrameOptions{{}, {Grouped: true}} {
				for _, e := range []*Encoder{newColumnar(), NewEncoder()} {
					frame, err := e.Append(nil, td, o)
					if err != nil {
						t.Fatal(err)
					}
					i := NewInspector(Limits{MaxDecodedBytes: 256 << 20})
					if err := i.Add(frame, nil); err != nil {
						t.Fatal(err)
					}
					checkReport(t, i, 1, td.SpanCount(), len(frame))
					checkWeights(t, i, frame, noDictionaries{})
				}
			}
		})
	}
	for _, o := range oddities {
		f(o.name, build(o))
	}
	for seed := range uint64(30) {
		f(fmt.Sprint("random ", seed), randomTraces(seed))
		f(fmt.Sprint("shuffled ", seed), shuffled(seed, 80))
	}
}

func TestReportsOfRecordingsAddUp(t *testing.T) {
	for _, path := range recordings(t) {
		t.Run(recordingName(path), func(t *testing.T) {
			for _, size := range []int{20, 1000} {
				s, i, dicts := newSender(t), NewInspector(Limits{}), memoryDictionaries{}
				batches := cutBatches(readRecording(t, path), size, 20*size)
				spans, total := 0, 0
				for _, td := range batches {
					frame := s.send(td)
					if err := i.Add(frame, dicts); err != nil {
						t.Fatal(err)
					}
					checkWeights(t, i, frame, dicts)
					spans += td.SpanCount()
					total += len(frame)
				}
				r := checkReport(t, i, len(batches), spans, total)
				checkCounts(t, r, batches)
				for _, p := range r.Parts {
					if p.Part == partTitles[partDefinition] && p.Bytes != int64(s.defined) {
						t.Errorf("%d bytes of definitions reported as %d", s.defined, p.Bytes)
					}
				}
			}
		})
	}
}

// checkCounts compares rows and values of span attributes with the batches that have become columns.
func checkCounts(t *testing.T, r *Report, batches []ptrace.Traces) {
	t.Helper()
	if r.OTLPFrames > 0 {
		return
	}
	rows, values := map[string]int64{}, map[string]map[string]bool{}
	for _, td := range batches {
		for _, rs := range td.ResourceSpans().All() {
			for _, ss := range rs.ScopeSpans().All() {
				for _, span := range ss.Spans().All() {
					for k, v := range span.Attributes().All() {
						rows[k]++
						if values[k] == nil {
							values[k] = map[string]bool{}
						}
						values[k][v.Type().String()+v.AsString()] = true
					}
				}
			}
		}
	}
	for _, k := range r.Keys {
		if k.Class != "span" {
			continue
		}
		if n := int64(len(values[k.Key])); k.Rows != rows[k.Key] || !k.Estimated && k.Distinct != n ||
			k.Estimated && (k.Distinct < n*8/10 || k.Distinct > n*12/10) {
			t.Errorf("%+v: %d rows with %d values", k, rows[k.Key], n)
		}
		delete(rows, k.Key)
	}
	if len(rows) > 0 {
		t.Error("not in the report:", rows)
	}
}

// TestReportIsStable: scripts read the names.
func TestReportIsStable(t *testing.T) {
	td := ptrace.NewTraces()
	for i, service := range []string{"cart", "checkout"} {
		rs := td.ResourceSpans().AppendEmpty()
		rs.Resource().Attributes().PutStr("service.name", service)
		spans := rs.ScopeSpans().AppendEmpty().Spans()
		for j := range 2 + i {
			span := spans.AppendEmpty()
			span.SetName("GET")
			span.SetTraceID(traceID(1))
			span.SetSpanID(spanID(10*i + j))
			span.Attributes().PutStr("http.route", fmt.Sprint("/items/", j))
			span.Events().AppendEmpty().SetName("retry")
		}
	}
	frame, err := newColumnar().AppendFrame(nil, td)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Inspect(frame, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/report.json")
	if err != nil || !bytes.Equal(bytes.TrimSpace(want), got) {
		t.Errorf("%v: the report is\n%s", err, got)
	}
}

// TestKeysAreCharged: what a key is said to cost is about what is saved without it, where nothing else compresses with it.
func TestKeysAreCharged(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	td := ptrace.NewTraces()
	build := func(with bool) []byte {
		td = ptrace.NewTraces()
		spans := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans()
		for i := range 500 {
			span := spans.AppendEmpty()
			span.SetSpanID(spanID(i))
			span.Attributes().PutStr("kept", fmt.Sprint(i%7))
			if v := rng.Int64N(1 << 40); with {
				span.Attributes().PutInt("random", v)
			}
		}
		frame, err := newColumnar().AppendFrame(nil, td)
		if err != nil {
			t.Fatal(err)
		}
		return frame
	}
	without, with := build(false), build(true)
	r, err := Inspect(with, nil)
	if err != nil {
		t.Fatal(err)
	}
	saved := int64(len(with) - len(without))
	if k := r.Keys[0]; k.Key != "random" || k.Bytes < saved*98/100 || k.Bytes > saved*102/100 {
		t.Errorf("%d bytes saved without %+v", saved, k)
	}
}

func TestNamesAreBounded(t *testing.T) {
	td := ptrace.NewTraces()
	for i := range maxInspectedServices + 10 {
		rs := td.ResourceSpans().AppendEmpty()
		rs.Resource().Attributes().PutStr("service.name", fmt.Sprint(i))
		span := rs.ScopeSpans().AppendEmpty().Spans().AppendEmpty()
		for j := range 10 {
			span.Attributes().PutInt(fmt.Sprint(i, ".", j), 1)
		}
	}
	frame, err := NewEncoder().AppendFrame(nil, td)
	if err != nil {
		t.Fatal(err)
	}
	i := NewInspector(Limits{})
	if err := i.Add(frame, nil); err != nil {
		t.Fatal(err)
	}
	r := checkReport(t, i, 1, td.SpanCount(), len(frame))
	if len(r.Services) != maxInspectedServices+1 || len(r.Keys) > maxInspectedKeys+numClasses {
		t.Errorf("%d services and %d keys", len(r.Services), len(r.Keys))
	}
}

func TestDistinctIsBoundedAndClose(t *testing.T) {
	var d distinct
	for i := range uint64(200_000) {
		d.add(mix(i%100_000, 1))
		if n, exact := d.count(); i == 500 && (n != 501 || !exact) {
			t.Error(n, exact)
		}
	}
	if n, exact := d.count(); exact || n < 90_000 || n > 110_000 || cap(d.smallest) > 2*maxSmallest {
		t.Error(n, exact, cap(d.smallest))
	}
}

// BenchmarkInspect is a report on one frame, as the exporter makes it now and then:
//
//	go test -run '^$' -bench Inspect ./internal/tracezip
func BenchmarkInspect(b *testing.B) {
	td := cutBatches(readRecording(b, "testdata/node-shop-2026-cut.traces.otlp.pb.zst"), 560, 560)[0]
	frame, err := NewEncoder().AppendFrame(nil, td)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Inspect(frame, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(td.SpanCount()), "ns/span")
}
