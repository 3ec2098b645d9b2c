package profilingreceiver

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/otelcol-plus/otelcol-plus/internal/symbol"
)

// namer finds the names of a window's frames. Files are opened when the first
// sample of them turns up, while the process still lives, and closed when the
// window has been sent: no descriptor is held for longer than one interval.
type namer struct {
	cache    *symbol.Cache
	open     map[fileRef]*openFile
	kernel   *symbol.Kallsyms
	kernelAt time.Time // when kallsyms was read, or refused
	kernelID string
	vdso     []byte
	noFiles  bool // /proc/PID/map_files is not allowed
}

type openFile struct {
	r     io.ReaderAt
	file  *os.File // nil for the vdso
	entry *symbol.Entry
}

const (
	maxOpenFiles   = 128
	cacheBytes     = 16 << 20
	nameBudget     = 10 * time.Second // for all files of one window: sampling goes on meanwhile
	kallsymsMaxAge = 10 * time.Minute // modules come and go
)

func newNamer() *namer {
	return &namer{cache: symbol.NewCache(cacheBytes), open: map[fileRef]*openFile{}, vdso: readVDSO()}
}

// cacheKey is the same for all names one file goes by.
func cacheKey(id fileID) string {
	if id.buildID != "" {
		return id.buildID
	}
	return fmt.Sprintf("%x:%x:%s", id.dev, id.ino, id.path)
}

// prepare opens a file if its names may be needed.
func (n *namer) prepare(ref fileRef, o opener) {
	id := ref.Value()
	e := n.cache.Get(cacheKey(id))
	if n.open[ref] != nil || len(n.open) >= maxOpenFiles || e != nil && (e.File == nil || !e.File.HasNames()) {
		return
	}
	f, gone, err := n.openFile(id, o)
	if err != nil {
		return // tried again in the next window
	}
	parsed, err := n.check(f, id, gone)
	if errors.Is(err, errReplaced) {
		f.Close()
		return
	}
	if e == nil || parsed != nil && e.File != nil && e.File.BuildID != parsed.BuildID {
		e = n.cache.Put(cacheKey(id), parsed) // nil when it is no ELF file: that is remembered
	}
	n.open[ref] = &openFile{r: f, file: f, entry: e}
}

var errReplaced = errors.New("the file is not the one that is mapped")

// check reads the headers and makes sure that this is the mapped file. The path
// of a process that lives is believed unless something speaks against it; of
// one that is gone, the build ID or the inode must be the same.
func (n *namer) check(f *os.File, id fileID, gone bool) (*symbol.File, error) {
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return nil, err
	}
	sameDev := id.dev == uint64(unix.Major(uint64(st.Dev)))<<32|uint64(unix.Minor(uint64(st.Dev)))
	// On overlays the device differs, and nothing can be said.
	if id.buildID == "" && (sameDev || gone) && (!sameDev || st.Ino != id.ino) {
		return nil, errReplaced
	}
	parsed, err := symbol.Open(f, st.Size)
	if err != nil {
		return nil, err
	}
	if id.buildID != "" && !strings.HasPrefix(parsed.BuildID, id.buildID) {
		return nil, errReplaced
	}
	return parsed, nil
}

// openFile opens a mapped file: the mapping itself if that is allowed, else
// its path inside the process's root directory. Once the process is gone its
// path is tried here.
func (n *namer) openFile(id fileID, o opener) (f *os.File, gone bool, err error) {
	if !n.noFiles {
		f, err := openRegular(unix.AT_FDCWD, fmt.Sprintf("/proc/%d/map_files/%x-%x", o.pid, o.start, o.end), 0)
		if err == nil {
			return f, false, nil
		}
		n.noFiles = errors.Is(err, unix.EPERM)
	}
	root, err := unix.Open(fmt.Sprintf("/proc/%d/root", o.pid), unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		f, err = openRegular(unix.AT_FDCWD, id.path, 0)
		return f, true, err
	}
	defer unix.Close(root)
	// The process decides what its paths lead to: links must not lead out of
	// its own root.
	f, err = openRegular(root, strings.TrimSuffix(id.path, " (deleted)"), unix.RESOLVE_IN_ROOT)
	return f, false, err
}

