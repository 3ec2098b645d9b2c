package symbol

import (
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func build(t *testing.T, name, src string, argv ...string) string {
	t.Helper()
	if _, err := exec.LookPath(argv[0]); err != nil {
		t.Skipf("SKIPPED, %s is not installed", argv[0])
	}
	dir := t.TempDir()
	in, out := filepath.Join(dir, name), filepath.Join(dir, "out")
	if err := os.WriteFile(in, []byte(src), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(argv[0], append(argv[1:], "-o", out, in)...)
	cmd.Env = append(os.Environ(), "GOFLAGS=-trimpath", "GO111MODULE=off")
	if b, err := cmd.CombinedOutput(); err != nil {
		t.Skipf("SKIPPED, cannot build: %v\n%s", err, b)
	}
	return out
}

func open(t *testing.T, path string) (*File, *os.File) {
	t.Helper()
	r, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	st, _ := r.Stat()
	f, err := Open(r, st.Size())
	if err != nil {
		t.Fatal(err)
	}
	return f, r
}

const goProgram = `package main
import "os"
//go:noinline
func leaf(n int) int { return n * 3 }
type T struct{}
//go:noinline
func (*T) Method(n int) int { return leaf(n) + 1 }
func main() { os.Exit((&T{}).Method(len(os.Args)) & 1) }
`

// symbols are the addresses of functions in the program before it is stripped.
func goSymbols(t *testing.T, path string) map[string]uint64 {
	t.Helper()
	f, r := open(t, path)
	out := map[string]uint64{}
	f.stream(r, f.symtab, maxSymbolTable, symbolLen, func(b []byte) bool {
		if b[4]&15 == sttFunc {
			out[f.name(r, f.strtab, uint64(f.order.Uint32(b)))] = f.order.Uint64(b[8:])
		}
		return true
	})
	return out
}

func TestGoNamesWithoutSymbolTable(t *testing.T) {
	for _, mode := range []string{"exe", "pie"} {
		t.Run(mode, func(t *testing.T) {
			path := build(t, "p.go", goProgram, "go", "build", "-buildmode="+mode)
			want := goSymbols(t, path)
			f, r := open(t, path)
			f.symtab = section{} // what -ldflags=-s leaves out
			for _, name := range []string{"main.leaf", "main.(*T).Method", "main.main", "runtime.goexit.abi0", "runtime.mallocgc"} {
				got := f.Names(r, []uint64{want[name] + 1})
				if len(got) != 1 || got[0].Name != strings.TrimSuffix(name, ".abi0") || got[0].Start != want[name] || !got[0].Go {
					t.Errorf("%s at %#x: got %+v", name, want[name], got)
				}
			}
		})
	}
}

func TestGoStrippedExternallyLinked(t *testing.T) {
	path := build(t, "p.go", goProgram, "go", "build", "-ldflags=-linkmode=external", "-buildmode=pie")
	want := goSymbols(t, path)
	f, r := open(t, path)
	f.symtab = section{}
	got := f.Names(r, []uint64{want["main.leaf"]})
	if len(got) != 1 || got[0].Name != "main.leaf" {
		t.Errorf("main.leaf at %#x: got %+v", want["main.leaf"], got)
	}
}

const cppProgram = `
#include <vector>
namespace shop { template <class T> __attribute__((noinline)) T fold(const std::vector<T>& v) { T s{}; for (T x : v) s += x; return s; }
struct Base { virtual int quote(int) = 0; }; struct P : Base { __attribute__((noinline)) int quote(int n) override { return fold<int>({n, 1}); } }; }
int main(int c, char**) { shop::P p; shop::Base* b = &p; return b->quote(c) & 1; }
`

func TestCppNamesAreDemangled(t *testing.T) {
	path := build(t, "p.cc", cppProgram, "g++", "-O1")
	f, r := open(t, path)
	want := map[string]string{"_ZN4shop1P5quoteEi": "shop::P::quote", "_ZN4shop4foldIiEET_RKSt6vectorIS1_SaIS1_EE": "shop::fold<int>", "main": "main"}
	for linkage, addr := range goSymbols(t, path) {
		name, ok := want[linkage]
		if !ok {
			continue
		}
		delete(want, linkage)
		got := f.Names(r, []uint64{addr, addr + 2})
		if len(got) != 1 || !strings.Contains(got[0].Name, name) || strings.Contains(got[0].Name, "(") {
			t.Errorf("%s: got %+v, want %s", linkage, got, name)
		}
	}
	if len(want) > 0 {
		t.Errorf("not in the program: %v", want)
	}
	if f.BuildID == "" {
		t.Error("no build ID")
	}
}

func TestOffsetsAndAddresses(t *testing.T) {
	f := &File{Segments: []Segment{{Off: 0x1000, FileSize: 0x500, Addr: 0x402000, MemSize: 0x900}}}
	if a, _, ok := f.Addr(0x1040); !ok || a != 0x402040 {
		t.Errorf("got %#x %v", a, ok)
	}
	if _, _, ok := f.Addr(0x1500); ok {
		t.Error("an offset behind the segment has an address")
	}
	if _, _, ok := f.Addr(0xfff); ok {
		t.Error("an offset before the segment has an address")
	}
}

func TestOwnExecutable(t *testing.T) {
	pc := reflect.ValueOf(TestOwnExecutable).Pointer()
	want := runtime.FuncForPC(pc).Name()
	f, r := open(t, "/proc/self/exe")
	if got := f.Names(r, []uint64{uint64(pc)}); len(got) != 1 || got[0].Name != want {
		t.Errorf("got %+v, want %s", got, want) // a test binary is no PIE: its addresses are the file's
	}
}

func TestCacheIsBounded(t *testing.T) {
	f, r := open(t, "/proc/self/exe")
	c := NewCache(8 << 10)
	start := f.text.addr
	for i := range 50 {
		key := string(rune('a' + i))
		e := c.Get(key)
		if e == nil {
			e = c.Put(key, f)
		}
		var addrs []uint64
		for n := range 20 {
			addrs = append(addrs, start+uint64(n)*512)
		}
		slices.Sort(addrs)
		c.Learn(e, r, addrs)
		if c.Bytes() > 8<<10 {
			t.Fatalf("%d bytes after file %d", c.Bytes(), i)
		}
	}
	sum := 0
	for el := c.order.Front(); el != nil; el = el.Next() {
		sum += el.Value.(*Entry).bytes
	}
	if sum != c.Bytes() || len(c.files) != c.order.Len() {
		t.Errorf("accounts say %d, entries %d", c.Bytes(), sum)
	}
}

func TestCacheAsksOnlyOnce(t *testing.T) {
	f, r := open(t, "/proc/self/exe")
	c := NewCache(1 << 20)
	e := c.Put("k", f)
	pc := uint64(reflect.ValueOf(TestCacheAsksOnlyOnce).Pointer())
	c.Learn(e, r, []uint64{1, pc})
	for _, addr := range []uint64{1, pc, pc + 3} {
		if _, known := e.Find(addr); !known {
			t.Errorf("%#x has to be asked again", addr)
		}
	}
	if fn, _ := e.Find(pc + 3); fn == nil || !strings.HasSuffix(fn.Name, "TestCacheAsksOnlyOnce") {
		t.Errorf("got %+v", fn)
	}
}
