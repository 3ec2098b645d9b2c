package profilingreceiver

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"unique"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-plus/otelcol-plus/internal/perfevent"
)

const bashMaps = `55d0c8a00000-55d0c8a2d000 r--p 00000000 fe:01 1573                       /usr/bin/bash
55d0c8a2d000-55d0c8b06000 r-xp 0002d000 fe:01 1573                       /usr/bin/bash
55d0c9f11000-55d0ca0a2000 rw-p 00000000 00:00 0                          [heap]
7f3a10000000-7f3a10010000 rwxp 00000000 00:00 0
7f3a10010000-7f3a10020000 r-xp 00000000 00:00 0
7f3a2c022000-7f3a2c1b7000 r-xp 00022000 fe:01 99                         /lib/with space.so (deleted)
7ffd1d3f9000-7ffd1d3fb000 r-xp 00000000 00:00 0                          [vdso]
ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]
`

func TestReadMaps(t *testing.T) {
	maps := readMaps(strings.NewReader(bashMaps))
	require.Len(t, maps, 5)
	assert.Equal(t, mapping{0x55d0c8a2d000, 0x55d0c8b06000, 0x2d000, unique.Make(fileID{path: "/usr/bin/bash", dev: 0xfe<<32 | 1, ino: 1573})}, maps[0])
	assert.Equal(t, mapping{0x7f3a10000000, 0x7f3a10020000, 0, fileAnon}, maps[1])
	assert.Equal(t, "/lib/with space.so (deleted)", maps[2].file.Value().path)
	assert.Equal(t, fileVDSO, maps[3].file)

	_, f, ok := find(maps, 0x55d0c8a2d123)
	assert.True(t, ok)
	assert.Equal(t, frame{maps[0].file, 0x2d123}, f)
	_, f, _ = find(maps, 0x7f3a10010001)
	assert.Equal(t, frame{fileAnon, 0x7f3a10010001}, f)
	for _, addr := range []uint64{0, 0x55d0c8a2cfff, 0x55d0c8b06000, ^uint64(0)} {
		_, _, ok := find(maps, addr)
		assert.False(t, ok, "%#x", addr)
	}
}

func TestInsertReplacesWhatItOverlaps(t *testing.T) {
	a, b := unique.Make(fileID{path: "/a"}), unique.Make(fileID{path: "/b"})
	old := []mapping{{0x1000, 0x5000, 0, a}}
	got := insert(old, mapping{0x2000, 0x3000, 0x700, b})
	assert.Equal(t, []mapping{{0x1000, 0x2000, 0, a}, {0x2000, 0x3000, 0x700, b}, {0x3000, 0x5000, 0x2000, a}}, got)
	assert.Equal(t, []mapping{{0x1000, 0x5000, 0, a}}, old, "shared with the parent, must not change")
	assert.Equal(t, []mapping{{0x1000, 0x9000, 0, b}}, insert(got, mapping{0x1000, 0x9000, 0, b}))
	assert.Equal(t, got, insert(got, mapping{0x9000, 0x9000, 0, b}))
}

func stat(pid, comm, flags, start string) *fstest.MapFile {
	return &fstest.MapFile{Data: []byte(pid + " (" + comm + ") S 1 1 1 0 -1 " + flags + " 0 0 0 0 1 1 0 0 20 0 1 0 " + start + " 1 1\n")}
}

func fakeProc() fstest.MapFS {
	id := strings.Repeat("ab", 32)
	return fstest.MapFS{
		"41/stat":   stat("41", "ba) sh", "4194304", "500"),
		"41/maps":   {Data: []byte(bashMaps)},
		"41/exe":    {Data: []byte("/usr/bin/bash"), Mode: fs.ModeSymlink},
		"41/cgroup": {Data: []byte("0::/kubepods.slice/cri-containerd-" + id + ".scope\n")},
		"2/stat":    stat("2", "kthreadd", "2129984", "0"),
		"2/maps":    {Data: nil},
	}
}

func boot(t uint64) uint64 { return t }

func TestTrackerFollowsForkAndExec(t *testing.T) {
	tr := newTracker(fakeProc(), boot)
	tr.scan()
	require.Len(t, tr.procs, 2)
	assert.True(t, tr.procs[2].kernel)
	sh := tr.procs[41]
	assert.Equal(t, "bash", sh.name())
	assert.Equal(t, "ba) sh", sh.comm)
	assert.Equal(t, strings.Repeat("ab", 32), sh.container)

	late := uint64(9e9)
	tr.apply(&perfevent.Record{Kind: perfevent.KindFork, PID: 50, TID: 50, PPID: 41, Time: late})
	child := tr.sampled(&perfevent.Record{PID: 50, TID: 50, Time: late})
	assert.Equal(t, sh.maps, child.maps)
	assert.Equal(t, sh.container, child.container)

	tr.apply(&perfevent.Record{Kind: perfevent.KindFork, PID: 50, TID: 51, PPID: 50, Time: late})
	assert.Same(t, child, tr.procs[50], "a thread is no new process")

	tr.apply(&perfevent.Record{Kind: perfevent.KindComm, PID: 50, TID: 50, Name: []byte("ls"), Exec: true, Time: late})
	tr.apply(&perfevent.Record{Kind: perfevent.KindMmap, PID: 50, TID: 50, Addr: 0x400000, Len: 0x1000, Name: []byte("/bin/ls"), BuildID: []byte{1, 2}, Time: late})
	tr.apply(&perfevent.Record{Kind: perfevent.KindMmap, PID: 50, TID: 50, Addr: 0x700000, Len: 0x1000, Name: []byte("/lib/ld.so"), BuildID: []byte{3}, Time: late})
	ls := tr.sampled(&perfevent.Record{PID: 50, TID: 50, Time: late})
	assert.NotSame(t, child, ls)
	assert.Equal(t, "/bin/ls", ls.exe)
	assert.Len(t, ls.maps, 2)
	assert.Equal(t, fileID{path: "/bin/ls", buildID: "0102"}, ls.maps[0].file.Value())
	assert.Equal(t, sh.container, ls.container)

	tr.apply(&perfevent.Record{Kind: perfevent.KindExit, PID: 50, TID: 50})
	assert.NotContains(t, tr.procs, uint32(50))
}

