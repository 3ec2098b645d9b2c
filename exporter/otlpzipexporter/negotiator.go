package otlpzipexporter

import (
	"math/bits"
	"sync"
	"time"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpzip"
)

// negotiator remembers which peers speak tracezip. It only ever saves a futile attempt: a wrong "yes" costs one
// refused frame, whose batch goes as OTLP at once, and a wrong "no" costs bytes until the next answer that advertises
// tracezip, the next connection, or the end of otlpzip.NegativeTTL.
//
// Two things make it say no. Either every open connection has refused a frame (one stock receiver: the first refusal
// settles it), or at least half of the recent frames were refused although some connection takes them (a mixed pool
// behind one name).
type negotiator struct {
	now func() time.Time

	mu    sync.Mutex
	open  map[string]int       // open connections by address pair
	plain map[string]time.Time // connections that refused a frame, until when that is believed
	// refused holds the outcome of the last frames, newest in bit 0, of which the lowest `tried` count.
	refused uint16
	tried   int
	// pausedUntil is when a mixed pool is tried again.
	pausedUntil time.Time
	maxFrame    int
}

const (
	recentFrames = 16
	minRefusals  = 4
)

func newNegotiator() *negotiator {
	return &negotiator{now: time.Now, open: map[string]int{}, plain: map[string]time.Time{}}
}

// wantsFrames reports whether the next batch should be tried as a frame.
func (n *negotiator) wantsFrames() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	now := n.now()
	if now.Before(n.pausedUntil) {
		return false
	}
	if len(n.plain) == 0 || len(n.open) == 0 {
		return true
	}
	for conn := range n.open {
		if until, refused := n.plain[conn]; !refused || !now.Before(until) {
			return true
		}
	}
	return false
}

// accepted records that conn took a frame.
func (n *negotiator) accepted(conn string) { n.record(conn, 0) }

// refusedFrame records that the peer behind conn does not know tracezip.
func (n *negotiator) refusedFrame(conn string) { n.record(conn, 1) }

func (n *negotiator) record(conn string, refused uint16) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.refused = n.refused<<1 | refused
	n.tried = min(n.tried+1, recentFrames)
	if refused == 0 {
		delete(n.plain, conn)
		return
	}
	if n.open[conn] > 0 {
		n.plain[conn] = n.now().Add(otlpzip.NegativeTTL)
	}
	recent := bits.OnesCount16(n.refused & (1<<n.tried - 1))
	if recent >= minRefusals && 2*recent >= n.tried {
		n.pausedUntil = n.now().Add(otlpzip.NegativeTTL)
		n.refused, n.tried = 0, 0
	}
}

// advertised records what an answer over conn said of the peer.
func (n *negotiator) advertised(conn string, c otlpzip.Capability) {
	if !c.Tracezip {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.plain, conn)
	n.maxFrame = c.MaxFrameBytes
}

// maxFrameBytes is the largest frame the peer said it takes, 0 when unknown.
func (n *negotiator) maxFrameBytes() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.maxFrame
}

// connected records a new connection; it may lead to an upgraded peer, so a pause ends.
func (n *negotiator) connected(conn string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.open[conn]++
	n.pausedUntil = time.Time{}
	n.refused, n.tried = 0, 0
}

// disconnected forgets a connection.
func (n *negotiator) disconnected(conn string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.open[conn]--; n.open[conn] <= 0 {
		delete(n.open, conn)
		delete(n.plain, conn)
	}
}
