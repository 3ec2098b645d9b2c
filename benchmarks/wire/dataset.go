package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-plus/otelcol-plus/benchmarks/internal/batches"
	"github.com/otelcol-plus/otelcol-plus/benchmarks/internal/shop"
)

// dataset is a recording, or traces made by a program.
type dataset struct{ name, path string }

// openAll finds the datasets of -data.
func openAll(wanted []string) ([]dataset, error) {
	var out []dataset
	for _, w := range wanted {
		if made := strings.TrimPrefix(w, "gen:"); made != w {
			if made != "high" && made != "low" {
				return nil, fmt.Errorf("-data %s: there are gen:high and gen:low", w)
			}
			out = append(out, dataset{w, w})
			continue
		}
		paths := []string{w}
		info, err := os.Stat(w)
		if err != nil {
			return nil, err
		}
		if info.IsDir() {
			if paths, err = filepath.Glob(filepath.Join(w, "*.traces.otlp.pb*")); err != nil {
				return nil, err
			}
			if len(paths) == 0 {
				return nil, fmt.Errorf("no *.traces.otlp.pb* in %s", w)
			}
		}
		for _, p := range paths {
			name, _, _ := strings.Cut(filepath.Base(p), ".traces.")
			out = append(out, dataset{name, p})
		}
	}
	return out, nil
}

// requests returns the first spans of the dataset in requests of the size. Only full ones, unless there is no other.
func (d dataset) requests(size, spans int) ([]ptrace.Traces, error) {
	var all []ptrace.Traces
	switch d.path {
	case "gen:high":
		all = batches.Recut(shop.Generate(shop.High, spans), size)
	case "gen:low":
		all = batches.Recut(shop.Generate(shop.Low, spans), size)
	default:
		var err error
		if all, err = batches.Read(d.path, size); err != nil {
			return nil, err
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s: no spans", d.path)
	}
	if len(all) > 1 && all[len(all)-1].SpanCount() < size {
		all = all[:len(all)-1]
	}
	return all[:min(len(all), max(1, spans/size))], nil
}
