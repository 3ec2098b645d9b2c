package otlpzip

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpzip/otlpziptest"
	"github.com/otelcol-plus/otelcol-plus/internal/tracezip"
)

var keeps = Capability{Tracezip: true, MaxDictionaryBytes: 8 << 20}

// instance is what the named replica says of itself.
func instance(name string) Capability {
	c := keeps
	c.Instance = name
	return c
}

// scene is a policy whose learning is replaced by the test: dictionaries are put up by hand.
type scene struct {
	*Epochs
	t      *testing.T
	clock  time.Time
	events []Event
}

func newScene(t *testing.T, instances ...string) *scene {
	s := &scene{t: t, clock: time.Unix(1_700_000_000, 0)}
	s.Epochs = NewEpochs(256<<10, func(e Event) { s.events = append(s.events, e) })
	s.now = func() time.Time { return s.clock }
	for _, name := range instances {
		s.Heard(instance(name))
	}
	s.frames = 1000
	return s
}

// adopt puts up the next dictionary, which saves 1,000 bytes a frame.
func (s *scene) adopt(d *tracezip.Dictionary) {
	s.next, s.nextGain = d, gain{bare: 5000, named: 4000}
}

// deliver lets a frame be acknowledged by an instance.
func (s *scene) deliver(p Plan, from string) {
	s.Heard(instance(from))
	s.Delivered(p, 4000, from, func(tracezip.FrameOptions) (int, error) { return 0, errors.New("not now") })
}

// plan is a plan that must be about the dictionary, with or without a definition.
func (s *scene) plan(d *tracezip.Dictionary, define bool) Plan {
	s.t.Helper()
	p := s.Plan()
	require.True(s.t, d == p.Options.Dictionary, "another dictionary, or none")
	require.Equal(s.t, define, p.Options.Define)
	return p
}

func (s *scene) stateless() Plan {
	s.t.Helper()
	p := s.Plan()
	require.True(s.t, p.Options.Dictionary == nil, "no dictionary is due")
	return p
}

func TestOneFrameDefines(t *testing.T) {
	d := otlpziptest.Dictionaries(t, 2)
	s := newScene(t, "a")
	s.deliver(s.stateless(), "a")

	s.adopt(d[0])
	definer := s.plan(d[0], true)
	other := s.stateless()
	s.Failed(definer)
	definer = s.plan(d[0], true)
	s.stateless()
	s.deliver(other, "a")
	s.deliver(definer, "a")
	inFlight := s.plan(d[0], false)

	s.adopt(d[1])
	definer = s.plan(d[1], true)
	assert.Equal(t, d[0].ID(), definer.Options.Known)
	old := s.plan(d[0], false)
	s.deliver(definer, "a")
	s.plan(d[1], false)
	s.deliver(old, "a")
	s.deliver(inFlight, "a")
	s.plan(d[1], false)
	assert.Zero(t, s.replicas.without(d[1].ID()), "a frame that was under way does not change what the replica has")
}

func TestEveryReplicaIsTaught(t *testing.T) {
	d := otlpziptest.Dictionaries(t, 2)
	s := newScene(t, "a", "b", "c")
	s.adopt(d[0])
	s.deliver(s.plan(d[0], true), "a")
	first, second := s.plan(d[0], true), s.plan(d[0], true)
	s.stateless() // two replicas lack it, and two frames are on their way with it
	s.deliver(first, "b")
	s.deliver(second, "a")
	third := s.plan(d[0], true)
	s.stateless()
	s.deliver(third, "c")
	s.plan(d[0], false)

	s.adopt(d[1])
	definer := s.plan(d[1], true)
	assert.Equal(t, d[0].ID(), definer.Options.Known, "all replicas have it")
	s.deliver(definer, "b")
	first, second = s.plan(d[1], true), s.plan(d[1], true)
	s.deliver(s.plan(d[0], false), "a")
	s.Failed(first)
	s.Failed(second)
	for range 4 { // c has gone, and the balancer sends everything to b
		s.deliver(s.plan(d[1], true), "b")
	}
	s.plan(d[1], false)
}

