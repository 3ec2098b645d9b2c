package pprofscrape

import (
	"encoding/binary"
	"hash/maphash"
	"slices"

	"github.com/google/pprof/profile"
)

// cumulative are the sample types that count from the program's start; all others are of the moment, or of the time that
// the profile was taken over.
var cumulative = []string{"alloc_objects", "alloc_space", "contentions", "delay"}

// MaxStacks is how many stacks of one profile are remembered, in some 80 bytes each: 3 MB at most.
const MaxStacks = 32768

// Deltas turns successive profiles of one program into the difference to the one before. It remembers a hash of each
// sample's stack and labels with its values, and of the last profile only: what it takes depends on the size of one profile.
//
//	first    main;f 10               nothing is known of before: left out
//	second   main;f 15  main;g 2     f 5, g 2
//	third    main;f 1   main;g 0     less than before: the program has started anew: f 1
type Deltas struct {
	limit  int
	seed   maphash.Seed
	before map[uint64][]int64
	totals []int64
	types  []string
}

// NewDeltas remembers nothing yet. A copy of Deltas is independent of the original.
func NewDeltas() *Deltas { return &Deltas{limit: MaxStacks, seed: maphash.MakeSeed()} }

// Change is what Apply did.
type Change struct {
	// Cumulative tells that the profile has cumulative values, and First that nothing is known of the time before.
	Cumulative, First bool
	// Untracked counts the samples whose values were left out because there is no room to remember them.
	Untracked int
}

// Apply replaces the cumulative values of p by their difference to the profile before, and drops samples without any value
// left.
func (d *Deltas) Apply(p *profile.Profile) Change {
	columns, names := cumulativeColumns(p)
	if len(columns) == 0 {
		return Change{}
	}
	first, untracked := d.before == nil || !slices.Equal(names, d.types), 0
	totals := make([]int64, len(columns))
	current := make(map[uint64][]int64, min(len(p.Sample), d.limit))
	keys := make([]uint64, len(p.Sample))
	for i, s := range p.Sample {
		key := d.hash(s)
		keys[i] = key
		values := current[key]
		if values == nil && len(current) >= d.limit {
			continue
		}
		if values == nil {
			values = make([]int64, len(columns))
			current[key] = values
		}
		for j, column := range columns {
			values[j] += s.Value[column]
			totals[j] += s.Value[column]
		}
	}
	restarted := slices.ContainsFunc(indices(totals), func(j int) bool { return !first && totals[j] < d.totals[j] })
	done := map[uint64]bool{}
	kept := p.Sample[:0]
	for i, s := range p.Sample {
		now, known := current[keys[i]]
		if !known {
			untracked++
		}
		for j, column := range columns {
			switch {
			case !known || first || done[keys[i]]: // of equal samples the first has the difference of all
				s.Value[column] = 0
			case restarted:
				s.Value[column] = now[j]
			default:
				s.Value[column] = max(0, now[j]-at(d.before[keys[i]], j))
			}
		}
		done[keys[i]] = true
		if slices.ContainsFunc(s.Value, func(v int64) bool { return v != 0 }) {
			kept = append(kept, s)
		}
	}
	p.Sample = kept
	d.before, d.totals, d.types = current, totals, names
	return Change{Cumulative: true, First: first, Untracked: untracked}
}

func cumulativeColumns(p *profile.Profile) (columns []int, names []string) {
	for i, t := range p.SampleType {
		if slices.Contains(cumulative, t.Type) {
			columns, names = append(columns, i), append(names, t.Type)
		}
	}
	return columns, names
}

func indices(values []int64) []int {
	out := make([]int, len(values))
	for i := range out {
		out[i] = i
	}
	return out
}

func at(values []int64, i int) int64 {
	if i < len(values) {
		return values[i]
	}
	return 0
}

// hash is of what identifies a sample: where the ids of a profile point to, because they change from one to the next.
func (d *Deltas) hash(s *profile.Sample) uint64 {
	var h maphash.Hash
	h.SetSeed(d.seed)
	number := func(v uint64) {
		var b [8]byte
		binary.LittleEndian.PutUint64(b[:], v)
		_, _ = h.Write(b[:]) // never fails
	}
	text := func(t string) {
		number(uint64(len(t)))
		_, _ = h.WriteString(t)
	}
	for _, l := range s.Location {
		number(uint64(len(l.Line)))
		if len(l.Line) == 0 {
			number(l.Address)
		}
		for _, line := range l.Line {
			text(line.Function.Name)
			text(line.Function.Filename)
			number(uint64(line.Line))
		}
	}
	keys := make([]string, 0, len(s.Label)+len(s.NumLabel))
	for key := range s.Label {
		keys = append(keys, key)
	}
	for key := range s.NumLabel {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range slices.Compact(keys) {
		text(key)
		number(uint64(len(s.Label[key])))
		for _, v := range s.Label[key] {
			text(v)
		}
		for _, v := range s.NumLabel[key] {
			number(uint64(v))
		}
	}
	return h.Sum64()
}
