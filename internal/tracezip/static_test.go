package tracezip

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"
)

// TestStatic: the static strings are part of the format; SPEC.md gives these numbers.
func TestStatic(t *testing.T) {
	const want = "eb9be2a4d628cdc02a03dbc1bb0f5d84f03c8082b2d201b618306a6625e08117"
	if sum := sha256.Sum256([]byte(staticText)); hex.EncodeToString(sum[:]) != want {
		t.Error("static.txt has changed: that takes a new frame version")
	}
	d := staticDictionary()
	if len(d.strings) != 1545 || len(d.keys) != 1032 {
		t.Error(len(d.strings), "strings,", len(d.keys), "keys")
	}
	seen := map[string]bool{}
	for _, s := range d.strings {
		if s == "" || seen[s] {
			t.Errorf("%q is empty or there twice", s)
		}
		seen[s] = true
	}
}
