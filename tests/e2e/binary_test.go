package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// binary is the collector under test.
var binary string

func TestMain(m *testing.M) {
	var cleanup func()
	var err error
	if binary, cleanup, err = findBinary(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	cleanup()
	os.Exit(code)
}

func findBinary() (path string, cleanup func(), err error) {
	if path = os.Getenv("OTELPLUS_BINARY"); path != "" {
		_, err = os.Stat(path)
		return path, func() {}, err
	}
	dir, err := os.MkdirTemp("", "otelcol-plus-e2e-")
	if err != nil {
		return "", nil, err
	}
	path = filepath.Join(dir, "otelcol-plus")
	cmd := exec.Command("go", "build", "-o", path, "../../cmd/otelcol-plus")
	cmd.Stderr = os.Stderr
	return path, func() { _ = os.RemoveAll(dir) }, cmd.Run()
}
