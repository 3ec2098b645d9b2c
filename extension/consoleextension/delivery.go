package consoleextension

import (
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/otelcol-plus/otelcol-plus/internal/selfmetrics"
)

// delivery is an exporter's throughput and whether it still delivers. An exporter that retries for ever counts no failure
// while its peer is away: what shows is a queue that is not empty and a count of sent items that stands still.
type delivery struct {
	throughput
	// Queue and Capacity are what waits and what may, in the units of the exporter's sending_queue::sizer. Capacity is 0
	// without a queue.
	Queue    float64 `json:"queue"`
	Capacity float64 `json:"queue_capacity"`
	// InFlight are requests that are being sent, those included that wait for their next attempt.
	InFlight float64 `json:"in_flight"`
	// LastSent is when a look found that something had been sent since the look before; zero if no look did.
	LastSent time.Time `json:"last_sent,omitzero"`
	// StalledSeconds is for how long looks have found something to send and nothing sent.
	StalledSeconds float64 `json:"stalled_seconds"`
}

// deliveries remembers of every exporter what the last look found. Counters alone know no time, and the console looks only
// while somebody asks; as they only grow, two looks far apart still tell what happened in between.
type deliveries struct {
	mu   sync.Mutex
	seen map[string]look
}

type look struct {
	sent          float64
	last, stalled time.Time
}

// update returns the exporters as they are now, and remembers these in place of the former.
func (d *deliveries) update(now time.Time, m selfmetrics.Snapshot) []delivery {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := newDeliveries(m)
	seen := make(map[string]look, len(out))
	for i := range out {
		x := &out[i]
		before, known := d.seen[x.Name]
		is := before.then(now, x.sent(), x.Queue+x.InFlight > 0, known)
		seen[x.Name] = is
		x.LastSent = is.last
		if !is.stalled.IsZero() {
			x.StalledSeconds = now.Sub(is.stalled).Seconds()
		}
	}
	d.seen = seen
	return out
}

// newDeliveries are the exporters that have counted something or have a queue, by name.
func newDeliveries(m selfmetrics.Snapshot) []delivery {
	counted := map[string]throughput{}
	for _, t := range throughputs(m, "exporter", "exporter_sent_", "exporter_send_failed_", "exporter_enqueue_failed_") {
		counted[t.Name] = t
	}
	queue, capacity, inFlight := m.ByLabel("exporter_queue_size", "exporter"), m.ByLabel("exporter_queue_capacity", "exporter"), m.ByLabel("exporter_in_flight_requests", "exporter")
	for _, names := range []map[string]float64{capacity, inFlight} {
		for name := range names {
			if _, ok := counted[name]; !ok {
				counted[name] = throughput{Name: name, OK: map[string]float64{}, Refused: map[string]float64{}}
			}
		}
	}
	out := []delivery{}
	for _, name := range slices.Sorted(maps.Keys(counted)) {
		out = append(out, delivery{throughput: counted[name], Queue: queue[name], Capacity: capacity[name], InFlight: inFlight[name]})
	}
	return bounded(out)
}

// then is the look after l.
func (l look) then(now time.Time, sent float64, waiting, known bool) look {
	next := look{sent: sent, last: l.last, stalled: l.stalled}
	switch {
	case known && sent != l.sent:
		next.last, next.stalled = now, time.Time{}
	case !waiting:
		next.stalled = time.Time{}
	case l.stalled.IsZero():
		next.stalled = now
	}
	return next
}

// sent adds up what was sent of all signals.
func (t throughput) sent() (n float64) {
	for _, v := range t.OK {
		n += v
	}
	return n
}
