package otlpzip

import "github.com/otelcol-plus/otelcol-plus/internal/tracezip"

// learn gives the sample of an acknowledged frame to the trainer and, when it is time, tries to make a better dictionary.
func (e *Epochs) learn(p Plan, size int, again Encode) {
	if !e.training.TryLock() {
		return
	}
	defer e.training.Unlock()
	trainer, current, due := e.lesson()
	if trainer == nil {
		return
	}
	trainer.Observe(p.Options.Sample)
	if !due {
		return
	}
	candidate := trainer.Build(current)
	if candidate != nil && current != nil && candidate.ID() == current.ID() {
		candidate = nil
	}
	if candidate == nil && current == nil {
		return
	}
	if t, err := tryOn(p, size, current, candidate, again); err == nil {
		e.consider(trainer, current, candidate, t)
	}
}

// lesson returns the trainer and whether it is time to build a dictionary beyond current.
func (e *Epochs) lesson() (trainer *tracezip.Trainer, current *tracezip.Dictionary, due bool) {
	e.mu.Lock()
	defer e.unlock()
	if e.maxPeer == 0 || e.resting() {
		return nil, nil, false
	}
	if e.trainer == nil {
		e.trainer = tracezip.NewTrainer(min(e.maxBytes, e.maxPeer))
		e.trainedAt = e.frames - 1
		e.attemptIn(firstAttempt - 1)
	}
	due = e.frames >= e.attemptAt && e.next == nil
	if due {
		// After 4, 8, 16 and so on until there is a dictionary, then after four times as many each: a better one saves less
		// than the first.
		wait := e.frames - e.trainedAt
		if e.current != nil {
			wait *= 3
		}
		e.attemptIn(min(max(wait, firstAttempt), attemptInterval))
	}
	return e.trainer, e.current, due
}

// attemptIn puts the next attempt so many frames ahead.
func (e *Epochs) attemptIn(frames int) {
	e.attemptAt = e.frames + frames
	samples := sampleBytes * int64(e.frames) / max(e.bytes, 1)
	e.sampleEvery = max(1, frames/int(min(max(samples, minSamples), maxSamples)))
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
	if e.trainer != trainer || e.current != current || e.next != nil {
		return // switched off, or overtaken, while the trial ran
	}
	if current != nil {
		e.ledger.gain = e.ledger.then(t.bare, t.current)
		if e.ledger.perFrame() <= 0 {
			e.current, e.ledger = nil, ledger{}
			t.current = t.bare
		}
	}
	if candidate == nil || !e.fits(candidate) {
		return
	}
	if int64(t.current-t.named)*int64(e.expected()) <= int64(t.transfer)*int64(e.replicas.count()) {
		return
	}
	e.next, e.nextGain = candidate, e.ledger.then(t.bare, t.named)
	e.events = append(e.events, Event{Kind: EventAdopted, Dictionary: candidate, TransferBytes: t.transfer})
}
