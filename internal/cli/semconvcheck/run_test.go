package semconvcheck

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	shop  = "testdata/shop.json"
	clean = "testdata/clean.json"
)

// result is what a run left behind.
type result struct {
	code           int
	err            error
	stdout, stderr string
}

func runWith(ctx context.Context, t *testing.T, stdin []byte, args ...string) result {
	t.Helper()
	cmd := New("1.2.3")
	var out, errOut bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetErr(&errOut)
	cmd.SetIn(bytes.NewReader(stdin))
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(ctx)
	return result{code(err), err, out.String(), errOut.String()}
}

func check(t *testing.T, args ...string) result {
	t.Helper()
	return runWith(t.Context(), t, nil, args...)
}

func checkStdin(t *testing.T, stdin []byte, args ...string) result {
	t.Helper()
	return runWith(t.Context(), t, stdin, append(args, "-")...)
}

// findings are those of a report in JSON.
func findings(t *testing.T, r result) jsonReport {
	t.Helper()
	var doc jsonReport
	require.NoError(t, json.Unmarshal([]byte(r.stdout), &doc), r.stdout+r.stderr)
	return doc
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return data
}

func write(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, data, 0o600))
	return path
}

var update = flag.Bool("update", false, "write golden files, and fail")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o600))
		t.Errorf("%s was written: look at it and run again without -update", path)
		return
	}
	assert.Equal(t, string(read(t, path)), got)
}
