package profilingreceiver

import (
	"bytes"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/otelcol-plus/otelcol-plus/internal/perfevent"
)

// process is one program in one process: execve makes a new one.
type process struct {
	pid       uint32
	born      uint64 // nanoseconds since boot, 0 when not known
	comm      string
	exe       string // path, "" when not known
	container string
	maps      []mapping // never changed in place
	kernel    bool      // a thread of the kernel
	described bool      // exe and container were looked up, or inherited
	epoch     uint32
	selected  int8 // 0 not decided, 1 profiled, -1 left out
	missing   bool // from /proc, at the last look
}

// name is the executable's, or failing that the one the process gives itself.
func (p *process) name() string {
	switch {
	case p.exe != "":
		return path.Base(p.exe)
	case p.comm != "":
		return p.comm
	}
	return "[unknown]"
}

// tracker follows processes: a copy of /proc, kept up to date by the side-band.
type tracker struct {
	proc     fs.FS // /proc
	procs    map[uint32]*process
	outside  *process // stands for all processes outside this PID namespace
	epoch    uint32   // raised when records were lost: what is known may be stale
	bootTime func(recordTime uint64) uint64
}

const (
	maxProcesses = 16384
	startSlack   = uint64(20 * time.Millisecond) // /proc tells start times in hundredths of a second
)

func newTracker(proc fs.FS, bootTime func(uint64) uint64) *tracker {
	return &tracker{proc: proc, procs: map[uint32]*process{}, outside: &process{comm: "[outside this PID namespace]", described: true}, bootTime: bootTime}
}

// scan reads all processes there are.
func (t *tracker) scan() {
	dirs, _ := fs.ReadDir(t.proc, ".")
	for _, d := range dirs {
		pid, err := strconv.ParseUint(d.Name(), 10, 32)
		if err == nil && pid > 0 && t.procs[uint32(pid)] == nil && len(t.procs) < maxProcesses {
			if p := t.load(uint32(pid)); p != nil {
				t.procs[p.pid] = p
			}
		}
	}
}

// prune forgets processes whose end was not recorded: it was lost, or they are
// another user's and only this user's are sampled. One that is missing for the
// first time may still have samples in the rings.
func (t *tracker) prune() {
	dirs, err := fs.ReadDir(t.proc, ".")
	if err != nil {
		return
	}
	alive := make(map[string]bool, len(dirs))
	for _, d := range dirs {
		alive[d.Name()] = true
	}
	for pid, p := range t.procs {
		switch {
		case alive[strconv.FormatUint(uint64(pid), 10)]:
			p.missing = false
		case p.missing:
			delete(t.procs, pid)
		default:
			p.missing = true
		}
	}
}

// apply learns from a side-band record.
func (t *tracker) apply(r *perfevent.Record) {
	p := t.procs[r.PID]
	switch r.Kind {
	case perfevent.KindLost:
		t.epoch++
	case perfevent.KindExit:
		if r.PID == r.TID {
			delete(t.procs, r.PID)
		}
	case perfevent.KindFork:
		t.fork(r)
	case perfevent.KindComm:
		switch {
		case r.Exec:
			t.exec(r, p)
		case p != nil && r.PID == r.TID:
			p.comm = string(r.Name)
		}
	case perfevent.KindMmap:
		if p != nil {
			t.mapped(r, p)
		}
	}
}

func (t *tracker) fork(r *perfevent.Record) {
	if r.PID == r.PPID { // a thread
		return
	}
	delete(t.procs, r.PID)
	parent := t.procs[r.PPID]
	if parent == nil || len(t.procs) >= maxProcesses {
		return // read from /proc if it is ever sampled
	}
	child := *parent
	child.pid, child.born, child.epoch = r.PID, t.bootTime(r.Time), t.epoch
	t.procs[r.PID] = &child
}

