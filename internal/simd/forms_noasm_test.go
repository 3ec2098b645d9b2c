//go:build !amd64 || purego

package simd

import "testing"

func forms() []form { return []form{{"generic", func(testing.TB) {}}} }
