//go:build unix

package tracezip

import (
	"syscall"
	"time"
)

// cpuTime is the CPU time of the process, which other load on the machine disturbs less than the clock.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
