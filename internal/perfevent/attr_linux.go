package perfevent

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	sampleType = unix.PERF_SAMPLE_IP | unix.PERF_SAMPLE_TID | unix.PERF_SAMPLE_TIME | unix.PERF_SAMPLE_CALLCHAIN
	bitBuildID = 1 << 34 // since Linux 5.12
)

// newAttr is the sampling event: cpu-clock with a fixed period, because every
// sample then stands for the same time and needs no weight. It also carries
// the side-band.
func newAttr(period uint64, kernel, inherit, buildID bool) *unix.PerfEventAttr {
	a := &unix.PerfEventAttr{
		Type: unix.PERF_TYPE_SOFTWARE, Config: unix.PERF_COUNT_SW_CPU_CLOCK,
		Size: uint32(unsafe.Sizeof(unix.PerfEventAttr{})), Sample: period, Sample_type: sampleType, Clockid: unix.CLOCK_MONOTONIC,
		Bits: unix.PerfBitExcludeHv | unix.PerfBitExcludeIdle | unix.PerfBitMmap | unix.PerfBitMmap2 | unix.PerfBitComm | unix.PerfBitCommExec |
			unix.PerfBitTask | unix.PerfBitSampleIDAll | unix.PerfBitUseClockID | unix.PerfBitWatermark,
	}
	if !kernel {
		a.Bits |= unix.PerfBitExcludeKernel
	}
	if inherit {
		a.Bits |= unix.PerfBitInherit
	}
	if buildID {
		a.Bits |= bitBuildID
	}
	return a
}

// newHolderAttr is an event that counts nothing and only owns a ring.
func newHolderAttr() *unix.PerfEventAttr {
	a := newAttr(0, false, false, false)
	a.Config, a.Bits = unix.PERF_COUNT_SW_DUMMY, unix.PerfBitExcludeKernel|unix.PerfBitExcludeHv|unix.PerfBitSampleIDAll|unix.PerfBitUseClockID|unix.PerfBitWatermark
	return a
}

func openEvent(a *unix.PerfEventAttr, pid, cpu int) (int, error) {
	return unix.PerfEventOpen(a, pid, cpu, -1, unix.PERF_FLAG_FD_CLOEXEC)
}
