package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpfile"
)

func facts(t *testing.T) *registry {
	t.Helper()
	r, err := readRegistry("../../internal/semconv/registry.json")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func sets(t *testing.T) []dataset {
	t.Helper()
	all, err := generated(10, 10)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// On data without anything that only the registry's rules can do, every peer comes to what ours comes to.
func TestContendersAgree(t *testing.T) {
	reg := facts(t)
	family, stop := reg.serveSchema()
	defer stop()
	differ := map[string]string{ // set and contender: an attribute or a metric that shows what the contender cannot do
		"old HTTP, schemaprocessor":        "http.target only from the peer",
		"old logs, schemaprocessor":        "http.method only from the peer", // the schema file renames it on spans alone
		"old points, schemaprocessor":      "unit of metric http.server.request.duration",
		"old points, OTTL, all":            "unit of metric http.server.duration",
		"old points, OTTL, short":          "unit of metric http.server.duration",
		"old points, OTTL, short, guarded": "unit of metric http.server.duration",
	}
	for _, set := range sets(t) {
		r, err := compete(t.Context(), reg, family, set, 1)
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Lines) != 6 {
			t.Errorf("%s: %d contenders", set.name, len(r.Lines))
		}
		for _, l := range r.Lines {
			where := set.name + ", " + l.Name
			if l.Failed != "" || l.CPU <= 0 && l.Fresh <= 0 && l.Wall <= 0 {
				t.Errorf("%s: %+v", where, l)
			}
			if l.Name == ours || l.Name == reading {
				continue
			}
			if l.Done != l.Known || strings.HasPrefix(where, "old HTTP") && l.Known < 7*set.items {
				t.Errorf("%s: %d of %d renames as from ours: %v", where, l.Done, l.Known, l.Otherwise)
			}
			if want := differ[where]; want != "" && l.Differences[want] == 0 || want == "" && l.Same != 100 {
				t.Errorf("%s: %.0f %% are the same: %v", where, l.Same, l.Differences)
			}
		}
	}
}

// idle is a peer that knows a rename and does not do it.
func idle(t *testing.T, consume consumer.ConsumeTracesFunc) *contender {
	t.Helper()
	next, err := consumer.NewTraces(consume)
	if err != nil {
		t.Fatal(err)
	}
	return &contender{
		name: "idle", Component: struct {
			component.StartFunc
			component.ShutdownFunc
		}{}, traces: next,
		knows: func(_ item, name string) string { return map[string]string{"http.method": "http.request.method"}[name] },
	}
}

func TestWhatIsNotDoneIsCounted(t *testing.T) {
	ctx, reg := t.Context(), facts(t)
	set := sets(t)[2]
	all, err := contenders(ctx, reg, "https://example.com/schemas/", dataset{signal: traces})
	if err != nil {
		t.Fatal(err)
	}
	a, err := agree(ctx, all[0], idle(t, func(context.Context, ptrace.Traces) error { return nil }), set, "https://example.com/schemas/")
	if err != nil {
		t.Fatal(err)
	}
	want := "http.method -> http.request.method: ours moves it, the peer keeps it"
	if a.known != set.items || a.done != 0 || a.otherwise[want] != set.items || a.same != 0 || a.differences["url.path only from ours"] != set.items {
		t.Errorf("got %+v", a)
	}
}

func TestReport(t *testing.T) {
	broken := idle(t, func(context.Context, ptrace.Traces) error { return errors.New("cannot") })
	all, err := contenders(t.Context(), facts(t), "https://example.com/schemas/", dataset{signal: traces})
	if err != nil {
		t.Fatal(err)
	}
	set := sets(t)[0]
	rep := report{rounds: 2, results: []result{newResult(set, measure(t.Context(), set, "https://example.com/schemas/", []*contender{all[0], broken, all[2]}, 2))}}
	if n := len(rep.results[0].Lines[0].Rounds); n != 2 {
		t.Errorf("%d rounds", n)
	}
	var text strings.Builder
	if err := rep.printMarkdown(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"clean; idle: failed: cannot", "| clean | 12 attributes, all current, SERVER | 10 | 1 | 272, none |", "items/s and core"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in\n%s", want, text.String())
		}
	}
	text.Reset()
	if err := rep.printJSON(&text); err != nil || !strings.Contains(text.String(), `"cpu_ns_rounds"`) {
		t.Errorf("%v\n%s", err, text.String())
	}
}

// A name goes the way of the versions after its own, and only those.
func TestChain(t *testing.T) {
	reg := facts(t)
	for _, c := range []struct {
		name, version string
		signal        signal
		metric, want  string
	}{
		{"http.user_agent", "1.18.0", traces, "", "user_agent.original"},
		{"http.user_agent", "1.20.0", traces, "", "http.user_agent"},
		{"http.user_agent", "1.18.0", logs, "", "http.user_agent"},
		{"net.peer.ip", "1.6.1", traces, "", "net.sock.peer.addr"},
		{"db.cassandra.keyspace", "1.4.0", traces, "", "db.namespace"},
		{"code.filepath", "1.18.0", logs, "", "code.file.path"},
		{"action", "1.21.0", metrics, "jvm.gc.duration", "jvm.gc.action"},
		{"action", "1.21.0", metrics, "other", "action"},
	} {
		if got := reg.chain(c.name, c.version, c.signal, c.metric); got != c.want {
			t.Errorf("%s of %s on %s %s: got %s, want %s", c.name, c.version, c.signal, c.metric, got, c.want)
		}
	}
	if later("1.9.0", "1.10.0") || !later("1.41.1", "1.41.0") {
		t.Error("versions are compared as text")
	}
}

func TestStatements(t *testing.T) {
	got := strings.Join(statements(traces, []rename{{"a", "b", anyKind}, {"c", "d", exceptServer}}), "\n")
	want := `set(span.attributes["b"], span.attributes["a"]) where span.attributes["a"] != nil and span.attributes["b"] == nil
delete_key(span.attributes, "a")
set(span.attributes["d"], span.attributes["c"]) where span.attributes["c"] != nil and span.attributes["d"] == nil and span.kind != SPAN_KIND_SERVER
delete_key(span.attributes, "c") where span.kind != SPAN_KIND_SERVER`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestRecordings(t *testing.T) {
	folder := t.TempDir()
	all := sets(t)
	for _, set := range []dataset{all[2], all[9]} {
		f, err := os.Create(filepath.Join(folder, "shop."+string(set.signal)+".otlp.pb"))
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			if err := otlpfile.Write(f, set.requests[0]); err != nil {
				t.Fatal(err)
			}
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(folder, "shop.profiles.otlp.pb"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := recordings([]string{folder}, facts(t), 40, 20)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 {
		t.Fatalf("%d sets", len(got))
	}
	for i, want := range []string{"shop, logs: a recording, 6.0 attributes a record, 4 old names", "shop, traces: a recording, 12.0 attributes a span, 11 old names"} {
		if text := got[i].name + ": " + got[i].what; text != want || got[i].items != 40 || len(got[i].requests) != 2 || len(got[i].old) == 0 {
			t.Errorf("got %s, %d items in %d requests", text, got[i].items, len(got[i].requests))
		}
	}
}
