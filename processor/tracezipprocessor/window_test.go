package tracezipprocessor

import (
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// admitAll is admit for tests: rows of (ids, content), none skipped.
func admitAll(w *window, rows ...[2]uint64) ([]verdict, ticket, evicted) {
	ids, contents := make([]uint64, len(rows)), make([]digest, len(rows))
	for i, r := range rows {
		ids[i], contents[i] = r[0], digest{Hi: r[1], Lo: r[1]}
	}
	verdicts := make([]verdict, len(rows))
	t, gone := w.admit(ids, contents, make([]bool, len(rows)), verdicts)
	return verdicts, t, gone
}

func deliver(w *window, rows ...[2]uint64) []verdict {
	v, t, _ := admitAll(w, rows...)
	w.settle(t)
	return v
}

func TestWindowDropsWhatWasDelivered(t *testing.T) {
	w := newWindow(10, time.Hour)
	a, b := [2]uint64{1 << 40, 1}, [2]uint64{2 << 40, 1}
	assert.Equal(t, []verdict{keep, keep}, deliver(w, a, b))
	assert.Equal(t, []verdict{drop, drop}, deliver(w, b, a))
	assert.Equal(t, []verdict{keepConflicting}, deliver(w, [2]uint64{1 << 40, 2}))
	assert.Equal(t, []verdict{drop, drop}, deliver(w, a, [2]uint64{1 << 40, 2}))
}

func TestWindowForgetsABatchThatFailed(t *testing.T) {
	w := newWindow(10, time.Hour)
	a := [2]uint64{1 << 40, 1}
	v, failed, _ := admitAll(w, a, a)
	assert.Equal(t, []verdict{keep, drop}, v, "within one batch the second copy shares the first one's fate")
	w.remove(failed)
	assert.Equal(t, []verdict{keep}, deliver(w, a))
	assert.Equal(t, []verdict{drop}, deliver(w, a))
	w.remove(failed) // its entries are gone: nothing else may be hit
	assert.Equal(t, []verdict{drop}, deliver(w, a))
}

func TestWindowPassesACopyOfWhatIsOnItsWay(t *testing.T) {
	a := [2]uint64{1 << 40, 1}
	for _, firstFails := range []bool{false, true} {
		w := newWindow(10, time.Hour)
		_, first, _ := admitAll(w, a)
		v, second, _ := admitAll(w, a)
		assert.Equal(t, []verdict{keep}, v, "the first copy may still fail")
		w.settle(second)
		if firstFails {
			w.remove(first)
			assert.Equal(t, []verdict{keep}, deliver(w, a))
		} else {
			w.settle(first)
			assert.Equal(t, []verdict{drop}, deliver(w, a))
		}
	}
}

func TestWindowExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWindow(10, 30*time.Second)
		a, b := [2]uint64{1 << 40, 1}, [2]uint64{2 << 40, 1}
		deliver(w, a)
		time.Sleep(20 * time.Second)
		deliver(w, b)
		time.Sleep(10*time.Second - time.Millisecond)
		assert.Equal(t, []verdict{drop}, deliver(w, a), "just inside the window")
		time.Sleep(time.Millisecond)
		v, ticket, gone := admitAll(w, a, b)
		w.settle(ticket)
		assert.Equal(t, []verdict{keep, drop}, v)
		assert.Equal(t, evicted{expired: 1}, gone)
		time.Sleep(time.Minute)
		live, gone := w.size()
		assert.Zero(t, live)
		assert.Equal(t, evicted{expired: 2}, gone)
	})
}

// The clock has 32 bits of milliseconds; what was remembered before it wraps stays remembered after.
func TestWindowClockWraps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWindow(10, 30*time.Second)
		time.Sleep((1<<32 - 10_000) * time.Millisecond)
		a := [2]uint64{1 << 40, 1}
		deliver(w, a)
		time.Sleep(20 * time.Second)
		assert.Equal(t, []verdict{drop}, deliver(w, a))
		time.Sleep(10 * time.Second)
		assert.Equal(t, []verdict{keep}, deliver(w, a))
	})
}

func TestWindowForgetsTheOldestWhenFull(t *testing.T) {
	w := newWindow(3, time.Hour)
	row := func(i uint64) [2]uint64 { return [2]uint64{i << 40, i} }
	deliver(w, row(1), row(2), row(3))
	_, ticket, gone := admitAll(w, row(4))
	w.settle(ticket)
	assert.Equal(t, evicted{full: 1}, gone)
	assert.Equal(t, []verdict{drop, drop, drop}, deliver(w, row(2), row(3), row(4)))
	assert.Equal(t, []verdict{keep}, deliver(w, row(1)))
}

