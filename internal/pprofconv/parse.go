package pprofconv

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"

	"github.com/google/pprof/profile"
	"github.com/klauspost/compress/zstd"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/otelcol-plus/otelcol-plus/internal/jemalloc"
)

var (
	// ErrTooManyBytes is returned for a profile that is larger than allowed, as it is or decompressed.
	ErrTooManyBytes = errors.New("larger than allowed")
	// ErrTooManyParts is returned for a profile that would take many times its size in memory.
	ErrTooManyParts = errors.New("holds more samples, locations or labels than its size may")
)

// Magic numbers of the compressions.
var (
	gzipMagic = []byte{0x1f, 0x8b}
	zstdMagic = []byte{0x28, 0xb5, 0x2f, 0xfd}
)

// maxLayers is how often a profile may be compressed: by who made it, and by who sent it.
const maxLayers = 2

// Decompress undoes gzip and zstd, up to limit bytes; what is not compressed is returned as it is.
func Decompress(data []byte, limit int) ([]byte, error) {
	for range maxLayers {
		var in io.Reader
		switch {
		case bytes.HasPrefix(data, gzipMagic):
			gz, err := gzip.NewReader(bytes.NewReader(data))
			if err != nil {
				return nil, fmt.Errorf("gzip: %w", err)
			}
			in = gz
		case bytes.HasPrefix(data, zstdMagic):
			zs, err := zstd.NewReader(bytes.NewReader(data), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(uint64(limit)+1<<20))
			if err != nil {
				return nil, fmt.Errorf("zstd: %w", err)
			}
			defer zs.Close()
			in = zs
		default:
			return data, checkSize(data, limit)
		}
		var err error
		if data, err = io.ReadAll(io.LimitReader(in, int64(limit)+1)); err != nil {
			return nil, fmt.Errorf("decompress: %w", err)
		}
		if err := checkSize(data, limit); err != nil {
			return nil, err
		}
	}
	return data, nil
}

func checkSize(data []byte, limit int) error {
	if len(data) > limit {
		return fmt.Errorf("%w: more than %d bytes", ErrTooManyBytes, limit)
	}
	return nil
}

// Parse reads a profile as pprof does, protobuf and the texts of gperftools and of older Go, and jemalloc's heap profiles,
// but within limit bytes after decompression and some eight times that in memory.
func Parse(data []byte, limit int) (p *profile.Profile, err error) {
	if data, err = Decompress(data, limit); err != nil {
		return nil, err
	}
	if len(data) == 0 {
		return nil, errors.New("the profile is empty")
	}
	if memory(data) > memoryFactor*limit {
		return nil, ErrTooManyParts
	}
	if jemalloc.Is(data) {
		return jemalloc.Parse(data)
	}
	// The parsers of old texts were not written for hostile input.
	defer func() {
		if r := recover(); r != nil {
			p, err = nil, fmt.Errorf("the parser of profiles failed: %v", r)
		}
	}()
	return profile.ParseData(data)
}

const memoryFactor = 8

// Sizes of what the fields of a profile become in memory, in bytes, with the slices that grow and the pointers to it.
const (
	messageBytes = 200
	elementBytes = 24
)

// memory estimates what a protobuf profile takes once parsed: an empty sample of two bytes becomes 200. It is 0 for what
// is no protobuf.
func memory(data []byte) int {
	total := 0
	for len(data) > 0 {
		_, kind, n := protowire.ConsumeTag(data)
		if n < 0 {
			return 0
		}
		data = data[n:]
		if n = protowire.ConsumeFieldValue(0, kind, data); n < 0 {
			return 0
		}
		if kind == protowire.BytesType {
			// A field within takes two bytes at least, packed numbers one.
			total += messageBytes + elementBytes/2*n
		}
		data = data[n:]
	}
	return total
}
