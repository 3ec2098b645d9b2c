//go:build !purego

package simd

import (
	"os"

	"golang.org/x/sys/cpu"
)

// useAVX2 is set once; tests switch it to reach both forms.
var useAVX2 = chooseAVX2(os.Getenv("OTELPLUS_SIMD"), cpu.X86.HasAVX2)

// chooseAVX2 tells whether the AVX2 kernels are used, from OTELPLUS_SIMD and what the CPU (and the kernel, which must save
// the upper registers: HasAVX2 includes that) offers.
func chooseAVX2(want string, have bool) bool {
	switch want {
	case "":
		return have
	case "off":
		return false
	case "avx2":
		if !have {
			panic("OTELPLUS_SIMD=avx2: this CPU has no AVX2; unset the variable or set it to off")
		}
		return true
	default:
		panic("OTELPLUS_SIMD=" + want + ": known are off and avx2")
	}
}

// Level names the instruction set in use, for logs and reports.
func Level() string {
	if useAVX2 {
		return "avx2"
	}
	return "off"
}