func TestWindowIsBounded(t *testing.T) {
	const bound = 1000
	w := newWindow(bound, time.Hour)
	ring, index := len(w.ring), len(w.index)
	rnd := rand.New(rand.NewPCG(1, 1))
	for range 1000 {
		rows := make([][2]uint64, 1000)
		for i := range rows {
			rows[i] = [2]uint64{rnd.Uint64(), 1}
		}
		deliver(w, rows...)
	}
	live, _ := w.size()
	assert.Equal(t, bound, live)
	assert.Equal(t, ring, len(w.ring))
	assert.Equal(t, index, len(w.index))
	assert.Equal(t, bound, used(w))
}

// used counts the slots of the index that are taken.
func used(w *window) int {
	return len(slices.DeleteFunc(slices.Clone(w.index), func(s uint64) bool { return s == 0 }))
}

func TestWindowBoundsVariants(t *testing.T) {
	w := newWindow(1000, time.Hour)
	for i := range uint64(100) {
		deliver(w, [2]uint64{7 << 40, i})
	}
	live, _ := w.size()
	assert.Equal(t, maxVariants, live)
	assert.Equal(t, []verdict{drop}, deliver(w, [2]uint64{7 << 40, maxVariants - 1}))
	assert.Equal(t, []verdict{keepConflicting}, deliver(w, [2]uint64{7 << 40, maxVariants}))
}

func TestWindowSkips(t *testing.T) {
	w := newWindow(10, time.Hour)
	verdicts := make([]verdict, 2)
	for range 2 {
		ticket, _ := w.admit([]uint64{5, 5}, make([]digest, 2), []bool{true, true}, verdicts)
		w.settle(ticket)
		assert.Equal(t, []verdict{keep, keep}, verdicts)
	}
	live, _ := w.size()
	assert.Zero(t, live)
}

// The window against a plain list, under random batches on their way at once, with few distinct ids, so that slots collide,
// wrap around the end of the index and are removed in every order.
func TestWindowAgainstModel(t *testing.T) {
	for seed := range uint64(200) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		bound := 1 + rnd.IntN(20)
		m := model{bound: bound}
		w := newWindow(bound, time.Hour)
		type flight struct {
			t     ticket
			batch int
		}
		var flights []flight
		for batch := 1; batch < 150; batch++ {
			rows := make([][2]uint64, rnd.IntN(8))
			for i := range rows {
				// Tags at both ends of the index and equal ones with different lower halves.
				rows[i] = [2]uint64{rnd.Uint64N(6)*0x3333_3333<<32 | rnd.Uint64N(2), rnd.Uint64N(2)}
			}
			got, ticket, _ := admitAll(w, rows...)
			require.Equal(t, m.admit(batch, rows), got, "seed %d batch %d", seed, batch)
			flights = append(flights, flight{ticket, batch})
			for len(flights) > rnd.IntN(4) {
				i := rnd.IntN(len(flights))
				if rnd.IntN(3) == 0 {
					w.remove(flights[i].t)
					m.end(flights[i].batch, true)
				} else {
					w.settle(flights[i].t)
					m.end(flights[i].batch, false)
				}
				flights = slices.Delete(flights, i, i+1)
			}
			live, _ := w.size()
			require.Equal(t, m.live(), live, "seed %d batch %d", seed, batch)
			require.Equal(t, live, used(w), "seed %d batch %d", seed, batch)
		}
	}
}

type model struct {
	bound int
	list  []modelEntry
}

type modelEntry struct {
	row           [2]uint64
	batch         int
	settled, gone bool
}

func (m *model) admit(batch int, rows [][2]uint64) (verdicts []verdict) {
	verdicts = []verdict{}
	for _, r := range rows {
		v, remember, variants := keep, true, 0
		for _, e := range m.list {
			switch {
			case e.gone || e.row[0] != r[0]:
			case e.row[1] != r[1]:
				variants++
			default:
				remember = false
				if e.settled || e.batch == batch {
					v = drop
				}
			}
		}
		if remember {
			if variants > 0 {
				v = keepConflicting
			}
			m.list = append(m.list, modelEntry{row: r, batch: batch})
			if len(m.list) > m.bound {
				m.list = m.list[1:]
			}
		}
		verdicts = append(verdicts, v)
	}
	return verdicts
}

func (m *model) end(batch int, failed bool) {
	for i := range m.list {
		if e := &m.list[i]; e.batch == batch {
			e.settled, e.gone = !failed, failed
		}
	}
}

func (m *model) live() (n int) {
	for _, e := range m.list {
		if !e.gone {
			n++
		}
	}
	return n
}

func TestWindowBatchNumbersWrap(t *testing.T) {
	w := newWindow(10, time.Hour)
	w.batches = ^uint32(0)
	_, ticket, _ := admitAll(w, [2]uint64{1 << 40, 1})
	assert.Equal(t, firstOwner, ticket.owner)
	w.settle(ticket)
	assert.Equal(t, []verdict{drop}, deliver(w, [2]uint64{1 << 40, 1}))
}