// exec begins a new program: its mappings follow as records.
func (t *tracker) exec(r *perfevent.Record, old *process) {
	p := &process{pid: r.PID, comm: string(r.Name), epoch: t.epoch}
	if old != nil {
		p.container, p.born = old.container, old.born
	} else if len(t.procs) >= maxProcesses {
		return
	}
	t.procs[r.PID] = p
}

func (t *tracker) mapped(r *perfevent.Record, p *process) {
	f := newFile(string(r.Name), r.Dev, r.Ino, r.BuildID)
	if p.exe == "" && len(p.maps) == 0 && f.Value().ino|uint64(len(f.Value().buildID)) != 0 {
		p.exe = f.Value().path // execve maps the program first
	}
	p.maps = insert(p.maps, mapping{start: r.Addr, end: r.Addr + r.Len, off: r.Off, file: f})
}

// sampled returns the process of a sample.
func (t *tracker) sampled(r *perfevent.Record) *process {
	if r.PID == 0 || r.PID == ^uint32(0) {
		return t.outside
	}
	p := t.procs[r.PID]
	if p == nil || p.epoch != t.epoch {
		p = t.reload(r, p)
	}
	if !p.described {
		t.describe(p)
	}
	return p
}

// reload reads a process that is not known, or not known for certain. If the
// process under this number is younger than the sample, it is another one.
func (t *tracker) reload(r *perfevent.Record, old *process) *process {
	p := t.load(r.PID)
	switch {
	case p != nil && p.born <= t.bootTime(r.Time)+startSlack && (old == nil || len(p.maps) > 0 || p.kernel):
	case old != nil:
		p = old
	default:
		p = &process{pid: r.PID, described: true}
	}
	p.epoch = t.epoch
	if len(t.procs) < maxProcesses || t.procs[r.PID] != nil {
		t.procs[r.PID] = p
	}
	return p
}

// load reads a process from /proc, nil if it is gone. The start time before
// and after the reading tells whether it was one process all along.
func (t *tracker) load(pid uint32) *process {
	dir := strconv.FormatUint(uint64(pid), 10)
	comm, flags, born, ok := t.stat(dir)
	if !ok {
		return nil
	}
	p := &process{pid: pid, comm: comm, born: born, kernel: flags&pfKthread != 0, epoch: t.epoch}
	t.describe(p)
	if !p.kernel {
		if f, err := t.proc.Open(dir + "/maps"); err == nil {
			p.maps = readMaps(f)
			f.Close()
		}
	}
	if _, _, again, ok := t.stat(dir); !ok || again != born {
		return nil
	}
	return p
}

const pfKthread = 0x00200000

// stat parses /proc/PID/stat: "pid (comm) state ppid … flags(9) … starttime(22) …".
func (t *tracker) stat(dir string) (comm string, flags, born uint64, ok bool) {
	b, err := fs.ReadFile(t.proc, dir+"/stat")
	if err != nil {
		return "", 0, 0, false
	}
	open, end := bytes.IndexByte(b, '('), bytes.LastIndexByte(b, ')')
	if open < 0 || end < open {
		return "", 0, 0, false
	}
	f := strings.Fields(string(b[end+1:]))
	if len(f) < 20 {
		return "", 0, 0, false
	}
	flags, err1 := strconv.ParseUint(f[6], 10, 64)
	ticks, err2 := strconv.ParseUint(f[19], 10, 64)
	const tick = uint64(time.Second / 100) // USER_HZ is 100 wherever Linux runs
	return string(b[open+1 : end]), flags, ticks * tick, err1 == nil && err2 == nil
}

// describe looks up what the side-band does not tell.
func (t *tracker) describe(p *process) {
	p.described = true
	dir := strconv.FormatUint(uint64(p.pid), 10)
	if p.exe == "" && !p.kernel {
		if exe, err := fs.ReadLink(t.proc, dir+"/exe"); err == nil {
			p.exe = strings.TrimSuffix(exe, " (deleted)")
		}
	}
	if p.container == "" {
		b, _ := fs.ReadFile(t.proc, dir+"/cgroup")
		p.container = containerID(string(b))
	}
}
