// Package simd holds the loops of the pipeline that gain from vector instructions.
//
// Every operation has a portable form in Go that is always compiled and gives the same result as the assembly, which is
// chosen once, when the process starts, from what the CPU can do. OTELPLUS_SIMD=off forces the portable form;
// avx2 and avx512 name the most that may be used, and Check tells when avx2 cannot be had.
// The build tag purego leaves the assembly out.
//
// A kernel is here only while a caller in the pipeline gains from it; its file says how much.
package simd
