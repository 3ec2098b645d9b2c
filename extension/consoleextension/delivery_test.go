package consoleextension

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-plus/otelcol-plus/internal/selfmetrics"
)

// An outage as successive looks find it. Such an exporter retries for ever and counts no failure.
func TestDeliveriesTellAnOutage(t *testing.T) {
	var d deliveries
	began := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	for _, step := range []struct {
		name                    string
		at                      time.Duration
		sent, queue, inFlight   int
		lastSent, stalledForSec float64 // lastSent in seconds after the beginning, -1 for never
	}{
		{"first look: what was sent before has no time", 0, 100, 0, 0, -1, 0},
		{"sent more", 5 * time.Second, 150, 0, 0, 5, 0},
		{"idle", 10 * time.Second, 150, 0, 0, 5, 0},
		{"something waits", 15 * time.Second, 150, 1, 0, 5, 0},
		{"and still does", 25 * time.Second, 150, 9, 0, 5, 10},
		{"long not looked at", time.Hour, 150, 900, 1, 5, 3585},
		{"it sends again, with the rest in the queue", time.Hour + 5*time.Second, 200, 700, 1, 3605, 0},
		{"a request waits for its next attempt without a queue", 2 * time.Hour, 200, 0, 1, 3605, 0},
		{"and longer", 2*time.Hour + 20*time.Second, 200, 0, 1, 3605, 20},
		{"the queue was given up", 3 * time.Hour, 200, 0, 0, 3605, 0},
	} {
		page := fmt.Sprintf("otelcol_exporter_sent_spans_total{exporter=\"otlpzip\"} %d\notelcol_exporter_queue_size{exporter=\"otlpzip\"} %d\notelcol_exporter_in_flight_requests{exporter=\"otlpzip\"} %d\n",
			step.sent, step.queue, step.inFlight)
		m, err := selfmetrics.Parse(strings.NewReader(page))
		require.NoError(t, err)
		got := d.update(began.Add(step.at), m)
		require.Len(t, got, 1, step.name)
		assert.InDelta(t, step.stalledForSec, got[0].StalledSeconds, 0, step.name)
		if step.lastSent < 0 {
			assert.Zero(t, got[0].LastSent, step.name)
		} else {
			assert.InDelta(t, step.lastSent, got[0].LastSent.Sub(began).Seconds(), 0, step.name)
		}
	}
}

// An exporter that has only failed so far is there, by its queue.
func TestDeliveriesBeforeAnythingWasSent(t *testing.T) {
	var d deliveries
	m, err := selfmetrics.Parse(strings.NewReader("otelcol_exporter_queue_size{exporter=\"a\"} 3\notelcol_exporter_queue_capacity{exporter=\"a\"} 10\n"))
	require.NoError(t, err)
	now := time.Now()
	d.update(now, m)
	got := d.update(now.Add(time.Minute), m)
	require.Len(t, got, 1)
	assert.Equal(t, "a", got[0].Name)
	assert.InDelta(t, 60, got[0].StalledSeconds, 0)
	assert.Zero(t, got[0].LastSent)
}
