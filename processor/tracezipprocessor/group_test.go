package tracezipprocessor

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

func TestGroupIsAStableSortByFirstAppearance(t *testing.T) {
	g := grouper{key: [2]uint64{3, 5}, spare: ptrace.NewSpan()}
	for seed := range uint64(300) {
		rnd := rand.New(rand.NewPCG(seed, 2))
		n, traces := rnd.IntN(60), 1+rnd.IntN(12)
		spans := ptrace.NewSpanSlice()
		first, last := make([]uint64, n), make([]uint64, n)
		type row struct{ trace, order int }
		rows, rank := []row{}, map[int]int{}
		for i := range n {
			trace := rnd.IntN(traces)
			var id pcommon.TraceID
			binary.LittleEndian.PutUint64(id[:8], uint64(trace/3))
			binary.LittleEndian.PutUint64(id[8:], uint64(trace%3))
			first[i], last[i] = uint64(trace/3), uint64(trace%3)
			s := spans.AppendEmpty()
			s.SetTraceID(id)
			s.Attributes().PutInt("order", int64(i))
			rows = append(rows, row{trace, i})
			if _, ok := rank[trace]; !ok {
				rank[trace] = len(rank)
			}
		}
		slices.SortStableFunc(rows, func(a, b row) int { return rank[a.trace] - rank[b.trace] })
		g.group(spans, first, last)
		require.Equal(t, n, spans.Len())
		for i, want := range rows {
			order, ok := spans.At(i).Attributes().Get("order")
			require.True(t, ok)
			require.Equal(t, int64(want.order), order.Int(), "seed %d place %d", seed, i)
			require.Equal(t, byte(want.trace/3), spans.At(i).TraceID()[0])
			require.Equal(t, byte(want.trace%3), spans.At(i).TraceID()[8])
		}
	}
}

func TestGroupedSpansAreLeftAlone(t *testing.T) {
	g := grouper{key: [2]uint64{3, 5}}
	require.True(t, g.number([]uint64{1, 1, 2, 3, 3}, []uint64{0, 0, 0, 0, 0}))
	require.False(t, g.number([]uint64{1, 2, 1}, []uint64{0, 0, 0}))
	require.False(t, g.number([]uint64{1, 1, 1}, []uint64{0, 7, 0}))
}
