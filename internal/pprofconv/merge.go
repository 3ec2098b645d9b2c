package pprofconv

import (
	"fmt"
	"math"

	"github.com/google/pprof/profile"
)

// maxDuration keeps start plus duration from overflowing.
const maxDuration = math.MaxInt64 / 4

// Merge adds profiles of the same sample and period type up into a new one. Unlike profile.Merge it takes the
// duration to be the time covered, because the profiles of one host cover the same time. A profile without a period type
// is given an empty one: profile.Merge cannot compare it otherwise.
func Merge(profiles ...*profile.Profile) (*profile.Profile, error) {
	var s span
	for _, p := range profiles {
		s.add(p.TimeNanos, p.DurationNanos)
		if p.PeriodType == nil {
			p.PeriodType = &profile.ValueType{}
		}
	}
	out, err := profile.Merge(profiles)
	if err != nil {
		return nil, fmt.Errorf("merge profiles: %w", err)
	}
	s.set(out)
	markSymbolized(out, nil)
	return out, nil
}

// span is the time that profiles cover, in nanoseconds.
type span struct{ start, end int64 }

func (s *span) add(start, duration int64) {
	if start <= 0 {
		return
	}
	end := min(start, math.MaxInt64-maxDuration) + max(0, min(duration, maxDuration))
	if s.start == 0 || start < s.start {
		s.start = start
	}
	s.end = max(s.end, end)
}

func (s *span) set(p *profile.Profile) {
	p.TimeNanos, p.DurationNanos = s.start, max(0, s.end-s.start)
}

// markSymbolized tells pprof which mappings have names. It would otherwise look for the binaries on the machine that
// reads the file, and find none or others. What is known of a mapping otherwise is left.
func markSymbolized(p *profile.Profile, known map[*profile.Mapping]bool) {
	for _, l := range p.Location {
		m := l.Mapping
		if m == nil || known[m] {
			continue
		}
		m.HasInlineFrames = m.HasInlineFrames || len(l.Line) > 1
		for _, line := range l.Line {
			m.HasFunctions = m.HasFunctions || line.Function.Name != ""
			m.HasFilenames = m.HasFilenames || line.Function.Filename != ""
			m.HasLineNumbers = m.HasLineNumbers || line.Line != 0
		}
	}
}
