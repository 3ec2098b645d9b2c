package tracezip

import (
	"bytes"
	"encoding/binary"
	"errors"
	"runtime"
	"sync"

	"github.com/cespare/xxhash/v2"
	"github.com/klauspost/compress/huff0"
	"github.com/klauspost/compress/zstd"
)

// Frame header: magic, version, flags, checksum. What follows the checksum is covered by it.
const (
	magic          = "TRZ\xf1"
	versionOffset  = len(magic)
	flagsOffset    = versionOffset + 1
	checksumOffset = flagsOffset + 1
	headerBytes    = checksumOffset + 8

	flagOTLP       = 1 << 0 // the frame carries OTLP protobuf instead of columns
	flagDictionary = 1 << 1 // the name of a dictionary follows the checksum
	flagDefine     = 1 << 2 // and then what makes it
)

// Sections of a columnar frame, in wire order.
const (
	secTables = iota
	secText
	secShapes
	secTraces
	secParents
	secStarts
	secDurations
	secValues
	secNumbers
	secOverflow
	secMantissas
	secRaw
	numSections
)

var sectionNames = [numSections]string{
	"tables", "text", "shapes", "traces", "parents", "starts", "durations", "values", "numbers", "overflow", "mantissas", "raw",
}

// Section codecs.
const (
	codecRaw      = 0 // as it is
	codecConstant = 1 // one byte, repeated
	codecHuffman  = 2 // one Huffman stream with its table (RFC 8878 section 4.2)
	codecZstd     = 3 // one zstd frame (RFC 8878)
)

// minCompress is the size below which entropy coding cannot pay for its own header.
const minCompress = 32

// smallSection is the size up to which matches save less than zstd costs.
const smallSection = 512

// zstdWindow bounds the encoder's memory: the shared encoder keeps a few states of about two windows each.
const zstdWindow = 512 << 10

// The encoder states of zstd are large, so the whole process shares one for every CPU. EncodeAll may be called by many
// goroutines at once; those beyond the concurrency wait.
var sharedZstd = sync.OnceValues(func() (*zstd.Encoder, error) {
	return zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(runtime.GOMAXPROCS(0)),
		zstd.WithWindowSize(zstdWindow), zstd.WithLowerEncoderMem(true), zstd.WithEncoderCRC(false))
})

// packer turns decoded sections into a frame.
type packer struct {
	huff    huff0.Scratch
	zstdOut []byte
	header  []byte
	body    []byte
	digest  xxhash.Digest
	stored  [numSections]int // bytes of every section in the last frame, for reports
}

// appendFrame appends a frame made of sections. preamble is what a frame with a dictionary has before the span count: its
// name and, with flagDefine, its definition.
func (p *packer) appendFrame(dst []byte, flags byte, preamble []byte, spans int, sections [][]byte) ([]byte, error) {
	p.header = binary.AppendUvarint(p.header[:0], uint64(spans))
	p.body = p.body[:0]
	for i, raw := range sections {
		before := len(p.body)
		codec, err := p.pack(flags, i, raw)
		p.stored[i] = len(p.body) - before
		if err != nil {
			return dst, err
		}
		p.header = binary.AppendUvarint(p.header, uint64(len(raw))<<2|uint64(codec))
	}
	p.digest.Reset()
	_, _ = p.digest.Write(preamble[:min(len(preamble), len(DictionaryID{}))])
	_, _ = p.digest.Write(p.header)
	for _, raw := range sections {
		_, _ = p.digest.Write(raw)
	}
	dst = append(dst, magic...)
	dst = append(dst, Version, flags)
	dst = binary.LittleEndian.AppendUint64(dst, p.digest.Sum64())
	dst = append(dst, preamble...)
	dst = append(dst, p.header...)
	return append(dst, p.body...), nil
}

