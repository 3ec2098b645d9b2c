package otlpzip

import (
	"sync"
	"time"

	"github.com/otelcol-plus/otelcol-plus/internal/tracezip"
)

// Epochs is the sender's policy for dictionaries towards one endpoint: which one the next frame refers to, and whether the
// frame brings it along.
//
// A dictionary is made from frames that the peer has acknowledged: after 4, 8, 16 and so on of them until one is adopted, then
// after four times as many each, in the end every 512. It is adopted when encoding one batch both ways says that it saves more, over as many frames as there have
// been so far, than sending it to every replica costs. One frame then brings it along while the others go on with the one
// before; when that frame is acknowledged the dictionary is current. Replicas that are known to lack it, as the instance names in
// their answers tell, get it from the next frames that reach them, for nobody can choose which replica a frame reaches. When all
// have it, frames name it.
//
// Replicas may keep dictionaries of different sizes. The smallest limit heard of late counts for all of them, so that whatever
// frames name can be kept wherever they arrive. When the dictionary in use is too large of a sudden, as after a restart of the peer
// with less memory, another one is learnt as from the start, out of what is known already.
//
// An example with two replicas, a and b, behind a balancer:
//
//	frames 1…7     stateless, answered by a and b; attempts after 4 and 8
//	after 8        dictionary X saves 900 bytes a frame; 900 × 8 < 2 × 6000, so it is not adopted
//	after 16       X' saves 1000 bytes a frame; 1000 × 16 > 2 × 6000: adopted
//	frame 17       with X' inline, answered by a: X' is current, b lacks it
//	frame 18       with X' inline, answered by b: all have it
//	frames 19…     name X'
//	b restarts     the next frame that reaches it is answered DICTIONARY_MISSING and sent again with X' inline at once
//
// Learning happens in the goroutine of a push after the answer has come, where it delays neither the batch nor other pushes, only
// the return of its own: a push that finds another one learning leaves it alone. Nothing runs in the background, so there is nothing to stop.
//
// Every Plan is settled by exactly one of Delivered, Missing, Refused, Unsent and Failed. A nil *Epochs plans stateless frames. It is
// safe for concurrent use.
type Epochs struct {
	maxBytes int
	notify   func(Event)
	now      func() time.Time

	// training is held while a push learns; mu is not, so that pushes go on meanwhile.
	training sync.Mutex

	mu       sync.Mutex
	events   []Event // to be notified once mu is released
	keeps    bool    // the replica that answered last keeps dictionaries
	limit    lowest  // memory of the largest dictionary that all replicas keep
	replicas replicas

	schedule
	trainer *tracezip.Trainer // nil until the first frame is learnt from

	current  *tracezip.Dictionary // acknowledged by at least one replica
	previous *tracezip.Dictionary // the one before, which replicas may still be at
	next     *tracezip.Dictionary // adopted, not yet acknowledged
	nextGain gain
	// defining is true while a frame that brings next is under way, teaching counts frames that bring current to a replica
	// that lacks it, lessons is how many more of those there may be, and taughtAt is what frames was at the last one.
	defining bool
	teaching int
	lessons  int
	taughtAt int

	ledger   ledger
	offUntil time.Time
	offFor   time.Duration
}

const (
	minOff = NegativeTTL
	maxOff = 2 * time.Hour
)

// EventKind is what an Event is about.
type EventKind int

const (
	// EventAdopted: a dictionary is worth its transfer.
	EventAdopted EventKind = iota
	// EventOff: dictionaries do not pay towards this endpoint and rest for a while.
	EventOff
	// EventOn: they are tried again.
	EventOn
)

// Event is a change of state that an operator may want to know of.
type Event struct {
	Kind EventKind
	// Dictionary is the one adopted.
	Dictionary *tracezip.Dictionary
	// TransferBytes is what the adopted dictionary takes on the wire.
	TransferBytes int
	// For is how long dictionaries rest, and Reason why.
	For    time.Duration
	Reason string
}

// NewEpochs returns the policy for an endpoint. Its dictionaries take up to maxBytes of memory each. notify is called for
// every event, in the goroutine of the push that brought it about.
func NewEpochs(maxBytes int, notify func(Event)) *Epochs {
	return &Epochs{
		maxBytes: maxBytes, notify: notify, now: time.Now,
		replicas: newReplicas(), offFor: minOff,
	}
}

// unlock releases mu and tells what has happened.
func (e *Epochs) unlock() {
	events := e.events
	e.events = nil
	e.mu.Unlock()
	for _, event := range events {
		e.notify(event)
	}
}

// role is what a frame does besides carrying traces.
type role int