func TestMissing(t *testing.T) {
	d := otlpziptest.Dictionaries(t, 2)
	s := newScene(t, "a")
	s.adopt(d[0])
	s.deliver(s.plan(d[0], true), "a")

	// A restart: "b" answers instead.
	first, second := s.plan(d[0], false), s.plan(d[0], false)
	s.Heard(instance("b"))
	again := s.Missing(first, 4000, instance("b"))
	require.Same(t, d[0], again.Options.Dictionary)
	assert.True(t, again.Options.Define)
	assert.Equal(t, tracezip.DictionaryID{}, again.Options.Known, "it may have nothing")
	assert.Equal(t, d[0].DefinitionBytes(tracezip.DictionaryID{}), again.DefinitionBytes())
	assert.Nil(t, s.Missing(second, 4000, instance("b")).Options.Dictionary, "one is enough")
	s.deliver(again, "b")
	s.plan(d[0], false)

	// The definition itself is refused, as with a difference to something the peer has lost.
	s.adopt(d[1])
	definer := s.plan(d[1], true)
	again = s.Missing(definer, 7000, instance("b"))
	require.Same(t, d[1], again.Options.Dictionary)
	assert.Equal(t, tracezip.DictionaryID{}, again.Options.Known)
	assert.Nil(t, s.Missing(again, 9000, instance("b")).Options.Dictionary, "once is enough")
	definer = s.plan(d[1], true)
	assert.Equal(t, tracezip.DictionaryID{}, definer.Options.Known)
	s.deliver(definer, "b")

	// The peer keeps none any more.
	for s.lessons > 0 {
		s.deliver(s.plan(d[1], true), "b") // "a" could be one of two
	}
	assert.Nil(t, s.Missing(s.plan(d[1], false), 4000, Capability{Tracezip: true}).Options.Dictionary)
	s.Heard(Capability{Tracezip: true})
	s.stateless()
	s.Heard(instance("b"))
	s.Missing(Plan{}, 4000, instance("b"))
}

// TestMissingReplicas: resends and following frames reach other replicas than the one that misses the dictionary, in a rhythm
// that never hits it unless frames go on bringing it along.
func TestMissingReplicas(t *testing.T) {
	d := otlpziptest.Dictionaries(t, 1)[0]
	for n := 1; n <= 7; n++ {
		has := map[int]bool{}
		turn, misses := 0, 0
		s := newScene(t)
		for i := range n {
			s.Heard(instance(fmt.Sprint(i)))
		}
		s.adopt(d)
		send := func() {
			p := s.Plan()
			for {
				r := turn % n
				turn++
				s.Heard(instance(fmt.Sprint(r)))
				if p.Options.Dictionary != nil && !p.Options.Define && !has[r] {
					misses++
					p = s.Missing(p, 4000, instance(fmt.Sprint(r)))
					continue
				}
				has[r] = has[r] || p.Options.Define
				s.deliver(p, fmt.Sprint(r))
				return
			}
		}
		for range 10 * n {
			send()
		}
		assert.Zero(t, misses, "%d replicas", n)
		clear(has) // all restart, keeping their names: nothing tells but the misses
		for range 20 * n {
			send()
		}
		assert.Len(t, has, n)
		assert.LessOrEqual(t, misses, n, "%d replicas", n)
		assert.Empty(t, s.events)
	}
}

func TestSwitchedOff(t *testing.T) {
	d := otlpziptest.Dictionaries(t, 1)[0]
	s := newScene(t, "a")
	missEverything := func() {
		s.adopt(d)
		s.deliver(s.plan(d, true), "a")
		for len(s.events) == 0 {
			s.Failed(s.Missing(s.plan(d, false), 10, instance("a")))
			s.deliver(s.Plan(), "a")
		}
	}
	wait := minOff
	for range 8 {
		missEverything()
		require.Len(t, s.events, 1)
		assert.Equal(t, EventOff, s.events[0].Kind)
		assert.Equal(t, wait, s.events[0].For)
		assert.Contains(t, s.events[0].Reason, "missing")
		s.clock = s.clock.Add(wait - 1)
		s.stateless()
		assert.Nil(t, s.trainer)
		s.clock = s.clock.Add(1)
		s.stateless()
		require.Len(t, s.events, 2)
		assert.Equal(t, EventOn, s.events[1].Kind)
		s.events = nil
		wait = min(2*wait, maxOff)
	}
	assert.Equal(t, maxOff, wait)

	s.adopt(d)
	s.deliver(s.plan(d, true), "a")
	for range 5 * 2 * minExpected {
		s.deliver(s.plan(d, false), "a")
	}
	assert.Equal(t, minOff, s.offFor, "what has paid is forgiven")
}

