package symbol

import "errors"

const (
	maxSegments    = 256
	maxSections    = 16384
	maxSectionName = 1 << 20   // bytes of .shstrtab
	maxSymbolTable = 256 << 20 // bytes of .symtab that are streamed at most: 11 million symbols
	maxRelocations = 64 << 20  // bytes of .rela.dyn that are searched at most
	maxName        = 4096      // bytes of one name in a file
	maxDemangled   = 10        // a demangled name has at most 2^10 bytes
	maxWork        = 50 << 20  // pairs of symbol and address that are compared in one table
	maxNotes       = 64 << 10
	chunkSize      = 48 << 10 // bytes read at once, a multiple of an ELF symbol's size
)

// ErrFormat is returned for a file that is no ELF file of 64 bits, or whose
// headers point outside it.
var ErrFormat = errors.New("symbol: not a valid 64-bit ELF file")
