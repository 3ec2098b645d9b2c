package host

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Describe names date, machine, kernel and Go version. What the system does not tell is left open.
func Describe() string {
	model, load := "unknown CPU", "?"
	if info, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if _, rest, found := strings.Cut(string(info), "model name"); found {
			line, _, _ := strings.Cut(rest, "\n")
			model = strings.TrimSpace(strings.TrimLeft(line, "\t :"))
		}
	}
	if avg, err := os.ReadFile("/proc/loadavg"); err == nil {
		load = strings.Fields(string(avg))[0]
	}
	var u unix.Utsname
	_ = unix.Uname(&u)                                                     // zero on failure
	kernel, _, _ := strings.Cut(unix.ByteSliceToString(u.Release[:]), "-") // without the name of a build
	return fmt.Sprintf("%s, %d CPUs, %s, Linux %s, load average %s at the end, %s", time.Now().UTC().Format("2006-01-02 15:04 UTC"),
		runtime.NumCPU(), model, kernel, load, runtime.Version())
}
