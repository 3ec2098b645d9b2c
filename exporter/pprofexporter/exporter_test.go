package pprofexporter

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/pprof/profile"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.opentelemetry.io/collector/exporter/xexporter"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pprofile"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"

	"github.com/otelcol-plus/otelcol-plus/exporter/pprofexporter/internal/metadata"
	"github.com/otelcol-plus/otelcol-plus/exporter/pprofexporter/internal/metadatatest"
	"github.com/otelcol-plus/otelcol-plus/internal/pprofdir"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// part is one profile of a request: samples of functions, each alone on its stack.
type part struct {
	service, kind, unit string
	start               time.Time
	values              map[string]int64
}

func request(t testing.TB, parts ...part) pprofile.Profiles {
	t.Helper()
	pd := pprofile.NewProfiles()
	d := pd.Dictionary()
	d.StringTable().Append("")
	d.MappingTable().AppendEmpty()
	d.LocationTable().AppendEmpty()
	d.FunctionTable().AppendEmpty()
	d.LinkTable().AppendEmpty()
	d.AttributeTable().AppendEmpty()
	d.StackTable().AppendEmpty()
	known := map[string]int32{"": 0}
	str := func(s string) int32 {
		i, ok := known[s]
		if !ok {
			i = int32(d.StringTable().Len())
			d.StringTable().Append(s)
			known[s] = i
		}
		return i
	}
	for _, part := range parts {
		rp := pd.ResourceProfiles().AppendEmpty()
		rp.Resource().Attributes().PutStr("service.name", part.service)
		p := rp.ScopeProfiles().AppendEmpty().Profiles().AppendEmpty()
		p.SampleType().SetTypeStrindex(str(part.kind))
		p.SampleType().SetUnitStrindex(str(part.unit))
		p.SetTime(pcommon.NewTimestampFromTime(part.start))
		p.SetDurationNano(uint64(15 * time.Second))
		for name, v := range part.values {
			d.FunctionTable().AppendEmpty().SetNameStrindex(str(name))
			l := d.LocationTable().AppendEmpty()
			l.Lines().AppendEmpty().SetFunctionIndex(int32(d.FunctionTable().Len() - 1))
			d.StackTable().AppendEmpty().LocationIndices().Append(int32(d.LocationTable().Len() - 1))
			s := p.Samples().AppendEmpty()
			s.SetStackIndex(int32(d.StackTable().Len() - 1))
			s.Values().Append(v)
		}
	}
	pd.MarkReadOnly()
	return pd
}

func shop(start time.Time, values map[string]int64) part {
	return part{service: "shop", kind: "samples", unit: "count", start: start, values: values}
}

type harness struct {
	*pprofExporter
	t   testing.TB
	tel *componenttest.Telemetry
	dir string
}

// start makes an exporter whose clock stands at noon, without queue and retry so that errors come back at once.
func start(t testing.TB, dir string, change ...func(*Config)) *harness {
	t.Helper()
	cfg := createDefaultConfig().(*Config)
	cfg.Directory = dir
	for _, f := range change {
		f(cfg)
	}
	tel := componenttest.NewTelemetry()
	set := exportertest.NewNopSettings(metadata.Type)
	set.ID = component.NewID(metadata.Type)
	set.TelemetrySettings = tel.NewTelemetrySettings()
	e, err := newExporter(cfg, set)
	require.NoError(t, err)
	e.now = func() time.Time { return noon }
	require.NoError(t, e.start(t.Context(), componenttest.NewNopHost()))
	t.Cleanup(func() {
		require.NoError(t, e.shutdown(context.Background()))
		require.NoError(t, tel.Shutdown(context.Background()))
	})
	return &harness{pprofExporter: e, t: t, tel: tel, dir: dir}
}

func (h *harness) push(parts ...part) {
	h.t.Helper()
	require.NoError(h.t, h.pushProfiles(h.t.Context(), request(h.t, parts...)))
}

