package values

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestValidUTF8(t *testing.T) {
	for _, unit := range []string{"a", "é", "€", "😀", "\xff", "\x80", "\xc3", "\xed\xa0\x80", "\xc0\x80", "\x00"} {
		// Each place in texts around the lengths at which the loads change.
		for n := range 80 {
			for at := range n + 1 {
				s := strings.Repeat("x", at) + unit + strings.Repeat("y", n-at)
				if got, want := ValidUTF8(s), utf8.ValidString(s); got != want {
					t.Fatalf("ValidUTF8(%q) = %v", s, got)
				}
			}
		}
	}
	if !ValidUTF8("") {
		t.Error("no text is valid")
	}
}

func FuzzValidUTF8(f *testing.F) {
	f.Add("service.name")
	f.Add("größe\xff")
	f.Fuzz(func(t *testing.T, s string) {
		if ValidUTF8(s) != utf8.ValidString(s) {
			t.Fatalf("ValidUTF8(%q) = %v", s, ValidUTF8(s))
		}
		repaired := RepairUTF8(s)
		if !ValidUTF8(repaired) || repaired != RepairUTF8(repaired) || ValidUTF8(s) && repaired != s {
			t.Fatalf("RepairUTF8(%q) = %q", s, repaired)
		}
	})
}

func TestRepairUTF8(t *testing.T) {
	for in, want := range map[string]string{
		"":                        "",
		"valid é":                 "valid é",
		"a\xffb":                  "a\uFFFDb",
		"a\xff\xfe\x80b\xff":      "a\uFFFDb\uFFFD",
		"\xed\xa0\x80":            "\uFFFD",
		"cut at the end \xe2\x82": "cut at the end \uFFFD",
	} {
		if got := RepairUTF8(in); got != want {
			t.Errorf("RepairUTF8(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestTruncate(t *testing.T) {
	for _, tt := range []struct {
		in   string
		max  int
		want string
	}{
		{"abc", 4, "abc"},
		{"abc", 3, "abc"},
		{"abc", 2, "ab"},
		{"abc", 0, ""},
		{"abc", -1, ""},
		{"", 0, ""},
		{"aé", 2, "a"},
		{"é", 1, ""},
		{"a€", 3, "a"},
		{"a€b", 4, "a€"},
		{"😀😀", 7, "😀"},
		{"😀", 3, ""},
		{"\x80\x80\x80\x80\x80\x80", 5, "\x80\x80\x80\x80\x80"},
	} {
		if got := Truncate(tt.in, tt.max); got != tt.want {
			t.Errorf("Truncate(%q, %d) = %q, want %q", tt.in, tt.max, got, tt.want)
		}
	}
}

func FuzzTruncate(f *testing.F) {
	f.Add("größe", 3)
	f.Fuzz(func(t *testing.T, s string, max int) {
		got := Truncate(s, max)
		switch {
		case len(got) > max && max >= 0 || max < 0 && got != "" && len(s) > 0 || !strings.HasPrefix(s, got):
			t.Fatalf("Truncate(%q, %d) = %q", s, max, got)
		case utf8.ValidString(s) && !utf8.ValidString(got):
			t.Fatalf("Truncate(%q, %d) = %q splits a code point", s, max, got)
		case len(s) > max && max-len(got) >= utf8.UTFMax:
			t.Fatalf("Truncate(%q, %d) = %q takes too much", s, max, got)
		case Truncate(got, max) != got:
			t.Fatalf("Truncate(%q, %d) = %q, then %q", s, max, got, Truncate(got, max))
		}
	})
}

func TestIsUID(t *testing.T) {
	for in, want := range map[string]bool{
		"275ecb36-5aa8-4c2a-9c47-d8bb681b9aff":   true,
		"275ECB36-5AA8-4C2A-9C47-D8BB681B9AFF":   true,
		"275ecb365aa84c2a9c47d8bb681b9aff":       true,
		"":                                       false,
		"275ecb36-5aa8-4c2a-9c47-d8bb681b9af":    false,
		"275ecb36-5aa8-4c2a-9c47-d8bb681b9afff":  false,
		"275ecb36-5aa8-4c2a-9c47_d8bb681b9aff":   false,
		"275ecb365-aa8-4c2a-9c47-d8bb681b9aff":   false,
		"275ecb36-5aa8-4c2a-9c47-d8bb681b9afg":   false,
		"275ecb365aa84c2a9c47d8bb681b9afG":       false,
		"0000000000000000000000000000000g":       false,
		"-75ecb365aa84c2a9c47d8bb681b9aff":       false,
		"275ecb365aa84c2a9c47d8bb681b9af@":       false,
		"275ecb365aa84c2a9c47d8bb681b9af\x10":    false,
		"{275ecb36-5aa8-4c2a-9c47-d8bb681b9aff}": false,
	} {
		if got := IsUID(in); got != want {
			t.Errorf("IsUID(%q) = %v", in, got)
		}
	}
}

func TestHexDigit(t *testing.T) {
	for c := range 256 {
		want := strings.IndexByte("0123456789abcdef", byte(c))
		if want < 0 {
			if i := strings.IndexByte("ABCDEF", byte(c)); i >= 0 {
				want = i + 10
			}
		}
		got, ok := hexDigit(byte(c))
		if ok != (want >= 0) || ok && int(got) != want {
			t.Errorf("hexDigit(%#x) = %d, %v", c, got, ok)
		}
	}
}

func TestLowerASCII(t *testing.T) {
	for in, want := range map[string]string{
		"":                 "",
		"content-type":     "content-type",
		"Content-Type":     "content-type",
		"x_y.Z9@[`{":       "x_y.z9@[`{",
		"É\xffA":           "É\xffa",
		"lower then UPPER": "lower then upper",
	} {
		if got := LowerASCII(in); got != want {
			t.Errorf("LowerASCII(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzLowerASCII(f *testing.F) {
	f.Add("Content-Type")
	f.Fuzz(func(t *testing.T, s string) {
		got := LowerASCII(s)
		if len(got) != len(s) || LowerASCII(got) != got {
			t.Fatalf("LowerASCII(%q) = %q", s, got)
		}
		for i := range len(s) {
			if got[i] != s[i] && (!isUpper(s[i]) || got[i] != s[i]|0x20) {
				t.Fatalf("LowerASCII(%q) = %q", s, got)
			}
		}
	})
}
