package perfevent

import (
	"bytes"
	"encoding/binary"
	"errors"
)

// Kind is the kernel's PERF_RECORD_ number of a record that is decoded here.
type Kind uint32

// The records a Handler sees; all others are skipped.
const (
	KindLost   Kind = 2
	KindComm   Kind = 3
	KindExit   Kind = 4
	KindFork   Kind = 7
	KindSample Kind = 9
	KindMmap   Kind = 10 // MMAP2
)

const (
	headerSize  = 8
	trailerSize = 16 // sample_id of sampleType: pid, tid, time

	miscCommExec = 1 << 13
	miscBuildID  = 1 << 14

	contextMax = ^uint64(4095) + 1 // values from here up are markers in a chain

	// ContextKernel and ContextUser part the call chain: the addresses behind
	// the marker belong to that side.
	ContextKernel = ^uint64(128) + 1
	ContextUser   = ^uint64(512) + 1
)

// IsContext tells whether an entry of a chain is a marker, not an address.
func IsContext(entry uint64) bool { return entry >= contextMax }

// Record is one decoded record. Slices alias the ring, or the Sampler's
// scratch memory, until the handler returns.
type Record struct {
	Kind Kind
	PID  uint32 // process; for a fork, the child's
	TID  uint32
	Time uint64 // nanoseconds of CLOCK_MONOTONIC

	Chain []uint64 // sample: leaf first, with context markers

	Addr, Len, Off uint64 // mmap: where, how long, offset in the file
	Dev, Ino       uint64 // mmap: of the file, when BuildID is empty
	BuildID        []byte // mmap
	Name           []byte // mmap: path; comm: name
	Exec           bool   // comm: set by execve

	PPID uint32 // fork
	Lost uint64 // lost: records the kernel could not write
}

// ErrRecord is returned for a record whose lengths do not fit together.
var ErrRecord = errors.New("perfevent: malformed record")

// parse decodes the record in b, its header included. ok is false for kinds
// that are not of interest. chain is memory for Record.Chain.
func parse(b []byte, r *Record) (ok bool, err error) {
	if len(b) < headerSize {
		return false, ErrRecord
	}
	kind, misc := Kind(ne.Uint32(b)), ne.Uint16(b[4:])
	chain := r.Chain[:0]
	*r = Record{Kind: kind, Chain: chain}
	body := b[headerSize:]
	if kind == KindSample {
		return true, r.sample(body)
	}
	switch kind {
	case KindLost, KindComm, KindExit, KindFork, KindMmap:
	default:
		return false, nil
	}
	if len(body) < trailerSize {
		return false, ErrRecord
	}
	id := body[len(body)-trailerSize:]
	r.PID, r.TID, r.Time = ne.Uint32(id), ne.Uint32(id[4:]), ne.Uint64(id[8:])
	return true, r.sideBand(body[:len(body)-trailerSize], misc)
}

var ne = binary.NativeEndian

// sample decodes IP, TID, TIME, CALLCHAIN.
func (r *Record) sample(b []byte) error {
	if len(b) < 32 {
		return ErrRecord
	}
	r.PID, r.TID, r.Time = ne.Uint32(b[8:]), ne.Uint32(b[12:]), ne.Uint64(b[16:])
	n, rest := ne.Uint64(b[24:]), b[32:]
	if n > uint64(len(rest)/8) {
		return ErrRecord
	}
	for i := range int(n) {
		r.Chain = append(r.Chain, ne.Uint64(rest[8*i:]))
	}
	if n == 0 { // no chain at all: the instruction pointer is the stack
		r.Chain = append(r.Chain, ne.Uint64(b))
	}
	return nil
}

// shortest is how long the body of each side-band record is at least.
var shortest = [...]int{KindLost: 16, KindComm: 9, KindExit: 24, KindFork: 24, KindMmap: 65}

func (r *Record) sideBand(b []byte, misc uint16) error {
	if len(b) < shortest[r.Kind] {
		return ErrRecord
	}
	if r.Kind == KindLost {
		r.Lost = ne.Uint64(b[8:])
		return nil
	}
	r.PID = ne.Uint32(b)
	switch r.Kind {
	case KindComm:
		r.TID, r.Name, r.Exec = ne.Uint32(b[4:]), cString(b[8:]), misc&miscCommExec != 0
	case KindExit, KindFork:
		r.PPID, r.TID = ne.Uint32(b[4:]), ne.Uint32(b[8:])
	case KindMmap:
		r.TID = ne.Uint32(b[4:])
		r.Addr, r.Len, r.Off = ne.Uint64(b[8:]), ne.Uint64(b[16:]), ne.Uint64(b[24:])
		r.file(b[32:56], misc)
		r.Name = cString(b[64:])
	}
	return nil
}

// file decodes the 24 bytes that are either device, inode and generation, or
// a length and a build ID.
func (r *Record) file(b []byte, misc uint16) {
	if misc&miscBuildID != 0 {
		if n := int(b[0]); n <= 20 {
			r.BuildID = b[4 : 4+n]
		}
		return
	}
	r.Dev, r.Ino = uint64(ne.Uint32(b))<<32|uint64(ne.Uint32(b[4:])), ne.Uint64(b[8:])
}

func cString(b []byte) []byte {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		return b[:i]
	}
	return b
}