func TestPidReuseGetsNoNames(t *testing.T) {
	tr := newTracker(fakeProc(), boot)
	// Process 41 started 5 s after boot; this sample is of whoever had the number before.
	p := tr.sampled(&perfevent.Record{PID: 41, TID: 41, Time: 3e9})
	assert.Empty(t, p.exe)
	assert.Empty(t, p.maps)
	assert.Equal(t, "[unknown]", p.name())
}

func TestLostRecordsMakeProcessesReload(t *testing.T) {
	tr := newTracker(fakeProc(), boot)
	p := tr.sampled(&perfevent.Record{PID: 41, TID: 41, Time: 9e9})
	p.maps = nil
	assert.Empty(t, tr.sampled(&perfevent.Record{PID: 41, TID: 41, Time: 9e9}).maps)
	tr.apply(&perfevent.Record{Kind: perfevent.KindLost, Lost: 3})
	assert.NotEmpty(t, tr.sampled(&perfevent.Record{PID: 41, TID: 41, Time: 9e9}).maps)
}

func TestProcessOutsideOfThisPIDNamespace(t *testing.T) {
	tr := newTracker(fakeProc(), boot)
	for _, pid := range []uint32{0, ^uint32(0)} {
		assert.Same(t, tr.outside, tr.sampled(&perfevent.Record{PID: pid}))
	}
}

func TestContainerID(t *testing.T) {
	id := strings.Repeat("0a", 32)
	for _, c := range []struct{ cgroup, want string }{
		{"0::/\n", ""},
		{"0::/user.slice/user-1000.slice/session-2.scope\n", ""},
		{"12:memory:/docker/" + id + "\n", id},
		{"0::/system.slice/docker-" + id + ".scope\n", id},
		{"0::/kubepods/burstable/pod1/" + id + "\n", id},
		{"0::/machine.slice/libpod-" + id + ".scope/container\n", id},
		{"0::/kubepods-besteffort.slice:cri-containerd:" + id + "\n", id},
		{"0::/docker/" + id[:63] + "\n", ""},
	} {
		assert.Equal(t, c.want, containerID(c.cgroup), c.cgroup)
	}
}

func TestFramesOfAChain(t *testing.T) {
	a := unique.Make(fileID{path: "/a", ino: 1})
	p := &process{pid: 1, maps: []mapping{{0x1000, 0x2000, 0x100, a}}}
	var opened []fileRef
	s := &sampler{window: newWindow(0), fresh: func(f fileRef, _ opener) { opened = append(opened, f) }}
	k := uint64(0xffffffff81000000)
	for _, c := range []struct {
		name  string
		chain []uint64
		want  []frame
	}{
		{"kernel and user", []uint64{perfevent.ContextKernel, k, k + 16, perfevent.ContextUser, 0x1500, 0x1600},
			[]frame{{fileKernel, k}, {fileKernel, k + 15}, {a, 0x600}, {a, 0x6ff}}},
		{"frame pointer leads nowhere", []uint64{perfevent.ContextUser, 0x1500, 0x99, 0x1600}, []frame{{a, 0x600}}},
		{"leaf is not mapped", []uint64{perfevent.ContextUser, 0x5000, 0x1600}, []frame{{fileUnknown, 0x5000}, {a, 0x6ff}}},
		{"call at the end of a mapping", []uint64{perfevent.ContextUser, 0x1500, 0x2000}, []frame{{a, 0x600}, {a, 0x10ff}}},
		{"nothing", []uint64{perfevent.ContextUser}, []frame{{file: fileUnknown}}},
	} {
		assert.Equal(t, c.want, s.frames(c.chain, p), c.name)
	}
	assert.Equal(t, []fileRef{a}, opened, "asked for once in a window")
}

func TestPruneForgetsWhoseEndWasLost(t *testing.T) {
	proc := fakeProc()
	tr := newTracker(proc, boot)
	tr.scan()
	for name := range proc {
		if strings.HasPrefix(name, "41/") {
			delete(proc, name)
		}
	}
	tr.prune()
	assert.Contains(t, tr.procs, uint32(41), "samples of it may still be in the rings")
	tr.prune()
	assert.NotContains(t, tr.procs, uint32(41))
	assert.Contains(t, tr.procs, uint32(2))
}
