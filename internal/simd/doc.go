// Package simd holds the loops of the pipeline that gain from vector instructions.
//
// Every operation has a portable form in Go that is always compiled and gives the same result as the assembly, which is
// chosen once, when the process starts, from what the CPU can do. OTELPLUS_SIMD=off forces the portable form;
// OTELPLUS_SIMD=avx2 limits the choice to AVX2, and panics at start on a CPU without it rather than mismeasure.
// The build tag purego leaves the assembly out.
//
// A kernel is here only while a caller in the pipeline gains from it; its file says how much.
package simd
