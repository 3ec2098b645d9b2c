package perfevent

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The ladder is tried for real: the test runs itself again as an ordinary
// user, with and without a capability, and tells which rung it got.

const ladderEnv = "PERFEVENT_LADDER_CHILD"

func TestLadderChild(t *testing.T) {
	if os.Getenv(ladderEnv) == "" {
		return // it is TestLadder that counts, and that says what it skipped
	}
	startPoller(t)
	before := descriptors(t)
	s, refused, err := Open(Settings{Frequency: 499, RingPages: 16})
	for _, r := range refused {
		fmt.Printf("REFUSED %s: %s\n", r.Mode, r.Why)
	}
	if err != nil {
		fmt.Printf("MODE %s\n", ModeNone)
		return
	}
	fmt.Printf("MODE %s\n", s.Mode())
	// A child that is forked later is sampled as well.
	child := exec.Command("/bin/sh", "-c", "i=0; while [ $i -lt 2000000 ]; do i=$((i+1)); done")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	own, heir, foreign, kernel := 0, 0, 0, 0
	count := func(r *Record) {
		if r.Kind != KindSample {
			return
		}
		switch int(r.PID) {
		case os.Getpid():
			own++
		case child.Process.Pid:
			heir++
		default:
			foreign++
		}
		for _, a := range r.Chain {
			if a == ContextKernel {
				kernel++
			}
		}
	}
	for end := time.Now().Add(20 * time.Second); (own < 20 || heir < 20) && time.Now().Before(end); {
		burn(time.Now().Add(20 * time.Millisecond))
		if err := s.Wait(context.Background(), 10*time.Millisecond); err != nil {
			t.Fatal(err)
		}
		s.Drain(count)
	}
	child.Process.Kill()
	child.Wait()
	for range 3 { // events of threads that ended are closed here
		if err := s.Maintain(count); err != nil {
			t.Error(err)
		}
	}
	fmt.Printf("SAMPLES own=%t heir=%t kernel=%t foreign=%d unattached=%d\n", own >= 20, heir >= 20, kernel > 0, foreign, s.Unattached())
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if after := descriptors(t); after != before {
		t.Errorf("%d descriptors before, %d after", before, after)
	}
}

// asNobody runs TestLadderChild as an ordinary user with some capabilities.
func asNobody(t *testing.T, caps ...uintptr) string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("SKIPPED, only root can become another user")
	}
	dir, err := os.MkdirTemp("/tmp", "ladder")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	os.Chmod(dir, 0o755)
	bin := filepath.Join(dir, "test")
	copyFile(t, "/proc/self/exe", bin)
	cmd := exec.Command(bin, "-test.run", "^TestLadderChild$", "-test.v")
	cmd.Dir, cmd.Env = dir, []string{ladderEnv + "=1", "PATH=/bin:/usr/bin", "TMPDIR=/tmp"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}, AmbientCaps: caps}
	out, err := cmd.CombinedOutput()
	if err != nil && strings.Contains(err.Error(), "not permitted") {
		t.Skipf("SKIPPED, cannot become another user here: %v", err)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
	return string(out)
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
}

func says(t *testing.T, out string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(out, w) {
			t.Errorf("the output does not say %q", w)
		}
	}
}

func TestLadderWithPerfmonIsSystemWide(t *testing.T) {
	openSystem(t, Settings{Frequency: 1, RingPages: 1}).Close()
	says(t, asNobody(t, capPerfmon), "MODE system\n", "own=true heir=true")
}

func TestLadderOfAnOrdinaryUser(t *testing.T) {
	openSystem(t, Settings{Frequency: 1, RingPages: 1}).Close()
	out := asNobody(t)
	switch paranoid := ReadPrivileges(os.DirFS("/proc")).Paranoid; paranoid {
	case "2":
		says(t, out, "MODE own_user\n", "own=true heir=true kernel=false foreign=0", "REFUSED system: needs CAP_PERFMON", "it is 2", "REFUSED own: ", "kernel.perf_event_paranoid <= 1")
	case "1":
		says(t, out, "MODE own\n", "own=true heir=true", "REFUSED system: needs CAP_PERFMON")
	case "0", "-1":
		says(t, out, "MODE system\n")
	default:
		says(t, out, "MODE none\n", "REFUSED own_user: ", paranoid)
	}
}
