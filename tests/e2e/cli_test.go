package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestBuiltinConfigurationsAreValid(t *testing.T) {
	for _, name := range []string{"standalone", "agent", "gateway"} {
		for _, uri := range []string{"builtin:" + name, filepath.Join("..", "..", "configs", name+".yaml")} {
			out, err := exec.Command(binary, "validate", "--config", uri).CombinedOutput()
			assert.NoError(t, err, "%s: %s", uri, out)
		}
	}
}

func TestUnknownBuiltinConfiguration(t *testing.T) {
	out, err := exec.Command(binary, "validate", "--config", "builtin:gatway").CombinedOutput()
	require.Error(t, err)
	assert.Contains(t, string(out), "known are agent, gateway, standalone")
}

func TestProfilesNeedNoFlag(t *testing.T) {
	out, err := exec.Command(binary, "featuregate", "service.profilesSupport").CombinedOutput()
	require.NoError(t, err)
	assert.Contains(t, string(out), "Enabled: true")
}

// The first thing a newcomer sees: `make run`.
func TestDemo(t *testing.T) {
	sample, err := filepath.Abs(filepath.Join("..", "..", "testdata", "sample.traces.otlp.pb.zst"))
	require.NoError(t, err)
	p := launch(t, "demo", "demo", sample)
	p.waitFor(func() bool { return strings.Contains(p.log.String(), "Running until Ctrl-C.") }, "the screen")
	require.NoError(t, p.stop(os.Interrupt))
	screen := p.log.String()
	t.Log(screen)

	spans := number(t, screen, `spans +(\d+) in`)
	assert.Equal(t, 11185, spans)
	assert.Equal(t, spans, number(t, screen, `spans +\d+ in +(\d+) out`))
	assert.Less(t, number(t, screen, `as otlpzip: (\d+) %`), 100, "fewer bytes than OTLP+zstd")
	assert.Positive(t, number(t, screen, `repaired +(\d+) attributes`))
	assert.Regexp(t, `console +http://127\.0\.0\.1:\d+/`, screen)
	assert.NotContains(t, screen, "goroutine ", "Ctrl-C leaves no stack trace")
}

// What spans spend their bytes on, and exit codes that scripts can tell apart.
func TestZipInspect(t *testing.T) {
	sample := filepath.Join("..", "..", "testdata", "sample.traces.otlp.pb.zst")
	out, err := exec.Command(binary, "zip", "inspect", "--format", "json", sample).Output()
	require.NoError(t, err)
	var r struct {
		Spans, Bytes int
		Parts        []struct{ Bytes int }
	}
	require.NoError(t, json.Unmarshal(out, &r))
	assert.Equal(t, 11185, r.Spans)
	for _, p := range r.Parts {
		r.Bytes -= p.Bytes
	}
	assert.Zero(t, r.Bytes, "parts add up")

	for want, args := range map[int][]string{1: {"none.pb"}, 2: {"--order", "random", sample}} {
		err := exec.Command(binary, append([]string{"zip", "inspect"}, args...)...).Run()
		var exit *exec.ExitError
		require.ErrorAs(t, err, &exit)
		assert.Equal(t, want, exit.ExitCode())
	}
}

func number(t *testing.T, text, pattern string) int {
	t.Helper()
	match := regexp.MustCompile(pattern).FindStringSubmatch(text)
	require.NotNil(t, match, "%s in\n%s", pattern, text)
	n, err := strconv.Atoi(match[1])
	require.NoError(t, err)
	return n
}

// The gate of continuous integration: the four exit codes, and a port that Ctrl-C closes.
func TestSemconvCheck(t *testing.T) {
	clean := filepath.Join("..", "..", "internal", "cli", "semconvcheck", "testdata", "clean.json")
	shop := filepath.Join("..", "..", "internal", "cli", "semconvcheck", "testdata", "shop.json")
	for want, args := range [][]string{{clean}, {shop}, {"--format", "xml", shop}, {"none.json"}} {
		cmd := exec.Command(binary, append([]string{"semconv", "check"}, args...)...)
		out, err := cmd.CombinedOutput()
		require.NotNil(t, cmd.ProcessState, err)
		assert.Equal(t, want, cmd.ProcessState.ExitCode(), "%s", out)
	}

	p := launch(t, "check", "semconv", "check", "--listen", "127.0.0.1:0", "--for", "1m")
	var addr string
	p.waitFor(func() bool {
		m := regexp.MustCompile(`gRPC on (\S+) and HTTP`).FindStringSubmatch(p.log.String())
		if m != nil {
			addr = m[1]
		}
		return m != nil
	}, "the port")
	out, err := exec.Command(binary, "replay", "--endpoint", addr, filepath.Join("..", "..", "testdata", "sample.logs.otlp.pb.zst")).CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.NoError(t, p.stop(os.Interrupt), p.log.String())
	assert.Contains(t, p.log.String(), "in 1202 items")
}
