package otlpzipexporter

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpzip"
)

// clocked returns a negotiator and a function that moves its clock.
func clocked() (*negotiator, func(time.Duration)) {
	n := newNegotiator()
	now := time.Unix(1_700_000_000, 0)
	n.now = func() time.Time { return now }
	return n, func(d time.Duration) { now = now.Add(d) }
}

var speaks = otlpzip.Capability{Tracezip: true, MaxFrameBytes: 4096}

func TestNegotiatorSinglePeer(t *testing.T) {
	n, pass := clocked()
	assert.True(t, n.wantsFrames(), "the first batch is tried")
	n.connected("a")
	n.refusedFrame("a")
	assert.False(t, n.wantsFrames(), "one refusal settles it for the only connection")
	pass(otlpzip.NegativeTTL - time.Second)
	assert.False(t, n.wantsFrames())
	pass(time.Second)
	assert.True(t, n.wantsFrames(), "after the TTL it is tried again")

	n.refusedFrame("a")
	n.advertised("a", otlpzip.Capability{})
	assert.False(t, n.wantsFrames(), "an OTLP answer that says nothing changes nothing")
	n.advertised("a", speaks)
	assert.True(t, n.wantsFrames(), "an OTLP answer that advertises tracezip ends it")
	assert.Equal(t, 4096, n.maxFrameBytes())

	n.refusedFrame("a")
	n.disconnected("a")
	n.connected("b")
	assert.True(t, n.wantsFrames(), "a new connection is tried")
	assert.Empty(t, n.plain, "closed connections are forgotten")
}

func TestNegotiatorMixedPool(t *testing.T) {
	n, pass := clocked()
	n.connected("old")
	n.connected("new")
	for range minRefusals - 1 {
		n.refusedFrame("old")
		assert.True(t, n.wantsFrames(), "another connection may take frames")
	}
	n.refusedFrame("old")
	assert.False(t, n.wantsFrames(), "most frames are refused: pause")
	n.advertised("new", speaks)
	assert.False(t, n.wantsFrames(), "which one answer does not end")
	pass(otlpzip.NegativeTTL)
	assert.True(t, n.wantsFrames())

	for range 100 {
		n.accepted("new")
		n.accepted("new")
		n.refusedFrame("old")
		assert.True(t, n.wantsFrames(), "a third is worth it")
	}
}

func TestNegotiatorForgetsUnknownConnections(t *testing.T) {
	n, _ := clocked()
	n.connected("a")
	for _, gone := range []string{"b", "c", ""} {
		n.refusedFrame(gone)
	}
	assert.Empty(t, n.plain)
}
