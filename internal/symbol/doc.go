// Package symbol gives names to addresses: of ELF files (.symtab, .dynsym and
// Go's .gopclntab, which survives stripping) and of the kernel.
//
// No table of a file is kept. A profile asks for few addresses of a file at a
// time, all of them known when the file is opened, so its symbol table is
// streamed past the sorted addresses and only the names that matched are read:
//
//	addresses asked   0x1040                0x20a1
//	symbols streamed  0x1000+0x80 main      0x2080+0x10 (too short)  0x20a0+0x40 helper …
//	answer            0x1000-0x1080 main    0x20a0-0x20e0 helper
//
// The ranges that came out are cached ([Cache]), so that a file is opened
// again only when a function turns up that was never seen. A 100 MB binary
// costs the memory of the functions that ran.
//
// Files come from other users' processes and are hostile until proven
// otherwise: every count and length is checked against the file's size and
// the limits of limits.go before it is used.
package symbol
