package pprofexporter

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/pprof/profile"
	"github.com/klauspost/compress/gzip"

	"github.com/otelcol-plus/otelcol-plus/internal/pprofdir"
)

const (
	// Profiles tell what runs on a host: readable by its group, not by everyone.
	directoryMode = 0o750
	fileMode      = 0o640

	tempPrefix, tempSuffix = ".pprof-", ".tmp"

	// maxSeq bounds the files of one service, type and window; names end there.
	maxSeq = 9999
)

var (
	errFileTooLarge = errors.New("the file would be larger than max_megabytes")
	errNoName       = errors.New("no file name is left for this service and window")
)

// store is the directory: what it holds, and the rules by which it is written and kept bounded. Its user serialises.
type store struct {
	dir      string
	maxFiles int
	maxBytes int64

	opened bool
	files  map[string]*stored
	// reserved names belong to files that are staged: two sample types may differ in the unit only.
	reserved map[string]bool
	bytes    int64
	writes   uint64
	gz       *gzip.Writer
}

// stored is what the store knows of a file.
type stored struct {
	name    pprofdir.Name
	size    int64
	written uint64 // the order of writing, 0 for files that were there before
}

func newStore(c *Config) *store {
	gz, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // the level is valid
	return &store{
		dir:      c.Directory,
		maxFiles: c.MaxFiles,
		maxBytes: int64(c.MaxMegabytes) << 20,
		reserved: map[string]bool{},
		gz:       gz,
	}
}

// open creates the directory and takes stock of it. It is tried again with every request until it succeeds.
func (s *store) open() error {
	if s.opened {
		return nil
	}
	if err := os.MkdirAll(s.dir, directoryMode); err != nil {
		return fmt.Errorf("create the directory of `directory`: %w", err)
	}
	files, err := pprofdir.List(s.dir)
	if err != nil {
		return fmt.Errorf("read the directory of `directory`: %w", err)
	}
	s.files, s.bytes = make(map[string]*stored, len(files)), 0
	for _, f := range files {
		s.files[f.Name.String()] = &stored{name: f.Name, size: f.Size}
		s.bytes += f.Size
	}
	s.opened = true
	return s.removeTemporary()
}

// removeTemporary removes what a killed predecessor left half-written.
func (s *store) removeTemporary() error {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return err
	}
	var errs []error
	for _, e := range entries {
		if e.Type().IsRegular() && strings.HasPrefix(e.Name(), tempPrefix) && strings.HasSuffix(e.Name(), tempSuffix) {
			errs = append(errs, os.Remove(filepath.Join(s.dir, e.Name())))
		}
	}
	return errors.Join(errs...)
}

// reserve returns a name that no file has, until release: files of an earlier process or of an evicted window are not written to again.
func (s *store) reserve(service, kind string, start time.Time) (pprofdir.Name, error) {
	for seq := 1; seq <= maxSeq; seq++ {
		name := pprofdir.NewName(service, kind, start, seq)
		base := name.String()
		if s.files[base] != nil || s.reserved[base] {
			continue
		}
		if _, err := os.Lstat(filepath.Join(s.dir, base)); errors.Is(err, fs.ErrNotExist) {
			s.reserved[base] = true
			return name, nil
		}
	}
	return pprofdir.Name{}, errNoName
}

func (s *store) release() { clear(s.reserved) }

// staged is a complete file that does not have its name yet.
type staged struct {
	temp string
	size int64
}

// stage writes a profile to a temporary file. This is the step that a full disk fails.
func (s *store) stage(p *profile.Profile) (st staged, err error) {
	f, err := os.CreateTemp(s.dir, tempPrefix+"*"+tempSuffix)
	if err != nil {
		// The directory may have been taken away; the next attempt makes it again.
		s.opened = !errors.Is(err, fs.ErrNotExist)
		return staged{}, err
	}
	st.temp = f.Name()
	defer func() {
		if err = errors.Join(err, f.Close()); err != nil {
			st.discard()
		}
	}()
	if err := f.Chmod(fileMode); err != nil {
		return st, err
	}
	s.gz.Reset(f)
	if err := p.WriteUncompressed(s.gz); err != nil {
		return st, err
	}
	if err := s.gz.Close(); err != nil {
		return st, err
	}
	info, err := f.Stat()
	if err != nil {
		return st, err
	}
	st.size = info.Size()
	if st.size > s.maxBytes {
		return st, errFileTooLarge
	}
	return st, nil
}

func (st staged) discard() { _ = os.Remove(st.temp) }

// publish gives a staged file its name; readers see the old file or the new one, never a part.
func (s *store) publish(st staged, name pprofdir.Name) error {
	base := name.String()
	if err := os.Rename(st.temp, filepath.Join(s.dir, base)); err != nil {
		st.discard()
		return err
	}
	old := s.files[base]
	if old != nil {
		s.bytes -= old.size
	}
	s.writes++
	s.files[base] = &stored{name: name, size: st.size, written: s.writes}
	s.bytes += st.size
	return nil
}

// trim deletes the oldest files until the rest is within bounds. A file that cannot be deleted is forgotten for this
// round only: it stays counted, and is tried again the next time.
func (s *store) trim() (deleted int, err error) {
	if !s.over() {
		return 0, nil
	}
	oldest := make([]*stored, 0, len(s.files))
	for _, f := range s.files {
		oldest = append(oldest, f)
	}
	slices.SortFunc(oldest, func(a, b *stored) int {
		if c := a.name.Start.Compare(b.name.Start); c != 0 {
			return c
		}
		if c := cmp.Compare(a.written, b.written); c != 0 {
			return c
		}
		return strings.Compare(a.name.String(), b.name.String())
	})
	for _, f := range oldest {
		if !s.over() {
			break
		}
		base := f.name.String()
		if e := os.Remove(filepath.Join(s.dir, base)); e != nil && !errors.Is(e, fs.ErrNotExist) {
			err = errors.Join(err, e)
			continue
		}
		delete(s.files, base)
		s.bytes -= f.size
		deleted++
	}
	return deleted, err
}

func (s *store) over() bool {
	return len(s.files) > s.maxFiles || s.bytes > s.maxBytes
}