func (h *harness) names() []string {
	h.t.Helper()
	entries, err := os.ReadDir(h.dir)
	require.NoError(h.t, err)
	names := []string{}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// values adds up a file's samples per function.
func (h *harness) values(name string) map[string]int64 {
	h.t.Helper()
	data, err := os.ReadFile(filepath.Join(h.dir, name))
	require.NoError(h.t, err)
	p, err := profile.Parse(bytes.NewReader(data))
	require.NoError(h.t, err)
	out := map[string]int64{}
	for _, s := range p.Sample {
		out[s.Location[0].Line[0].Function.Name] += s.Value[0]
	}
	return out
}

func (h *harness) counter(name string) int64 {
	h.t.Helper()
	m, err := h.tel.GetMetric("otelcol_" + name)
	require.NoError(h.t, err)
	return m.Data.(metricdata.Sum[int64]).DataPoints[0].Value
}

func TestOneFilePerServiceTypeAndWindow(t *testing.T) {
	h := start(t, filepath.Join(t.TempDir(), "new", "profiles"))
	h.push(
		shop(noon.Add(-50*time.Second), map[string]int64{"a": 1, "b": 2}),
		part{"shop", "growth", "bytes", noon.Add(-50 * time.Second), map[string]int64{"a": 4096}},
		part{"cron", "samples", "count", noon.Add(-50 * time.Second), map[string]int64{"c": 7}},
	)
	h.push(shop(noon.Add(-35*time.Second), map[string]int64{"a": 10}))
	h.push(shop(noon, map[string]int64{"a": 100}))

	assert.Equal(t, []string{
		"cron.samples.20260102T115900Z.pb.gz",
		"shop.growth.20260102T115900Z.pb.gz",
		"shop.samples.20260102T115900Z.pb.gz",
		"shop.samples.20260102T120000Z.pb.gz",
	}, h.names())
	assert.Equal(t, map[string]int64{"a": 11, "b": 2}, h.values("shop.samples.20260102T115900Z.pb.gz"))
	assert.Equal(t, map[string]int64{"a": 100}, h.values("shop.samples.20260102T120000Z.pb.gz"))
	assert.Equal(t, map[string]int64{"a": 4096}, h.values("shop.growth.20260102T115900Z.pb.gz"))

	info, err := os.Stat(filepath.Join(h.dir, "cron.samples.20260102T115900Z.pb.gz"))
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(fileMode), info.Mode())

	assert.Equal(t, int64(6), h.counter("exporter_pprof_samples"))
	assert.Positive(t, h.counter("exporter_pprof_bytes_written"))
	assert.Zero(t, h.counter("exporter_pprof_files_deleted"))
	metadatatest.AssertEqualExporterPprofFiles(t, h.tel,
		[]metricdata.DataPoint[int64]{{Value: 4, Attributes: attribute.NewSet(attribute.String("exporter", "pprof"))}},
		metricdatatest.IgnoreTimestamp())
}

func TestSameTypeOtherUnitIsAnotherFile(t *testing.T) {
	h := start(t, t.TempDir())
	for range 2 {
		h.push(
			part{"shop", "cpu", "count", noon, map[string]int64{"a": 1}},
			part{"shop", "cpu", "nanoseconds", noon, map[string]int64{"a": 1000}},
		)
	}
	assert.Equal(t, []string{"shop.cpu.20260102T120000Z-2.pb.gz", "shop.cpu.20260102T120000Z.pb.gz"}, h.names())
	assert.Equal(t, map[string]int64{"a": 2}, h.values("shop.cpu.20260102T120000Z.pb.gz"))
	assert.Equal(t, map[string]int64{"a": 2000}, h.values("shop.cpu.20260102T120000Z-2.pb.gz"))
}

// Memory in use that is told twice is not there twice.
func TestValuesOfTheMomentReplaceEarlierOnes(t *testing.T) {
	h := start(t, t.TempDir())
	heap := func(v int64) part {
		return part{service: "shop", kind: "inuse_space", unit: "bytes", start: noon, values: map[string]int64{"f": v}}
	}
	h.push(heap(100))
	h.push(heap(120))
	names := h.names()
	require.Len(t, names, 1)
	assert.Equal(t, map[string]int64{"f": 120}, h.values(names[0]))
}

func TestHostileServiceNamesStayInside(t *testing.T) {
	root := t.TempDir()
	h := start(t, filepath.Join(root, "profiles"))
	for _, name := range []string{"../../escape", "/etc/passwd", "..", ".", "", "a\x00b", "a/../../b", strings.Repeat("x", 5000)} {
		h.push(part{name, "../" + name, "count", noon, map[string]int64{"a": 1}})
	}
	assert.Len(t, h.names(), 8)
	for _, name := range h.names() {
		_, ok := pprofdir.ParseName(name)
		assert.True(t, ok, name)
	}
	entries, err := os.ReadDir(root)
	require.NoError(t, err)
	assert.Len(t, entries, 1, "nothing beside the directory")
}

