package perfevent

import (
	"errors"
	"os"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// cpuRing is the mapped ring of one CPU and the event that owns it.
type cpuRing struct {
	cursor
	fd   int
	mem  []byte
	meta *unix.PerfEventMmapPage
	hung bool // the event ended: its CPU went away
}

// openRing opens the event and maps its ring, halving the ring while the
// limit on locked memory refuses it.
func openRing(a *unix.PerfEventAttr, pid, cpu, pages int) (*cpuRing, error) {
	page := os.Getpagesize()
	a.Wakeup = uint32(pages * page / 2)
	fd, err := openEvent(a, pid, cpu)
	if err != nil {
		return nil, err
	}
	for ; pages >= 1; pages /= 2 {
		var mem []byte
		mem, err = unix.Mmap(fd, 0, (1+pages)*page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
		if err == nil {
			return &cpuRing{cursor: cursor{data: mem[page:]}, fd: fd, mem: mem, meta: (*unix.PerfEventMmapPage)(unsafe.Pointer(&mem[0]))}, nil
		}
		if !errors.Is(err, unix.EPERM) && !errors.Is(err, unix.ENOMEM) {
			break
		}
	}
	return nil, errors.Join(err, unix.Close(fd))
}

// acquire takes what the kernel has written up to now.
func (r *cpuRing) acquire() { r.head = atomic.LoadUint64(&r.meta.Data_head) }

// release gives the space of what was read back to the kernel.
func (r *cpuRing) release() { atomic.StoreUint64(&r.meta.Data_tail, r.tail) }

func (r *cpuRing) close() error {
	return errors.Join(unix.Munmap(r.mem), unix.Close(r.fd))
}
