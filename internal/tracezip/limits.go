package tracezip

const (
	defaultMaxFrameBytes   = 4 << 20
	defaultMaxDecodedBytes = 16 << 20
)

// Limits bounds what a Decoder accepts. A zero field means its default.
type Limits struct {
	// MaxFrameBytes bounds the frame as it came over the wire (default 4 MiB).
	MaxFrameBytes int
	// MaxDecodedBytes bounds the estimated size of the decoded traces (default 16 MiB). Every reference to a shared
	// value is charged at its full size.
	MaxDecodedBytes int
}

// DefaultLimits returns the defaults, spelled out.
func DefaultLimits() Limits { return Limits{}.withDefaults() }

func (l Limits) withDefaults() Limits {
	if l.MaxFrameBytes <= 0 {
		l.MaxFrameBytes = defaultMaxFrameBytes
	}
	if l.MaxDecodedBytes <= 0 {
		l.MaxDecodedBytes = defaultMaxDecodedBytes
	}
	return l
}
