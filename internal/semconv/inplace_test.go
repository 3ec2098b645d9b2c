package semconv

import (
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pprofile"
)

// Writing keys in place and writing a new list lead to the same map, and both refuse one that must not be written to.
func TestBothWaysToRename(t *testing.T) {
	require.True(t, mapLayout.known, "pdata has changed the layout of its maps: renames take the slower way")
	known := mapLayout
	defer func() { mapLayout = known }()
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 3_000 {
		in, kind := randomSpan(rnd, rnd.IntN(14)), Kind(rnd.IntN(int(numKinds)))
		opts := Options{KeepDeprecated: rnd.IntN(4) == 0, DropObsolete: rnd.IntN(4) == 0}
		var results, counted []any
		for _, layout := range []layout{known, {}} {
			mapLayout = layout
			w, m := Default().NewWorker(opts), attrs(in...)
			w.spanMap(m, kind)
			results, counted = append(results, text(m)), append(counted, drain(w))
		}
		require.Equal(t, results[0], results[1], "from %v", in)
		require.Equal(t, counted[0], counted[1], "from %v", in)
	}
	for _, layout := range []layout{known, {}} {
		mapLayout = layout
		pd := pprofile.NewProfiles()
		m := pd.ResourceProfiles().AppendEmpty().Resource().Attributes()
		m.PutStr("deployment.environment", "prod")
		pd.MarkReadOnly()
		assert.Panics(t, func() { Default().NewWorker(Options{}).mapOf(m, SignalResource) })
	}
}

func TestUnknownLayouts(t *testing.T) {
	type entry struct{ Key string }
	for _, v := range []any{
		1, struct{ other int }{}, struct{ orig int }{}, struct{ orig *int }{}, struct{ orig *[]int }{}, struct{ orig *[]struct{ Name string } }{},
		struct{ orig *[]struct{ Key int } }{},
	} {
		assert.False(t, readLayout(reflect.TypeOf(v)).known, "%T", v)
	}
	assert.True(t, readLayout(reflect.TypeOf(struct{ orig *[]entry }{})).known)
	m := pcommon.NewMap()
	m.PutStr("a", "b")
	assert.Panics(t, func() { mapLayout.setKey(&m, 1, "c") })
	assert.Panics(t, func() { mapLayout.setKey(&m, -1, "c") })
}
