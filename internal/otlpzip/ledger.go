package otlpzip

import "math/bits"

// gain is what batches, encoded both ways, say of a dictionary: an average in which the last one counts half, since a single
// batch may be unlike others.
type gain struct {
	// bare and named are the sizes of a frame without the dictionary and one that names it.
	bare, named int
}

// perFrame is what a frame of that size saves.
func (g gain) perFrame() int { return g.bare - g.named }

// then is the gain after another trial.
func (g gain) then(bare, named int) gain {
	if g.bare == 0 {
		return gain{bare, named}
	}
	return gain{(g.bare + bare) / 2, (g.named + named) / 2}
}

// ledger is what the current dictionary has saved and what it has cost.
type ledger struct {
	gain
	// expected is how many frames it was adopted for. When it has served twice as many the ledger is halved.
	expected int
	// frames have named it since, misses of them in vain, saved is about how many bytes that was good for, spent is what definitions and refused
	// frames took.
	frames       int
	misses       int
	saved, spent int64
	// outcomes of the last frames that named it, newest in bit 0, set for a refused one.
	outcomes uint32
}

const (
	// minExpected is how many frames a dictionary is at least given to earn what it costs: replicas that restart soon after it
	// was adopted are no reason to do without.
	minExpected = 256
	// minMisses are no reason either: they come from a replica that starts or needs the room, once.
	minMisses = 4
	// maxMisses of the last 32 frames is more than replicas that come and go explain.
	maxMisses = 16
)

func newLedger(g gain, expected int) ledger {
	return ledger{gain: g, expected: max(expected, minExpected)}
}

// hit enters a frame that named the dictionary and was acknowledged. It reports whether a period ends with a profit.
func (l *ledger) hit(size int) (profit bool) {
	l.outcomes <<= 1
	l.frames++
	if l.named > 0 {
		// Batches differ in size; what they save is taken to be in proportion.
		l.saved += int64(size) * int64(l.perFrame()) / int64(l.named)
	}
	if l.frames < 2*l.expected {
		return false
	}
	profit = l.saved > l.spent
	l.frames, l.misses, l.saved, l.spent = l.frames/2, l.misses/2, l.saved/2, l.spent/2
	return profit
}

// defined enters a frame that brought the dictionary along.
func (l *ledger) defined(bytes int) {
	l.spent += int64(bytes)
}

// missed enters a frame that was sent in vain.
func (l *ledger) missed(size int) {
	l.outcomes = l.outcomes<<1 | 1
	l.misses++
	l.spent += int64(size)
}

// verdict says why the dictionary does not pay, and nothing when it does: it has not cost more than it has saved, or is going
// to save in as many frames as it was adopted for.
func (l *ledger) verdict() string {
	switch {
	case bits.OnesCount32(l.outcomes) >= maxMisses:
		return "replicas of the peer keep missing the dictionary"
	case l.misses >= minMisses && l.spent > max(l.saved, int64(l.perFrame())*int64(l.expected)):
		return "sending the dictionary costs more than it saves"
	default:
		return ""
	}
}
