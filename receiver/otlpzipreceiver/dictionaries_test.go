package otlpzipreceiver

import (
	"context"
	"crypto/sha256"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/otel/attribute"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpzip/otlpziptest"
	"github.com/otelcol-plus/otelcol-plus/internal/tracezip"
	"github.com/otelcol-plus/otelcol-plus/receiver/otlpzipreceiver/internal/metadata"
)

// testCache is a cache with readable metrics that holds n of the given dictionaries.
func testCache(t *testing.T, n int, dict *tracezip.Dictionary) (*dictionaryCache, *componenttest.Telemetry) {
	t.Helper()
	tel := componenttest.NewTelemetry()
	t.Cleanup(func() { require.NoError(t, tel.Shutdown(context.Background())) })
	return newTestCache(t, n, dict, tel), tel
}

func newTestCache(tb testing.TB, n int, dict *tracezip.Dictionary, tel *componenttest.Telemetry) *dictionaryCache {
	tb.Helper()
	builder, err := metadata.NewTelemetryBuilder(tel.NewTelemetrySettings())
	require.NoError(tb, err)
	limit := n * (dict.MemoryBytes() + entryBytes)
	require.GreaterOrEqual(tb, n, dictionaryShare, "otherwise the dictionary is too large to be kept")
	return newDictionaryCache(limit, newCacheMetrics(builder, component.NewID(NewFactory().Type())))
}

func tenantNamed(name string) tenantID { return sha256.Sum256([]byte(name)) }

func checkHeld(t *testing.T, c *dictionaryCache, tel *componenttest.Telemetry, want int) {
	t.Helper()
	n, bytes := 0, 0
	for _, tenant := range c.tenants {
		require.Equal(t, tenant.entries.Len(), len(tenant.byID))
		require.Positive(t, tenant.entries.Len(), "no tenant without dictionaries stays")
		n += tenant.entries.Len()
		bytes += tenant.bytes
	}
	assert.Equal(t, want, n)
	assert.Equal(t, c.used, bytes)
	assert.LessOrEqual(t, c.used, c.limit)
	assert.Len(t, c.tenants, c.recent.Len())
	assert.Len(t, c.bySize, len(c.tenants))
	for i, tenant := range c.bySize {
		require.Equal(t, i, tenant.rank)
		require.LessOrEqual(t, tenant.bytes, c.bySize[max(i-1, 0)/2].bytes)
	}
	assert.EqualValues(t, n, otlpziptest.Sum(t, tel, "otelcol_receiver_otlpzip_dictionaries"))
	assert.EqualValues(t, bytes, otlpziptest.Sum(t, tel, "otelcol_receiver_otlpzip_dictionary_memory"))
}

func evicted(t *testing.T, tel *componenttest.Telemetry, reason string) int64 {
	return otlpziptest.Sum(t, tel, "otelcol_receiver_otlpzip_dictionaries_evicted", attribute.String("reason", reason))
}

// TestCacheEvictsTheFlooder: the tenant that holds most makes room, with what it used longest ago.
func TestCacheEvictsTheFlooder(t *testing.T) {
	dicts := otlpziptest.Dictionaries(t, 20)
	c, tel := testCache(t, 10, otlpziptest.Largest(dicts))
	quiet, flooder := tenantNamed("quiet"), tenantNamed("flooder")
	c.put(quiet, dicts[0])
	for _, d := range dicts {
		c.put(flooder, d)
	}
	assert.Same(t, dicts[0], c.get(quiet, dicts[0].ID()), "the quiet tenant is not disturbed")
	assert.Nil(t, c.get(flooder, dicts[0].ID()))
	last := dicts[len(dicts)-1]
	assert.Same(t, last, c.get(flooder, last.ID()))
	assert.Nil(t, c.get(quiet, last.ID()), "what a tenant has no other one sees")
	assert.Nil(t, c.get(tenantNamed("stranger"), last.ID()))
	assert.Positive(t, evicted(t, tel, "memory"))
	checkHeld(t, c, tel, len(dicts)+1-int(evicted(t, tel, "memory")))
}

// TestCacheEvictsTheOldestOfEquals: of tenants that hold equally much, the one that got none for the longest time makes room.
func TestCacheEvictsTheOldestOfEquals(t *testing.T) {
	dict := otlpziptest.Dictionaries(t, 1)[0]
	c, _ := testCache(t, 10, dict)
	for i := range 100 {
		c.put(tenantNamed(fmt.Sprint(i)), dict)
		for gone := range max(i-9, 0) {
			require.Nil(t, c.get(tenantNamed(fmt.Sprint(gone)), dict.ID()))
		}
		require.NotNil(t, c.get(tenantNamed(fmt.Sprint(max(i-9, 0))), dict.ID()))
	}
}

// TestCacheKeepsWhatIsUsed: within a tenant the least recently used goes first.
func TestCacheKeepsWhatIsUsed(t *testing.T) {
	dicts := otlpziptest.Dictionaries(t, 20)
	c, _ := testCache(t, 10, otlpziptest.Largest(dicts))
	only := tenantNamed("only")
	for _, d := range dicts {
		c.put(only, d)
		require.Same(t, dicts[0], c.get(only, dicts[0].ID()))
	}
	assert.Nil(t, c.get(only, dicts[1].ID()))
}

// TestCacheBounds: too large is not kept, twice is once, and the number of tenants is bounded.
func TestCacheBounds(t *testing.T) {
	d := otlpziptest.Dictionaries(t, 1)[0]
	c, tel := testCache(t, 2*maxTenants, d)
	for i := range maxTenants + 10 {
		c.put(tenantNamed(fmt.Sprint(i)), d)
		c.put(tenantNamed(fmt.Sprint(i)), d)
	}
	checkHeld(t, c, tel, maxTenants)
	assert.EqualValues(t, 10, evicted(t, tel, "tenants"))
	assert.Nil(t, c.get(tenantNamed("9"), d.ID()))
	assert.NotNil(t, c.get(tenantNamed("10"), d.ID()))

	small, tel := testCache(t, dictionaryShare, d)
	small.limit -= dictionaryShare
	small.put(tenantNamed("a"), d)
	checkHeld(t, small, tel, 0)

	assert.Nil(t, newDictionaryCache(0, nil))
	assert.Zero(t, (*dictionaryCache)(nil).maxDictionary())
}

// BenchmarkEvict puts dictionaries into a full cache of so many tenants, of whom one floods it.
//
//	go test -run '^$' -bench Evict ./receiver/otlpzipreceiver
func BenchmarkEvict(b *testing.B) {
	dicts := otlpziptest.Dictionaries(b, 64)
	for _, tenants := range []int{16, maxTenants} {
		b.Run(fmt.Sprint(tenants), func(b *testing.B) {
			c := newTestCache(b, tenants+32, otlpziptest.Largest(dicts), componenttest.NewTelemetry())
			for i := range tenants - 1 {
				c.put(tenantNamed(fmt.Sprint(i)), dicts[0])
			}
			flooder := tenantNamed("flooder")
			for i := 0; b.Loop(); i++ {
				c.put(flooder, dicts[i%len(dicts)])
			}
		})
	}
}
