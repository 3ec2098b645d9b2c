package tracezip

import (
	"bytes"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.opentelemetry.io/collector/pdata/ptrace"
)

// Golden files are hex with comments from # to the end of the line. The first line says what to expect:
//
//	# good              the bytes after "-- otlp" are the traces; decoding must give exactly these bytes and encoding
//	                    them the same sections (what an entropy coder makes of a section may differ), with the
//	                    dictionary that the frame defines if it does
//	# corrupt SECTION   decoding fails there; likewise limit, version and dictionary
//
// From version 2 on, the first to be released, they are never regenerated: what a released version has written must decode for ever.
func TestGolden(t *testing.T) {
	paths, err := filepath.Glob("testdata/golden/*.txt")
	if err != nil || len(paths) < 5 {
		t.Fatal("golden files are missing", err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			first, _, _ := strings.Cut(string(text), "\n")
			frameText, otlpText, _ := strings.Cut(string(text), "-- otlp")
			expect := strings.Fields(strings.TrimPrefix(first, "#"))
			if expect[0] == "good" {
				checkGood(t, unhex(t, frameText), unhex(t, otlpText))
			} else {
				checkBad(t, unhex(t, frameText), expect)
			}
		})
	}
}

func checkGood(t *testing.T, frame, otlp []byte) {
	t.Helper()
	dicts := memoryDictionaries{}
	td, err := NewDecoder(Limits{}).DecodeWith(frame, dicts)
	if err != nil {
		t.Fatal(err)
	}
	if got := marshal(t, td); !bytes.Equal(got, otlp) {
		t.Errorf("decodes to\n%x", got)
	}
	var u ptrace.ProtoUnmarshaler
	if td, err = u.UnmarshalTraces(otlp); err != nil {
		t.Fatal(err)
	}
	e, o := newColumnar(), FrameOptions{}
	for _, d := range dicts {
		o.Dictionary = d
	}
	got, err := e.Append(nil, td, o)
	if err != nil {
		t.Fatal(err)
	}
	ours, _ := openFrame(t, got, dicts)
	theirs, _ := openFrame(t, frame, dicts)
	for i, name := range sectionNames {
		if !bytes.Equal(ours[i], theirs[i]) {
			t.Errorf("section %s encodes to\n%x", name, ours[i])
		}
	}
}

func checkBad(t *testing.T, frame []byte, expect []string) {
	t.Helper()
	kinds := map[string]error{"corrupt": ErrCorrupt, "limit": ErrLimit, "version": ErrVersion, "dictionary": ErrDictionary}
	_, err := NewDecoder(Limits{}).Decode(frame)
	var e *Error
	if kinds[expect[0]] == nil || len(expect) < 2 || !errors.Is(err, kinds[expect[0]]) || !errors.As(err, &e) || e.Section != expect[1] {
		t.Fatalf("expected %v, got %v", expect, err)
	}
}

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	var digits strings.Builder
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		digits.WriteString(strings.Join(strings.Fields(line), ""))
	}
	b, err := hex.DecodeString(digits.String())
	if err != nil {
		t.Fatal(err)
	}
	return b
}
