package symbol

import (
	"container/list"
	"io"
	"slices"
	"sort"
)

// Cache holds the functions that were found in each file, and gives up the
// file that was not asked for the longest when it grows beyond its bytes. It
// is for one goroutine.
type Cache struct {
	max, bytes int
	files      map[string]*list.Element
	order      list.List // of *Entry, the last used in front
}

// Entry is what is known of one file.
type Entry struct {
	File   *File // nil when the file could not be opened, or is none that can be read
	key    string
	funcs  []Func // sorted by Start
	misses map[uint64]struct{}
	bytes  int
}

const (
	entryBytes = 512
	funcBytes  = 80
	missBytes  = 24
	maxMisses  = 4096
)

// NewCache returns a cache of at most max bytes.
func NewCache(max int) *Cache { return &Cache{max: max, files: map[string]*list.Element{}} }

// Bytes is the memory in use.
func (c *Cache) Bytes() int { return c.bytes }

// Get returns what is known of the file with this key, nil if nothing is.
func (c *Cache) Get(key string) *Entry {
	el := c.files[key]
	if el == nil {
		return nil
	}
	c.order.MoveToFront(el)
	return el.Value.(*Entry)
}

// Put begins an entry. f may be nil: that a file cannot be read is worth
// knowing too.
func (c *Cache) Put(key string, f *File) *Entry {
	c.remove(c.files[key])
	e := &Entry{File: f, key: key, misses: map[uint64]struct{}{}}
	c.files[key] = c.order.PushFront(e)
	c.charge(e, entryBytes+len(key))
	return e
}

func (c *Cache) remove(el *list.Element) {
	if el == nil {
		return
	}
	e := c.order.Remove(el).(*Entry)
	delete(c.files, e.key)
	c.bytes -= e.bytes
	e.bytes = 0
}

// charge accounts for n bytes more in e, and makes room at the expense of
// others. An entry that alone is too large loses its functions.
func (c *Cache) charge(e *Entry, n int) {
	e.bytes += n
	c.bytes += n
	for c.bytes > c.max && c.order.Back() != nil && c.order.Back().Value != any(e) {
		c.remove(c.order.Back())
	}
	if c.bytes > c.max {
		c.bytes -= e.bytes - entryBytes
		e.bytes, e.funcs, e.misses = entryBytes, nil, map[uint64]struct{}{}
	}
}

// Find returns the function that holds addr. known is false when the file has
// to be asked.
func (e *Entry) Find(addr uint64) (fn *Func, known bool) {
	i := sort.Search(len(e.funcs), func(i int) bool { return e.funcs[i].Start > addr }) - 1
	if i >= 0 && addr < e.funcs[i].End {
		return &e.funcs[i], true
	}
	if _, miss := e.misses[addr]; miss || e.File == nil || !e.File.HasNames() {
		return nil, true
	}
	return nil, false
}

// Learn asks the file for sorted addresses that Find did not know.
func (c *Cache) Learn(e *Entry, r io.ReaderAt, addrs []uint64) {
	if e.File == nil || len(addrs) == 0 || c.files[e.key] == nil {
		return
	}
	found := e.File.Names(r, addrs)
	n := 0
	for i := range found {
		n += funcBytes + len(found[i].Name) + len(found[i].Linkage)
	}
	e.insert(found)
	if len(e.misses) >= maxMisses {
		n -= missBytes * len(e.misses)
		clear(e.misses)
	}
	for _, a := range addrs {
		if _, known := e.Find(a); !known {
			e.misses[a] = struct{}{}
			n += missBytes
		}
	}
	c.charge(e, n)
}

// insert merges functions; of two with one start the longer range stays: a
// symbol without a size grows with every address asked for.
func (e *Entry) insert(found []Func) {
	e.funcs = append(e.funcs, found...)
	slices.SortStableFunc(e.funcs, func(a, b Func) int {
		if a.Start != b.Start {
			return cmp(a.Start, b.Start)
		}
		return cmp(b.End, a.End)
	})
	e.funcs = slices.CompactFunc(e.funcs, func(a, b Func) bool { return a.Start == b.Start })
}
