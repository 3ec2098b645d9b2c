package profilingreceiver

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"sort"
	"strconv"
	"strings"
	"unique"
)

// fileID tells mapped files apart. A build ID is the better half; without one,
// device and inode are.
type fileID struct {
	path     string
	dev, ino uint64
	buildID  string // in hex
}

// fileRef makes fileIDs as small as a pointer and shares them between all
// processes that map the file.
type fileRef = unique.Handle[fileID]

var (
	fileKernel  = unique.Make(fileID{path: "[kernel.kallsyms]"})
	fileVDSO    = unique.Make(fileID{path: "[vdso]"})
	fileAnon    = unique.Make(fileID{path: "[anon]"}) // code that a program made for itself
	fileUnknown = unique.Make(fileID{path: "[unknown]"})
	fileOther   = unique.Make(fileID{path: "[other]"}) // in place of stacks beyond the window's bound
)

// mapping is an executable part of a process's memory.
type mapping struct {
	start, end, off uint64
	file            fileRef
}

// frame is a place in a file: the same for every process that maps the file,
// wherever it maps it. off is an address where there is no file.
type frame struct {
	file fileRef
	off  uint64
}

const (
	maxMappings = 2048    // of one process; programs with a JIT make many small ones
	maxMapLines = 1 << 17 // of one /proc/PID/maps
)

// find returns the frame at an address.
func find(maps []mapping, addr uint64) (mapping, frame, bool) {
	i := sort.Search(len(maps), func(i int) bool { return maps[i].end > addr })
	if i == len(maps) || addr < maps[i].start {
		return mapping{}, frame{}, false
	}
	m := maps[i]
	if m.file == fileAnon {
		return m, frame{m.file, addr}, true
	}
	return m, frame{m.file, addr - m.start + m.off}, true
}

// insert returns maps with m in it, in place of whatever it overlaps. maps
// itself is unchanged: forked processes share it.
func insert(maps []mapping, m mapping) []mapping {
	if m.end <= m.start || len(maps) >= maxMappings {
		return maps
	}
	out := make([]mapping, 0, len(maps)+2)
	for _, old := range maps {
		if old.start < m.start {
			left := old
			left.end = min(old.end, m.start)
			out = append(out, left)
		}
		if old.end > m.end {
			right := old
			right.start = max(old.start, m.end)
			right.off += right.start - old.start
			out = append(out, right)
		}
	}
	out = append(out, m)
	slices.SortFunc(out, func(a, b mapping) int { return cmp.Compare(a.start, b.start) })
	return joinAnon(out)
}

// joinAnon merges neighbours that are anonymous, of which a JIT makes
// thousands.
func joinAnon(maps []mapping) []mapping {
	out := maps[:0]
	for _, m := range maps {
		if n := len(out); n > 0 && m.file == fileAnon && out[n-1].file == fileAnon && out[n-1].end == m.start {
			out[n-1].end = m.end
			continue
		}
		out = append(out, m)
	}
	return out
}

// readMaps parses the executable lines of /proc/PID/maps:
//
//	55d0c8a2d000-55d0c8b06000 r-xp 0002d000 fe:01 1573 /usr/bin/bash
func readMaps(r io.Reader) []mapping {
	var out []mapping
	sc := bufio.NewScanner(r)
	sc.Buffer(make([]byte, 0, 8<<10), 64<<10)
	for n := 0; sc.Scan() && n < maxMapLines && len(out) < maxMappings; n++ {
		line := sc.Bytes()
		if i := bytes.IndexByte(line, ' '); i < 0 || len(line) < i+5 || line[i+3] != 'x' {
			continue
		}
		if m, ok := parseMap(string(line)); ok {
			out = append(out, m)
		}
	}
	return joinAnon(out)
}

func parseMap(line string) (mapping, bool) {
	f := strings.SplitN(line, " ", 6)
	if len(f) < 5 {
		return mapping{}, false
	}
	lo, hi, _ := strings.Cut(f[0], "-")
	major, minor, _ := strings.Cut(f[3], ":")
	var n [5]uint64
	for i, s := range []string{lo, hi, f[2], major, minor} {
		v, err := strconv.ParseUint(s, 16, 64)
		if err != nil {
			return mapping{}, false
		}
		n[i] = v
	}
	ino, err := strconv.ParseUint(f[4], 10, 64)
	if err != nil || n[1] <= n[0] {
		return mapping{}, false
	}
	path := ""
	if len(f) == 6 {
		path = strings.TrimLeft(f[5], " ")
	}
	return mapping{start: n[0], end: n[1], off: n[2], file: newFile(path, n[3]<<32|n[4], ino, nil)}, true
}

// newFile gives the file of a mapping, as maps and mmap records name it.
func newFile(path string, dev, ino uint64, buildID []byte) fileRef {
	switch {
	case path == "[vdso]":
		return fileVDSO
	case path == "" || path == "//anon" || strings.HasPrefix(path, "[") || strings.HasPrefix(path, "/dev/zero") || strings.HasPrefix(path, "anon_inode:"):
		return fileAnon
	}
	id := fileID{path: strings.Clone(path)}
	if len(buildID) > 0 {
		id.buildID = fmt.Sprintf("%x", buildID)
	} else {
		id.dev, id.ino = dev, ino
	}
	return unique.Make(id)
}
