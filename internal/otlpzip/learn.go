package otlpzip

import "github.com/otelcol-plus/otelcol-plus/internal/tracezip"

const (
	firstAttempt    = 4
	attemptInterval = 512
	// Before each attempt that many frames are learnt from, evenly spread: as many as sampleBytes are, within bounds. Learning
	// from a frame takes longer than making it, so not all can be; more of the small ones are needed to see what they have in
	// common. Measured on two recordings: at 100 spans a frame, 32 samples lead to frames 1 % larger than learning from all of
	// them does, 8 to 4 %; at 1,000 spans there is no difference.
	sampleBytes = 96 << 10
	minSamples  = 4
	maxSamples  = 32
	// maxExpected is how many frames a dictionary may be expected to serve, however many there have been.
	maxExpected = 4096
)

// schedule says which frames are learnt from, and after which of them a dictionary is tried to be built.
type schedule struct {
	frames      int   // acknowledged since the start
	bytes       int64 // of those frames
	from        int   // frames when learning began, with no dictionary in use
	attemptAt   int   // frames when a dictionary is tried to be built next
	sampleEvery int   // so many frames
}

// acknowledged counts a frame of that size.
func (s *schedule) acknowledged(size int) {
	s.frames++
	s.bytes += int64(size)
}

// expected is how many frames a dictionary may serve: as many as there have been.
func (s *schedule) expected() int { return min(s.frames, maxExpected) }

// samplesNext reports whether the next frame is one to learn from.
func (s *schedule) samplesNext() bool { return (s.attemptAt-s.frames-1)%s.sampleEvery == 0 }

// restart makes attempts after 4, 8, 16 and so on of the frames that come after so many.
func (s *schedule) restart(frames int) {
	s.from = frames
	s.attemptIn(frames + firstAttempt - s.frames)
}

// attempted puts off the next attempt: until there is a dictionary for as many frames as there have been without, then for three
// times as many, since a better one saves less than the first.
func (s *schedule) attempted(inUse bool) {
	wait := s.frames - s.from
	if inUse {
		wait *= 3
	}
	s.attemptIn(min(max(wait, firstAttempt), attemptInterval))
}

// attemptIn puts the next attempt so many frames ahead.
func (s *schedule) attemptIn(frames int) {
	s.attemptAt = s.frames + frames
	samples := sampleBytes * int64(s.frames) / max(s.bytes, 1)
	s.sampleEvery = max(1, frames/int(min(max(samples, minSamples), maxSamples)))
}

// learn gives the sample of an acknowledged frame to the trainer and, when it is time, tries to make a better dictionary.
func (e *Epochs) learn(p Plan, size int, again Encode) {
	if !e.training.TryLock() {
		return
	}
	defer e.training.Unlock()
	l := e.lesson()
	if l.trainer == nil {
		return
	}
	l.trainer.Observe(p.Options.Sample)
	if !l.due {
		return
	}
	l.trainer.Limit(l.maxBytes)
	candidate := l.trainer.Build(l.current)
	if candidate != nil && l.current != nil && candidate.ID() == l.current.ID() {
		candidate = nil
	}
	if candidate == nil && l.current == nil {
		return
	}
	if t, err := tryOn(p, size, l.current, candidate, again); err == nil {
		e.consider(l.trainer, l.current, candidate, t)
	}
}

// lesson is what there is to do with a sample.
type lesson struct {
	trainer *tracezip.Trainer // nil for nothing
	// due is true when it is time to build a dictionary of up to maxBytes beyond current, the one in use.
	due      bool
	maxBytes int
	current  *tracezip.Dictionary
}

func (e *Epochs) lesson() lesson {
	e.mu.Lock()
	defer e.unlock()
	if !e.keeps || e.resting() {
		return lesson{}
	}
	if e.trainer == nil {
		e.trainer = tracezip.NewTrainer(e.maxBytes)
		e.restart(e.frames - 1)
	}
	l := lesson{trainer: e.trainer}
	if e.frames < e.attemptAt {
		return l
	}
	if e.next != nil && !e.defining && !e.fits(e.next) {
		e.next = nil // it waits for a peer that takes it; now it makes way for one that fits
	}
	if e.next != nil {
		return l
	}
	l.due, l.maxBytes, l.current = true, min(e.maxBytes, e.limit.value()), e.usable()
	e.attempted(l.current != nil)
	return l
}

// trial is the size of one batch, encoded in every way there is to choose from.
type trial struct {
	bare     int // without a dictionary
	current  int // as now: naming the current dictionary, else bare
	named    int // naming the candidate, when there is one
	transfer int // what defining the candidate costs
}

func tryOn(p Plan, size int, current, candidate *tracezip.Dictionary, again Encode) (t trial, err error) {
	encode := func(d *tracezip.Dictionary) (n int) {
		if err == nil {
			n, err = again(tracezip.FrameOptions{Dictionary: d})
		}
		return n
	}
	t.current = size
	if p.Options.Define || p.Options.Dictionary != current {
		t.current = encode(current)
	}
	t.bare = t.current
	if current != nil {
		t.bare = encode(nil)
	}
	if candidate == nil {
		return t, err
	}
	t.named = encode(candidate)
	var known tracezip.DictionaryID
	if current != nil {
		known = current.ID()
	}
	t.transfer = candidate.DefinitionBytes(known)
	return t, err
}

// consider adopts the candidate if that pays, and gives up the current dictionary if it has become useless.
func (e *Epochs) consider(trainer *tracezip.Trainer, current, candidate *tracezip.Dictionary, t trial) {
	e.mu.Lock()
	defer e.unlock()
	if e.trainer != trainer || e.usable() != current || e.next != nil {
		return // switched off, or overtaken, while the trial ran
	}
	var now gain // what is gained with the dictionary in use
	if current != nil {
		now = e.ledger.then(t.bare, t.current)
		e.ledger.gain = now
		if now.perFrame() <= 0 {
			e.current, e.ledger, now = nil, ledger{}, gain{}
			t.current = t.bare
		}
	}
	if candidate == nil || !e.fits(candidate) {
		return
	}
	if int64(t.current-t.named)*int64(e.expected()) <= int64(t.transfer)*int64(e.replicas.count()) {
		return
	}
	e.next, e.nextGain = candidate, now.then(t.bare, t.named)
	e.events = append(e.events, Event{Kind: EventAdopted, Dictionary: candidate, TransferBytes: t.transfer})
}
