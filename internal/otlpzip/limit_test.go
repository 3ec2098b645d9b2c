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
	smallLimit = 30 << 10
)

// limited is a peer whose replicas decode what they are sent and keep no dictionary larger than they say.
type limited struct {
	t        *testing.T
	epochs   *Epochs
	pick     func(n int) int // which of n replicas gets the next frame
	replicas []*limitedReplica
	enc      *tracezip.Encoder
	dec      *tracezip.Decoder
	batches  []ptrace.Traces
	sent     int

	adopted, named, missed int
	largest                int // dictionary that was adopted last
}

type limitedReplica struct {
	worldReplica
	limit int
}

func (r *limitedReplica) Define(d *tracezip.Dictionary) {
	if d.MemoryBytes() <= r.limit {
		r.worldReplica.Define(d)
	}
}

// newLimited returns replicas with these limits. A dictionary of what is sent to them takes some 90 KiB, the best part of it 7.
func newLimited(t *testing.T, limits ...int) *limited {
	l := &limited{t: t, enc: tracezip.NewEncoder(), dec: tracezip.NewDecoder(tracezip.Limits{})}
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
		r := &limitedReplica{limit: limit}
		r.name, r.dicts = fmt.Sprint(l.sent, "-", i), map[tracezip.DictionaryID]*tracezip.Dictionary{}
		l.replicas = append(l.replicas, r)
	}
}

// send sends n frames; the counters are about them only.
func (l *limited) send(n int) {
	l.t.Helper()
	l.adopted, l.named, l.missed = 0, 0, 0
	for range n {
		td := l.batches[l.sent%len(l.batches)]
		r := l.replicas[l.pick(len(l.replicas))]
		l.sent++
		c := instance(r.name)
		c.MaxDictionaryBytes = r.limit
		for plan := l.epochs.Plan(); ; {
			frame, err := l.enc.Append(nil, td, plan.Options)
			require.NoError(l.t, err)
			_, err = l.dec.DecodeWith(frame, r)
			l.epochs.Heard(c)
			if err == nil {
				if plan.Options.Dictionary != nil && !plan.Options.Define {
					l.named++
				}
				l.epochs.Delivered(plan, len(frame), r.name, func(o tracezip.FrameOptions) (int, error) {
					frame, err := l.enc.Append(nil, td, o)
					return len(frame), err
				})
				break
			}
			require.ErrorIs(l.t, err, tracezip.ErrDictionary)
			l.missed++
			plan = l.epochs.Missing(plan, len(frame), c)
		}
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
