package perfevent

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

func onlineCPUs() ([]int, error) { return readCPUs(os.DirFS("/sys")) }

// Clock relates Record.Time to other clocks at one moment.
type Clock struct{ mono, boot, wall int64 }

// ReadClock reads it now. Read it again now and then: the wall clock is set,
// and boot time goes on while the machine sleeps.
func ReadClock() Clock {
	var m, b unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &m)
	_ = unix.ClockGettime(unix.CLOCK_BOOTTIME, &b)
	return Clock{mono: m.Nano(), boot: b.Nano(), wall: time.Now().UnixNano()}
}

// Wall is the time of day, in nanoseconds since 1970, of a Record.Time.
func (c Clock) Wall(t uint64) uint64 { return uint64(int64(t) - c.mono + c.wall) }

// Boot is the time since boot, in nanoseconds, of a Record.Time.
func (c Clock) Boot(t uint64) uint64 { return uint64(int64(t) - c.mono + c.boot) }
