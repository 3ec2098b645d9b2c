package simd

import (
	"fmt"
	"os"
)

// setting is what OTELPLUS_SIMD asks for, read once.
var setting = os.Getenv("OTELPLUS_SIMD")

// Check tells whether OTELPLUS_SIMD asks for something this build and CPU can do. The binary asks at start; kernels fall
// back to the portable form where it cannot be had.
func Check() error { return check(setting, haveAVX2) }

func check(want string, have bool) error {
	switch want {
	case "", "off", "avx512": // avx512 is the most there may be: kernels that have no such form use AVX2
		return nil
	case "avx2":
		if !have {
			return fmt.Errorf("OTELPLUS_SIMD=avx2: this CPU or build has no AVX2; unset the variable or set it to off")
		}
		return nil
	default:
		return fmt.Errorf("OTELPLUS_SIMD=%s: known are off, avx2 and avx512", want)
	}
}
