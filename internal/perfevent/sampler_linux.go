package perfevent

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// Sampler samples until it is closed. Its methods are for one goroutine.
type Sampler struct {
	settings Settings
	mode     Mode
	buildID  bool // the kernel puts build IDs into mmap records
	rings    map[int]*cpuRing
	epfd     int
	poll     *os.File // epfd, itself waited for by the runtime's poller: no thread blocks
	tasks    *tasks   // of the rungs that attach to single threads
	bad      uint64
	order    []*cursor
}

// Open starts sampling on the best rung that is allowed. The refusals say why
// the better ones are not; when every rung is refused the error is ErrRefused.
func Open(set Settings) (*Sampler, []Refusal, error) {
	priv := ReadPrivileges(os.DirFS("/proc"))
	var refused []Refusal
	for m := ModeSystem; m < ModeNone; m++ {
		s, err := openMode(set, m)
		if err == nil {
			return s, refused, nil
		}
		refused = append(refused, Refusal{Mode: m, Err: err, Why: priv.Why(m, err)})
	}
	return nil, refused, ErrRefused
}

// ErrRefused is returned by Open when nothing at all may be sampled.
var ErrRefused = errors.New("perf_event_open is refused")

func openMode(set Settings, m Mode) (*Sampler, error) {
	s := &Sampler{settings: set, mode: m, buildID: true, rings: map[int]*cpuRing{}}
	if err := s.open(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Sampler) open() error {
	if err := s.openPoll(); err != nil {
		return err
	}
	cpus, err := onlineCPUs()
	if err != nil {
		return err
	}
	if err := s.addCPUs(cpus); err != nil {
		return err
	}
	if s.mode.SystemWide() {
		return nil
	}
	s.tasks = newTasks(s)
	return s.tasks.start()
}

func (s *Sampler) openPoll() error {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return err
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		return errors.Join(err, unix.Close(fd))
	}
	s.epfd, s.poll = fd, os.NewFile(uintptr(fd), "perf rings")
	return nil
}

// Mode is the rung in use.
func (s *Sampler) Mode() Mode { return s.mode }

// Period is the time that one sample stands for.
func (s *Sampler) Period() time.Duration { return period(s.settings) }

func period(set Settings) time.Duration { return time.Second / time.Duration(set.Frequency) }

// Malformed counts records, or rests of rings, that could not be decoded.
func (s *Sampler) Malformed() uint64 { return s.bad }

// addCPUs opens the rings of CPUs that have none. One that has just gone
// offline is no error.
func (s *Sampler) addCPUs(cpus []int) error {
	for _, cpu := range cpus {
		if s.rings[cpu] != nil {
			continue
		}
		r, err := s.openCPU(cpu)
		if errors.Is(err, unix.ENODEV) {
			continue
		}
		if err != nil {
			return err
		}
		s.rings[cpu] = r
		ev := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(cpu)}
		if err := unix.EpollCtl(s.epfd, unix.EPOLL_CTL_ADD, r.fd, &ev); err != nil {
			return fmt.Errorf("waiting for ring of CPU %d: %w", cpu, err)
		}
	}
	return nil
}

func (s *Sampler) openCPU(cpu int) (*cpuRing, error) {
	if !s.mode.SystemWide() { // samples are sent here by events of single threads
		return openRing(newHolderAttr(), os.Getpid(), cpu, s.settings.RingPages)
	}
	r, err := openRing(newAttr(uint64(s.Period()), s.mode.Kernel(), false, s.buildID), -1, cpu, s.settings.RingPages)
	if errors.Is(err, unix.EINVAL) && s.buildID { // before Linux 5.12
		s.buildID = false
		return s.openCPU(cpu)
	}
	return r, err
}

// Wait blocks until a ring is half full, d has passed or ctx is done.
func (s *Sampler) Wait(ctx context.Context, d time.Duration) error {
	if err := s.poll.SetReadDeadline(time.Now().Add(d)); err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { _ = s.poll.SetReadDeadline(time.Unix(1, 0)) })()
	conn, err := s.poll.SyscallConn()
	if err != nil {
		return err
	}
	err = conn.Read(func(fd uintptr) bool { return s.ready(int(fd)) })
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil
	}
	return err
}

// ready tells whether a ring wants to be drained. An event that has ended
// would be reported for ever: it leaves the set.
func (s *Sampler) ready(epfd int) bool {
	var evs [64]unix.EpollEvent
	n, _ := unix.EpollWait(epfd, evs[:], 0)
	for _, ev := range evs[:max(n, 0)] {
		if r := s.rings[int(ev.Fd)]; r != nil && ev.Events&(unix.EPOLLHUP|unix.EPOLLERR) != 0 {
			r.hung = true
			_ = unix.EpollCtl(epfd, unix.EPOLL_CTL_DEL, r.fd, nil)
		}
	}
	return n > 0
}

// Drain calls f for everything that was recorded, in the order of time.
func (s *Sampler) Drain(f func(*Record)) {
	s.order = s.order[:0]
	for _, r := range s.rings {
		r.acquire()
		s.order = append(s.order, &r.cursor)
	}
	if s.tasks != nil {
		g := f
		f = func(r *Record) { s.tasks.observe(r); g(r) }
	}
	merge(s.order, f)
	for _, r := range s.rings {
		r.release()
		s.bad += r.bad
		r.bad = 0
	}
}

// Maintain follows CPUs and, on the rungs that need it, threads that come and
// go; it drains as well. Call it every few seconds.
func (s *Sampler) Maintain(f func(*Record)) error {
	var found []uint32
	if s.tasks != nil {
		found = s.tasks.list() // before the drain: see tasks.attach
	}
	s.Drain(f)
	err := s.followCPUs()
	if s.tasks != nil {
		s.tasks.closeEnded()
		err = errors.Join(err, s.tasks.attach(found))
	}
	return err
}

func (s *Sampler) followCPUs() error {
	cpus, err := onlineCPUs()
	if err != nil {
		return err
	}
	for cpu, r := range s.rings {
		if r.hung || !slices.Contains(cpus, cpu) {
			err = errors.Join(err, r.close())
			delete(s.rings, cpu)
		}
	}
	return errors.Join(err, s.addCPUs(cpus))
}

// Unattached is how many threads of this user are not sampled, because they
// refused or the limit on descriptors was reached.
func (s *Sampler) Unattached() int {
	if s.tasks == nil {
		return 0
	}
	return s.tasks.unattached
}

// Close stops sampling and frees every descriptor and mapping.
func (s *Sampler) Close() error {
	var errs []error
	if s.tasks != nil {
		s.tasks.close()
	}
	for cpu, r := range s.rings {
		errs = append(errs, r.close())
		delete(s.rings, cpu)
	}
	if s.poll != nil {
		errs = append(errs, s.poll.Close())
		s.poll = nil
	}
	return errors.Join(errs...)
}
