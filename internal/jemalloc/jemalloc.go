// Package jemalloc reads the heap profiles that jemalloc writes itself (prof_dump, prof.dump, jeprof's input), as text:
//
//	heap_v2/524288                    sampled once in that many bytes, on average
//	  t*: 3: 1700 [5: 2000]           objects and bytes in use [and allocated since the start], of all threads
//	  t0: 3: 1700 [5: 2000]           of thread 0
//	@ 0x401000 0x402000               a stack of return addresses, the innermost first, and what was allocated there
//	  t*: 1: 1600 [1: 1600]
//	  t0: 1: 1600 [1: 1600]
//	MAPPED_LIBRARIES:
//	400000-500000 r-xp 00000000 08:01 42 /usr/bin/app
//
// A value v of n objects is what was sampled; what was there is estimated as n·s and v·s with s = 1 / (1 − exp(−(v/n)/rate)).
// The accumulated values are zeros unless jemalloc runs with prof_accum.
package jemalloc

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"sort"
	"strconv"
	"strings"

	"github.com/google/pprof/profile"
)

// header begins every dump that is understood; dumps without a version, of jemalloc before 4.0, are not.
const header = "heap_v2/"

var (
	// ErrFormat is returned for what does not begin like a dump.
	ErrFormat = errors.New("not a heap profile of jemalloc")
	// ErrMalformed is returned with the line for a damaged dump.
	ErrMalformed = errors.New("malformed heap profile of jemalloc")
)

// Is tells whether data begins like a dump.
func Is(data []byte) bool { return bytes.HasPrefix(data, []byte(header)) }

// Parse reads a dump. The profile has the sample types alloc_objects and alloc_space, if anything is accumulated, and
// inuse_objects and inuse_space, in objects and bytes; its stacks have addresses and mappings but no names.
func Parse(data []byte) (*profile.Profile, error) {
	if !Is(data) {
		return nil, ErrFormat
	}
	r := reader{locations: map[uint64]*profile.Location{}}
	for number := 1; len(data) > 0; number++ {
		var line []byte
		line, data, _ = bytes.Cut(data, []byte("\n"))
		if text := strings.TrimSpace(string(line)); text == "MAPPED_LIBRARIES:" {
			break
		} else if err := r.line(number, text); err != nil {
			return nil, fmt.Errorf("%w: line %d: %w", ErrMalformed, number, err)
		}
	}
	return r.profile(data)
}

// counts are what one line says.
type counts struct{ objects, bytes, allocObjects, allocBytes int64 }

type stack struct {
	addresses []uint64
	counts    counts
	counted   bool
}

type reader struct {
	rate      int64
	stacks    []stack
	locations map[uint64]*profile.Location
}

func (r *reader) line(number int, text string) (err error) {
	switch {
	case number == 1:
		if r.rate, err = strconv.ParseInt(strings.TrimPrefix(text, header), 10, 64); err == nil && r.rate < 1 {
			err = errors.New("the rate is not positive")
		}
		return err
	case text == "":
		return nil
	case text[0] == '@':
		s := stack{}
		for _, field := range strings.Fields(text[1:]) {
			addr, err := strconv.ParseUint(strings.TrimPrefix(field, "0x"), 16, 64)
			if err != nil {
				return err
			}
			s.addresses = append(s.addresses, addr)
		}
		r.stacks = append(r.stacks, s)
		return nil
	case strings.HasPrefix(text, "t*:"):
		c, err := parseCounts(text[len("t*:"):])
		if err != nil {
			return err
		}
		if n := len(r.stacks); n > 0 {
			if r.stacks[n-1].counted {
				return errors.New("a second total of one stack")
			}
			r.stacks[n-1].counts, r.stacks[n-1].counted = c, true
		}
		return nil // before the first stack it is the total of all
	case text[0] == 't':
		return nil // of one thread
	}
	return errors.New("neither a stack nor counts")
}

// parseCounts reads "3: 1700 [5: 2000]".
func parseCounts(text string) (counts, error) {
	var values [4]int64
	for i, sep := range [4]string{":", "[", ":", "]"} {
		var part string
		var found bool
		part, text, found = strings.Cut(text, sep)
		if !found {
			return counts{}, fmt.Errorf("there is no %q", sep)
		}
		v, err := strconv.ParseInt(strings.TrimSpace(part), 10, 64)
		if err != nil {
			return counts{}, err
		}
		if v < 0 {
			return counts{}, errors.New("a negative count")
		}
		values[i] = v
	}
	return counts{values[0], values[1], values[2], values[3]}, nil
}

func (r *reader) profile(maps []byte) (*profile.Profile, error) {
	mappings, err := profile.ParseProcMaps(bytes.NewReader(maps))
	if err != nil {
		return nil, fmt.Errorf("%w: mapped libraries: %w", ErrMalformed, err)
	}
	sort.Slice(mappings, func(i, j int) bool { return mappings[i].Start < mappings[j].Start })
	for i, m := range mappings {
		m.ID = uint64(i + 1)
	}
	p := &profile.Profile{
		Mapping: mappings, PeriodType: &profile.ValueType{Type: "space", Unit: "bytes"}, Period: r.rate, DefaultSampleType: "inuse_space",
	}
	accumulated := false
	for _, s := range r.stacks {
		accumulated = accumulated || s.counts.allocObjects > 0
	}
	names := []string{"inuse_objects", "inuse_space"}
	if accumulated {
		names = []string{"alloc_objects", "alloc_space", "inuse_objects", "inuse_space"}
	}
	for i, name := range names {
		p.SampleType = append(p.SampleType, &profile.ValueType{Type: name, Unit: []string{"count", "bytes"}[i%2]})
	}
	for _, s := range r.stacks {
		objects, size := unsample(s.counts.objects, s.counts.bytes, r.rate)
		sample := &profile.Sample{Value: []int64{objects, size}}
		if accumulated {
			objects, size = unsample(s.counts.allocObjects, s.counts.allocBytes, r.rate)
			sample.Value = append([]int64{objects, size}, sample.Value...)
		}
		for _, addr := range s.addresses {
			sample.Location = append(sample.Location, r.location(p, addr))
		}
		p.Sample = append(p.Sample, sample)
	}
	return p, p.CheckValid()
}

// location is where a call was made: an address on a stack is that of the instruction after it.
func (r *reader) location(p *profile.Profile, returnAddress uint64) *profile.Location {
	addr := max(returnAddress, 1) - 1
	if l := r.locations[addr]; l != nil {
		return l
	}
	l := &profile.Location{ID: uint64(len(p.Location) + 1), Address: addr}
	after := sort.Search(len(p.Mapping), func(i int) bool { return p.Mapping[i].Start > addr })
	if after > 0 && addr < p.Mapping[after-1].Limit {
		l.Mapping = p.Mapping[after-1]
	}
	r.locations[addr] = l
	p.Location = append(p.Location, l)
	return l
}

// unsample estimates what there was from what was sampled.
func unsample(objects, size, rate int64) (int64, int64) {
	if objects == 0 || size == 0 {
		return 0, 0
	}
	scale := 1 / (1 - math.Exp(-float64(size)/float64(objects)/float64(rate)))
	return saturated(float64(objects) * scale), saturated(float64(size) * scale)
}

func saturated(v float64) int64 {
	if v >= math.MaxInt64 {
		return math.MaxInt64
	}
	return int64(math.Round(v))
}
