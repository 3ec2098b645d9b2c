package simd

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestCheck(t *testing.T) {
	for _, want := range []string{"", "off", "avx512"} {
		assert.NoError(t, check(want, false))
		assert.NoError(t, check(want, true))
	}
	assert.NoError(t, check("avx2", true))
	assert.EqualError(t, check("avx2", false), "OTELPLUS_SIMD=avx2: this CPU or build has no AVX2; unset the variable or set it to off")
	assert.EqualError(t, check("on", true), "OTELPLUS_SIMD=on: known are off, avx2 and avx512")
}
