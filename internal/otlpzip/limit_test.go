package otlpzip

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpzip/otlpziptest"
	"github.com/otelcol-plus/otelcol-plus/internal/tracezip"
)

const (
	largeLimit = 1 << 20
	smallLimit = 60 << 10
)

// limited is a peer whose replicas keep no dictionary larger than they say.
type limited struct {
	t        *testing.T
	epochs   *Epochs
	pick     func(n int) int // which of n replicas gets the next frame
	replicas []*limitedReplica
	enc      *tracezip.Encoder
	batches  []ptrace.Traces
	sizes    map[sizeKey]int
	sent     int

	adopted, named, missed int
	largest                int // dictionary that was adopted last
}

// sizeKey is what the size of a frame depends on.
type sizeKey struct {
	batch       int
	dict, known tracezip.DictionaryID
	define      bool
}

type limitedReplica struct {
	name  string
	limit int
	has   map[tracezip.DictionaryID]bool
}

// takes reports whether a replica can read a frame, and keeps what comes with it.
func (r *limitedReplica) takes(o tracezip.FrameOptions) bool {
	if o.Dictionary == nil {
		return true
	}
	id := o.Dictionary.ID()
	if o.Define && o.Dictionary.MemoryBytes() <= r.limit {
		r.has[id] = true
	}
	return o.Define || r.has[id]
}

// encode returns the size of the frame for a batch. It makes the same frame only once.
func (l *limited) encode(batch int, o tracezip.FrameOptions) int {
	key := sizeKey{batch: batch, known: o.Known, define: o.Define}
	if o.Dictionary != nil {
		key.dict = o.Dictionary.ID()
	}
	if size, ok := l.sizes[key]; ok && o.Sample == nil {
		return size
	}
	frame, err := l.enc.Append(nil, l.batches[batch], o)
	require.NoError(l.t, err)
	l.sizes[key] = len(frame)
	return len(frame)
}

// newLimited returns replicas with these limits. A dictionary of what is sent to them takes some 120 KiB, of which 28 are the
// static tables; the best part of the rest are 7.
func newLimited(t *testing.T, limits ...int) *limited {
	l := &limited{t: t, enc: tracezip.NewEncoder(), sizes: map[sizeKey]int{}}
	l.epochs = NewEpochs(largeLimit, func(e Event) {
		if e.Kind == EventAdopted {
			l.adopted++
			l.largest = e.Dictionary.MemoryBytes()
		}
	})
	l.pick = func(n int) int { return l.sent % n }
	l.start(limits...)
	for i := range uint64(13) {
		td := otlpziptest.Traces(20)
		for at, seed := range []uint64{1000, i} { // what all have in common, and what every thirteenth has
			td.ResourceSpans().At(at).Resource().Attributes().PutStr("process.command_line", randomText(seed, 4<<10))
		}
		l.batches = append(l.batches, td)
	}
	return l
}

// randomText is a text that nothing but a dictionary makes much shorter.
func randomText(seed uint64, size int) string {
	random := rand.New(rand.NewPCG(seed, 0))
	var text []byte
	for len(text) < size {
		text = strconv.AppendUint(text, random.Uint64(), 36)
	}
	return string(text)
}

// start replaces all replicas by new processes.
func (l *limited) start(limits ...int) {
	l.replicas = nil
	for i, limit := range limits {
		l.replicas = append(l.replicas, &limitedReplica{name: fmt.Sprint(l.sent, "-", i), limit: limit, has: map[tracezip.DictionaryID]bool{}})
	}
}

// send sends n frames; the counters are about them only.
func (l *limited) send(n int) {
	l.t.Helper()
	l.adopted, l.named, l.missed = 0, 0, 0
	for range n {
		batch := l.sent % len(l.batches)
		r := l.replicas[l.pick(len(l.replicas))]
		l.sent++
		c := instance(r.name)
		c.MaxDictionaryBytes = r.limit
		plan := l.epochs.Plan()
		size := l.encode(batch, plan.Options)
		for !r.takes(plan.Options) {
			l.missed++
			l.epochs.Heard(c)
			plan = l.epochs.Missing(plan, size, c)
			size = l.encode(batch, plan.Options)
		}
		if plan.Options.Dictionary != nil && !plan.Options.Define {
			l.named++
		}
		l.epochs.Heard(c)
		l.epochs.Delivered(plan, size, r.name, func(o tracezip.FrameOptions) (int, error) { return l.encode(batch, o), nil })
	}
}

// TestPeerStartsAgainWithASmallerLimit: a dictionary that fits takes the place of the one that does not.
func TestPeerStartsAgainWithASmallerLimit(t *testing.T) {
	for replicas := range 2 {
		all := func(limit int) (limits []int) {
			for range replicas + 1 {
				limits = append(limits, limit)
			}
			return limits
		}
		l := newLimited(t, all(largeLimit)...)
		l.send(600)
		require.Greater(t, l.largest, smallLimit, "otherwise there is nothing to learn here")
		require.Greater(t, l.named, 400)

		l.start(all(smallLimit)...)
		l.send(600)
		assert.LessOrEqual(t, l.largest, smallLimit)
		assert.Greater(t, l.named, 500, "of 600 frames; the new one is there soon")
		assert.LessOrEqual(t, l.missed, replicas+1)
		assert.LessOrEqual(t, l.adopted, 4)

		l.start(all(largeLimit)...)
		l.send(3000)
		assert.Greater(t, l.largest, smallLimit, "the room is used again in time")
		assert.Greater(t, l.named, 2800)
	}
}

// TestReplicasWithDifferentLimits: the smallest limit counts, however the balancer picks, and it is settled once.
func TestReplicasWithDifferentLimits(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 2))
	for name, pick := range map[string]func(l *limited) func(int) int{
		"in turn":   func(l *limited) func(int) int { return l.pick },
		"at random": func(*limited) func(int) int { return random.IntN },
		"in blocks": func(l *limited) func(int) int { return func(n int) int { return l.sent / 100 % n } },
	} {
		t.Run(name, func(t *testing.T) {
			l := newLimited(t, largeLimit, smallLimit)
			l.pick = pick(l)
			l.send(2000)
			assert.LessOrEqual(t, l.adopted, 8)
			assert.LessOrEqual(t, l.missed, 4)
			assert.Greater(t, l.named, 1800)
			l.send(3000)
			assert.LessOrEqual(t, l.largest, smallLimit)
			assert.LessOrEqual(t, l.adopted, 2)
			assert.LessOrEqual(t, l.missed, l.adopted, "each new one may meet a replica that was taken for gone")
			assert.Greater(t, l.named, 2900)
		})
	}
}
