package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// agreement says how what a peer makes of a set compares with what ours makes of it.
type agreement struct {
	items, same int            // items, and those that are the same from both
	known, done int            // old attributes that the peer has a rename for, and those that came out as from ours
	otherwise   map[string]int // of the known ones that did not: what happened, how often
	differences map[string]int // of all items: attributes that differ, how often
}

// agree processes every request with both and compares item by item. Order of attributes does not matter.
func agree(ctx context.Context, our, peer *contender, set dataset, family string) (agreement, error) {
	a := agreement{otherwise: map[string]int{}, differences: map[string]int{}}
	for _, body := range set.requests {
		var versions [3][]item
		for i, c := range []*contender{nil, our, peer} {
			b, err := prepare(set, body, family)
			if err != nil {
				return a, err
			}
			if c != nil {
				if err := c.consume(ctx, b); err != nil {
					return a, err
				}
			}
			versions[i] = slices.Collect(b.items())
		}
		in, left, right := versions[0], versions[1], versions[2]
		if len(in) != len(left) || len(in) != len(right) {
			return a, fmt.Errorf("%s: %d items became %d from ours and %d from %s", set.name, len(in), len(left), len(right), peer.name)
		}
		for i := range in {
			a.compare(left[i], right[i])
			a.follow(in[i], left[i].attrs, right[i].attrs, peer)
		}
	}
	return a, nil
}

// compare counts what differs between two outcomes for one item.
func (a *agreement) compare(our, their item) {
	a.items++
	differs := false
	note := func(what string) {
		a.differences[what]++
		differs = true
	}
	for key, v := range our.attrs.All() {
		if w, ok := their.attrs.Get(key); !ok {
			note(key + " only from ours")
		} else if !v.Equal(w) {
			note(key + " has another value")
		}
	}
	for key := range their.attrs.All() {
		if _, ok := our.attrs.Get(key); !ok {
			note(key + " only from the peer")
		}
	}
	if our.metric != their.metric {
		note("metric " + their.metric + ", from ours " + our.metric)
	}
	if our.unit != their.unit {
		note("unit of metric " + their.metric)
	}
	if !differs {
		a.same++
	}
}

// follow looks at what became of each old attribute that the peer has a rename for.
func (a *agreement) follow(in item, our, their pcommon.Map, peer *contender) {
	for name := range in.attrs.All() {
		to := peer.knows(in, name)
		if to == "" {
			continue
		}
		a.known++
		switch state, peerState := fate(our, name, to), fate(their, name, to); {
		case state != peerState:
			a.otherwise[fmt.Sprintf("%s -> %s: ours %s, the peer %s", name, to, state, peerState)]++
		case !sameAt(our, their, to):
			a.otherwise[fmt.Sprintf("%s -> %s: other values", name, to)]++
		default:
			a.done++
		}
	}
}

// fate is what became of an old attribute.
func fate(m pcommon.Map, from, to string) string {
	_, old := m.Get(from)
	_, now := m.Get(to)
	switch {
	case old && now:
		return "has both"
	case old:
		return "keeps it"
	case now:
		return "moves it"
	default:
		return "has neither"
	}
}

func sameAt(a, b pcommon.Map, key string) bool {
	v, inA := a.Get(key)
	w, inB := b.Get(key)
	return inA == inB && (!inA || v.Equal(w))
}

// often lists the most frequent of counts, and how many others there are.
func often(counts map[string]int, limit int) string {
	keys := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(counts[b]-counts[a], cmp.Compare(a, b))
	})
	text := ""
	for i, k := range keys {
		if i == limit {
			return text + fmt.Sprintf("; %d more kinds", len(keys)-limit)
		}
		if i > 0 {
			text += "; "
		}
		text += fmt.Sprintf("%s (%d)", k, counts[k])
	}
	return text
}
