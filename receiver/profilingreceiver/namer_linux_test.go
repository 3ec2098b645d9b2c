package profilingreceiver

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unique"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// ownText is this test's own code, as the tracker sees it.
func ownText(t *testing.T) (mapping, frame) {
	t.Helper()
	f, err := os.Open("/proc/self/maps")
	require.NoError(t, err)
	defer f.Close()
	m, fr, ok := find(readMaps(f), uint64(reflect.ValueOf(ownText).Pointer()))
	require.True(t, ok)
	return m, fr
}

func nameOf(via opener, f frame) string {
	n := newNamer()
	w := newWindow(1)
	w.files[f.file] = via
	w.add(&process{pid: via.pid}, []frame{f}, 1)
	n.learn(w)
	defer n.closeFiles()
	return n.lookUp(f).name
}

const neverAPid = 1 << 30

func TestNamesOfLivingAndGoneProcesses(t *testing.T) {
	m, f := ownText(t)
	self := opener{pid: uint32(os.Getpid()), start: m.start, end: m.end}
	gone := opener{pid: neverAPid, start: m.start, end: m.end}
	wantSuffix := "profilingreceiver.ownText"
	assert.True(t, strings.HasSuffix(nameOf(self, f), wantSuffix), nameOf(self, f))
	var st unix.Stat_t
	require.NoError(t, unix.Stat(f.file.Value().path, &st))
	if f.file.Value().dev == uint64(unix.Major(st.Dev))<<32|uint64(unix.Minor(st.Dev)) {
		assert.True(t, strings.HasSuffix(nameOf(gone, f), wantSuffix), "same device and inode")
	}

	// Another file has taken the path since.
	other := f.file.Value()
	other.ino++
	assert.Empty(t, nameOf(gone, frame{unique.Make(other), f.off}), "another inode")
	other = f.file.Value()
	other.buildID = "0123"
	assert.Empty(t, nameOf(gone, frame{unique.Make(other), f.off}), "another build ID")
}

func TestOnlyRegularFilesAreOpened(t *testing.T) {
	dir := t.TempDir()
	fifo := filepath.Join(dir, "fifo")
	require.NoError(t, unix.Mkfifo(fifo, 0o600))
	for _, path := range []string{fifo, dir, "/dev/zero"} {
		_, err := openRegular(unix.AT_FDCWD, path, 0)
		assert.ErrorIs(t, err, errReplaced, path)
	}
}

func TestLinksDoNotLeadOutOfTheRoot(t *testing.T) {
	dir := t.TempDir()
	outside := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(outside, []byte("x"), 0o600))
	require.NoError(t, os.Symlink(outside, filepath.Join(dir, "lib.so")))
	root, err := unix.Open(dir, unix.O_PATH, 0)
	require.NoError(t, err)
	defer unix.Close(root)
	_, err = openRegular(root, "/lib.so", unix.RESOLVE_IN_ROOT)
	assert.ErrorIs(t, err, unix.ENOENT)
}

func TestVDSOHasNames(t *testing.T) {
	n := newNamer()
	if n.vdso == nil {
		t.Skip("SKIPPED, no vdso in this process")
	}
	e := n.entry(fileVDSO)
	require.NotNil(t, e.File)
	named := 0
	w := newWindow(1)
	var frames []frame
	for off := uint64(0); off < uint64(len(n.vdso)); off += 64 {
		frames = append(frames, frame{fileVDSO, off})
	}
	w.add(&process{pid: 1}, frames, 1)
	n.learn(w)
	for _, f := range frames {
		if strings.Contains(n.lookUp(f).name, "gettime") {
			named++
		}
	}
	assert.Positive(t, named)
}
