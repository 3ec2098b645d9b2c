//go:build !purego

package simd

import (
	"os"
	"testing"

	"golang.org/x/sys/cpu"
)

func forms() []form {
	set := func(b bool) func(testing.TB) {
		return func(t testing.TB) {
			if b && !cpu.X86.HasAVX2 {
				if os.Getenv("OTELPLUS_SIMD") == "avx2" {
					t.Fatal("OTELPLUS_SIMD=avx2, but this CPU has no AVX2")
				}
				t.Skip("SKIPPED: this CPU has no AVX2")
			}
			before := useAVX2
			t.Cleanup(func() { useAVX2 = before })
			useAVX2 = b
		}
	}
	return []form{{"generic", set(false)}, {"avx2", set(true)}}
}
