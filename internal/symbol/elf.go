package symbol

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"io"
)

// Segment is a loaded part of a file.
type Segment struct{ Off, FileSize, Addr, MemSize uint64 }

// File is what the headers of an ELF file say. It keeps no table and does not
// keep the reader.
type File struct {
	BuildID  string // GNU build ID in hex, "" if there is none
	Segments []Segment
	symtab   section
	strtab   section
	dynsym   section
	dynstr   section
	pclntab  section
	goModule section
	rela     section
	text     section
	entry    uint64
	order    binary.ByteOrder
	size     uint64
}

type section struct{ typ, link, nameOff, flags, addr, off, size uint64 }

func (s section) none() bool { return s.size == 0 }

const (
	headerLen   = 64
	progLen     = 56
	sectionLen  = 64
	ptLoad      = 1
	ptNote      = 4
	shtSymtab   = 2
	shtRela     = 4
	shtNote     = 7
	shtNobits   = 8
	shtDynsym   = 11
	noteBuildID = 3
)

// Open reads the headers of the ELF file of the given size.
func Open(r io.ReaderAt, size int64) (*File, error) {
	var h [headerLen]byte
	if size < headerLen {
		return nil, ErrFormat
	}
	if _, err := r.ReadAt(h[:], 0); err != nil {
		return nil, err
	}
	if !bytes.Equal(h[:5], []byte{0x7f, 'E', 'L', 'F', 2}) {
		return nil, ErrFormat
	}
	f := &File{size: uint64(size), order: binary.LittleEndian}
	if h[5] == 2 {
		f.order = binary.BigEndian
	}
	f.entry = f.order.Uint64(h[24:])
	phoff, shoff := f.order.Uint64(h[32:]), f.order.Uint64(h[40:])
	phnum, shnum, shstrndx := f.order.Uint16(h[56:]), f.order.Uint16(h[60:]), f.order.Uint16(h[62:])
	if f.order.Uint16(h[54:]) != progLen || phnum == 0 {
		return nil, ErrFormat
	}
	if err := f.readSegments(r, phoff, int(phnum)); err != nil {
		return nil, err
	}
	if shnum > 0 && f.order.Uint16(h[58:]) == sectionLen {
		return f, f.readSections(r, shoff, int(shnum), int(shstrndx))
	}
	return f, nil
}

// read returns n bytes at off, both checked against the file and limit.
func (f *File) read(r io.ReaderAt, off, n, limit uint64) ([]byte, error) {
	if n > limit || off > f.size || n > f.size-off {
		return nil, ErrFormat
	}
	b := make([]byte, n)
	_, err := r.ReadAt(b, int64(off))
	return b, err
}

func (f *File) readSegments(r io.ReaderAt, off uint64, n int) error {
	b, err := f.read(r, off, uint64(n)*progLen, maxSegments*progLen)
	if err != nil {
		return err
	}
	for ; len(b) > 0; b = b[progLen:] {
		s := Segment{Off: f.order.Uint64(b[8:]), Addr: f.order.Uint64(b[16:]), FileSize: f.order.Uint64(b[32:]), MemSize: f.order.Uint64(b[40:])}
		switch f.order.Uint32(b) {
		case ptLoad:
			f.Segments = append(f.Segments, s)
		case ptNote:
			f.readNotes(r, s.Off, s.FileSize)
		}
	}
	return nil
}

// readNotes looks for the build ID. Damaged notes only mean that there is none.
func (f *File) readNotes(r io.ReaderAt, off, size uint64) {
	b, err := f.read(r, off, size, maxNotes)
	if err != nil || f.BuildID != "" {
		return
	}
	f.BuildID = findBuildID(b, f.order)
}

func findBuildID(b []byte, order interface{ Uint32([]byte) uint32 }) string {
	for len(b) >= 12 {
		nameLen, descLen, typ := uint64(order.Uint32(b)), uint64(order.Uint32(b[4:])), order.Uint32(b[8:])
		b = b[12:]
		name, desc := (nameLen+3)&^3, (descLen+3)&^3
		if name > uint64(len(b)) || descLen > uint64(len(b))-name {
			return ""
		}
		if typ == noteBuildID && string(b[:nameLen]) == "GNU\x00" && descLen > 0 && descLen <= 64 {
			return hex.EncodeToString(b[name : name+descLen])
		}
		b = b[min(name+desc, uint64(len(b))):]
	}
	return ""
}

func (f *File) readSections(r io.ReaderAt, off uint64, n, names int) error {
	b, err := f.read(r, off, uint64(n)*sectionLen, maxSections*sectionLen)
	if err != nil || names >= n {
		return nil // stripped of its sections, or damaged there: segments are enough to go on
	}
	str := f.section(b[names*sectionLen:])
	nameTable, err := f.read(r, str.off, str.size, maxSectionName)
	if err != nil {
		return nil
	}
	at := func(i uint64) section {
		if i >= uint64(n) {
			return section{}
		}
		return f.section(b[i*sectionLen:])
	}
	for i := range uint64(n) {
		s := at(i)
		f.keep(r, s, at(s.link), cString(nameTable, s.nameOff))
	}
	return nil
}

// section decodes a header; one that lies outside the file comes out empty.
func (f *File) section(b []byte) section {
	s := section{
		nameOff: uint64(f.order.Uint32(b)), typ: uint64(f.order.Uint32(b[4:])), flags: f.order.Uint64(b[8:]), addr: f.order.Uint64(b[16:]),
		off: f.order.Uint64(b[24:]), size: f.order.Uint64(b[32:]), link: uint64(f.order.Uint32(b[40:])),
	}
	if s.typ == shtNobits || s.off > f.size || s.size > f.size-s.off {
		s.size = 0
	}
	return s
}

func (f *File) keep(r io.ReaderAt, s, linked section, name string) {
	switch {
	case s.typ == shtSymtab:
		f.symtab, f.strtab = s, linked
	case s.typ == shtDynsym:
		f.dynsym, f.dynstr = s, linked
	case s.typ == shtNote:
		f.readNotes(r, s.off, s.size)
	case s.typ == shtRela && name == ".rela.dyn", s.typ == shtRela && name == ".rela":
		f.rela = s
	case name == ".gopclntab", name == ".data.rel.ro.gopclntab":
		f.pclntab = s
	case name == ".go.module":
		f.goModule = s
	case name == ".text":
		f.text = s
	}
}

func cString(b []byte, off uint64) string {
	if off >= uint64(len(b)) {
		return ""
	}
	b = b[off:]
	if i := bytes.IndexByte(b, 0); i >= 0 {
		return string(b[:i])
	}
	return ""
}

// Addr turns an offset in the file into the address the file's symbols use.
func (f *File) Addr(off uint64) (addr uint64, seg Segment, ok bool) {
	for _, s := range f.Segments {
		if off >= s.Off && off-s.Off < s.FileSize {
			return s.Addr + (off - s.Off), s, true
		}
	}
	return 0, Segment{}, false
}

// HasNames tells whether there is any table to look into.
func (f *File) HasNames() bool { return !f.symtab.none() || !f.dynsym.none() || !f.pclntab.none() }
