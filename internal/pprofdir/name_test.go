package pprofdir

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func TestName(t *testing.T) {
	f := func(service, kind string, seq int, want string) {
		t.Helper()
		n := NewName(service, kind, noon, seq)
		assert.Equal(t, want, n.String())
		back, ok := ParseName(want)
		require.True(t, ok)
		assert.Equal(t, n, back)
	}
	f("shop", "samples", 1, "shop.samples.20260102T120000Z.pb.gz")
	f("shop", "samples", 2, "shop.samples.20260102T120000Z-2.pb.gz")
	f("com.example.shop", "cpu", 1, "com.example.shop.cpu.20260102T120000Z.pb.gz")
	f("../../etc/passwd", "cpu", 1, "_._.._etc_passwd-6fadc99a.cpu.20260102T120000Z.pb.gz")
	f("..", "..", 1, "_.-a3d4a70d.__-a3d4a70d.20260102T120000Z.pb.gz")
	f("-rf", "a.b", 1, "_rf-2a6775c8.a_b-108bf50c.20260102T120000Z.pb.gz")
	f("", "", 1, "_-811c9dc5._-811c9dc5.20260102T120000Z.pb.gz")
	f("a\x00b\nc", "cpu", 1, "a_b_c-de870771.cpu.20260102T120000Z.pb.gz")
}

func TestNamesStayApart(t *testing.T) {
	assert.NotEqual(t, safe("a/b", true), safe("a_b", true))
	assert.NotEqual(t, safe("a/b", true), safe("a b", true))
	long := strings.Repeat("x", 300)
	assert.NotEqual(t, safe(long+"1", true), safe(long+"2", true))
	assert.Len(t, safe(long, true), maxPart)
}

func TestForeignNames(t *testing.T) {
	for _, name := range []string{
		"", ".", "..", ".pb.gz", "cpu.pb.gz", "shop.pb.gz", "shop.cpu.pb.gz", "a.b.c.pb.gz",
		"shop.cpu.20260102T120000Z", "shop.cpu.20260102T120000Z.pb", "shop.cpu.20260102T120000.pb.gz",
		"shop.cpu.20260102T120000Z-1.pb.gz", "shop.cpu.20260102T120000Z-02.pb.gz", "shop.cpu.20260102T120000Z-.pb.gz",
		"shop.cpu.20261302T120000Z.pb.gz", ".shop.cpu.20260102T120000Z.pb.gz", "s h.cpu.20260102T120000Z.pb.gz",
		".cpu.20260102T120000Z.pb.gz", "shop..20260102T120000Z.pb.gz", "-x.cpu.20260102T120000Z.pb.gz",
	} {
		_, ok := ParseName(name)
		assert.False(t, ok, name)
	}
}

func FuzzNewName(f *testing.F) {
	f.Add("shop", "cpu", 1)
	f.Add("../x", "a/b", 2)
	f.Fuzz(func(t *testing.T, service, kind string, seq int) {
		seq = 1 + int(uint(seq)%maxSeq)
		n := NewName(service, kind, noon, seq)
		base := n.String()
		back, ok := ParseName(base)
		require.True(t, ok, base)
		require.Equal(t, n, back)
		require.Equal(t, base, filepath.Base(filepath.Join("dir", base)))
		require.LessOrEqual(t, len(base), 255)
	})
}

func TestList(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, modified time.Time) {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte("12345"), 0o600))
		require.NoError(t, os.Chtimes(path, modified, modified))
	}
	older := NewName("shop", "cpu", noon.Add(-time.Minute), 1).String()
	first, second := NewName("shop", "cpu", noon, 1).String(), NewName("shop", "cpu", noon, 2).String()
	write(older, noon.Add(time.Hour))
	write(second, noon.Add(2*time.Second))
	write(first, noon.Add(time.Second))
	write("notes.txt", noon)
	require.NoError(t, os.Mkdir(filepath.Join(dir, NewName("dir", "cpu", noon, 1).String()), 0o700))
	require.NoError(t, os.Symlink(first, filepath.Join(dir, NewName("link", "cpu", noon, 1).String())))

	files, err := List(dir)
	require.NoError(t, err)
	var names []string
	for _, f := range files {
		names = append(names, filepath.Base(f.Path))
		assert.Equal(t, int64(5), f.Size)
	}
	assert.Equal(t, []string{second, first, older}, names)

	_, err = List(filepath.Join(dir, "none"))
	require.ErrorIs(t, err, os.ErrNotExist)
}