const (
	carries role = iota
	defines      // brings the next dictionary
	teaches      // brings the current dictionary to a replica that lacks it
)

// Plan says how one frame is made.
type Plan struct {
	// Options are for the encoder; the caller adds what is his own.
	Options tracezip.FrameOptions

	role role
	// resent is true for the second attempt with one batch.
	resent bool
	// transfer is what the definition takes.
	transfer int
}

// DefinitionBytes is how many bytes of the frame are the definition of its dictionary.
func (p Plan) DefinitionBytes() int { return p.transfer }

// define makes the frame bring a dictionary along, all of it or what there is beyond one that the peer has.
func (p *Plan) define(r role, d *tracezip.Dictionary, known tracezip.DictionaryID) {
	p.role, p.transfer = r, d.DefinitionBytes(known)
	p.Options.Dictionary, p.Options.Define, p.Options.Known = d, true, known
}

// Heard takes what an answer, to whatever request, said of the peer.
func (e *Epochs) Heard(c Capability) {
	if e == nil || !c.Tracezip {
		return
	}
	e.mu.Lock()
	defer e.unlock()
	e.keeps = c.MaxDictionaryBytes > 0
	if !e.keeps {
		return
	}
	e.replicas.saw(c.Instance)
	before := e.inUse()
	e.limit.heard(c.MaxDictionaryBytes)
	if before && !e.inUse() {
		e.restart(e.frames)
	}
}

// Active reports whether there is a dictionary that pays and that the peer keeps.
func (e *Epochs) Active() bool {
	if e == nil {
		return false
	}
	e.mu.Lock()
	defer e.unlock()
	return e.keeps && e.inUse()
}

// inUse reports whether there is a dictionary that frames name, or are about to.
func (e *Epochs) inUse() bool { return e.usable() != nil || e.next != nil && e.fits(e.next) }

// usable is the current dictionary, unless it is too large for the peer as it is now.
func (e *Epochs) usable() *tracezip.Dictionary {
	if e.current == nil || !e.fits(e.current) {
		return nil
	}
	return e.current
}

func (e *Epochs) fits(d *tracezip.Dictionary) bool { return d.MemoryBytes() <= e.limit.value() }

// Plan says how the next frame is made.
func (e *Epochs) Plan() Plan {
	if e == nil {
		return Plan{}
	}
	e.mu.Lock()
	defer e.unlock()
	if !e.keeps || e.resting() {
		return Plan{}
	}
	var p Plan
	if e.trainer == nil || e.samplesNext() {
		p.Options.Sample = new(tracezip.Sample)
	}
	switch {
	case e.next != nil && !e.defining && e.fits(e.next):
		e.defining = true
		p.define(defines, e.next, e.known(e.next, e.current))
	case e.usable() == nil:
	case e.lessons == 0 || e.replicas.without(e.current.ID()) == 0:
		p.Options.Dictionary = e.current
	case e.teaching < e.replicas.without(e.current.ID()) || e.frames-e.taughtAt > 2*e.replicas.count():
		e.teach(&p) // a lesson that is under way for so long may not arrive at all
	case e.previous != nil && e.fits(e.previous) && e.known(e.current, e.previous) == e.previous.ID():
		p.Options.Dictionary = e.previous // which all have, until all have the new one
	case 4*e.replicas.without(e.current.ID()) <= e.replicas.count():
		p.Options.Dictionary = e.current // it hardly meets one that lacks it
	}
	return p
}

// known names the dictionary that every replica which is going to get d is known to have.
func (e *Epochs) known(d, before *tracezip.Dictionary) tracezip.DictionaryID {
	if before == nil || !e.replicas.upTo(d.ID(), before.ID()) {
		return tracezip.DictionaryID{}
	}
	return before.ID()
}

// teach makes p bring the current dictionary along.
func (e *Epochs) teach(p *Plan) {
	e.lessons--
	e.teaching++
	e.taughtAt = e.frames
	p.define(teaches, e.current, e.known(e.current, e.previous))
}

// settle ends the role of a plan's frame.
func (e *Epochs) settle(p Plan) {
	switch p.role {
	case defines:
		e.defining = false
	case teaches:
		e.teaching--
	}
}

// Failed settles a plan whose frame did not get an answer, or one that says nothing of the frame.
func (e *Epochs) Failed(p Plan) {
	if e == nil {
		return
	}
	e.mu.Lock()
	defer e.unlock()
	e.settle(p)
}