func TestForeignTimesAreFiledUnderNow(t *testing.T) {
	h := start(t, t.TempDir())
	for i, at := range []time.Time{time.Unix(0, 0), noon.Add(time.Hour), noon.Add(-25 * time.Hour)} {
		h.push(part{fmt.Sprint("s", i), "samples", "count", at, map[string]int64{"a": 1}})
	}
	for _, name := range h.names() {
		assert.Contains(t, name, "20260102T120000Z")
	}
	h.push(shop(noon.Add(-23*time.Hour), map[string]int64{"late": 1}))
	assert.Contains(t, h.names(), "shop.samples.20260101T130000Z.pb.gz")
}

func TestRestartKeepsEarlierFiles(t *testing.T) {
	dir := t.TempDir()
	foreign := filepath.Join(dir, "notes.txt")
	require.NoError(t, os.WriteFile(foreign, []byte("mine"), 0o600))
	stale := filepath.Join(dir, ".pprof-123.tmp")
	require.NoError(t, os.WriteFile(stale, []byte("half"), 0o600))

	start(t, dir).push(shop(noon, map[string]int64{"a": 1}))
	h := start(t, dir, func(c *Config) { c.MaxFiles = 2 })
	h.push(shop(noon, map[string]int64{"a": 2}))
	assert.Equal(t, []string{"notes.txt", "shop.samples.20260102T120000Z-2.pb.gz", "shop.samples.20260102T120000Z.pb.gz"}, h.names())

	// The files of before count, and go first.
	h.now = func() time.Time { return noon.Add(time.Minute) }
	h.push(shop(noon.Add(time.Minute), map[string]int64{"a": 3}))
	assert.Equal(t, []string{"notes.txt", "shop.samples.20260102T120000Z-2.pb.gz", "shop.samples.20260102T120100Z.pb.gz"}, h.names())
	assert.Equal(t, int64(1), h.counter("exporter_pprof_files_deleted"))
}

func TestBoundInBytes(t *testing.T) {
	h := start(t, t.TempDir(), func(c *Config) { c.MaxMegabytes = 1 })
	noise := map[string]int64{}
	for i := range 4000 {
		noise[fmt.Sprintf("%x.%x", i*2654435761, i*40503*2246822519)] = int64(i)
	}
	for i := range 30 {
		at := noon.Add(time.Duration(i-30) * time.Minute)
		h.push(shop(at, noise))
		files, err := pprofdir.List(h.dir)
		require.NoError(t, err)
		var sum int64
		for _, f := range files {
			sum += f.Size
		}
		require.LessOrEqual(t, sum, int64(1<<20))
		require.Equal(t, at, files[0].Name.Start, "the newest is kept")
	}
	assert.Positive(t, h.counter("exporter_pprof_files_deleted"))
}

func TestFullWindowStartsAnotherFile(t *testing.T) {
	h := start(t, t.TempDir())
	half := map[string]int64{}
	for i := range maxWindowSamples/2 + 1 {
		half[fmt.Sprint("f", i)] = 1
	}
	h.push(shop(noon, half))
	h.push(shop(noon, half))
	assert.Len(t, h.names(), 2)
}

func TestWindowsAreForgotten(t *testing.T) {
	h := start(t, t.TempDir(), func(c *Config) { c.MaxFiles = 10 })
	parts := make([]part, maxOpenWindows+50)
	for i := range parts {
		parts[i] = part{fmt.Sprint("s", i), "samples", "count", noon, map[string]int64{"a": 1}}
	}
	h.push(parts...)
	assert.Len(t, h.windows.open, maxOpenWindows)
	assert.Equal(t, maxOpenWindows, h.windows.samples)
	assert.Len(t, h.names(), 10)

	h.now = func() time.Time { return noon.Add(10 * time.Minute) }
	h.push(shop(noon.Add(10*time.Minute), map[string]int64{"a": 1}))
	assert.Len(t, h.windows.open, 1)
	assert.Equal(t, 1, h.windows.samples)
}

