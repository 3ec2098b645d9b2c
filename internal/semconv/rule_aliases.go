package semconv

import (
	"maps"
	"slices"
)

// Aliases are the finding ids of weaver's live check that stand for the rule, among others perhaps.
func (r Rule) Aliases() []string {
	var ids []string
	for _, id := range slices.Sorted(maps.Keys(aliases)) {
		if slices.Contains(aliases[id], r) {
			ids = append(ids, id)
		}
	}
	return ids
}
