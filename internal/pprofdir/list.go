package pprofdir

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// maxEntries bounds how many entries of a directory are looked at.
const maxEntries = 100_000

// File is one file of the directory.
type File struct {
	Name     Name
	Path     string
	Size     int64
	Modified time.Time
}

// List returns the directory's own files, the newest window first. Other files are passed over.
func List(dir string) ([]File, error) {
	d, err := os.Open(dir) //nolint:gosec // the user configured it
	if err != nil {
		return nil, err
	}
	defer func() { _ = d.Close() }()

	var files []File
	for seen := 0; seen < maxEntries; {
		entries, err := d.ReadDir(1024)
		for _, e := range entries {
			if f, ok := file(dir, e); ok {
				files = append(files, f)
			}
		}
		seen += len(entries)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	slices.SortFunc(files, newerFirst)
	return files, nil
}

func file(dir string, e os.DirEntry) (File, bool) {
	name, ok := ParseName(e.Name())
	if !ok || !e.Type().IsRegular() {
		return File{}, false
	}
	// A file may go between the listing and this: the exporter deletes the oldest.
	info, err := e.Info()
	if err != nil {
		return File{}, false
	}
	return File{Name: name, Path: filepath.Join(dir, e.Name()), Size: info.Size(), Modified: info.ModTime()}, true
}

// newerFirst orders by window, then by what was written last, then by name so that the order is stable.
func newerFirst(a, b File) int {
	if c := b.Name.Start.Compare(a.Name.Start); c != 0 {
		return c
	}
	if c := b.Modified.Compare(a.Modified); c != 0 {
		return c
	}
	return strings.Compare(a.Path, b.Path)
}