func TestSwitchedOffWhenItCostsTooMuch(t *testing.T) {
	d := otlpziptest.Dictionaries(t, 1)[0]
	s := newScene(t, "a", "b")
	s.frames = 8
	s.adopt(d)
	s.nextGain.named = 4999
	s.deliver(s.plan(d, true), "a")
	for range minMisses / 2 {
		require.Empty(t, s.events)
		s.Failed(s.Missing(s.Plan(), 10, instance("a")))
		s.Failed(s.Missing(s.Plan(), 10, instance("b")))
	}
	require.Len(t, s.events, 1)
	assert.Contains(t, s.events[0].Reason, "more than it saves")
	s.stateless()
}

func TestRefused(t *testing.T) {
	d := otlpziptest.Dictionaries(t, 1)[0]
	s := newScene(t, "a")
	s.adopt(d)
	s.Refused(s.plan(d, true), 9000)
	s.Refused(s.stateless(), 9000)
	s.stateless()
	assert.Empty(t, s.events)
}

// TestUnsent: what was not sent has cost nothing, however often, and a definition that does not fit into a frame is given up.
func TestUnsent(t *testing.T) {
	d := otlpziptest.Dictionaries(t, 2)
	s := newScene(t, "a")
	s.adopt(d[0])
	s.deliver(s.plan(d[0], true), "a")
	for i := range 2 * maxMisses {
		s.Heard(instance(fmt.Sprint(i)))
		s.lessons = 1
		s.Unsent(s.plan(d[0], true))
	}
	assert.Empty(t, s.events)
	assert.Zero(t, s.ledger.misses)
	s.adopt(d[1])
	s.Unsent(s.plan(d[1], true))
	s.plan(d[0], false)
	s.Unsent(s.Plan())
	s.plan(d[0], false)
}

func TestDictionaryTooLargeForThePeer(t *testing.T) {
	d := otlpziptest.Dictionaries(t, 1)[0]
	s := newScene(t, "a")
	small := Capability{Tracezip: true, MaxDictionaryBytes: d.MemoryBytes() - 1}
	untilForgotten := func() {
		s.stateless()
		n := 0
		for ; !s.Active(); n++ {
			s.stateless()
			s.Heard(instance("a"))
		}
		assert.Greater(t, n, limitPeriod)
		assert.LessOrEqual(t, n, 2*limitPeriod)
	}
	s.adopt(d)
	s.Heard(small)
	untilForgotten()
	s.deliver(s.plan(d, true), "a")
	assert.True(t, s.Active())
	s.Heard(small)
	s.Heard(Capability{})
	s.stateless() // an answer that says nothing changes nothing
	untilForgotten()
	s.plan(d, false)
	s.Heard(Capability{Tracezip: true})
	s.stateless()
	assert.False(t, s.Active(), "the peer says that it keeps none")
}

// TestNextMakesWay: a dictionary that was adopted and does not fit any more does not keep another one from being made.
func TestNextMakesWay(t *testing.T) {
	d := otlpziptest.Dictionaries(t, 1)[0]
	s := newScene(t, "a")
	s.deliver(s.stateless(), "a")
	s.adopt(d)
	definer := s.plan(d, true)
	s.Heard(Capability{Tracezip: true, MaxDictionaryBytes: d.MemoryBytes() - 1})
	send := func() {
		for range 2 * firstAttempt {
			s.Delivered(s.stateless(), 4000, "a", func(tracezip.FrameOptions) (int, error) { return 0, errors.New("not now") })
		}
	}
	send()
	assert.NotNil(t, s.next, "a frame is on its way with it")
	s.Failed(definer)
	send()
	assert.Nil(t, s.next)
}

