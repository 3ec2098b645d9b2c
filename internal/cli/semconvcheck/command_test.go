package semconvcheck

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpfile"
	"github.com/otelcol-plus/otelcol-plus/internal/semconv"
)

func TestExitCodes(t *testing.T) {
	truncated := write(t, "truncated.json", read(t, shop)[:4400])
	empty := write(t, "empty.json", nil)
	text := write(t, "notes.txt", []byte("hello, world\n"))
	other := write(t, "other.json", []byte(`{"level":"info"}`))
	dir := t.TempDir()
	f := func(code int, want string, args ...string) {
		t.Helper()
		r := check(t, args...)
		assert.Equal(t, code, r.code, "%v: %s", args, r.stderr)
		assert.Contains(t, r.stdout+r.stderr, want, "%v", args)
	}
	f(exitClean, ": ok (", clean)
	f(exitClean, ": ok (", "--fail-on", "information", clean)
	f(exitClean, ": ok (", "--fail-on", "never", shop)
	f(exitClean, ": ok (", "--rules", "type_mismatch=off,unit_mismatch=improvement,required_attribute_not_present=off", shop)
	f(exitFindings, ": FAILED (", shop)
	f(exitFindings, ": FAILED (", clean, shop)
	f(exitFindings, ": FAILED (", "--fail-on", "improvement", "--rules", "type_mismatch=off,unit_mismatch=off,missing_required=off", shop)
	f(exitFindings, ": FAILED (", "--fail-on", "information", "--rules", "deprecated_attribute=information,enum_case=off,type_mismatch=off,unit_mismatch=off,missing_required=off", shop)

	f(exitUsage, "give a FILE")
	f(exitUsage, "unknown flag: --colour", "--colour", clean)
	f(exitUsage, "none of text, json", "--format", "xml", clean)
	f(exitUsage, "none of violation, improvement", "--fail-on", "off", clean)
	f(exitUsage, "none of violation, improvement", "--fail-on", "error", clean)
	f(exitUsage, `--rules: rule "typo" is unknown, known rules are`, "--rules", "typo=off", clean)
	f(exitUsage, `--rules: level "error" is unknown`, "--rules", "type_mismatch=error", clean)
	f(exitUsage, `--rules: "type_mismatch" is not rule=level`, "--rules", "type_mismatch", clean)
	f(exitUsage, "--max-findings", "--max-findings", "0", clean)
	f(exitUsage, "--max-value-bytes", "--max-value-bytes", "-1", clean)
	f(exitUsage, "invalid argument", "--for", "soon", clean)
	f(exitUsage, "--for and --listen-http are for --listen", "--for", "1s", clean)
	f(exitUsage, "exclude each other", "--listen", "127.0.0.1:0", clean)
	f(exitUsage, "exclude each other", "--explain", "conflict", clean)
	f(exitUsage, "exclude each other", "--explain", "conflict", "--listen", "127.0.0.1:0")
	f(exitUsage, "is not host:port", "--listen", "4317")
	f(exitUsage, "no port between", "--listen", "localhost:otlp")
	f(exitUsage, "no port after 65535", "--listen", "127.0.0.1:65535")
	f(exitUsage, "--listen-http", "--listen", "127.0.0.1:0", "--listen-http", "here")
	f(exitUsage, "is negative", "--listen", "127.0.0.1:0", "--for", "-1s")
	f(exitUsage, "exactly one FILE", "--fix", "out", clean, shop)
	f(exitUsage, "exactly one FILE", "--fix", "out", "--listen", "127.0.0.1:0")
	f(exitUsage, "standard output is for the report", "--fix", "-", clean)
	f(exitUsage, "--fix: ", "--fix", filepath.Join(dir, "none", "out"), clean)
	f(exitUsage, "--output: ", "--output", filepath.Join(dir, "none", "out"), clean)
	f(exitUsage, "--output: ", "--output", dir, clean)
	f(exitUsage, "--write-baseline: ", "--write-baseline", filepath.Join(dir, "none", "out"), shop)

	f(exitUnreadable, "none.json: no such file", "none.json")
	f(exitUnreadable, dir+": is a directory", dir)
	f(exitUnreadable, "request 3: JSON that ends early", truncated)
	f(exitUnreadable, "holds no OTLP request", empty)
	f(exitUnreadable, "-: holds no OTLP request", "-")
	f(exitUnreadable, "is this a recording?", text)
	f(exitUnreadable, `JSON with the key "level"`, other)
	f(exitUnreadable, "FAILED, not everything could be read", "none.json", shop)
	f(exitUnreadable, "--baseline: ", "--baseline", "none.json", clean)
	f(exitUnreadable, "--baseline: ", "--baseline", text, clean)
	f(exitUnreadable, "--registry: ", "--registry", "none.json", clean)
	f(exitUnreadable, "--registry: ", "--registry", other, clean)
	f(exitUnreadable, "no findings in it", "--baseline", other, clean)
}

