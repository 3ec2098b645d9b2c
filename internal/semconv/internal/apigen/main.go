// Command apigen writes the public package semconv: typed constructors, metric descriptions and span helpers for everything that
// is current in registry.json.
//
// It writes a file per namespace, NAMESPACE_generated.go, beside three that cut across them, and removes what it wrote for
// namespaces that are gone. The output depends on the input alone.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

func main() {
	in := flag.String("in", "registry.json", "facts to read")
	out := flag.String("out", ".", "directory to write to")
	flag.Parse()
	if err := run(*in, *out); err != nil {
		log.Fatal(err)
	}
}

func run(in, out string) error {
	data, err := os.ReadFile(in)
	if err != nil {
		return err
	}
	files, err := generate(data)
	if err != nil {
		return fmt.Errorf("%s: %w", in, err)
	}
	old, err := generatedFiles(out)
	if err != nil {
		return err
	}
	for _, path := range old {
		if _, ok := files[filepath.Base(path)]; !ok {
			if err := os.Remove(path); err != nil {
				return err
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := os.WriteFile(filepath.Join(out, name), files[name], 0o644); err != nil {
			return err
		}
	}
	return nil
}

// generatedFiles are the files of a directory that only this program writes.
func generatedFiles(dir string) ([]string, error) {
	code, err := filepath.Glob(filepath.Join(dir, "*_generated.go"))
	if err != nil {
		return nil, err
	}
	tests, err := filepath.Glob(filepath.Join(dir, "*_generated_test.go"))
	return append(code, tests...), err
}

// generate turns the facts into formatted Go source, by file name.
func generate(data []byte) (map[string][]byte, error) {
	var r registry
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, err
	}
	if r.Format != 1 {
		return nil, fmt.Errorf("format %d is unknown, want 1", r.Format)
	}
	g := newGenerator(&r)
	for _, namespace := range g.namespaces() {
		g.namespace(namespace)
	}
	g.release()
	g.successors()
	g.samples()
	return g.files()
}