// TestSchedule: attempts after 4, 8, 16 and so on, in the end every 512 frames; samples get fewer.
func TestSchedule(t *testing.T) {
	s := newScene(t, "a")
	s.frames = 0
	var attempts []int
	samples := 0
	for range 2100 {
		p := s.Plan()
		if p.Options.Sample != nil {
			samples++
		}
		before := s.attemptAt
		s.deliver(p, "a")
		if s.attemptAt != before && before != 0 {
			attempts = append(attempts, s.frames)
		}
	}
	assert.Equal(t, []int{4, 8, 16, 32, 64, 128, 256, 512, 1024}, attempts[:9])
	assert.LessOrEqual(t, samples, (len(attempts)+1)*maxSamples)
	last := len(attempts) - 1
	assert.Equal(t, attemptInterval, attempts[last]-attempts[last-1])
}

// TestAdoption: a candidate is adopted when what it saves in as many frames as there were is more than its transfer to all.
func TestAdoption(t *testing.T) {
	d := otlpziptest.Dictionaries(t, 2)
	for _, tt := range []struct {
		name     string
		frames   int
		replicas int
		current  bool
		trial    trial
		adopted  bool
		keeps    bool // the current one
	}{
		{"pays", 16, 1, false, trial{bare: 5000, current: 5000, named: 4000, transfer: 6000}, true, false},
		{"too soon", 6, 1, false, trial{bare: 5000, current: 5000, named: 4000, transfer: 6000}, false, false},
		{"too many replicas", 16, 3, false, trial{bare: 5000, current: 5000, named: 4000, transfer: 6000}, false, false},
		{"better than the current one", 16, 1, true, trial{bare: 5000, current: 4500, named: 4000, transfer: 1000}, true, true},
		{"hardly better", 16, 1, true, trial{bare: 5000, current: 4010, named: 4000, transfer: 1000}, false, true},
		{"worse", 16, 1, true, trial{bare: 5000, current: 4000, named: 4500, transfer: 1000}, false, true},
		{"the current one has become useless", 16, 1, true, trial{bare: 5000, current: 5001, named: 4990, transfer: 5000}, false, false},
		{"both are useless", 1 << 40, 1, true, trial{bare: 5000, current: 5001, named: 5001, transfer: 5000}, false, false},
		{"saves a byte for ever", 1 << 40, 1, false, trial{bare: 5000, current: 5000, named: 4999, transfer: 6000}, false, false},
	} {
		s := newScene(t)
		for i := range tt.replicas {
			s.Heard(instance(fmt.Sprint(i)))
		}
		s.frames = tt.frames
		var current *tracezip.Dictionary
		if tt.current {
			current = d[0]
		}
		s.current = current
		s.consider(nil, current, d[1], tt.trial)
		assert.Equal(t, tt.adopted || tt.keeps, s.Active(), tt.name)
		assert.Equal(t, tt.adopted, s.next != nil, tt.name)
		assert.Equal(t, tt.keeps, s.current != nil, tt.name)
		if tt.adopted {
			require.Len(t, s.events, 1)
			assert.Equal(t, EventAdopted, s.events[0].Kind)
		}
	}
}

func TestNilEpochs(t *testing.T) {
	var e *Epochs
	e.Heard(keeps)
	p := e.Plan()
	assert.Equal(t, Plan{}, p)
	e.Delivered(p, 1, "", nil)
	e.Failed(p)
	e.Refused(p, 1)
	e.Unsent(p)
	assert.False(t, e.Active())
	assert.Equal(t, Plan{}, e.Missing(p, 1, keeps))
}

func TestReplicasAreForgotten(t *testing.T) {
	r := newReplicas()
	for i := range 3 * maxReplicas {
		r.saw(fmt.Sprint(i))
		require.LessOrEqual(t, len(r.byName), maxReplicas)
	}
	assert.Contains(t, r.byName, fmt.Sprint(3*maxReplicas-1))
	assert.NotContains(t, r.byName, "0")
	for range 10 * maxReplicas {
		r.saw("only")
	}
	assert.Equal(t, 1, r.count())
	r.saw("another")
	assert.Len(t, r.byName, 2)
	assert.Equal(t, 1, (&replicas{}).count())
}
