package perfevent

import (
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

// parseCPUs reads the kernel's list form, for example "0-3,8".
func parseCPUs(list string) ([]int, error) {
	var out []int
	for part := range strings.SplitSeq(strings.TrimSpace(list), ",") {
		lo, hi, isRange := strings.Cut(part, "-")
		if !isRange {
			hi = lo
		}
		a, err1 := strconv.ParseUint(lo, 10, 16)
		b, err2 := strconv.ParseUint(hi, 10, 16)
		if err1 != nil || err2 != nil || b < a {
			return nil, fmt.Errorf("list of CPUs %q is malformed", list)
		}
		for c := a; c <= b; c++ {
			out = append(out, int(c))
		}
	}
	return out, nil
}

// readCPUs reads the online CPUs below a /sys file system.
func readCPUs(sys fs.FS) ([]int, error) {
	b, err := fs.ReadFile(sys, "devices/system/cpu/online")
	if err != nil {
		return nil, err
	}
	return parseCPUs(string(b))
}
