package semconv

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/otelcol-plus/otelcol-plus/internal/semconv/internal/facts"
)

// maxRegistryBytes bounds a registry file. The one that is compiled in takes half a megabyte.
const maxRegistryBytes = 32 << 20

// Load adds registries to the one that is compiled in, each a file of the same JSON shape (format 1), and where two describe the
// same name the later one wins. Without paths it is [Default]. The error names the file and the entry that leads nowhere.
func Load(paths ...string) (*Registry, error) {
	if len(paths) == 0 {
		return Default(), nil
	}
	merged := &builtinFacts
	for _, path := range paths {
		add, err := read(path)
		if err != nil {
			return nil, fmt.Errorf("registry %s: %w", path, err)
		}
		if merged, err = facts.Merge(merged, add); err != nil {
			return nil, fmt.Errorf("registry %s: %w", path, err)
		}
	}
	return compile(merged), nil
}

func read(path string) (*facts.Facts, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxRegistryBytes {
		return nil, fmt.Errorf("%d bytes, at most %d are read", info.Size(), maxRegistryBytes)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	f, err := facts.Parse(data)
	if err != nil {
		return nil, err
	}
	return f, structuresKnown(f)
}

// structuresKnown refuses structural rules that only a function in this package could carry out.
func structuresKnown(f *facts.Facts) error {
	for _, s := range f.Structural {
		_, plain := structuralOps[s.Op]
		if !plain && structures[s.ID] == nil && s.Op != "keep" {
			return fmt.Errorf("structural rule %q: op %q needs code; a registry can use %s", s.ID, s.Op, strings.Join(plainOps(), ", "))
		}
	}
	return nil
}

func plainOps() []string {
	ops := []string{"keep"}
	for op := range structuralOps {
		ops = append(ops, op)
	}
	slices.Sort(ops)
	return ops
}
