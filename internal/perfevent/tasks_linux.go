package perfevent

import (
	"errors"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// tasks attaches to the threads of this user's processes, one inheriting
// event for each thread and CPU, all writing into the CPUs' rings. Threads and
// children that an attached thread makes are then sampled by inheritance; the
// fork records say which those are.
type tasks struct {
	s          *Sampler
	uid        uint32
	fds        map[uint32][]int // by thread
	inherited  map[uint32]bool
	seen       map[uint32]bool // not attached at the last look either
	open       int
	limit      int
	unattached int
}

func newTasks(s *Sampler) *tasks {
	t := &tasks{s: s, uid: uint32(os.Geteuid()), fds: map[uint32][]int{}, inherited: map[uint32]bool{}, seen: map[uint32]bool{}, limit: 256}
	var lim unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &lim) == nil {
		t.limit = int(min(lim.Cur/2, 16384)) // the collector needs descriptors too
	}
	return t
}

// start attaches to this process, which tells whether the rung is allowed,
// and to everything there is.
func (t *tasks) start() error {
	if err := t.add(uint32(os.Getpid())); err != nil {
		return err
	}
	found := t.list()
	for _, tid := range found {
		t.seen[tid] = true
	}
	return t.attach(found)
}

// list finds the threads of this user.
func (t *tasks) list() []uint32 {
	var out []uint32
	for _, pid := range numbers("/proc") {
		dir := "/proc/" + strconv.FormatUint(uint64(pid), 10)
		st, err := os.Stat(dir)
		if err != nil || st.Sys().(*syscall.Stat_t).Uid != t.uid {
			continue
		}
		out = append(out, numbers(dir+"/task")...)
	}
	return out
}

func numbers(dir string) []uint32 {
	f, err := os.Open(dir)
	if err != nil {
		return nil
	}
	defer f.Close()
	names, _ := f.Readdirnames(-1)
	var out []uint32
	for _, n := range names {
		if v, err := strconv.ParseUint(n, 10, 32); err == nil {
			out = append(out, uint32(v))
		}
	}
	return out
}

// attach opens events for the threads of found that are neither attached nor
// inherited. A new thread must have been found twice: the record of an
// inheriting fork is written a moment after /proc shows the thread, and
// attaching to it as well would count it double.
func (t *tasks) attach(found []uint32) error {
	seen := make(map[uint32]bool, len(t.seen))
	alive := make(map[uint32]bool, len(found))
	t.unattached = 0
	var err error
	for _, tid := range found {
		alive[tid] = true
		if t.fds[tid] != nil || t.inherited[tid] {
			continue
		}
		if !t.seen[tid] {
			seen[tid] = true
			continue
		}
		if e := t.add(tid); e != nil && !errors.Is(e, unix.ESRCH) {
			seen[tid] = true
			t.unattached++
			if !errors.Is(e, unix.EACCES) && !errors.Is(e, unix.EPERM) {
				err = e
			}
		}
	}
	t.seen = seen
	for tid := range t.inherited { // its exit record was lost
		if !alive[tid] {
			delete(t.inherited, tid)
		}
	}
	return err
}

var errLimit = errors.New("half of RLIMIT_NOFILE is in use for threads to sample: raise it")

// add attaches to one thread on every CPU.
func (t *tasks) add(tid uint32) (err error) {
	if t.open+len(t.s.rings) > t.limit {
		return errLimit
	}
	var fds []int
	defer func() {
		if err != nil {
			t.closeFDs(fds)
		}
	}()
	for cpu, r := range t.s.rings {
		fd, err := t.openTask(int(tid), cpu)
		if err != nil {
			return err
		}
		fds = append(fds, fd)
		t.open++
		if err := unix.IoctlSetInt(fd, unix.PERF_EVENT_IOC_SET_OUTPUT, r.fd); err != nil {
			return err
		}
	}
	t.fds[tid] = fds
	return nil
}

func (t *tasks) openTask(tid, cpu int) (int, error) {
	s := t.s
	fd, err := openEvent(newAttr(uint64(s.Period()), s.mode.Kernel(), true, s.buildID), tid, cpu)
	if errors.Is(err, unix.EINVAL) && s.buildID {
		s.buildID = false
		return t.openTask(tid, cpu)
	}
	return fd, err
}

// observe learns from a record which threads are sampled by inheritance.
func (t *tasks) observe(r *Record) {
	switch r.Kind {
	case KindFork:
		t.inherited[r.TID] = true
	case KindExit:
		delete(t.inherited, r.TID)
	}
}

// closeEnded closes the events of threads that have ended and left no heirs:
// the kernel says so by a hang-up.
func (t *tasks) closeEnded() {
	var polls []unix.PollFd
	var tids []uint32
	for tid, fds := range t.fds {
		polls = append(polls, unix.PollFd{Fd: int32(fds[0])})
		tids = append(tids, tid)
	}
	if n, err := unix.Poll(polls, 0); err != nil || n == 0 {
		return
	}
	for i, p := range polls {
		if p.Revents&unix.POLLHUP != 0 {
			t.closeFDs(t.fds[tids[i]])
			delete(t.fds, tids[i])
		}
	}
}

func (t *tasks) closeFDs(fds []int) {
	for _, fd := range fds {
		_ = unix.Close(fd)
	}
	t.open -= len(fds)
}

func (t *tasks) close() {
	for tid, fds := range t.fds {
		t.closeFDs(fds)
		delete(t.fds, tid)
	}
}
