package semconvcheck

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestBaseline(t *testing.T) {
	known := filepath.Join(t.TempDir(), "known.json")
	assert.Equal(t, exitFindings, check(t, "--write-baseline", known, shop).code)
	golden(t, "baseline.json", string(read(t, known)))

	r := check(t, "--baseline", known, shop)
	assert.Equal(t, exitClean, r.code)
	assert.Equal(t, "5 violations, 6 improvements, 0 of information in 10 items of 3 services, 11 of them in the baseline: ok (conventions 1.44.0, --fail-on violation)\n", r.stdout)

	// A report in JSON is one too, and levels do not matter.
	report := write(t, "report.json", []byte(check(t, "--format", "json", shop).stdout))
	assert.Equal(t, exitClean, check(t, "--baseline", report, "--rules", "deprecated=violation", shop).code)

	// The same again does not change the file.
	again := filepath.Join(t.TempDir(), "again.json")
	check(t, "--write-baseline", again, "--baseline", known, shop, shop)
	assert.Equal(t, string(read(t, known)), string(read(t, again)))
}

// Only what is not in the baseline is shown and fails.
func TestBaselineTellsWhatIsNew(t *testing.T) {
	known := filepath.Join(t.TempDir(), "known.json")
	check(t, "--write-baseline", known, shop)
	changed := bytes.Replace(read(t, shop), []byte(`{"key":"url.scheme","value":{"stringValue":"https"}}`), []byte(`{"key":"server.port","value":{"stringValue":"443"}}`), 1)
	require.NotEqual(t, read(t, shop), changed)
	path := write(t, "changed.json", changed)
	for format, old := range map[string]string{"text": "http.response.status_code should be", "github": "http.response.status_code should be", "junit": "http.response.status_code should be", "sarif": "http.response.status_code should be"} {
		r := check(t, "--baseline", known, "--format", format, path)
		assert.Equal(t, exitFindings, r.code)
		assert.Contains(t, r.stdout, "server.port should be of type int", format)
		assert.NotContains(t, r.stdout, old, format)
	}
	doc := findings(t, check(t, "--baseline", known, "--format", "json", path))
	fresh := 0
	for _, f := range doc.Findings {
		require.NotNil(t, f.New)
		if *f.New {
			fresh++
		}
	}
	assert.Equal(t, 2, fresh, "the type, and the scheme that is gone")
	require.NotNil(t, doc.Summary.Known)
	assert.EqualValues(t, 11, *doc.Summary.Known)
	// A new finding that does not fit into the report is new all the same.
	r := check(t, "--baseline", known, "--max-findings", "1", path)
	assert.Equal(t, exitFindings, r.code)
	// An empty baseline knows nothing.
	assert.Equal(t, exitFindings, check(t, "--baseline", write(t, "none.json", []byte(`{"findings":[]}`)), path).code)
}
