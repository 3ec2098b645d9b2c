//go:build !purego

package simd

func classify(classes []byte, vals []uint64) {
	for useAVX2 && len(vals) >= classifyMin {
		done := classifyAVX2(&classes[0], &vals[0], len(vals)&^(classifyMin-1))
		classes, vals = classes[done:], vals[done:]
		if len(vals) < classifyMin {
			break
		}
		// Stopped by a large value.
		classifyGeneric(classes[:classifyMin], vals[:classifyMin])
		classes, vals = classes[classifyMin:], vals[classifyMin:]
	}
	classifyGeneric(classes, vals)
}
