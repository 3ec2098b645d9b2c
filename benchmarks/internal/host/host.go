// Package host says where figures come from: the machine, the command, the CPU time.
package host

import (
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Command is what a reader types to run this tool of the benchmarks module again.
func Command(tool string, args []string) string {
	line := "go run ./" + tool
	for _, a := range args {
		if a == "" || strings.ContainsAny(a, " '\"$") {
			a = strconv.Quote(a)
		}
		line += " " + a
	}
	return line
}

// CPU is what this process has used so far, user and system, all threads.
func CPU() time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		panic(err) // cannot fail for the process itself
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