// pack appends one section to the body and returns the codec it chose. Huffman and zstd data follow their length.
func (p *packer) pack(flags byte, section int, raw []byte) (int, error) {
	columnar := flags&flagOTLP == 0
	if len(raw) == 0 || columnar && (section == secMantissas || section == secRaw && !repetitive(raw)) {
		p.body = append(p.body, raw...)
		return codecRaw, nil
	}
	if isConstant(raw) {
		p.body = append(p.body, raw[0])
		return codecConstant, nil
	}
	if len(raw) < minCompress {
		p.body = append(p.body, raw...)
		return codecRaw, nil
	}
	codec, out := codecHuffman, []byte(nil)
	if columnar && (section >= secShapes && section != secRaw || len(raw) <= smallSection) && len(raw) <= huff0.BlockSizeMax {
		p.huff.Reuse = huff0.ReusePolicyNone
		var err error
		if out, _, err = huff0.Compress1X(raw, &p.huff); err != nil {
			out = nil // not compressible: stored as it is
		}
	} else {
		enc, err := sharedZstd()
		if err != nil {
			return 0, err
		}
		p.zstdOut = enc.EncodeAll(raw, p.zstdOut[:0])
		codec, out = codecZstd, p.zstdOut
	}
	if out == nil || len(out)+2 >= len(raw) {
		p.body = append(p.body, raw...)
		return codecRaw, nil
	}
	p.body = binary.AppendUvarint(p.body, uint64(len(out)))
	p.body = append(p.body, out...)
	return codec, nil
}

// repetitive tells ids that count up, as some generators make them, from random ones, on which zstd would be wasted: bytes
// eight apart are equal once in 256 if they are random.
func repetitive(raw []byte) bool {
	n := min(len(raw)-8, 1024)
	equal := 0
	for i := range max(n, 0) {
		if raw[i] == raw[i+8] {
			equal++
		}
	}
	return equal*8 > n && len(raw) > minCompress
}

// isConstant reports whether b, which is not empty, is one byte repeated: equal to itself moved by one.
func isConstant(b []byte) bool { return bytes.Equal(b[1:], b[:len(b)-1]) }

// unpacker is the inverse of packer. Its buffers live until the next frame.
type unpacker struct {
	huff     huff0.Scratch
	zstd     *zstd.Decoder
	sections [numSections][]byte
	bufs     [numSections][]byte
	codecs   [numSections]int
	stored   [numSections]int // bytes in the frame, for reports
	digest   xxhash.Digest
}

// NamesDictionary reports whether a frame that an Encoder has made refers to a dictionary: one that holds protobuf does not,
// though it was asked to.
func NamesDictionary(frame []byte) bool {
	return len(frame) > flagsOffset && frame[flagsOffset]&flagDictionary != 0
}

type frameHeader struct {
	flags    byte
	checksum uint64
	spans    int
}

// readHeader checks what stands before the span count.
func readHeader(r *reader) frameHeader {
	if got := r.bytes(len(magic)); r.err == nil && string(got) != magic {
		r.pos = 0
		r.fail("not a tracezip frame")
	}
	version, flags := r.byte(), r.byte()
	switch {
	case r.err != nil:
	case version != Version:
		r.err = &Error{Kind: ErrVersion, Section: r.section, Offset: versionOffset, Reason: "unknown version"}
	case flags&flagDefine != 0 && flags&flagDictionary == 0:
		r.err = &Error{Kind: ErrCorrupt, Section: r.section, Offset: flagsOffset, Reason: "defines a dictionary without a name"}
	case flags&^(flagOTLP|flagDictionary|flagDefine) != 0:
		r.err = &Error{Kind: ErrVersion, Section: r.section, Offset: flagsOffset, Reason: "unknown flags"}
	}
	sum := r.bytes(8)
	if r.err != nil {
		return frameHeader{}
	}
	return frameHeader{flags: flags, checksum: binary.LittleEndian.Uint64(sum)}
}

