package perfevent

import (
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
)

func TestPrivilegesAndTheirAdvice(t *testing.T) {
	proc := fstest.MapFS{
		"sys/kernel/perf_event_paranoid": {Data: []byte("3\n")},
		"sys/kernel/kptr_restrict":       {Data: []byte("1\n")},
		"self/status":                    {Data: []byte("Name:\tx\nCapEff:\t0000004000000000\nSeccomp:\t2\n")},
	}
	p := ReadPrivileges(proc)
	if p != (Privileges{Paranoid: "3", KptrRestrict: "1", Caps: 1 << capPerfmon, Seccomp: true}) {
		t.Fatalf("%+v", p)
	}
	none := Privileges{Paranoid: "3"}
	boxed := Privileges{Paranoid: "2", Seccomp: true}
	for _, c := range []struct {
		p    Privileges
		m    Mode
		err  error
		want []string
	}{
		{none, ModeSystem, syscall.EACCES, []string{"CAP_PERFMON", "kernel.perf_event_paranoid <= 0", "it is 3", "missing"}},
		{none, ModeOwnUser, syscall.EACCES, []string{"kernel.perf_event_paranoid <= 2"}},
		{boxed, ModeSystem, syscall.EPERM, []string{"seccomp", "CAP_PERFMON"}},
		{boxed, ModeSystem, syscall.EACCES, []string{"it is 2"}},
		{p, ModeSystem, syscall.EPERM, []string{"although CAP_PERFMON is held", "seccomp"}},
		{none, ModeSystem, syscall.ENOSYS, []string{"no perf_event_open"}},
		{none, ModeOwn, syscall.EMFILE, []string{"RLIMIT_NOFILE"}},
	} {
		for _, want := range c.want {
			if got := c.p.Why(c.m, c.err); !strings.Contains(got, want) {
				t.Errorf("%v %v: %q does not say %q", c.m, c.err, got, want)
			}
		}
	}
	limits := strings.Join(p.Limits(ModeSystem), "\n")
	if !strings.Contains(limits, "CAP_SYSLOG") || !strings.Contains(limits, "CAP_SYS_PTRACE") {
		t.Error(limits)
	}
	if got := (Privileges{KptrRestrict: "0"}).Limits(ModeOwnUser); len(got) != 0 {
		t.Error(got)
	}
}

func TestKernelNames(t *testing.T) {
	for _, c := range []struct {
		paranoid, kptr string
		syslog, want   bool
	}{
		{"1", "0", false, true},
		{"2", "0", false, false}, // the common default: capabilities PERFMON and SYS_PTRACE alone show no kernel names
		{"2", "0", true, true},
		{"4", "1", true, true},
		{"-1", "1", false, false},
		{"-1", "2", true, false},
		{"2", "", false, true},
	} {
		p := Privileges{Paranoid: c.paranoid, KptrRestrict: c.kptr}
		if c.syslog {
			p.Caps = 1 << capSyslog
		}
		if got := p.kernelNames(); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

func TestParseCPUs(t *testing.T) {
	if got, err := parseCPUs("0-2,8\n"); err != nil || !slices.Equal(got, []int{0, 1, 2, 8}) {
		t.Error(got, err)
	}
	for _, bad := range []string{"", "a", "3-1", "0-99999999999", "1-"} {
		if got, err := parseCPUs(bad); err == nil {
			t.Errorf("%q: %v", bad, got)
		}
	}
}
