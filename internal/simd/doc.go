// Package simd holds the loops of the pipeline that gain from vector instructions.
//
// Every operation has a portable form in Go that is always compiled and gives the same result as the assembly, which is
// chosen once, when the process starts, from what the CPU can do. OTELPLUS_SIMD=off forces the portable form;
// avx2 and avx512 name the most that may be used, and Check tells when avx2 cannot be had.
// The build tag purego leaves the assembly out.
//
// A kernel is here only while a caller in the pipeline gains from it; its file says how much.
//
// # What was measured and left out
//
// For internal/tracezip, ns a span at real batches of 1,000 and 5,000 spans, where encoding takes 400 to 700 and decoding 400 to 600
// (AMD EPYC, 2 shared vCPU, Go 1.26, November 2026):
//
//   - Vertical bit packing and unpacking in blocks of 256 values of one width. At 1,000 spans 1 to 27 % of the values lie in
//     whole blocks, at 5,000 50 to 80 %. Portable packing of the blocks takes at most 1.4 and unpacking 1.6 ns (profile of
//     BenchmarkSteps), which bounds what a kernel can save, while sorting the values by width, which blocks need, takes 6.
//   - Classes and magnitudes of numbers, 16 at a time: packing took 3.2 ns less, but encoding as a whole 0.990 to 1.004 of the time
//     that it took with the loop (121 pairs of turns, four recordings).
//   - Runs of hex digits in text (nibble compares to a bitmap, eight bits in a row): 2.0 to 4.2 ns became 1.7 to 4.2. The portable scan
//     looks at one byte in eight, and strings have 23 bytes on average.
//   - Whether a section is one byte repeated: 0.3 ns as a loop over bytes, 0.02 ns by comparing the section with itself moved by
//     one byte, which is the runtime's kernel.
//   - UTF-8 validation: no caller. The decoder gives back what it was given, as OTLP does.
package simd

//go:generate sh -c "cd _gen && go run . -out ../kernels_amd64.s -stubs ../kernels_stub_amd64.go -pkg simd"
