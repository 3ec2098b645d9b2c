//go:build !amd64 || purego

package simd

func classify(classes []byte, vals []uint64) { classifyGeneric(classes, vals) }
