package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/pprof/profile"
	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/otelcol"
	"go.opentelemetry.io/collector/pdata/pprofile"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpfile"
)

func execute(t *testing.T, cmd *cobra.Command, stdin []byte, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetErr(&bytes.Buffer{})
	cmd.SetIn(bytes.NewReader(stdin))
	cmd.SetArgs(args)
	err := cmd.Execute()
	return out.String(), err
}

func runProfile(t *testing.T, stdin []byte, args ...string) (string, error) {
	t.Helper()
	return execute(t, newProfile(otelcol.CollectorSettings{BuildInfo: component.BuildInfo{Version: "1.2.3"}}), stdin, args...)
}

// heap is this program's heap profile, and the sum of each of its sample types.
func heap(t *testing.T) (*profile.Profile, []byte) {
	t.Helper()
	var b bytes.Buffer
	pprof.Do(context.Background(), pprof.Labels("task", "test"), func(context.Context) {
		require.NoError(t, pprof.Lookup("allocs").WriteTo(&b, 0))
	})
	p, err := profile.ParseData(b.Bytes())
	require.NoError(t, err)
	return p, b.Bytes()
}

func sums(p *profile.Profile) map[string]int64 {
	out := map[string]int64{}
	for i, t := range p.SampleType {
		for _, s := range p.Sample {
			out[t.Type+"/"+t.Unit] += s.Value[i]
		}
	}
	return out
}

func readPprof(t *testing.T, path string) *profile.Profile {
	t.Helper()
	in, err := readProfiles(nil, path)
	require.NoError(t, err)
	require.NotNil(t, in.pprof, path)
	return in.pprof
}

// Through every format and compression, and back to the same sums, types, period and time.
func TestConvertThroughEveryFormat(t *testing.T) {
	want, data := heap(t)
	dir := t.TempDir()
	start := filepath.Join(dir, "heap")
	require.NoError(t, os.WriteFile(start, data, 0o600))
	for _, name := range []string{"a.otlp", "a.otlp.pb.gz", "a.otlp.pb.zst", "a.json", "a.json.gz", "a.json.zst", "b", "b.gz"} {
		t.Run(name, func(t *testing.T) {
			out, back := filepath.Join(dir, name), filepath.Join(dir, name+".back.pprof")
			_, err := runProfile(t, nil, "convert", start, out)
			require.NoError(t, err)
			in, err := readProfiles(nil, out)
			require.NoError(t, err)
			require.Nil(t, in.pprof)
			scope := in.otlp.ResourceProfiles().At(0).ScopeProfiles().At(0).Scope()
			assert.Equal(t, [2]string{conversionScope, "1.2.3"}, [2]string{scope.Name(), scope.Version()})
			_, err = runProfile(t, nil, "convert", out, back)
			require.NoError(t, err)
			got := readPprof(t, back)
			assert.Equal(t, sums(want), sums(got))
			assert.Equal(t, [3]int64{want.Period, want.TimeNanos, want.DurationNanos}, [3]int64{got.Period, got.TimeNanos, got.DurationNanos})
			assert.Equal(t, want.DefaultSampleType, got.DefaultSampleType)
			assert.Equal(t, want.Mapping[0].File, got.Mapping[0].File)
		})
	}
}

func TestConvertThroughPipes(t *testing.T) {
	want, data := heap(t)
	out, err := runProfile(t, data, "convert", "-", "-")
	require.NoError(t, err)
	var u pprofile.ProtoUnmarshaler
	pd, err := u.UnmarshalProfiles([]byte(out))
	require.NoError(t, err, "the other format than pprof is OTLP")
	assert.Equal(t, 4, pd.ResourceProfiles().At(0).ScopeProfiles().At(0).Profiles().Len())
	out, err = runProfile(t, []byte(out), "convert", "--to", "otlp-json", "-", "-")
	require.NoError(t, err)
	assert.True(t, json.Valid([]byte(out)))
	out, err = runProfile(t, []byte(out), "convert", "-", "-")
	require.NoError(t, err)
	got, err := profile.Parse(strings.NewReader(out))
	require.NoError(t, err)
	assert.Equal(t, sums(want), sums(got))
}

// hosts is a recording of two requests, of one process each.
func hosts(t *testing.T) []byte {
	t.Helper()
	var recording bytes.Buffer
	for _, service := range []string{"shop", "cart"} {
		f := &profile.Function{ID: 1, Name: service + "Work", Filename: "work.go"}
		l := &profile.Location{ID: 1, Line: []profile.Line{{Function: f}}}
		p := &profile.Profile{
			SampleType: []*profile.ValueType{{Type: "samples", Unit: "count"}}, TimeNanos: time.Now().UnixNano(), Function: []*profile.Function{f}, Location: []*profile.Location{l},
			Sample: []*profile.Sample{{Location: []*profile.Location{l}, Value: []int64{5}, Label: map[string][]string{"service.name": {service}}}},
		}
		data, err := (&profileInput{pprof: p}).marshal(formatOTLP, "1")
		require.NoError(t, err)
		require.NoError(t, otlpfile.Write(&recording, data))
	}
	return recording.Bytes()
}

func TestConvertRecording(t *testing.T) {
	dir := t.TempDir()
	one, many := filepath.Join(dir, "one.pprof"), filepath.Join(dir, "many")+"/"
	_, err := runProfile(t, hosts(t), "convert", "-", one)
	require.NoError(t, err)
	p := readPprof(t, one)
	require.Len(t, p.Sample, 2)
	assert.Equal(t, []string{"shop"}, p.Sample[0].Label["service.name"])
	_, err = runProfile(t, hosts(t), "convert", "-", many)
	require.NoError(t, err)
	p = readPprof(t, many+"0001.pb.gz")
	require.Len(t, p.Sample, 1)
	assert.Equal(t, []string{"cart"}, p.Sample[0].Label["service.name"])
}

