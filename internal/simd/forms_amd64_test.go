//go:build !purego

package simd

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
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

func TestChooseAVX2(t *testing.T) {
	assert.True(t, chooseAVX2("", true))
	assert.False(t, chooseAVX2("", false))
	assert.False(t, chooseAVX2("off", true))
	assert.True(t, chooseAVX2("avx2", true))
	assert.PanicsWithValue(t, "OTELPLUS_SIMD=avx2: this CPU has no AVX2; unset the variable or set it to off",
		func() { chooseAVX2("avx2", false) })
	assert.PanicsWithValue(t, "OTELPLUS_SIMD=on: known are off and avx2", func() { chooseAVX2("on", true) })
}

func TestLevel(t *testing.T) {
	before := useAVX2
	defer func() { useAVX2 = before }()
	useAVX2 = false
	assert.Equal(t, "off", Level())
	useAVX2 = true
	assert.Equal(t, "avx2", Level())
}
