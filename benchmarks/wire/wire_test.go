package main

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-plus/otelcol-plus/benchmarks/internal/batches"
	"github.com/otelcol-plus/otelcol-plus/benchmarks/internal/shop"
)

func tiny(t *testing.T) *cut {
	t.Helper()
	c, err := newCut(batches.Recut(shop.Generate(shop.Low, 200), 50)[:4])
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// What we compare ourselves by, and ourselves, must not lose anything; what peers lose is reported.
func TestWhoIsLossless(t *testing.T) {
	for _, v := range checkAwkward(contenders()) {
		peer := v.Name == "otel-arrow" || strings.HasPrefix(v.Name, "stef")
		if strings.HasSuffix(v.Name, "-grouped") {
			if !strings.HasPrefix(v.Verdict, "yes, but for the order of") {
				t.Errorf("%s: %s", v.Name, v.Verdict)
			}
			continue
		}
		if exact := v.Verdict == "yes"; exact == peer {
			t.Errorf("%s: %s", v.Name, v.Verdict)
		}
	}
}

// A codec that sorted its input in place would look better than it is, and be compared with its own doing.
func TestInputStaysAsItIs(t *testing.T) {
	var m ptrace.ProtoMarshaler
	for _, e := range contenders() {
		enc, err := e.encoder()
		if err != nil {
			t.Fatal(err)
		}
		td := awkward()
		if _, _, err := enc(nil, td); err != nil {
			t.Fatalf("%s: %v", e.name, err)
		}
		want, _ := m.MarshalTraces(awkward())
		if got, _ := m.MarshalTraces(td); string(got) != string(want) {
			t.Errorf("%s changed its input", e.name)
		}
	}
}

func TestReport(t *testing.T) {
	broken := contender{
		name: "broken",
		encoder: func() (encode, error) {
			return func([]byte, ptrace.Traces) ([]byte, int, error) { panic("cannot") }, nil
		},
		decoder: func() (decode, error) { return nil, errors.New("not reached") },
	}
	entrants := append(contenders(), broken)
	c := tiny(t)
	r := report{rounds: 1, entrants: entrants, results: []result{newResult("tiny", 50, c, measure(c, entrants, 1))}, awkward: checkAwkward(entrants)}

	x := r.results[0]
	if x.Spans != 200 || x.Requests != 4 || x.SteadyFrom != 3 {
		t.Errorf("the cut is described as %+v", x)
	}
	for _, e := range x.Contenders {
		if e.Name == "broken" {
			if e.Failed != "panic: cannot" {
				t.Errorf("the broken one: %+v", e)
			}
			continue
		}
		if e.Failed != "" || !e.Lossless || e.All < x.Floor.Total || e.Steady <= 0 || e.OfZstd <= 0 || e.Encode.CPU < 0 || e.Decode.Allocs <= 0 {
			t.Errorf("%+v", e)
		}
	}

	var markdown, object strings.Builder
	if err := r.printMarkdown(&markdown); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"### tiny, 50 spans a request", "Floor estimate", "| otlp+zstd | ", "| broken | failed |", "broken failed: panic: cannot", "go run ./wire", "| stef | no: dropped_events_count"} {
		if !strings.Contains(markdown.String(), want) {
			t.Errorf("the report lacks %q", want)
		}
	}
	if err := r.printJSON(&object); err != nil {
		t.Fatal(err)
	}
	var back struct{ Results []result }
	if err := json.Unmarshal([]byte(object.String()), &back); err != nil || len(back.Results[0].Contenders) != len(entrants) {
		t.Errorf("JSON: %v", err)
	}
}

// The bytes that teach a dictionary count in "all", not in "steady".
func TestDictionaryBytesAreApart(t *testing.T) {
	teaching := contender{
		name: "teaching",
		encoder: func() (encode, error) {
			return func(dst []byte, td ptrace.Traces) ([]byte, int, error) {
				var m ptrace.ProtoMarshaler
				b, err := m.MarshalTraces(td)
				return append(dst, b...), 100, err
			}, nil
		},
		decoder: func() (decode, error) { return (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces, nil },
	}
	c := tiny(t)
	e := newEntry(c, measure(c, []contender{teaching}, 1)[0])
	plain := newEntry(c, measure(c, contenders()[:1], 1)[0])
	if e.Dictionary != 2 || e.All != plain.All || e.Steady != plain.Steady-2 {
		t.Errorf("all %v, steady %v, dictionary %v; plain %v, %v", e.All, e.Steady, e.Dictionary, plain.All, plain.Steady)
	}
}

func TestDatasets(t *testing.T) {
	all, err := openAll([]string{"../../testdata", "gen:high"})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 2 || all[0].name != "sample" || all[1].name != "gen:high" {
		t.Errorf("%v", all)
	}
	for _, d := range all {
		requests, err := d.requests(300, 1000)
		if err != nil || len(requests) != 3 || batches.Spans(requests) != 900 {
			t.Errorf("%s: %d requests, %d spans, %v", d.name, len(requests), batches.Spans(requests), err)
		}
	}
	for _, wrong := range []string{"gen:medium", "no such file"} {
		if _, err := openAll([]string{wrong}); err == nil {
			t.Errorf("%s was found", wrong)
		}
	}
}

func TestChoose(t *testing.T) {
	got, err := choose([]string{"tracezip", "otlp"})
	if err != nil || len(got) != 2 || got[0].name != "tracezip" {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := choose([]string{"zip"}); err == nil || !strings.Contains(err.Error(), "otlp+zstd") {
		t.Errorf("got %v, want the names that there are", err)
	}
}

func TestListReplacesItsDefault(t *testing.T) {
	l := list{values: []string{"default"}}
	_ = l.Set("a,b")
	_ = l.Set("c")
	if !slices.Equal(l.values, []string{"a", "b", "c"}) {
		t.Errorf("%v", l.values)
	}
}
