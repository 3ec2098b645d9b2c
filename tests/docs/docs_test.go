// Package docs holds the documentation to the binary: every complete configuration in it must load.
package docs

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const root = "../.."

var yamlBlock = regexp.MustCompile("(?ms)^```yaml\n(.*?)^```")

// A block is a complete configuration when it has pipelines. One that only makes sense on top of a built-in
// configuration says so in its first line: "# with builtin:agent".
var base = regexp.MustCompile(`\A# with (builtin:\w+)`)

func TestConfigurationsInTheDocumentationLoad(t *testing.T) {
	binary := os.Getenv("OTELPLUS_BINARY")
	if binary == "" {
		t.Skip("SKIPPED: OTELPLUS_BINARY is not set; `make test` sets it")
	}
	checked := 0
	for _, file := range markdown(t) {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, match := range yamlBlock.FindAllStringSubmatch(string(data), -1) {
			config := match[1]
			on := base.FindStringSubmatch(config)
			if on == nil && !strings.Contains(config, "pipelines:") {
				continue
			}
			checked++
			var args []string
			if on != nil {
				args = []string{"--config", on[1]}
			}
			validate(t, binary, file, config, args)
		}
	}
	require.Positive(t, checked)
}

func markdown(t *testing.T) (files []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && strings.HasPrefix(d.Name(), ".") && path != root {
			return filepath.SkipDir
		}
		if strings.HasSuffix(path, ".md") {
			files = append(files, path)
		}
		return nil
	}))
	return files
}

func validate(t *testing.T, binary, file, config string, args []string) {
	t.Run(strings.TrimPrefix(file, root+"/"), func(t *testing.T) {
		dir := t.TempDir()
		path := filepath.Join(dir, "config.yaml")
		require.NoError(t, os.WriteFile(path, []byte(config), 0o600))
		cmd := exec.Command(binary, append(append([]string{"validate"}, args...), "--config", path)...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s\n%s", config, out)
	})
}
