package tracezip

import (
	"math"
	"slices"
)

// distinct counts distinct hashes in bounded memory: it keeps the smallest ones. While there are fewer than it may keep, the
// count is exact; afterwards the largest that it keeps tells how densely hashes lie. With 1024 kept, two counts in three are
// within 3 % of the truth.
type distinct struct{ smallest []uint64 }

const maxSmallest = 1024

func (d *distinct) add(hash uint64) {
	at, found := slices.BinarySearch(d.smallest, hash)
	if found || at == maxSmallest {
		return
	}
	if len(d.smallest) == maxSmallest {
		d.smallest = d.smallest[:maxSmallest-1]
	}
	d.smallest = slices.Insert(d.smallest, at, hash)
}

// count returns how many there are, and whether that is exact.
func (d *distinct) count() (n int64, exact bool) {
	if len(d.smallest) < maxSmallest {
		return int64(len(d.smallest)), true
	}
	largest := float64(d.smallest[maxSmallest-1]) / math.MaxUint64
	return int64((maxSmallest - 1) / largest), false
}