// One input that cannot be read does not keep the findings of the others, nor of what came before the damage, from the report.
func TestWhatCanBeReadIsReported(t *testing.T) {
	r := check(t, "--format", "json", write(t, "truncated.json", read(t, shop)[:4400]), clean, "none.json")
	require.Equal(t, exitUnreadable, r.code)
	doc := findings(t, r)
	assert.True(t, doc.Summary.Failed)
	assert.Len(t, doc.Summary.Errors, 2)
	assert.Len(t, doc.Summary.Files, 3)
	assert.EqualValues(t, 6, doc.Summary.Items[otlpfile.Traces], "five before the damage, one in the next file")
	assert.NotEmpty(t, doc.Findings)
}

// The same telemetry in every encoding has the same findings.
func TestEncodings(t *testing.T) {
	want := check(t, "--format", "json", shop)
	all := findings(t, want).Findings
	require.Len(t, all, 10)
	for name, data := range encodings(t, shop) {
		t.Run(name, func(t *testing.T) {
			got := findings(t, checkStdin(t, data, "--format", "json"))
			assert.Equal(t, all, got.Findings)
			file := findings(t, check(t, "--format", "json", write(t, name, data)))
			assert.Equal(t, all, file.Findings)
		})
	}
}

// encodings are a recording as JSON and protobuf in the framings of the file exporter and with every compression of the whole.
func encodings(t *testing.T, path string) map[string][]byte {
	t.Helper()
	in, err := otlpfile.Open(path)
	require.NoError(t, err)
	defer in.Close()
	var proto, indented bytes.Buffer
	for d, err := in.NextData(); err == nil; d, err = in.NextData() {
		request, err := d.Proto()
		require.NoError(t, err)
		require.NoError(t, otlpfile.Write(&proto, request))
		line, err := d.JSON()
		require.NoError(t, err)
		require.NoError(t, json.Indent(&indented, line, "", "  "))
	}
	out := map[string][]byte{"lines": read(t, path), "indented": indented.Bytes(), "proto": proto.Bytes()}
	for _, name := range []string{"lines", "indented", "proto"} {
		var zipped bytes.Buffer
		w := gzip.NewWriter(&zipped)
		_, err := w.Write(out[name])
		require.NoError(t, err)
		require.NoError(t, w.Close())
		out[name+".gz"] = zipped.Bytes()
		enc, err := zstd.NewWriter(nil)
		require.NoError(t, err)
		out[name+".zst"] = enc.EncodeAll(out[name], nil)
		require.NoError(t, enc.Close())
	}
	return out
}

// Findings of real SDKs, which the engine's own tests judge: here that all signals are read, and every item counted once.
func TestRecordingsOfTheRepository(t *testing.T) {
	for signal, items := range map[otlpfile.Signal]int64{otlpfile.Traces: 11185, otlpfile.Logs: 1202, otlpfile.Metrics: 3048, otlpfile.Profiles: 634} {
		r := check(t, "--format", "json", "--fail-on", "never", "../../../testdata/sample."+string(signal)+".otlp.pb.zst")
		assert.Equal(t, exitClean, r.code)
		doc := findings(t, r)
		assert.Equal(t, map[otlpfile.Signal]int64{signal: items}, doc.Summary.Items)
		scored, sum := int64(0), int64(0)
		for _, s := range doc.Summary.Services {
			scored += s.Items
			assert.LessOrEqual(t, s.Violating, s.Items)
		}
		if signal != otlpfile.Profiles {
			assert.Equal(t, items, scored)
		}
		for _, f := range doc.Findings {
			sum += f.Count
		}
		for _, n := range doc.Summary.Levels {
			sum -= n
		}
		assert.Zero(t, sum, "counts of findings add up to those of levels")
	}
}

func TestMaxFindings(t *testing.T) {
	all := findings(t, check(t, "--format", "json", shop))
	r := check(t, "--format", "json", "--max-findings", "1", shop)
	few := findings(t, r)
	assert.Equal(t, exitFindings, r.code)
	assert.Len(t, few.Findings, 1)
	assert.Equal(t, all.Summary.Levels, few.Summary.Levels)
	assert.Equal(t, all.Summary.Rules, few.Summary.Rules)
	total := int64(0)
	for _, n := range all.Summary.Levels {
		total += n
	}
	assert.Equal(t, total, few.Summary.Overflow+few.Findings[0].Count)
	// A failure that is not listed still fails, and formats say so.
	first := few.Findings[0].Rule + "=off"
	for format, want := range map[string]string{"text": "not listed", "github": "not listed", "junit": "max-findings"} {
		r := check(t, "--format", format, "--max-findings", "1", "--rules", first, shop)
		assert.Equal(t, exitFindings, r.code)
		assert.Contains(t, r.stdout, want)
	}
}

