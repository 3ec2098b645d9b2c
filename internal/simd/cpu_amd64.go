//go:build !purego

package simd

import "golang.org/x/sys/cpu"

// haveAVX2 includes that the kernel saves the upper registers.
var haveAVX2 = cpu.X86.HasAVX2

// useAVX2 is set once; tests switch it to reach both forms.
var useAVX2 = setting != "off" && haveAVX2
