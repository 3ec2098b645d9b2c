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
	f("not a recording", "\xff\xff\xff\xff\xff\x01{}", "is this a recording?")
	f("fixed length cut short", "\x00\x00", "request 1: length: unexpected EOF: is this a recording?")
	f("fixed body cut short", "\x00\x00\x00\x05abc", "request 1: body: unexpected EOF")
	f("zstd cut short", "\x00\x00\x00\x05\x28\xb5\x2f\xfd\x00", "request 1: zstd: ")
	f("line cut short", `{"resourceSp`, "request 1: JSON that ends early")
	f("array cut short", `{"resourceSpans":[{"res`, "request 1: JSON that ends early")
	f("other JSON", `{"level":"info"}`, `request 1: JSON with the key "level", but none of resourceSpans`)
	f("broken JSON", `{"resourceSpans"}`, "request 1: traces as JSON: ")
	f("JSON of a fixed length cut short", "\x00\x00\x00\x05{\"a\":", "request 1: JSON that ends early")
	f("no JSON", `{hello}`, "request 1: not JSON")
}

func TestLinesAreObjects(t *testing.T) {
	for _, line := range []string{`[1,2]`, `7`, `"x"`, `null`} {
		r, err := NewReader(bytes.NewReader([]byte("{}\n" + line)))
		require.NoError(t, err)
		_, err = r.Next()
		require.NoError(t, err)
		_, err = r.Next()
		require.ErrorContains(t, err, "request 2: JSON that is no object")
	}
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
	f.Add([]byte("{\"resourceLogs\":[]}\n{}\n"))
	f.Add([]byte("\x00\x00\x00\x02{}\x00\x00\x00\x04\x28\xb5\x2f\xfd"))
	f.Add([]byte("{}\n[1,2]\n"))
	f.Add([]byte("{\n \"resourceMetrics\": [{}]\n}"))
	f.Add([]byte{1<<3 | 2, 4, 2<<3 | 2, 2, 2<<3 | 2, 0})
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
		if r, err = NewReader(bytes.NewReader(data)); err != nil {
			return
		}
		w, err := NewWriter(io.Discard, r.Form())
		require.NoError(t, err)
		for range 100 {
			d, err := r.NextData()
			if err != nil {
				break
			}
			require.NoError(t, w.Write(d, r.Form()))
		}
		require.NoError(t, w.Close())
		_ = r.Close()
	})
}
