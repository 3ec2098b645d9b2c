package semconvcheck

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpfile"
)

// What is written is what the processor would make of it, in the encoding that was read; a second time changes nothing.
func TestFix(t *testing.T) {
	for name, data := range encodings(t, shop) {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			once, twice := filepath.Join(dir, "once"), filepath.Join(dir, "twice")
			left := check(t, "--format", "json", "--fix", once, write(t, name, data))
			assert.Equal(t, exitFindings, left.code, "the unit cannot be put right")
			doc := findings(t, left)
			assert.Contains(t, doc.Summary.Rules, "unit_mismatch")
			assert.NotContains(t, doc.Summary.Rules, "type_mismatch")
			assert.NotContains(t, doc.Summary.Rules, "deprecated_attribute")
			require.NotNil(t, doc.Summary.Fixed)
			assert.Positive(t, *doc.Summary.Fixed)

			// The report is about the file that was written.
			after := findings(t, check(t, "--format", "json", once))
			assert.Equal(t, after.Findings, doc.Findings)

			again := findings(t, check(t, "--format", "json", "--fix", twice, once))
			assert.Zero(t, *again.Summary.Fixed)
			assert.Equal(t, read(t, once), read(t, twice))
			assert.Equal(t, form(t, data), form(t, read(t, once)))
		})
	}
}

// form is the form of the first request.
func form(t *testing.T, data []byte) otlpfile.Form {
	t.Helper()
	in, err := otlpfile.Open(write(t, "x", data))
	require.NoError(t, err)
	defer in.Close()
	_, err = in.NextData()
	require.NoError(t, err)
	return in.Form()
}

func TestFixInPlace(t *testing.T) {
	path := write(t, "shop.json", read(t, shop))
	r := check(t, "--fix", path, "--fail-on", "never", path)
	assert.Equal(t, exitClean, r.code)
	assert.Contains(t, r.stdout, ", after ")
	fixed := string(read(t, path))
	assert.Contains(t, fixed, `"http.response.status_code","value":{"intValue":"200"}`)
	assert.NotContains(t, fixed, `"http.method"`)
	// What is clean stays as it is, white space aside.
	path = write(t, "clean.json", read(t, clean))
	check(t, "--fix", path, path)
	before, after := read(t, path), ""
	check(t, "--fix", path, path)
	after = string(read(t, path))
	assert.Equal(t, string(before), after)
}

// Options of the processor.
func TestFixOptions(t *testing.T) {
	secret := []byte(`{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"cart"}}]},"scopeSpans":[{"scope":{"name":"x"},"spans":[
{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","name":"x","kind":1,"startTimeUnixNano":"1","attributes":[
{"key":"http.request.header.cookie","value":{"arrayValue":{"values":[{"stringValue":"hunter2"}]}}},{"key":"net.sock.peer.name","value":{"stringValue":"cache"}}]}]}]}]}`)
	f := func(contains, containsNot string, args ...string) {
		t.Helper()
		dir := t.TempDir()
		out := filepath.Join(dir, "out")
		r := check(t, append(args, "--fail-on", "never", "--format", "json", "--fix", out, write(t, "in.json", secret))...)
		require.Equal(t, exitClean, r.code, r.stderr)
		assert.Contains(t, string(read(t, out)), contains)
		assert.NotContains(t, string(read(t, out)), containsNot)
		assert.NotContains(t, r.stdout, "hunter2")
	}
	f("REDACTED", "hunter2")
	f("hunter2", "REDACTED", "--redact=false")
	f("net.sock.peer.name", "nothing")
	f("REDACTED", "net.sock.peer.name", "--drop-obsolete")
}

// An input that ends early leaves nothing half-written behind.
func TestFixOfDamage(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "out")
	r := check(t, "--fix", out, write(t, "truncated.json", read(t, shop)[:4400]))
	assert.Equal(t, exitUnreadable, r.code)
	_, err := os.Stat(out)
	require.ErrorIs(t, err, os.ErrNotExist)
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Empty(t, entries)
}
