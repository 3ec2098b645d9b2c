package simd

// classifyMin is the kernel's block, with which it already wins (see Classify).
const classifyMin = 16

// Classify turns vals, numbers in two's complement, into their magnitudes and writes the class of each: 0 for 0,
// 253 for -2^63, and otherwise
//
//	1 + 4(n-1) + 2b + s
//
// for a magnitude of n bits, with b the bit below the leading one (0 when n = 1) and s = 1 for a negative number. Both slices
// have the same length; anything else panics.
//
// # What it gains
//
// ns a column, medians of 10 runs, AMD EPYC, 2 shared vCPU, Go 1.26, November 2026 (go test -run '^$' -bench Classify
// -count 10 ./internal/simd with GOMAXPROCS=1; both times include a copy of the column):
//
//	values  AVX2   twin
//	    16  17.7   35.2
//	    64  37.7    123
//	   100  45.4    320
//	  1000   391   1880
//	  5000  2286  10724
//
// On the caller's path, the numbers of internal/tracezip, about two a span: 3.2 ns a span less for packing them
// (BenchmarkSteps there). Alone that brings encoding to 0.990 to 1.004, in the middle 0.997, of the time with the twin
// (BenchmarkKernels, 121 pairs of turns; four recordings, batches of 1,000 and 5,000): the smallest gain for which a kernel is kept.
func Classify(classes []byte, vals []uint64) {
	if len(classes) != len(vals) {
		panic("simd: Classify: as many classes as values")
	}
	classify(classes, vals)
}
