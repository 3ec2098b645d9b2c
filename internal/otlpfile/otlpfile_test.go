package otlpfile

import (
	"bytes"
	"compress/gzip"
	"io"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRoundTripInEveryCompression(t *testing.T) {
	want := [][]byte{[]byte("one"), {}, bytes.Repeat([]byte("x"), 70_000)}
	var plain bytes.Buffer
	for _, m := range want {
		require.NoError(t, Write(&plain, m))
	}
	compressed := map[string]func(io.Writer) io.WriteCloser{
		"plain": func(w io.Writer) io.WriteCloser { return nopCloser{w} },
		"gzip":  func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) },
		"zstd": func(w io.Writer) io.WriteCloser {
			enc, err := zstd.NewWriter(w)
			require.NoError(t, err)
			return enc
		},
	}
	for name, compress := range compressed {
		t.Run(name, func(t *testing.T) {
			var file bytes.Buffer
			w := compress(&file)
			_, err := w.Write(plain.Bytes())
			require.NoError(t, err)
			require.NoError(t, w.Close())
			r, err := NewReader(&file)
			require.NoError(t, err)
			for _, m := range want {
				got, err := r.Next()
				require.NoError(t, err)
				assert.True(t, bytes.Equal(m, got))
			}
			_, err = r.Next()
			assert.Equal(t, io.EOF, err)
			require.NoError(t, r.Close())
		})
	}
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

func TestDamageIsNamed(t *testing.T) {
	f := func(name, data, want string) {
		t.Run(name, func(t *testing.T) {
			r, err := NewReader(bytes.NewReader([]byte(data)))
			require.NoError(t, err)
			_, err = r.Next()
			require.ErrorContains(t, err, want)
		})
	}
	f("body cut short", "\x05abc", "request 1: body: unexpected EOF")
	f("length cut short", "\x80", "request 1: length: unexpected EOF")
	f("text", "\xff\xff\xff\xff\xff\x01{}", "is this length-delimited OTLP protobuf?")
}

func TestAnnouncedLengthCostsNoMemory(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r, err := NewReader(bytes.NewReader([]byte("\xff\xff\xff\x7fabc"))) // 256 MiB - 1
	require.NoError(t, err)
	_, err = r.Next()
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	runtime.ReadMemStats(&after)
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(4<<20))
}

func TestSignalOf(t *testing.T) {
	assert.Equal(t, Logs, SignalOf("/x/traces/shop.logs.otlp.pb.zst"))
	assert.Equal(t, Traces, SignalOf("dump.bin"))
	_, err := ParseSignal("spans")
	require.ErrorContains(t, err, "known are traces, metrics, logs, profiles")
}

func TestMissingFile(t *testing.T) {
	_, err := Open(filepath.Join(t.TempDir(), "none.pb"))
	require.Error(t, err)
}

func FuzzReader(f *testing.F) {
	f.Add([]byte("\x03abc\x00"))
	f.Add(zstdMagic)
	f.Add(gzipMagic)
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := NewReader(bytes.NewReader(data))
		if err != nil {
			return
		}
		for range 100 {
			if _, err := r.Next(); err != nil {
				break
			}
		}
		_ = r.Close()
	})
}
