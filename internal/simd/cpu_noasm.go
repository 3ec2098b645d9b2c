//go:build !amd64 || purego

package simd

// Level names the instruction set in use, for logs and reports.
func Level() string { return "off" }
