package semconvcheck

// Score is the share of items (spans, data points, log records) that have no violation, in percent; 100 when there are none at all.
// A violation belongs to an item when it is about its attributes, its events or links, its exemplars, or the name, unit or kind of
// the metric that a point belongs to. What is wrong with a resource or a scope is told once and not of every item below it.
func Score(items, violating int64) float64 {
	if items == 0 {
		return 100
	}
	return 100 * float64(items-violating) / float64(items)
}