func TestUnwritableDirectoryIsRetryableAndChangesNothing(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "blocked")
	require.NoError(t, os.WriteFile(dir, nil, 0o600))
	h := start(t, dir)
	pd := request(t, shop(noon, map[string]int64{"a": 1}))
	err := h.pushProfiles(t.Context(), pd)
	require.ErrorContains(t, err, "`directory`")
	assert.False(t, consumererror.IsPermanent(err))
	assert.Equal(t, int64(1), h.counter("exporter_pprof_write_errors"))

	// Put right, then taken away under way, then put right again: every retry succeeds once.
	require.NoError(t, os.Remove(dir))
	require.NoError(t, h.pushProfiles(t.Context(), pd))
	require.NoError(t, os.RemoveAll(dir))
	require.Error(t, h.pushProfiles(t.Context(), pd))
	require.NoError(t, h.pushProfiles(t.Context(), pd))
	assert.Equal(t, map[string]int64{"a": 2}, h.values("shop.samples.20260102T120000Z.pb.gz"))
}

func TestFailureHalfWayLeavesNothing(t *testing.T) {
	h := start(t, t.TempDir())
	h.store.maxBytes = 4000
	big := map[string]int64{}
	for i := range 4000 {
		big[fmt.Sprintf("%x.%x", i*2654435761, i*40503*2246822519)] = int64(i)
	}
	h.push(shop(noon, map[string]int64{"a": 1}))
	err := h.pushProfiles(t.Context(), request(t,
		shop(noon, map[string]int64{"a": 100}),
		part{"big", "samples", "count", noon, big},
	))
	require.ErrorIs(t, err, errFileTooLarge)
	assert.True(t, consumererror.IsPermanent(err))
	assert.Equal(t, []string{"shop.samples.20260102T120000Z.pb.gz"}, h.names(), "no temporary files")
	h.push(shop(noon, map[string]int64{"a": 10}))
	assert.Equal(t, map[string]int64{"a": 11}, h.values("shop.samples.20260102T120000Z.pb.gz"))
}

func TestInvalidProfilesAreRefusedAndTheRestIsWritten(t *testing.T) {
	h := start(t, t.TempDir())
	pd := pprofile.NewProfiles()
	request(t, shop(noon, map[string]int64{"a": 1})).CopyTo(pd)
	bad := pd.ResourceProfiles().AppendEmpty().ScopeProfiles().AppendEmpty().Profiles().AppendEmpty()
	bad.Samples().AppendEmpty().SetStackIndex(1000)
	err := h.pushProfiles(t.Context(), pd)
	require.ErrorContains(t, err, "stack_table has no index 1000")
	assert.True(t, consumererror.IsPermanent(err))
	assert.Len(t, h.names(), 1)

	require.NoError(t, h.pushProfiles(t.Context(), pprofile.NewProfiles()))
}

func TestGoToolPprofReadsTheFile(t *testing.T) {
	tool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("SKIPPED: go is not on PATH, so `go tool pprof` was not run on a written file")
	}
	h := start(t, t.TempDir())
	h.push(shop(noon, map[string]int64{"checkout.Total": 30, "checkout.Tax": 10}))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, tool, "tool", "pprof", "-top", filepath.Join(h.dir, h.names()[0]))
	cmd.Env = append(os.Environ(), "PPROF_TMPDIR="+t.TempDir())
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	assert.Contains(t, string(out), "Type: samples")
	assert.Regexp(t, `30 +75\.00% .* checkout\.Total`, string(out))
	assert.Regexp(t, `10 +25\.00% .* checkout\.Tax`, string(out))
}

func TestLifecycle(t *testing.T) {
	factory := NewFactory().(xexporter.Factory)
	cfg := factory.CreateDefaultConfig().(*Config)
	cfg.Directory = t.TempDir()
	e, err := factory.CreateProfiles(t.Context(), exportertest.NewNopSettings(metadata.Type), cfg)
	require.NoError(t, err)
	require.NoError(t, e.Shutdown(t.Context()), "without a start")

	e, err = factory.CreateProfiles(t.Context(), exportertest.NewNopSettings(metadata.Type), cfg)
	require.NoError(t, err)
	require.NoError(t, e.Start(t.Context(), componenttest.NewNopHost()))
	assert.False(t, e.Capabilities().MutatesData)
	require.NoError(t, e.ConsumeProfiles(t.Context(), request(t, shop(time.Now(), map[string]int64{"a": 1}))))
	require.NoError(t, e.Shutdown(t.Context()))
	files, err := pprofdir.List(cfg.Directory)
	require.NoError(t, err)
	assert.Len(t, files, 1, "a shutdown empties the queue")
}