// Refused settles a plan whose frame of the given size the peer did not take although it speaks tracezip: it was too large
// with the definition, or could not be read.
func (e *Epochs) Refused(p Plan, size int) {
	if e == nil {
		return
	}
	e.mu.Lock()
	defer e.unlock()
	e.giveUp(p)
	if p.Options.Dictionary == nil {
		return
	}
	e.ledger.missed(size)
	e.review()
}

// Unsent settles a plan whose frame was not sent, since its definition makes it larger than the peer takes.
func (e *Epochs) Unsent(p Plan) {
	if e == nil {
		return
	}
	e.mu.Lock()
	defer e.unlock()
	e.giveUp(p)
}

// giveUp settles a plan whose definition, if it brings one, is not tried again.
func (e *Epochs) giveUp(p Plan) {
	e.settle(p)
	if p.role == defines && e.next == p.Options.Dictionary {
		e.next = nil // the next attempt may make one that passes
	}
}

// Missing settles a plan whose frame of the given size the peer refused for want of its dictionary, and says how the same
// batch is to be sent again, at once: with the dictionary in the frame, or stateless when that has been tried, when the peer
// keeps no dictionaries, or when another frame is already on its way with it.
func (e *Epochs) Missing(p Plan, size int, peer Capability) Plan {
	if e == nil {
		return Plan{}
	}
	e.mu.Lock()
	defer e.unlock()
	e.settle(p)
	e.ledger.missed(size)
	e.replicas.lacks(peer.Instance)
	again := Plan{Options: tracezip.FrameOptions{Sample: p.Options.Sample}, resent: true}
	d := p.Options.Dictionary
	if d == nil || p.resent || e.review() || d.MemoryBytes() > peer.MaxDictionaryBytes {
		return again
	}
	switch {
	case p.role == defines && d == e.next && !e.defining:
		e.defining = true
		again.define(defines, d, tracezip.DictionaryID{})
	case d == e.current && e.teaching < e.replicas.without(d.ID()):
		e.lessons = max(e.lessons, e.maxLessons()) // the replica that missed it has yet to be reached
		e.teach(&again)
	}
	return again
}

// maxLessons bounds how often the current dictionary is sent for the sake of replicas that lack it: a balancer has then come
// round to each of them, and those that have not shown up are given up.
func (e *Epochs) maxLessons() int { return 2 * e.replicas.count() }

// Encode encodes the batch of a plan again, otherwise, and returns the size of the frame.
type Encode func(tracezip.FrameOptions) (size int, err error)

// Delivered settles a plan whose frame of the given size was acknowledged by that instance of the peer. Now and then it learns
// from the batch, for which it calls again up to three times before it returns.
func (e *Epochs) Delivered(p Plan, size int, instance string, again Encode) {
	if e == nil {
		return
	}
	e.acknowledge(p, size, instance)
	if p.Options.Sample != nil {
		e.learn(p, size, again)
	}
}

func (e *Epochs) acknowledge(p Plan, size int, instance string) {
	e.mu.Lock()
	defer e.unlock()
	e.settle(p)
	e.acknowledged(size)
	d := p.Options.Dictionary
	switch {
	case d == nil || e.resting():
		return
	case d == e.next:
		e.previous, e.current, e.next = e.current, d, nil
		e.ledger = newLedger(e.nextGain, e.expected())
		e.replicas.has(instance, d.ID())
		e.lessons = e.maxLessons()
	case d == e.current:
		e.replicas.has(instance, d.ID())
	}
	if p.Options.Define {
		e.ledger.defined(p.transfer)
		if e.current == nil || e.replicas.without(e.current.ID()) == 0 {
			e.lessons = 0
		}
		e.review()
		return
	}
	if e.ledger.hit(size) {
		e.offFor = minOff
	}
}

// resting reports whether dictionaries are off, and ends that when its time has come.
func (e *Epochs) resting() bool {
	if e.offUntil.IsZero() {
		return false
	}
	if e.now().Before(e.offUntil) {
		return true
	}
	e.offUntil = time.Time{}
	e.events = append(e.events, Event{Kind: EventOn})
	return false
}

// review switches dictionaries off when they do not pay. It reports whether they are off.
func (e *Epochs) review() bool {
	if !e.offUntil.IsZero() {
		return true
	}
	reason := e.ledger.verdict()
	if reason == "" || e.current == nil {
		return false
	}
	e.offUntil = e.now().Add(e.offFor)
	e.events = append(e.events, Event{Kind: EventOff, For: e.offFor, Reason: reason})
	e.offFor = min(2*e.offFor, maxOff)
	e.current, e.previous, e.next, e.trainer = nil, nil, nil, nil
	e.lessons = 0
	e.ledger = ledger{}
	return true
}
