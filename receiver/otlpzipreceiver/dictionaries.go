package otlpzipreceiver

import (
	"container/heap"
	"container/list"
	"sync"

	"github.com/otelcol-plus/otelcol-plus/internal/tracezip"
)

// Why a dictionary was dropped.
const (
	evictedMemory  = "memory"  // dictionary_memory was full
	evictedTenants = "tenants" // there were too many tenants
)

const (
	// dictionaryShare is how many times the largest dictionary fits into the memory, so that one cannot push all others out. Nor
	// may one be larger than what a decoder takes.
	dictionaryShare = 8
	// maxTenants bounds the tenants that have dictionaries, the memory for keeping track of them with it.
	maxTenants = 4096
	// entryBytes is about what keeping track of one dictionary takes.
	entryBytes = 512
)

// dictionaryCache holds the dictionaries of all tenants within a number of bytes. When it is full, the tenant that holds most
// gives up what it has not used for the longest time: one that floods the cache floods out itself. A nil cache holds nothing.
type dictionaryCache struct {
	limit   int
	metrics *cacheMetrics
	mu      sync.Mutex
	used    int
	puts    int
	tenants map[tenantID]*tenant
	recent  *list.List // of *tenant, the one used last in front
	bySize  bySize
}

// tenant is the dictionaries of one sender, or of several that share an identity.
type tenant struct {
	id      tenantID
	place   *list.Element // in recent
	rank    int           // in bySize
	bytes   int
	lastPut int // number of the put that gave it the newest of them
	byID    map[tracezip.DictionaryID]*list.Element
	entries *list.List // of *tracezip.Dictionary, the one used last in front
}

// newDictionaryCache returns a cache of that many bytes, nil for none.
func newDictionaryCache(limit int, metrics *cacheMetrics) *dictionaryCache {
	if limit == 0 {
		return nil
	}
	return &dictionaryCache{limit: limit, metrics: metrics, tenants: map[tenantID]*tenant{}, recent: list.New()}
}

// maxDictionary is the memory of the largest dictionary that is kept, 0 when none is.
func (c *dictionaryCache) maxDictionary() int {
	if c == nil {
		return 0
	}
	return min(c.limit/dictionaryShare-entryBytes, tracezip.DefaultLimits().MaxDictionaryBytes)
}

// get returns a tenant's dictionary, or nil.
func (c *dictionaryCache) get(id tenantID, dict tracezip.DictionaryID) *tracezip.Dictionary {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.tenants[id]
	if t == nil {
		return nil
	}
	entry := t.byID[dict]
	if entry == nil {
		return nil
	}
	t.entries.MoveToFront(entry)
	c.recent.MoveToFront(t.place)
	return entry.Value.(*tracezip.Dictionary)
}

// put keeps a tenant's dictionary, unless it is too large.
func (c *dictionaryCache) put(id tenantID, dict *tracezip.Dictionary) {
	if dict.MemoryBytes() > c.maxDictionary() || c.get(id, dict.ID()) != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	size := dict.MemoryBytes() + entryBytes
	for c.used+size > c.limit {
		c.evict(c.largest(id, size), evictedMemory)
	}
	t := c.tenants[id]
	if t == nil {
		t = c.add(id)
	}
	if t.byID[dict.ID()] != nil {
		return // another request was faster
	}
	t.byID[dict.ID()] = t.entries.PushFront(dict)
	c.recent.MoveToFront(t.place)
	c.puts++
	t.lastPut = c.puts
	c.resize(t, size)
	c.metrics.held(1, size)
}

// add makes a tenant.
func (c *dictionaryCache) add(id tenantID) *tenant {
	for len(c.tenants) >= maxTenants {
		c.evict(c.recent.Back().Value.(*tenant), evictedTenants)
	}
	t := &tenant{id: id, byID: map[tracezip.DictionaryID]*list.Element{}, entries: list.New()}
	t.place = c.recent.PushFront(t)
	heap.Push(&c.bySize, t)
	c.tenants[id] = t
	return t
}

// resize makes a tenant hold so many bytes more.
func (c *dictionaryCache) resize(t *tenant, bytes int) {
	t.bytes += bytes
	c.used += bytes
	heap.Fix(&c.bySize, t.rank)
}

// largest is the tenant that holds most when the given one, if it holds anything, gets size more. There must be one.
func (c *dictionaryCache) largest(adding tenantID, size int) *tenant {
	most := c.bySize[0]
	if t := c.tenants[adding]; t != nil && t.bytes+size > most.bytes {
		return t
	}
	return most
}

// bySize is a heap of tenants: the first one holds most, and of several the one that has got none for the longest time.
type bySize []*tenant

var _ heap.Interface = (*bySize)(nil)

func (s bySize) Len() int { return len(s) }

func (s bySize) Less(i, j int) bool {
	if s[i].bytes != s[j].bytes {
		return s[i].bytes > s[j].bytes
	}
	return s[i].lastPut < s[j].lastPut
}

func (s bySize) Swap(i, j int) {
	s[i], s[j] = s[j], s[i]
	s[i].rank, s[j].rank = i, j
}

// Push implements heap.Interface.
func (s *bySize) Push(x any) {
	t := x.(*tenant)
	t.rank = len(*s)
	*s = append(*s, t)
}

// Pop implements heap.Interface.
func (s *bySize) Pop() any {
	last := len(*s) - 1
	t := (*s)[last]
	(*s)[last] = nil
	*s = (*s)[:last]
	return t
}

// evict drops the dictionary that a tenant has not used for the longest time, and the tenant with its last one.
func (c *dictionaryCache) evict(t *tenant, reason string) {
	dict := t.entries.Remove(t.entries.Back()).(*tracezip.Dictionary)
	delete(t.byID, dict.ID())
	size := dict.MemoryBytes() + entryBytes
	c.resize(t, -size)
	if t.entries.Len() == 0 {
		c.recent.Remove(t.place)
		heap.Remove(&c.bySize, t.rank)
		delete(c.tenants, t.id)
	}
	c.metrics.evicted(reason)
	c.metrics.held(-1, -size)
}

// lookup is a tenant's dictionaries while one frame is decoded.
type lookup struct {
	cache   *dictionaryCache
	tenant  tenantID
	found   bool // what the frame named
	missing bool
	defined *tracezip.Dictionary
}

var _ tracezip.Dictionaries = (*lookup)(nil)

// Dictionary implements tracezip.Dictionaries.
func (l *lookup) Dictionary(id tracezip.DictionaryID) *tracezip.Dictionary {
	dict := l.cache.get(l.tenant, id)
	l.found, l.missing = dict != nil, dict == nil
	return dict
}

// Define implements tracezip.Dictionaries.
func (l *lookup) Define(dict *tracezip.Dictionary) { l.defined = dict }

// done counts what the frame wanted, and keeps what it defined, if all of it could be decoded.
func (l *lookup) done(decoded bool) {
	switch {
	case l.missing:
		l.cache.metrics.missed()
	case l.defined != nil && decoded:
		l.cache.metrics.defined()
		l.cache.put(l.tenant, l.defined)
	case l.found:
		l.cache.metrics.hit()
	}
}
