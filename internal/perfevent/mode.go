package perfevent

import "errors"

// Mode is a rung of the ladder of what may be sampled.
type Mode int

// The rungs, best first.
const (
	ModeSystem     Mode = iota // every process, kernel and user space
	ModeSystemUser             // every process, user space
	ModeOwn                    // processes of this user, kernel and user space
	ModeOwnUser                // processes of this user, user space
	ModeNone                   // nothing
)

// String names the rung as it appears in logs and metrics.
func (m Mode) String() string {
	return [...]string{"system", "system_user", "own", "own_user", "none"}[m]
}

// Kernel tells whether chains have kernel frames.
func (m Mode) Kernel() bool { return m == ModeSystem || m == ModeOwn }

// SystemWide tells whether processes of every user are sampled.
func (m Mode) SystemWide() bool { return m == ModeSystem || m == ModeSystemUser }

// Describe says what the rung gives.
func (m Mode) Describe() string {
	return [...]string{
		"all processes, kernel and user space",
		"all processes, user space only",
		"processes of this user only, kernel and user space",
		"processes of this user only, user space only",
		"nothing",
	}[m]
}

// paranoid is the highest kernel.perf_event_paranoid that allows the rung
// without a capability.
func (m Mode) paranoid() int { return [...]int{0, 0, 1, 2, 2}[m] }

// Refusal is why one rung could not be used.
type Refusal struct {
	Mode Mode
	Err  error
	Why  string
}

// ErrUnsupported is returned by Open where there are no perf events at all.
var ErrUnsupported = errors.New("perf events exist on Linux only")

// Settings is what Open needs to know.
type Settings struct {
	Frequency int // samples a second on every CPU
	RingPages int // pages of each CPU's ring, a power of two; fewer are taken when the kernel refuses
}
