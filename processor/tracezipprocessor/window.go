package tracezipprocessor

import (
	"math/bits"
	"sync"
	"time"
)

// window remembers the spans that were delivered, at most so many and for so long, in a fixed amount of memory.
//
// The entries lie in a ring in order of arrival, so the oldest is always the next to be forgotten, by age as well as for
// want of room. An index finds them: open addressing, linear probing, at most half full; a slot holds
//
//	63           32 31            0
//	| tag          | position + 1 |     0 = free
//
// where tag is the upper half of the ids' hash, and the upper bits of tag are the slot where the search starts. Removal
// moves the following slots back, so there are no tombstones and a search ends at the first free slot.
//
// A ring entry takes 32 bytes and its index slots 16 to 32: 48 to 64 bytes for each of max_entries, allocated at once.
//
// # Copies that are still on their way
//
// A span may only be dropped when another copy is known to have arrived. Entries are therefore made when a batch is
// admitted, but belong to that batch until the next consumer has answered: with success they settle and count as seen; with
// an error they are removed. A copy in another batch that meets an unsettled entry passes and leaves no trace of its own. So
// of two copies at the same time both may get through, a duplicate costs bytes; but never is the second dropped on the
// strength of a first that then fails. Two copies within one batch share its fate, so the second is dropped at once.
type window struct {
	mu      sync.Mutex
	ring    []entry
	tail    uint64 // sequence number of the oldest entry; its place is tail % len(ring)
	head    uint64 // sequence number of the next entry
	live    int    // entries that the index knows
	index   []uint64
	mask    uint32
	shift   uint8 // home slot = tag >> shift
	maxAge  uint32
	start   time.Time
	batches uint32
	touched uint64 // keeps the reads of touch from being optimised away
}

// entry is one remembered span.
type entry struct {
	ids     uint64 // hash of trace id and span id
	content digest // of everything, ids included
	at      uint32 // milliseconds since start, modulo 2^32
	owner   uint32 // the batch that is on its way with it; settled and removed below
}

const (
	settled uint32 = 0
	removed uint32 = 1
	// firstOwner is the lowest number of a batch.
	firstOwner uint32 = 2

	// maxVariants bounds how many spans with equal ids and different content are remembered, so that a sender who puts the
	// same ids on everything cannot make searches long.
	maxVariants = 8
)

// verdict on a span.
type verdict uint8

const (
	keep verdict = iota
	keepConflicting
	drop
)

// ticket names the entries that a batch has made.
type ticket struct {
	from, to uint64
	owner    uint32
}

// evicted counts the entries forgotten.
type evicted struct{ expired, full int64 }

func newWindow(maxEntries int, maxAge time.Duration) *window {
	slots := uint64(1) << bits.Len64(uint64(2*maxEntries-1))
	return &window{
		ring:    make([]entry, maxEntries),
		index:   make([]uint64, slots),
		mask:    uint32(slots - 1),
		shift:   uint8(32 - bits.TrailingZeros64(slots)),
		maxAge:  uint32(maxAge.Milliseconds()),
		start:   time.Now(),
		batches: firstOwner,
	}
}

func (w *window) clock() uint32 { return uint32(time.Since(w.start).Milliseconds()) }

// admit judges the spans of a batch, and remembers those that are new as on their way. Spans with skip set have no identity
// and are kept. The caller must settle or remove the ticket once the batch's fate is known.
func (w *window) admit(ids []uint64, contents []digest, skip []bool, verdicts []verdict) (ticket, evicted) {
	now := w.clock()
	w.mu.Lock()
	defer w.mu.Unlock()
	gone := evicted{expired: w.expire(now)}
	w.batches++
	if w.batches < firstOwner { // wrapped
		w.batches = firstOwner
	}
	t := ticket{from: w.head, owner: w.batches}
	place := int(w.head % uint64(len(w.ring)))
	for i, id := range ids {
		if i%lookahead == 0 {
			w.touch(ids[i:min(i+lookahead, len(ids))])
		}
		if skip[i] {
			verdicts[i] = keep
			continue
		}
		v, slot := w.find(id, contents[i], t.owner)
		verdicts[i] = v
		if slot < 0 {
			continue
		}
		if w.head-w.tail == uint64(len(w.ring)) {
			if w.forgetOldest() {
				gone.full++
				slot = w.freeSlot(id) // slots may have moved
			}
		}
		w.ring[place] = entry{ids: id, content: contents[i], at: now, owner: t.owner}
		w.index[slot] = id>>32<<32 | uint64(place+1)
		w.head++
		w.live++
		if place++; place == len(w.ring) {
			place = 0
		}
	}
	t.to = w.head
	return t, gone
}

