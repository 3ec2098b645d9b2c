package otlpfile

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"slices"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// forms are the same requests in every form there is; those that hold one request hold the first.
func forms(t *testing.T) map[string][]byte {
	t.Helper()
	enc, err := zstd.NewWriter(nil)
	require.NoError(t, err)
	t.Cleanup(func() { _ = enc.Close() })
	var lines, indented, proto, jsonZstd, protoZstd, uvarint, zipped bytes.Buffer
	for _, x := range requestsOfEverySignal(t) {
		lines.Write(append(x.json, '\n'))
		require.NoError(t, json.Indent(&indented, x.json, "", "  "))
		indented.WriteString("\n")
		fixed(&proto, x.proto)
		fixed(&jsonZstd, enc.EncodeAll(x.json, nil))
		fixed(&protoZstd, enc.EncodeAll(x.proto, nil))
		require.NoError(t, Write(&uvarint, x.proto))
	}
	zip := gzip.NewWriter(&zipped)
	_, err = zip.Write(indented.Bytes())
	require.NoError(t, err)
	require.NoError(t, zip.Close())
	return map[string][]byte{
		"lines":         lines.Bytes(),
		"indented":      indented.Bytes(),
		"indented gzip": zipped.Bytes(),
		"lines zstd":    enc.EncodeAll(lines.Bytes(), nil),
		"fixed":         proto.Bytes(),
		"fixed zstd":    enc.EncodeAll(proto.Bytes(), nil),
		"json zstd":     jsonZstd.Bytes(),
		"proto zstd":    protoZstd.Bytes(),
		"uvarint":       uvarint.Bytes(),
	}
}

// What was read is written as it lay there, down to the bytes where no compressor is in between.
func TestWriterKeepsTheForm(t *testing.T) {
	all := requestsOfEverySignal(t)
	for name, file := range forms(t) {
		t.Run(name, func(t *testing.T) {
			r, err := NewReader(bytes.NewReader(file))
			require.NoError(t, err)
			var copied bytes.Buffer
			w, err := NewWriter(&copied, r.Form())
			require.NoError(t, err)
			for _, want := range all {
				d, err := r.NextData()
				require.NoError(t, err)
				assert.Equal(t, want.signal, d.Signal)
				assert.Equal(t, want.signal, r.Signal())
				require.NoError(t, w.Write(d, r.Form()))
			}
			_, err = r.NextData()
			require.Equal(t, io.EOF, err)
			require.NoError(t, w.Close())
			require.NoError(t, r.Close())
			again, err := NewReader(&copied)
			require.NoError(t, err)
			compressed := again.Form().stream != plainStream
			for _, want := range all {
				got, err := again.Next()
				require.NoError(t, err)
				assert.Equal(t, want.proto, got)
				compressed = compressed || again.Form().packed
			}
			assert.Equal(t, r.Form(), again.Form())
			require.NoError(t, again.Close())
			if !compressed {
				assert.Equal(t, string(file), copiedBytes(t, file))
			}
		})
	}
}

func copiedBytes(t *testing.T, file []byte) string {
	t.Helper()
	r, err := NewReader(bytes.NewReader(file))
	require.NoError(t, err)
	var copied bytes.Buffer
	w, err := NewWriter(&copied, r.Form())
	require.NoError(t, err)
	for d, err := r.NextData(); err == nil; d, err = r.NextData() {
		require.NoError(t, w.Write(d, r.Form()))
	}
	require.NoError(t, w.Close())
	return copied.String()
}

// The body of an OTLP/HTTP call, which nothing frames.
func TestOneRequestAlone(t *testing.T) {
	for _, x := range requestsOfEverySignal(t) {
		r, err := NewReader(bytes.NewReader(x.proto))
		require.NoError(t, err)
		got, err := r.Next()
		require.NoError(t, err)
		assert.Equal(t, x.proto, got)
		_, err = r.Next()
		require.Equal(t, io.EOF, err)
		assert.Equal(t, string(x.proto), copiedBytes(t, x.proto))
		require.NoError(t, r.Close())
	}
}

// A length that looks like the beginning of a request alone, and the other way round.
func TestRequestsOfTenAndEighteenBytes(t *testing.T) {
	for _, length := range []byte{10, 18} {
		for _, tag := range []byte{1<<3 | 2, 2<<3 | 2} {
			request := append([]byte{tag, length - 2}, bytes.Repeat([]byte{1<<3 | 2}, int(length)-2)...)
			var file bytes.Buffer
			require.NoError(t, Write(&file, request))
			r, err := NewReader(&file)
			require.NoError(t, err)
			got, err := r.Next()
			require.NoError(t, err)
			assert.Equal(t, request, got)
			alone := append([]byte{1<<3 | 2, length, 1<<3 | 2}, slices.Repeat([]byte{0}, int(length))...)
			assert.True(t, startsRequest(alone))
		}
	}
}

func TestJSONAsPeopleWriteIt(t *testing.T) {
	for name, text := range map[string]string{
		"spaces":      "{\n  \"resourceSpans\": []\n}",
		"tabs":        "{\n\t\"resourceSpans\": [\n\t\t{}\n\t]\n}\n",
		"windows":     "{\r\n  \"resourceSpans\": []\r\n}\r\n",
		"no indent":   "{\n\"resourceSpans\": []\n}",
		"mark":        "\ufeff{\"resourceSpans\": []}",
		"mark, lines": "\ufeff{\n \"resourceSpans\": []}",
		"white first": "\n  {\"resourceSpans\": []}",
		"braces":      "{\n\"x\": \"}]{[\\\"{\", \"resourceSpans\": []\n}",
		"nothing":     "{\n}",
		"on one line": "{\"resourceSpans\": []} {\"resourceSpans\": []}",
	} {
		t.Run(name, func(t *testing.T) {
			r, err := NewReader(bytes.NewReader([]byte(text + "\n{\"resourceLogs\":[]}\n")))
			require.NoError(t, err)
			d, err := r.NextData()
			require.NoError(t, err)
			if name != "nothing" {
				assert.Equal(t, Traces, d.Signal)
			}
			if name == "on one line" {
				d, err = r.NextData()
				require.NoError(t, err)
				assert.Equal(t, Traces, d.Signal)
			}
			d, err = r.NextData()
			require.NoError(t, err)
			assert.Equal(t, Logs, d.Signal)
			_, err = r.NextData()
			require.Equal(t, io.EOF, err)
		})
	}
}

func TestNextDataRefuses(t *testing.T) {
	f := func(name, file, want string) {
		t.Run(name, func(t *testing.T) {
			r, err := NewReader(bytes.NewReader([]byte(file)))
			require.NoError(t, err)
			_, err = r.NextData()
			require.ErrorContains(t, err, want)
		})
	}
	f("text", "\x0chello, world", "request 1: cannot be read as OTLP of any signal: is this a recording?")
	f("broken line", "{\"resourceSpans\":7}", "request 1: traces as JSON: ")
	f("request cut short", "\x0a\x7fabc", "request 1: cannot be read as OTLP of any signal")
}
