package pprofdir

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/google/pprof/profile"

	"github.com/otelcol-plus/otelcol-plus/internal/pprofconv"
)

const (
	// DefaultSpan is how much time a view covers, back from the newest window.
	DefaultSpan = 5 * time.Minute

	// A view is bounded in files and in bytes, compressed and not; what is beyond is left out and said so.
	maxFiles        = 1000
	maxBytes        = 64 << 20
	maxUncompressed = 512 << 20
	maxFileInflated = 64 << 20

	// serviceComment is how the exporter keeps the service's name as it was.
	serviceComment = "service.name="
)

// preferred are the types a view shows when none was asked for, the best first.
var preferred = []string{"samples", "cpu"}

// Query selects files.
type Query struct {
	// Service is a service as in file names; empty for all of them.
	Service string
	// Type is a sample type as in file names; empty for CPU samples, or what there is.
	Type string
	// Span is how far back from the newest window files are read; zero for DefaultSpan.
	Span time.Duration
}

// View is what the selected files say together.
type View struct {
	Tree *Tree
	// Type and Unit are those of the values.
	Type, Unit string
	// From and To are the first and the last window's start; zero when there is no file.
	From, To time.Time
	// Files were read; Skipped were damaged, of another unit, or beyond the bounds.
	Files, Skipped int
	// Services and Types are all that the directory has within the span, for a choice.
	Services, Types []string
}

// Read lists the directory and puts the selected files together.
func Read(dir string, q Query) (*View, error) {
	files, err := List(dir)
	if err != nil {
		return nil, err
	}
	return ReadFiles(files, q), nil
}

// ReadFiles is Read for files that are listed already, the newest first.
func ReadFiles(files []File, q Query) *View {
	files = within(files, q.Span)
	v := &View{Tree: NewTree(), Services: services(files), Types: types(files)}
	v.Type = q.Type
	if v.Type == "" {
		v.Type = choose(v.Types)
	}
	r := reader{view: v, all: q.Service == "", newest: map[string]time.Time{}}
	for _, f := range files {
		if f.Name.Type == v.Type && (q.Service == "" || f.Name.Service == q.Service) {
			r.add(f)
		}
	}
	return v
}

// within cuts the list, which is sorted, to the span. It is measured from the newest file and not from now, so that the
// last minutes of something that has stopped can be seen.
func within(files []File, span time.Duration) []File {
	if span <= 0 {
		span = DefaultSpan
	}
	for i, f := range files {
		if files[0].Name.Start.Sub(f.Name.Start) >= span {
			return files[:i]
		}
	}
	return files
}

func services(files []File) []string {
	return distinct(files, func(f File) string { return f.Name.Service })
}

func types(files []File) []string {
	return distinct(files, func(f File) string { return f.Name.Type })
}

func distinct(files []File, key func(File) string) []string {
	seen := map[string]bool{}
	out := []string{}
	for _, f := range files {
		if k := key(f); !seen[k] {
			seen[k] = true
			out = append(out, k)
		}
	}
	slices.Sort(out)
	return out
}

func choose(types []string) string {
	for _, t := range preferred {
		if slices.Contains(types, t) {
			return t
		}
	}
	if len(types) > 0 {
		return types[0]
	}
	return ""
}

type reader struct {
	view            *View
	all             bool
	bytes, inflated int64
	newest          map[string]time.Time // window of each service
}

func (r *reader) add(f File) {
	v := r.view
	if pprofconv.OfTheMoment(v.Type) {
		// What there was in earlier windows is not there in addition.
		if newest, ok := r.newest[f.Name.Service]; ok && f.Name.Start.Before(newest) {
			return
		}
		r.newest[f.Name.Service] = f.Name.Start
	}
	if v.Files >= maxFiles || r.bytes+f.Size > maxBytes || r.inflated > maxUncompressed {
		v.Skipped++
		return
	}
	r.bytes += f.Size
	p, size, err := parse(f.Path)
	r.inflated += size
	if errors.Is(err, fs.ErrNotExist) {
		return // rotated away since the listing
	}
	if err != nil || len(p.SampleType) == 0 {
		v.Skipped++
		return
	}
	if v.Unit == "" {
		v.Unit = p.SampleType[0].Unit
	}
	if p.SampleType[0].Unit != v.Unit {
		v.Skipped++
		return
	}
	var base []string
	if r.all {
		base = []string{serviceOf(p, f)}
	}
	v.Tree.Add(p, 0, base...)
	v.Files++
	if v.From.IsZero() || f.Name.Start.Before(v.From) {
		v.From = f.Name.Start
	}
	if f.Name.Start.After(v.To) {
		v.To = f.Name.Start
	}
}

// serviceOf prefers the name in the file, which has all its characters.
func serviceOf(p *profile.Profile, f File) string {
	for _, c := range p.Comments {
		if s, ok := strings.CutPrefix(c, serviceComment); ok && s != "" {
			return s
		}
	}
	return f.Name.Service
}

// parse reads one file.
func parse(path string) (p *profile.Profile, inflated int64, err error) {
	data, err := os.ReadFile(path) //nolint:gosec // listed in the configured directory
	if err != nil {
		return nil, 0, err
	}
	if p, inflated, err = decode(data, maxFileInflated); err != nil {
		err = fmt.Errorf("%s: %w", path, err)
	}
	return p, inflated, err
}

// decode is profile.Parse with a bound on what a file may decompress to.
func decode(data []byte, limit int) (p *profile.Profile, inflated int64, err error) {
	gz, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, 0, err
	}
	raw, err := io.ReadAll(io.LimitReader(gz, int64(limit)+1))
	inflated = int64(len(raw))
	if err != nil {
		return nil, inflated, err
	}
	if len(raw) > limit {
		return nil, inflated, fmt.Errorf("more than %d bytes uncompressed", limit)
	}
	if p, err = profile.ParseUncompressed(raw); err != nil {
		return nil, inflated, err
	}
	return p, inflated, p.CheckValid()
}