// JSON is one request a line, as the file exporter writes it, or one request over many lines.
func TestConvertJSON(t *testing.T) {
	in, err := parseProfiles(hosts(t))
	require.NoError(t, err)
	one, err := in.marshal(formatJSON, "1")
	require.NoError(t, err)
	var pretty bytes.Buffer
	require.NoError(t, json.Indent(&pretty, one, "", "  "))
	for name, text := range map[string][]byte{"lines": slices.Concat(one, one), "pretty": pretty.Bytes()} {
		in, err := parseProfiles(text)
		require.NoError(t, err, name)
		p, err := in.joined()
		require.NoError(t, err, name)
		want := map[string]int64{"samples/count": 10}
		if name == "lines" {
			want = map[string]int64{"samples/count": 20}
		}
		assert.Equal(t, want, sums(p.Profile), name)
	}
}

func TestConvertRefuses(t *testing.T) {
	var m ptrace.ProtoMarshaler
	td := ptrace.NewTraces()
	td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty().SetName("x")
	traces, err := m.MarshalTraces(td)
	require.NoError(t, err)
	dir := t.TempDir()
	f := func(want string, code int, stdin string, args ...string) {
		t.Helper()
		_, err := runProfile(t, []byte(stdin), append([]string{"convert"}, args...)...)
		require.ErrorContains(t, err, want)
		assert.Equal(t, code, ExitCode(err))
	}
	f("-: is empty", 1, "", "-", "-")
	f("-: is neither pprof nor OTLP", 1, "hello, world", "-", "-")
	f("these are traces, not profiles", 1, string(traces), "-", "-")
	f("profiles as JSON", 1, `{"resourceProfiles": 3}`, "-", "-")
	f("no such file", 1, "", filepath.Join(dir, "none"), "-")
	f("is a directory", 1, "", dir, "-")
	f("--to", 2, "", "--to", "svg", "-", "-")
	f("accepts 2 arg(s)", 2, "", "-")
	f("a directory is for pprof", 2, string(hosts(t)), "--to", "otlp", "-", dir+"/")
	f("unexpected EOF", 1, "\x1f\x8b\x08\x00\x00\x00\x00\x00", "-", "-")
}

func TestFlame(t *testing.T) {
	_, data := heap(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "heap.pb.gz")
	require.NoError(t, os.WriteFile(file, data, 0o600))
	svg, page := filepath.Join(dir, "x.svg"), filepath.Join(dir, "x.html")
	for _, out := range []string{svg, page} {
		printed, err := execute(t, newFlame(), nil, file, "-o", out, "--type", "alloc_space")
		require.NoError(t, err)
		assert.Equal(t, out+"\n", printed)
		drawn, err := os.ReadFile(out)
		require.NoError(t, err)
		assert.Contains(t, string(drawn), "heap.pb.gz")
		assert.Contains(t, string(drawn), "alloc_space in bytes, 2")
		assert.Contains(t, string(drawn), "testing.tRunner")
	}
	printed, err := execute(t, newFlame(), data, "-", "-o", "-", "--base", file, "--title", "now & then")
	require.NoError(t, err)
	assert.Contains(t, printed, "now &amp; then")
	assert.Contains(t, printed, "+0 B against")
}

func TestFlameOfServices(t *testing.T) {
	printed, err := execute(t, newFlame(), hosts(t), "-", "-o", "-")
	require.NoError(t, err)
	assert.Contains(t, printed, "<title>shop — 50.00 % of all, 5</title>")
	assert.Contains(t, printed, "<title>shopWork — 50.00 % of all, 5, itself 50.00 %</title>")
	assert.Contains(t, printed, `<text x="1166.6" y="20">go</text>`, "the kind of code that OTLP says")
}

func TestFlameRefuses(t *testing.T) {
	_, data := heap(t)
	f := func(want string, code int, args ...string) {
		t.Helper()
		_, err := execute(t, newFlame(), data, args...)
		require.ErrorContains(t, err, want)
		assert.Equal(t, code, ExitCode(err))
	}
	f(`there is no sample type "cpu"; there are alloc_objects, alloc_space, inuse_objects, inuse_space`, 1, "-", "-o", "-", "--type", "cpu")
	f("ends in neither .svg nor .html", 2, "-", "-o", "x.png")
	f("accepts 1 arg(s)", 2)
	f("no such file", 1, "-", "-o", "-", "--base", "/nonexistent/base")
}

func TestSampleTypeOfFlame(t *testing.T) {
	p := func(own string, types ...string) *profile.Profile {
		p := &profile.Profile{DefaultSampleType: own}
		for _, name := range types {
			p.SampleType = append(p.SampleType, &profile.ValueType{Type: name})
		}
		return p
	}
	assert.Equal(t, 1, sampleType(p("", "samples", "cpu"), ""))
	assert.Equal(t, 0, sampleType(p("", "samples", "growth"), ""))
	assert.Equal(t, 1, sampleType(p("", "inuse_objects", "inuse_space"), ""))
	assert.Equal(t, 0, sampleType(p("alloc", "alloc", "cpu"), ""))
	assert.Equal(t, 0, sampleType(p("b", "a", "b"), "a"))
	assert.Equal(t, -1, sampleType(p("b", "a", "b"), "c"))
}
