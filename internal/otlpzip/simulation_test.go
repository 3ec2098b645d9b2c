package otlpzip

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpzip/otlpziptest"
	"github.com/otelcol-plus/otelcol-plus/internal/tracezip"
)

// world is a sender and a number of replicas that decode what they are sent, restart, forget and lose answers.
type world struct {
	t      *testing.T
	epochs *Epochs

	mu       sync.Mutex
	random   *rand.Rand
	replicas []*worldReplica
	starts   int
	got      map[string]int
	resends  int
	named    int
}

type worldReplica struct {
	name  string
	dicts map[tracezip.DictionaryID]*tracezip.Dictionary
}

func (w *world) start() *worldReplica {
	w.starts++
	return &worldReplica{name: fmt.Sprint(w.starts), dicts: map[tracezip.DictionaryID]*tracezip.Dictionary{}}
}

func (r *worldReplica) Dictionary(id tracezip.DictionaryID) *tracezip.Dictionary { return r.dicts[id] }
func (r *worldReplica) Define(d *tracezip.Dictionary)                            { r.dicts[d.ID()] = d }

var errLost = errors.New("no answer")

// request takes a frame to one of the replicas.
func (w *world) request(dec *tracezip.Decoder, frame []byte) (Capability, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	i := w.random.IntN(len(w.replicas))
	r := w.replicas[i]
	switch w.random.IntN(100) {
	case 0:
		w.replicas[i] = w.start()
	case 1:
		clear(r.dicts)
	case 2, 3:
		return Capability{}, errLost
	}
	td, err := dec.DecodeWith(frame, r)
	c := instance(r.name)
	if err != nil {
		return c, err
	}
	w.got[otlpziptest.Canonical(w.t, td)]++
	if w.random.IntN(100) < 2 {
		return Capability{}, errLost // it has arrived all the same
	}
	return c, nil
}

// send sends one batch until it is acknowledged.
func (w *world) send(enc *tracezip.Encoder, dec *tracezip.Decoder, td ptrace.Traces) {
	plan := w.epochs.Plan()
	for attempts := 0; ; attempts++ {
		frame, err := enc.Append(nil, td, plan.Options)
		require.NoError(w.t, err)
		c, err := w.request(dec, frame)
		w.epochs.Heard(c)
		switch {
		case err == nil:
			w.mu.Lock()
			if plan.Options.Dictionary != nil && !plan.Options.Define {
				w.named++
			}
			w.mu.Unlock()
			w.epochs.Delivered(plan, len(frame), c.Instance, func(o tracezip.FrameOptions) (int, error) {
				frame, err := enc.Append(nil, td, o)
				return len(frame), err
			})
			return
		case errors.Is(err, tracezip.ErrDictionary):
			w.mu.Lock()
			w.resends++
			w.mu.Unlock()
			require.NotNil(w.t, plan.Options.Dictionary)
			plan = w.epochs.Missing(plan, len(frame), c)
		case errors.Is(err, errLost):
			w.epochs.Failed(plan)
			plan = w.epochs.Plan()
		default:
			require.NoError(w.t, err)
		}
	}
}

// TestSimulation sends from several goroutines to replicas that restart, forget and lose answers. Every batch arrives as it was
// sent, and in the end no role is left over.
func TestSimulation(t *testing.T) {
	all := otlpziptest.Cut(otlpziptest.Recording(t, "../../testdata/sample.traces.otlp.pb.zst"), 40)
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			w := &world{t: t, random: rand.New(rand.NewPCG(seed, 0)), got: map[string]int{}}
			w.epochs = NewEpochs(64<<10, func(Event) {})
			for range seed + 1 {
				w.replicas = append(w.replicas, w.start())
			}
			todo := make(chan ptrace.Traces, len(all))
			sent := map[string]int{}
			for _, td := range all {
				todo <- td
				sent[otlpziptest.Canonical(t, td)]++
			}
			close(todo)
			var wg sync.WaitGroup
			workers := 1 + seed%4
			for range workers {
				wg.Go(func() {
					enc, dec := tracezip.NewEncoder(), tracezip.NewDecoder(tracezip.Limits{})
					for td := range todo {
						w.send(enc, dec, td)
					}
				})
			}
			wg.Wait()
			for batch, n := range sent {
				require.GreaterOrEqual(t, w.got[batch], n)
			}
			require.Len(t, w.got, len(sent), "nothing arrived that was not sent")
			assert.False(t, w.epochs.defining)
			assert.Zero(t, w.epochs.teaching)
			if workers == 1 { // with more, the one that learns may not get to run before the others are through
				assert.Positive(t, w.named)
			}
			t.Logf("%d batches, %d replicas, %d restarts: %d named a dictionary, %d sent again", len(all), len(w.replicas), w.starts-len(w.replicas), w.named, w.resends)
		})
	}
}
