// Package configs holds the ready-made configurations of the distribution. They are shipped as files and embedded in the
// binary, where the builtin: provider finds them; there is one copy of each.
package configs

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"
)

//go:embed *.yaml
var files embed.FS

// Names lists the known configurations, sorted.
func Names() []string {
	entries, err := fs.Glob(files, "*.yaml")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	for i, name := range entries {
		entries[i] = strings.TrimSuffix(name, ".yaml")
	}
	return entries
}

// Read returns the YAML of the named configuration.
// For an unknown name the error lists the known ones.
func Read(name string) ([]byte, error) {
	for _, known := range Names() {
		if known == name {
			return files.ReadFile(name + ".yaml")
		}
	}
	return nil, fmt.Errorf("no built-in configuration %q: known are %s", name, strings.Join(Names(), ", "))
}