func TestServicesAreBounded(t *testing.T) {
	s, err := (&flags{format: "json", failOn: "violation", maxFindings: 100}).settings()
	require.NoError(t, err)
	s.registry = semconv.Default()
	r := newReport(s, nil)
	r.maxServices = 1
	c := newChecker(s, r)
	require.NoError(t, c.files(nil, []string{shop}))
	names := map[string]bool{}
	findings := 0
	for _, x := range r.byService() {
		names[x.name] = true
		findings += len(x.findings)
	}
	assert.Equal(t, map[string]bool{"cart": true, otherServices: true}, names)
	assert.Len(t, r.findings, findings)
}

func TestOutput(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "report.txt")
	require.NoError(t, os.WriteFile(path, []byte("before"), 0o640))
	r := check(t, "--output", path, shop)
	assert.Equal(t, exitFindings, r.code)
	assert.Empty(t, r.stdout)
	assert.Contains(t, r.stderr, "FAILED")
	golden(t, "shop.txt", string(read(t, path)))
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o640), info.Mode().Perm())

	link := filepath.Join(dir, "link")
	require.NoError(t, os.Symlink(path, link))
	check(t, "--output", link, clean)
	assert.Contains(t, string(read(t, path)), ": ok (")
	info, err = os.Lstat(link)
	require.NoError(t, err)
	assert.NotZero(t, info.Mode()&os.ModeSymlink)

	assert.Equal(t, exitClean, check(t, "--output", os.DevNull, clean).code)
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, entries, 2, "nothing is left behind")
}

// A write that fails leaves what was there.
func TestWriteFileIsWholeOrNotAtAll(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x")
	require.NoError(t, os.WriteFile(path, []byte("before"), 0o600))
	err := writeFile(path, func(out io.Writer) error {
		_, _ = out.Write(make([]byte, 1<<20))
		return io.ErrClosedPipe
	})
	require.ErrorIs(t, err, io.ErrClosedPipe)
	assert.Equal(t, "before", string(read(t, path)))
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, entries, 1)
}

func TestRulesGiveLevels(t *testing.T) {
	doc := findings(t, check(t, "--format", "json", "--rules", "deprecated=violation", "--rules", "type_mismatch=off,type_mismatch=information", shop))
	levels := map[string]string{}
	for _, f := range doc.Findings {
		levels[f.Rule] = f.Level
	}
	assert.Equal(t, "violation", levels["deprecated_attribute"], "an id of weaver stands for several rules")
	assert.Equal(t, "information", levels["type_mismatch"], "the last one counts")
	off := findings(t, check(t, "--format", "json", "--rules", "type_mismatch=off", shop))
	assert.NotContains(t, off.Summary.Rules, "type_mismatch")
	on := findings(t, check(t, "--format", "json", "--rules", "unknown_attribute=information", "--max-value-bytes", "2", clean))
	assert.Contains(t, on.Summary.Rules, "value_too_long")
}

// A registry of one's own has its rules checked and fixed beside the built-in ones.
func TestRegistry(t *testing.T) {
	path := write(t, "acme.json", []byte(`{"format":1,"release":"acme-7",
		"attributes":{"acme.cart.id":{"type":"string","stability":"stable"},"cartId":{"type":"string","deprecated":{"reason":"renamed","renamed_to":"acme.cart.id"}}},
		"renames":{"attributes":[{"from":"cartId","to":"acme.cart.id","action":"rename"}]}}`))
	request := bytes.Replace(read(t, clean), []byte(`"key": "http.route"`), []byte(`"key": "cartId"`), 1)
	doc := findings(t, checkStdin(t, request, "--format", "json"))
	assert.Empty(t, doc.Summary.Rules)
	doc = findings(t, checkStdin(t, request, "--format", "json", "--registry", path))
	assert.Equal(t, map[string]int64{"deprecated_attribute": 1}, doc.Summary.Rules)
	assert.Equal(t, semconv.Release+"+acme-7", doc.Summary.Registry)
	out := filepath.Join(t.TempDir(), "out")
	assert.Equal(t, exitClean, checkStdin(t, request, "--registry", path, "--fix", out, "--fail-on", "information").code)
	assert.Contains(t, string(read(t, out)), "acme.cart.id")
}

func TestScore(t *testing.T) {
	assert.InDelta(t, 100, Score(0, 0), 0)
	assert.InDelta(t, 75, Score(4, 1), 0)
	doc := findings(t, check(t, "--format", "json", shop))
	scores := map[string]jsonService{}
	for _, s := range doc.Summary.Services {
		scores[s.Service] = s
	}
	// Two spans with a code of the wrong type, and both points of a metric with the wrong unit; an old name is no violation.
	assert.EqualValues(t, 6, scores["cart"].Items)
	assert.EqualValues(t, 4, scores["cart"].Violating)
	assert.InDelta(t, 100, scores["mail"].Score, 0)
	// Rounded down.
	assert.Equal(t, "99.9 % of 10000 items without a violation", (&service{items: 10_000, violating: 1}).standing())
}
