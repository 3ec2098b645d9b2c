package pprofconv

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/pprof/profile"
)

// OfTheMoment tells whether values of a sample type say how much there is now, such as memory in use: those of two times
// are not to be added up.
func OfTheMoment(sampleType string) bool {
	return strings.HasPrefix(sampleType, "inuse_") || slices.Contains([]string{"goroutine", "threadcreate", "objects", "space"}, sampleType)
}

// Replace is Merge for values of the moment: what before says of the instances that now is about is left out.
func Replace(before, now *profile.Profile) (*profile.Profile, error) {
	about := map[string]bool{}
	for _, s := range now.Sample {
		about[instance(s)] = true
	}
	kept := &profile.Profile{
		SampleType: before.SampleType, DefaultSampleType: before.DefaultSampleType, Mapping: before.Mapping, Location: before.Location, Function: before.Function,
		Comments: before.Comments, DocURL: before.DocURL, DropFrames: before.DropFrames, KeepFrames: before.KeepFrames,
		TimeNanos: before.TimeNanos, DurationNanos: before.DurationNanos, PeriodType: before.PeriodType, Period: before.Period,
	}
	for _, s := range before.Sample {
		if !about[instance(s)] {
			kept.Sample = append(kept.Sample, s)
		}
	}
	return Merge(kept, now)
}

// instance is whose sample it is, among those of the same service.
func instance(s *profile.Sample) string {
	var b strings.Builder
	for _, key := range instanceKeys {
		fmt.Fprintf(&b, "%q %d;", s.Label[key], s.NumLabel[key])
	}
	return b.String()
}