// unpack decodes all sections of a frame, whose header r has read, and verifies the checksum: it covers what stands from
// covered on before the sections, as it is, and the sections decoded. The definition of a dictionary has its own.
func (u *unpacker) unpack(h *frameHeader, r *reader, covered int, b *budget) error {
	u.digest.Reset()
	if h.flags&flagDictionary != 0 {
		_, _ = u.digest.Write(r.buf[covered : covered+len(DictionaryID{})])
	}
	counts := r.pos
	n := numSections
	if h.flags&flagOTLP != 0 {
		n = 1
	}
	h.spans = r.count(0)
	var sizes [numSections]int
	for i := range n {
		v := r.uvarint()
		u.codecs[i] = int(v & 3)
		if v>>2 > uint64(b.left) {
			return b.exceeded(r.section, r.pos)
		}
		sizes[i] = int(v >> 2)
		if !b.charge(sizes[i]) {
			return b.exceeded(r.section, r.pos)
		}
	}
	if r.err != nil {
		return r.err
	}
	_, _ = u.digest.Write(r.buf[counts:r.pos])
	u.sections = [numSections][]byte{}
	for i := range n {
		name := sectionName(h.flags, i)
		start := r.pos
		if err := u.unpackSection(r, i, name, u.codecs[i], sizes[i]); err != nil {
			return err
		}
		u.stored[i] = r.pos - start
		_, _ = u.digest.Write(u.sections[i])
	}
	if err := r.end(); err != nil {
		return err
	}
	if u.digest.Sum64() != h.checksum {
		return errChecksum
	}
	return nil
}

var errLength = errors.New("decoded length differs from the stated one")

// errChecksum: the sections unpack but are not what was sent.
var errChecksum = &Error{Kind: ErrCorrupt, Section: "header", Offset: checksumOffset, Reason: "checksum mismatch"}

func sectionName(flags byte, i int) string {
	if flags&flagOTLP != 0 {
		return "otlp"
	}
	return sectionNames[i]
}

func (u *unpacker) unpackSection(r *reader, i int, name string, codec, size int) error {
	switch codec {
	case codecRaw:
		u.sections[i] = r.bytes(size)
		return r.err
	case codecConstant:
		b := r.byte()
		u.bufs[i] = grow(u.bufs[i], size)
		for j := range u.bufs[i] {
			u.bufs[i][j] = b
		}
		u.sections[i] = u.bufs[i]
		return r.err
	}
	stored := r.bytes(r.count(1))
	if r.err != nil {
		return r.err
	}
	out, err := u.expand(stored, u.bufs[i][:0], codec, size)
	if err == nil && len(out) != size {
		err = errLength
	}
	if err != nil {
		return &Error{Kind: ErrCorrupt, Section: name, Reason: err.Error()}
	}
	u.sections[i], u.bufs[i] = out, out
	return nil
}

func (u *unpacker) expand(stored, dst []byte, codec, size int) ([]byte, error) {
	if codec == codecHuffman {
		if size > huff0.BlockSizeMax {
			return nil, errors.New("too long for one Huffman block")
		}
		s, data, err := huff0.ReadTable(stored, &u.huff)
		if err != nil {
			return nil, err
		}
		return s.Decoder().Decompress1X(grow(dst, size)[:0:size], data)
	}
	var h zstd.Header
	if err := h.Decode(stored); err != nil {
		return nil, err
	}
	if h.HasFCS && h.FrameContentSize != uint64(size) {
		return nil, errors.New("zstd content size differs from the header")
	}
	if u.zstd == nil {
		dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxMemory(maxSectionBytes), zstd.WithDecoderMaxWindow(maxZstdWindow), zstd.WithDecodeAllCapLimit(true))
		if err != nil {
			return nil, err
		}
		u.zstd = dec
	}
	// The capacity is the limit: data that holds more than it states fails instead of growing.
	return u.zstd.DecodeAll(stored, grow(dst, size)[:0:size])
}

// dropLarge releases buffers that one unusual frame has blown up.
func (u *unpacker) dropLarge() {
	u.sections = [numSections][]byte{}
	for i := range u.bufs {
		if cap(u.bufs[i]) > maxKeptBuffer {
			u.bufs[i] = nil
		}
	}
}
