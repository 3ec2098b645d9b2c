package perfevent

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"syscall"
)

// Capability numbers of linux/capability.h.
const (
	capDACReadSearch = 2
	capSysPtrace     = 19
	capSysAdmin      = 21
	capSyslog        = 34
	capPerfmon       = 38
)

// Privileges is what decides how much can be sampled.
type Privileges struct {
	Paranoid     string // kernel.perf_event_paranoid, "" when unreadable
	KptrRestrict string // kernel.kptr_restrict, "" when unreadable
	Caps         uint64 // effective capabilities
	Seccomp      bool   // a seccomp filter is installed
}

// ReadPrivileges reads them below a /proc file system.
func ReadPrivileges(proc fs.FS) Privileges {
	p := Privileges{Paranoid: readLine(proc, "sys/kernel/perf_event_paranoid"), KptrRestrict: readLine(proc, "sys/kernel/kptr_restrict")}
	status, _ := fs.ReadFile(proc, "self/status")
	for line := range strings.Lines(string(status)) {
		key, value, _ := strings.Cut(line, ":")
		switch value = strings.TrimSpace(value); key {
		case "CapEff":
			p.Caps, _ = strconv.ParseUint(value, 16, 64)
		case "Seccomp":
			p.Seccomp = value == "2"
		}
	}
	return p
}

func readLine(fsys fs.FS, name string) string {
	b, _ := fs.ReadFile(fsys, name)
	return strings.TrimSpace(string(b))
}

func (p Privileges) has(c uint) bool { return p.Caps>>c&1 != 0 }

// CanPtrace tells whether maps and files of other users' processes can be read.
func (p Privileges) CanPtrace() bool { return p.has(capSysPtrace) || p.has(capSysAdmin) }

// Why explains a refusal of perf_event_open or of mapping its ring, and names
// the way out of it.
func (p Privileges) Why(m Mode, err error) string {
	paranoid := p.Paranoid
	if paranoid == "" {
		paranoid = "unreadable"
	}
	switch {
	case errors.Is(err, syscall.ENOSYS):
		return "this kernel (or sandbox) has no perf_event_open"
	case errors.Is(err, syscall.EPERM) && p.Seccomp && !p.has(capPerfmon):
		return "refused by a seccomp filter: grant CAP_PERFMON (container runtimes then let perf_event_open pass), or allow perf_event_open in the seccomp profile"
	case errors.Is(err, syscall.EPERM) && p.Seccomp:
		return "refused although CAP_PERFMON is held: allow perf_event_open in the seccomp profile"
	case errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EPERM):
		return fmt.Sprintf("needs CAP_PERFMON (CAP_SYS_ADMIN before Linux 5.8) or kernel.perf_event_paranoid <= %d; it is %s and the capability is %s",
			m.paranoid(), paranoid, map[bool]string{true: "held", false: "missing"}[p.has(capPerfmon) || p.has(capSysAdmin)])
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		return "out of file descriptors: raise RLIMIT_NOFILE"
	case errors.Is(err, syscall.ENOENT), errors.Is(err, syscall.EOPNOTSUPP):
		return "this kernel has no cpu-clock event"
	}
	return err.Error()
}

// kernelNames tells whether /proc/kallsyms shows addresses, by the rule of the kernel's kallsyms_show_value.
func (p Privileges) kernelNames() bool {
	paranoid, err := strconv.Atoi(p.Paranoid)
	switch {
	case p.KptrRestrict == "":
		return true // not known to be hidden
	case p.KptrRestrict == "0" && err == nil && paranoid <= 1:
		return true
	default:
		return (p.KptrRestrict == "0" || p.KptrRestrict == "1") && p.has(capSyslog)
	}
}

// Limits lists what stays without a name, or unseen, in mode m, with the fix.
func (p Privileges) Limits(m Mode) []string {
	var out []string
	if m.Kernel() && !p.kernelNames() {
		out = append(out, fmt.Sprintf("kernel functions have no names: grant CAP_SYSLOG (with kernel.kptr_restrict <= 1), or set kernel.kptr_restrict to 0 and kernel.perf_event_paranoid to 1; they are %s and %s",
			p.KptrRestrict, p.Paranoid))
	}
	if m.SystemWide() && !p.CanPtrace() {
		out = append(out, "programs of other users have no names: grant CAP_SYS_PTRACE, without which /proc/PID/maps and /proc/PID/root cannot be read")
	}
	if m.SystemWide() && p.CanPtrace() && !p.has(capDACReadSearch) {
		out = append(out, "programs whose files are not world-readable have no names: grant CAP_DAC_READ_SEARCH")
	}
	return out
}
