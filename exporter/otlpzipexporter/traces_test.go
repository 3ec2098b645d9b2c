package otlpzipexporter

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.uber.org/zap"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpzip"
	"github.com/otelcol-plus/otelcol-plus/internal/otlpzip/otlpziptest"
	"github.com/otelcol-plus/otelcol-plus/internal/tracezip"
)

// scriptedLink is a peer that decodes nothing: it notes what is sent and answers by number of spans.
type scriptedLink struct {
	link
	frames int
	otlp   []int64 // numbers of the spans that came as OTLP and were delivered
	answer func(td ptrace.Traces) reply
}

func (l *scriptedLink) frame(context.Context, *[]byte) reply {
	l.frames++
	return reply{verdict: unsupported, err: status.Error(codes.Unimplemented, "no frames here")}
}

func (l *scriptedLink) traces(_ context.Context, td ptrace.Traces) reply {
	r := l.answer(td)
	if r.verdict == delivered {
		l.otlp = append(l.otlp, otlpziptest.Numbers([]ptrace.Traces{td})...)
	}
	return r
}

func newTestPusher(t *testing.T, l link) *tracePusher {
	t.Helper()
	tel, err := newTelemetry(exportertest.NewNopSettings(component.MustNewType("otlpzip")), "traces", nil)
	require.NoError(t, err)
	return newTracePusher(l, newNegotiator(), tel, newBufferPool(), zap.NewNop(), createDefaultConfig().(*Config).Zip)
}

// TestEncoderPanic: the batch goes as OTLP and the exporter lives.
func TestEncoderPanic(t *testing.T) {
	l := &scriptedLink{answer: func(ptrace.Traces) reply { return reply{verdict: delivered} }}
	p := newTestPusher(t, l)
	p.encoders = otlpzip.NewFreeList(func() *tracezip.Encoder { return nil })
	for range 2 {
		require.NoError(t, p.push(context.Background(), otlpziptest.Traces(5)))
	}
	assert.Zero(t, l.frames)
	assert.Len(t, l.otlp, 10)
	p.config.Fallback = false
	err := p.push(context.Background(), otlpziptest.Traces(5))
	require.True(t, consumererror.IsPermanent(err))
}

// TestHalvesWithBothErrors: span 3 is refused for good, span 12 for now, in batches of at most 4 spans. The retry
// carries what is left and no more, and in the end span 3 is reported and everything else delivered once.
func TestHalvesWithBothErrors(t *testing.T) {
	refuse12 := true
	l := &scriptedLink{answer: func(td ptrace.Traces) reply {
		if td.SpanCount() > 4 {
			return reply{verdict: tooLarge, err: status.Error(codes.ResourceExhausted, "larger than max")}
		}
		for _, n := range otlpziptest.Numbers([]ptrace.Traces{td}) {
			if n == 3 {
				return reply{verdict: failed, err: consumererror.NewPermanent(status.Error(codes.InvalidArgument, "span 3"))}
			}
			if n == 12 && refuse12 {
				return reply{verdict: failed, err: status.Error(codes.Unavailable, "busy")}
			}
		}
		return reply{verdict: delivered}
	}}
	p := newTestPusher(t, l)
	err := p.push(context.Background(), otlpziptest.Traces(16))
	require.Error(t, err)
	require.False(t, consumererror.IsPermanent(err), "there is something left to retry")
	var rest consumererror.Traces
	require.ErrorAs(t, err, &rest)
	left := otlpziptest.Numbers([]ptrace.Traces{rest.Data()})
	assert.Equal(t, []int64{0, 1, 2, 3, 12, 13, 14, 15}, left)

	refuse12 = false
	err = p.push(context.Background(), rest.Data())
	require.ErrorContains(t, err, "span 3")
	require.True(t, consumererror.IsPermanent(err))
	require.ErrorAs(t, err, &rest)
	assert.Equal(t, []int64{0, 1, 2, 3}, otlpziptest.Numbers([]ptrace.Traces{rest.Data()}))
	slices.Sort(l.otlp)
	assert.Equal(t, []int64{4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, l.otlp, "everything else once")
}

// TestHalvesBringTheDictionary: a batch that is too large even without the definition in its frame is cut in two, and one half
// brings the dictionary. Nothing was sent in vain.
func TestHalvesBringTheDictionary(t *testing.T) {
	r := newReporting(t, 0)
	for !r.epochs.Active() {
		require.NoError(t, r.push(context.Background(), batchWithKeys("key", 12)))
		require.Less(t, len(r.link.sizes), 100)
	}
	large := ptrace.NewTraces()
	for i := range 40 {
		batchWithKeys(fmt.Sprint("key", i), 12).ResourceSpans().MoveAndAppendTo(large.ResourceSpans())
	}
	frame, err := r.encode(large, tracezip.FrameOptions{})
	require.NoError(t, err)
	limit := len(*frame) * 9 / 10
	r.peer.advertised("connection", otlpzip.Capability{Tracezip: true, MaxFrameBytes: limit})
	before := len(r.link.sizes)
	require.NoError(t, r.push(context.Background(), large))
	assert.Len(t, r.link.sizes[before:], 2)
	assert.EqualValues(t, 1, otlpziptest.Sum(t, r.tel, "otelcol_exporter_otlpzip_splits"))
	assert.EqualValues(t, 1, otlpziptest.Sum(t, r.tel, "otelcol_exporter_otlpzip_dictionary_definitions"))
}

// TestDefinitionLeftOut: a batch that only the definition makes too large goes without it, whole.
func TestDefinitionLeftOut(t *testing.T) {
	r := newReporting(t, 0)
	td := batchWithKeys("key", 12)
	for !r.epochs.Active() {
		require.NoError(t, r.push(context.Background(), td))
		require.Less(t, len(r.link.sizes), 100)
	}
	r.peer.advertised("connection", otlpzip.Capability{Tracezip: true, MaxFrameBytes: r.link.sizes[0]})
	before := len(r.link.sizes)
	require.NoError(t, r.push(context.Background(), td))
	assert.Equal(t, r.link.sizes[:1], r.link.sizes[before:])
	assert.False(t, r.epochs.Active())
	assert.Zero(t, otlpziptest.Sum(t, r.tel, "otelcol_exporter_otlpzip_splits"))
	assert.Zero(t, otlpziptest.Sum(t, r.tel, "otelcol_exporter_otlpzip_dictionary_definitions"))
}
