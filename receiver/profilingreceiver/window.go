package profilingreceiver

import (
	"hash/maphash"
	"slices"

	"github.com/otelcol-plus/otelcol-plus/internal/perfevent"
)

// window gathers the samples of one flush interval, in bounded memory: beyond
// its limits samples still count for their process, under one common stack, and
// processes beyond theirs count as one, so that no process is free of charge.
type window struct {
	start, end uint64 // wall clock, nanoseconds
	groups     map[*process]*group
	files      map[fileRef]opener
	frames     int
	stacks     int
	samples    int
	folded     int
}

// group is the samples of one process. What describes the process is copied:
// another goroutine reads it.
type group struct {
	pid                  uint32
	name, exe, container string
	kernel               bool
	stacks               map[uint64][]*stack
}

type stack struct {
	frames []frame // leaf first
	times  []uint64
}

// opener is a way to a file: a process that has it mapped, and where.
type opener struct {
	pid        uint32
	start, end uint64
}

const (
	maxFrames  = 1 << 19 // of all stacks in a window, 16 bytes each
	maxStacks  = 1 << 15
	maxSamples = 1 << 18 // after which a window ends early, 8 bytes each
	maxFiles   = 4096
	maxGroups  = 4096 // processes in a window, each of which may have one stack beyond maxStacks
)

// otherProcess stands for the processes beyond maxGroups.
var otherProcess = &process{comm: "[other]", described: true}

func newWindow(start uint64) *window {
	return &window{start: start, groups: map[*process]*group{}, files: map[fileRef]opener{}}
}

var seed = maphash.MakeSeed()

// add counts a sample. frames are copied if the stack is new.
func (w *window) add(p *process, frames []frame, wall uint64) {
	g := w.group(p)
	w.samples++
	key := hash(frames)
	s := g.find(key, frames)
	if s == nil && (w.stacks >= maxStacks || w.frames+len(frames) > maxFrames) {
		w.folded++
		frames = []frame{{file: fileOther}}
		key = hash(frames)
		s = g.find(key, frames)
	}
	if s == nil {
		s = &stack{frames: slices.Clone(frames)}
		g.stacks[key] = append(g.stacks[key], s)
		w.stacks++
		w.frames += len(frames)
	}
	s.times = append(s.times, wall)
}

// group returns the samples of a process, or those of all processes for which
// there is no room. Their stacks are kept: only whose they are is not.
func (w *window) group(p *process) *group {
	g := w.groups[p]
	if g == nil && len(w.groups) >= maxGroups {
		p = otherProcess
		g = w.groups[p]
	}
	if g == nil {
		g = &group{pid: p.pid, name: p.name(), exe: p.exe, container: p.container, kernel: p.kernel, stacks: map[uint64][]*stack{}}
		w.groups[p] = g
	}
	return g
}

// full tells whether the window has to end before its time.
func (w *window) full() bool { return w.samples >= maxSamples }

func (g *group) find(key uint64, frames []frame) *stack {
	for _, s := range g.stacks[key] {
		if slices.Equal(s.frames, frames) {
			return s
		}
	}
	return nil
}

func hash(frames []frame) uint64 {
	h := uint64(len(frames))
	for _, f := range frames {
		h = h*0x9e3779b97f4a7c15 ^ maphash.Comparable(seed, f)
	}
	return h
}

// sampler turns records into samples of a window.
type sampler struct {
	config    *Config
	tracker   *tracker
	window    *window
	wall      func(recordTime uint64) uint64
	fresh     func(fileRef, opener) // told of a file the first time a window needs it
	scratch   []frame
	lost      uint64 // records, since the last window
	malformed uint64 // records, in all
}

func (s *sampler) record(r *perfevent.Record) {
	if r.Kind != perfevent.KindSample {
		s.lost += r.Lost
		s.tracker.apply(r)
		return
	}
	p := s.tracker.sampled(r)
	if p.selected == 0 {
		p.selected = -1
		if s.config.selects(p.name()) {
			p.selected = 1
		}
	}
	if p.selected > 0 {
		s.window.add(p, s.frames(r.Chain, p), s.wall(r.Time))
	}
}

// frames turns a chain into frames. Every address but the first of its side is
// a return address, and names its call by the byte before.
func (s *sampler) frames(chain []uint64, p *process) []frame {
	out := s.scratch[:0]
	side, first := uint64(perfevent.ContextUser), true
	for _, addr := range chain {
		if perfevent.IsContext(addr) {
			side, first = addr, true
			continue
		}
		if !first && addr > 0 {
			addr--
		}
		switch {
		case side == perfevent.ContextKernel:
			out = append(out, frame{fileKernel, addr})
		case side == perfevent.ContextUser:
			m, f, ok := find(p.maps, addr)
			if !ok && !first {
				// A program without frame pointers: the kernel followed something else.
				s.scratch = out
				return out
			}
			if !ok {
				f = frame{fileUnknown, addr}
			}
			out = append(out, f)
			s.noteFile(f.file, m, p)
		}
		first = false
	}
	if len(out) == 0 {
		out = append(out, frame{file: fileUnknown})
	}
	s.scratch = out
	return out
}

func (s *sampler) noteFile(f fileRef, m mapping, p *process) {
	if f == fileAnon || f == fileUnknown || f == fileVDSO {
		return
	}
	old, ok := s.window.files[f]
	if ok && old.pid == p.pid || !ok && len(s.window.files) >= maxFiles {
		return
	}
	o := opener{pid: p.pid, start: m.start, end: m.end}
	s.window.files[f] = o // the last process is the likeliest to live when the window is sent
	if !ok {
		s.fresh(f, o)
	}
}
