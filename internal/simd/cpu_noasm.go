//go:build !amd64 || purego

package simd

const haveAVX2 = false
