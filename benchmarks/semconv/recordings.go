package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/otelcol-plus/otelcol-plus/benchmarks/internal/batches"
	"github.com/otelcol-plus/otelcol-plus/internal/otlpfile"
)

// recordings reads files, or all recordings of folders, as sets of about n items in requests of about size.
func recordings(paths []string, r *registry, n, size int) ([]dataset, error) {
	var out []dataset
	for _, path := range paths {
		files := []string{path}
		if info, err := os.Stat(path); err != nil {
			return nil, err
		} else if info.IsDir() {
			if files, err = filepath.Glob(filepath.Join(path, "*.otlp.pb*")); err != nil {
				return nil, err
			}
		}
		for _, file := range files {
			d, ok, err := record(file, r, n, size)
			if err != nil {
				return nil, err
			}
			if ok {
				out = append(out, d)
			}
		}
	}
	return out, nil
}

// record reads one recording. It is not ok for signals that not all contenders have.
func record(path string, r *registry, n, size int) (d dataset, ok bool, err error) {
	name, rest, _ := strings.Cut(filepath.Base(path), ".")
	d.signal = signal(strings.Split(rest, ".")[0])
	switch d.signal {
	case traces:
		d.requests, err = recordedSpans(path, n, size)
	case metrics, logs:
		d.requests, err = joined(path, d.signal, n, size)
	default:
		return d, false, nil
	}
	if err != nil {
		return d, false, err
	}
	renames := map[string]bool{}
	for _, known := range r.ottlRenames(d.signal) {
		renames[known.from] = true
	}
	d.old = map[string]bool{}
	attributes := 0
	for _, body := range d.requests {
		b, err := decode(d.signal, body)
		if err != nil {
			return d, false, fmt.Errorf("%s: %w", path, err)
		}
		d.items += b.count()
		for it := range b.items() {
			attributes += it.attrs.Len()
			for key := range it.attrs.All() {
				if renames[key] {
					d.old[key] = true
				}
			}
		}
	}
	d.name = name + ", " + string(d.signal)
	d.what = fmt.Sprintf("a recording, %.1f attributes a %s, %d old names", float64(attributes)/float64(max(d.items, 1)), d.signal.item(), len(d.old))
	return d, true, nil
}

// recordedSpans takes requests that are spread evenly over the recording: services start with spans of their own kind.
func recordedSpans(path string, n, size int) (requests [][]byte, err error) {
	cut, err := batches.Read(path, size)
	if err != nil {
		return nil, err
	}
	take := min(len(cut), (n+size-1)/size)
	for i := range take {
		body, err := batch{signal: traces, traces: cut[i*len(cut)/take]}.encode()
		if err != nil {
			return nil, err
		}
		requests = append(requests, body)
	}
	return requests, nil
}

// joined puts recorded requests together until they have about the size that is wanted: requests one after the other are, in
// protobuf, one request with all that is in them.
func joined(path string, s signal, n, size int) (requests [][]byte, err error) {
	in, err := otlpfile.Open(path)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	var at []byte
	items, total := 0, 0
	for total+items < n {
		body, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		b, err := decode(s, body)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		at, items = append(at, body...), items+b.count()
		if items >= size {
			requests, at, total, items = append(requests, at), nil, total+items, 0
		}
	}
	if items > 0 {
		requests = append(requests, at)
	}
	return requests, nil
}
