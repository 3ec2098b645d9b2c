package pprofdir

import (
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"time"
)

// Suffix ends the name of every file of the directory.
const Suffix = ".pb.gz"

const (
	timeLayout = "20060102T150405Z"
	// maxPart bounds the service and the type within a name, in bytes; file systems take 255 in all.
	maxPart = 80
	// maxSeq bounds the number of files of one service, type and window.
	maxSeq = 9999
)

// Name is the parsed name of a file:
//
//	shop.samples.20260102T150400Z.pb.gz      the window that began then
//	shop.samples.20260102T150400Z-2.pb.gz    more of the same window
//
// Service and Type are as in the name, where they have safe characters only.
type Name struct {
	Service, Type string
	Start         time.Time
	// Seq counts the files of a window from 1.
	Seq int
}

// NewName makes a name of parts that may hold anything: they come from outside.
func NewName(service, kind string, start time.Time, seq int) Name {
	// The type has no dot, so that the last two dots of a name part it whatever the service's name is.
	return Name{
		Service: safe(service, true),
		Type:    safe(kind, false),
		Start:   start.UTC().Truncate(time.Second),
		Seq:     seq,
	}
}

func (n Name) String() string {
	s := n.Service + "." + n.Type + "." + n.Start.Format(timeLayout)
	if n.Seq > 1 {
		s += "-" + strconv.Itoa(n.Seq)
	}
	return s + Suffix
}

// ParseName parses a file's base name; false means that the file is not one of the directory's own.
func ParseName(base string) (Name, bool) {
	rest, ok := strings.CutSuffix(base, Suffix)
	if !ok {
		return Name{}, false
	}
	rest, stamp, ok := cutLast(rest, ".")
	if !ok {
		return Name{}, false
	}
	n := Name{Seq: 1}
	if n.Service, n.Type, ok = cutLast(rest, "."); !ok {
		return Name{}, false
	}
	stamp, seq, more := strings.Cut(stamp, "-")
	if more {
		i, err := strconv.Atoi(seq)
		if err != nil || i < 2 || i > maxSeq {
			return Name{}, false
		}
		n.Seq = i
	}
	start, err := time.Parse(timeLayout, stamp)
	if err != nil {
		return Name{}, false
	}
	n.Start = start
	// What does not come out the same was not written by String.
	return n, n.String() == base && isSafe(n.Service, true) && isSafe(n.Type, false)
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return "", "", false
	}
	return s[:i], s[i+len(sep):], true
}

// safe returns s when it can be part of a file name, else a safe spelling that ends in a hash of s, because two
// services may differ in nothing but the characters that were replaced.
func safe(s string, dots bool) string {
	if isSafe(s, dots) {
		return s
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(s))
	b := []byte(s[:min(len(s), maxPart-9)])
	if len(b) == 0 {
		b = []byte{'_'}
	}
	for i, c := range b {
		if !safeByte(c, dots, i == 0) {
			b[i] = '_'
		}
	}
	return fmt.Sprintf("%s-%08x", b, h.Sum32())
}

func isSafe(s string, dots bool) bool {
	if s == "" || len(s) > maxPart {
		return false
	}
	for i := range len(s) {
		if !safeByte(s[i], dots, i == 0) {
			return false
		}
	}
	return true
}

// safeByte allows no leading dot (hidden files) and no leading dash (options of command-line tools).
func safeByte(c byte, dots, first bool) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_':
		return true
	case c == '-':
		return !first
	case c == '.':
		return dots && !first
	}
	return false
}