// openRegular opens a regular file and nothing else: opening a FIFO would
// block, opening a device may have effects.
func openRegular(dir int, path string, resolve uint64) (*os.File, error) {
	how := unix.OpenHow{Flags: unix.O_RDONLY | unix.O_CLOEXEC | unix.O_NONBLOCK | unix.O_NOCTTY, Resolve: resolve}
	var fd int
	var err error
	if resolve == 0 {
		fd, err = unix.Open(path, int(how.Flags), 0)
	} else {
		fd, err = unix.Openat2(dir, path, &how)
	}
	if err != nil {
		return nil, err
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil || st.Mode&unix.S_IFMT != unix.S_IFREG {
		return nil, errors.Join(err, unix.Close(fd), errReplaced)
	}
	return os.NewFile(uintptr(fd), path), nil
}

// learn asks every file for the names that are missing for a window.
func (n *namer) learn(w *window) {
	wanted := map[fileRef][]uint64{}
	kernel := false
	for _, g := range w.groups {
		for _, list := range g.stacks {
			for _, s := range list {
				for _, f := range s.frames {
					switch f.file {
					case fileKernel:
						kernel = true
					case fileAnon, fileUnknown, fileOther:
					default:
						wanted[f.file] = append(wanted[f.file], f.off)
					}
				}
			}
		}
	}
	if kernel {
		n.readKernel()
	}
	deadline := time.Now().Add(nameBudget)
	files := slices.SortedFunc(maps.Keys(wanted), func(a, b fileRef) int { return len(wanted[b]) - len(wanted[a]) })
	for _, ref := range files { // those with the most frames first
		if time.Now().After(deadline) {
			return
		}
		n.learnFile(ref, wanted[ref], w)
	}
}

func (n *namer) learnFile(ref fileRef, offs []uint64, w *window) {
	e := n.entry(ref)
	if e != nil && len(missing(e, offs)) == 0 {
		return
	}
	if n.open[ref] == nil && ref != fileVDSO {
		n.prepare(ref, w.files[ref])
	}
	if of := n.open[ref]; of != nil {
		n.cache.Learn(of.entry, of.r, missing(of.entry, offs))
	}
}

// missing are the addresses, sorted, that the file has to be asked for.
func missing(e *symbol.Entry, offs []uint64) []uint64 {
	if e.File == nil {
		return nil
	}
	var out []uint64
	for _, off := range offs {
		addr, _, ok := e.File.Addr(off)
		if !ok {
			continue
		}
		if _, known := e.Find(addr); !known {
			out = append(out, addr)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// entry is what is known of a file, nil if nothing is.
func (n *namer) entry(ref fileRef) *symbol.Entry {
	if of := n.open[ref]; of != nil {
		return of.entry
	}
	if ref == fileVDSO {
		r := bytes.NewReader(n.vdso)
		f, _ := symbol.Open(r, r.Size())
		n.open[ref] = &openFile{r: r, entry: n.cache.Put(cacheKey(ref.Value()), f)}
		return n.open[ref].entry
	}
	return n.cache.Get(cacheKey(ref.Value()))
}

// closeFiles ends a window.
func (n *namer) closeFiles() {
	for ref, of := range n.open {
		if of.file != nil {
			of.file.Close()
		}
		delete(n.open, ref)
	}
}

func (n *namer) readKernel() {
	if time.Since(n.kernelAt) < kallsymsMaxAge && !n.kernelAt.IsZero() {
		return
	}
	n.kernelAt = time.Now()
	n.kernelID = symbol.ReadKernelBuildID(os.DirFS("/sys"))
	f, err := os.Open("/proc/kallsyms")
	if err != nil {
		return
	}
	defer f.Close()
	if k, err := symbol.ReadKallsyms(f); err == nil {
		n.kernel = k
	}
}

// bytes is the memory of all names.
func (n *namer) bytes() int {
	b := n.cache.Bytes()
	if n.kernel != nil {
		b += n.kernel.Bytes()
	}
	return b
}

// readVDSO copies the code that the kernel maps into every process.
func readVDSO() []byte {
	maps, err := os.Open("/proc/self/maps")
	if err != nil {
		return nil
	}
	defer maps.Close()
	mem, err := os.Open("/proc/self/mem")
	if err != nil {
		return nil
	}
	defer mem.Close()
	const largest = 64 << 10
	for _, m := range readMaps(maps) {
		if m.file == fileVDSO && m.end-m.start <= largest {
			b := make([]byte, m.end-m.start)
			if _, err := mem.ReadAt(b, int64(m.start)); err == nil {
				return b
			}
		}
	}
	return nil
}