// lookahead is how many spans' slots are fetched at once.
const lookahead = 16

// touch reads the slots that the next spans are going to need, and those of the entries that will make room for them, so
// that the cache misses happen at the same time instead of one after the other: the index is far larger than the cache
// nearest to the core.
func (w *window) touch(ids []uint64) {
	var sum uint64
	for _, id := range ids {
		sum += w.index[uint32(id>>32)>>w.shift]
	}
	if n := uint64(len(w.ring)); w.head-w.tail+uint64(len(ids)) > n {
		place := w.tail % n
		for _, e := range w.ring[place:min(place+uint64(len(ids)), n)] {
			sum += w.index[uint32(e.ids>>32)>>w.shift]
		}
	}
	w.touched = sum
}

// find judges one span. The slot is where it can be remembered, or negative if it should not be.
func (w *window) find(id uint64, content digest, owner uint32) (verdict, int) {
	tag := uint32(id >> 32)
	variants := 0
	i := tag >> w.shift
	for ; w.index[i] != 0; i = (i + 1) & w.mask {
		if uint32(w.index[i]>>32) != tag {
			continue
		}
		e := &w.ring[uint32(w.index[i])-1]
		if e.ids != id {
			continue
		}
		if e.content == content {
			if e.owner == settled || e.owner == owner {
				return drop, -1
			}
			return keep, -1
		}
		variants++
	}
	switch {
	case variants == 0:
		return keep, int(i)
	case variants < maxVariants:
		return keepConflicting, int(i)
	default:
		return keepConflicting, -1
	}
}

func (w *window) freeSlot(id uint64) int {
	i := uint32(id>>32) >> w.shift
	for w.index[i] != 0 {
		i = (i + 1) & w.mask
	}
	return int(i)
}

// expire forgets everything older than the window and returns how many that were.
func (w *window) expire(now uint32) (n int64) {
	for w.tail < w.head && now-w.ring[w.tail%uint64(len(w.ring))].at >= w.maxAge {
		if w.forgetOldest() {
			n++
		}
	}
	return n
}

// forgetOldest frees the oldest place of the ring; false means that its entry had been removed before.
func (w *window) forgetOldest() bool {
	place := w.tail % uint64(len(w.ring))
	w.tail++
	if w.ring[place].owner == removed {
		return false
	}
	w.unlink(int(place))
	return true
}

// unlink removes the entry at a place of the ring from the index.
func (w *window) unlink(place int) {
	i := uint32(w.ring[place].ids>>32) >> w.shift
	for uint32(w.index[i]) != uint32(place+1) {
		i = (i + 1) & w.mask
	}
	for j := (i + 1) & w.mask; w.index[j] != 0; j = (j + 1) & w.mask {
		home := uint32(w.index[j]>>32) >> w.shift
		// The slot at j may move to i unless its search starts after i.
		if (j-home)&w.mask >= (j-i)&w.mask {
			w.index[i] = w.index[j]
			i = j
		}
	}
	w.index[i] = 0
	w.live--
}

// settle makes the batch's spans count as seen.
func (w *window) settle(t ticket) {
	w.each(t, func(place int) { w.ring[place].owner = settled })
}

// remove takes the batch's spans out again: nobody knows whether they arrived.
func (w *window) remove(t ticket) {
	w.each(t, func(place int) {
		w.unlink(place)
		w.ring[place].owner = removed
	})
}

// each calls f under the lock for those entries of the ticket that have not been forgotten since.
func (w *window) each(t ticket, f func(place int)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for seq := max(t.from, w.tail); seq < t.to; seq++ {
		if place := int(seq % uint64(len(w.ring))); w.ring[place].owner == t.owner {
			f(place)
		}
	}
}

// size returns the number of spans remembered, and how many had to be forgotten for it.
func (w *window) size() (int, evicted) {
	now := w.clock()
	w.mu.Lock()
	defer w.mu.Unlock()
	gone := evicted{expired: w.expire(now)}
	return w.live, gone
}
