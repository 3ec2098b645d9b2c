package pprofexporter

import (
	"time"

	"github.com/google/pprof/profile"

	"github.com/otelcol-plus/otelcol-plus/internal/pprofconv"
	"github.com/otelcol-plus/otelcol-plus/internal/pprofdir"
)

const (
	// maxWindowSamples closes a window's file early: it is kept in memory and written again with every request.
	maxWindowSamples = 50_000
	// maxOpenWindows and maxOpenSamples bound what all windows together keep in memory, some 100 MB at the very most.
	maxOpenWindows = 512
	maxOpenSamples = 200_000
	// maxAge is how late profiles may be and still be filed under the time they were taken.
	maxAge = 24 * time.Hour
)

// windowKey is what shares a file: the same service and, because pprof cannot merge others, the same types.
type windowKey struct {
	service, kind, unit, periodKind, periodUnit string
	start                                       int64
}

// window is a file that may still grow.
type window struct {
	name    pprofdir.Name
	profile *profile.Profile
	used    time.Time
}

// windows are the files that may still grow, the bounded memory of the exporter. Nothing is lost when a window is
// forgotten: its file is complete, and what comes later starts another.
type windows struct {
	length  time.Duration
	open    map[windowKey]*window
	samples int
}

func newWindows(length time.Duration) *windows {
	return &windows{length: length, open: map[windowKey]*window{}}
}

// key places a profile in the window of its start, or of now when it claims another day.
func (w *windows) key(p pprofconv.Profile, now time.Time) windowKey {
	start := time.Unix(0, p.Pprof.TimeNanos)
	if start.After(now) || now.Sub(start) > maxAge {
		start = now
	}
	return windowKey{
		service: p.Service, kind: p.Type, unit: p.Unit,
		periodKind: p.Pprof.PeriodType.Type, periodUnit: p.Pprof.PeriodType.Unit,
		start: start.Truncate(w.length).Unix(),
	}
}

func (w *windows) put(key windowKey, win *window) {
	if old := w.open[key]; old != nil {
		w.samples -= len(old.profile.Sample)
	}
	w.open[key] = win
	w.samples += len(win.profile.Sample)
}

func (w *windows) forget(key windowKey) {
	w.samples -= len(w.open[key].profile.Sample)
	delete(w.open, key)
}

// expire forgets windows that nothing was added to for longer than a window, and the least recently used beyond the
// bounds.
func (w *windows) expire(now time.Time) {
	for key, win := range w.open {
		if now.Sub(win.used) > 2*w.length {
			w.forget(key)
		}
	}
	for len(w.open) > maxOpenWindows || w.samples > maxOpenSamples {
		w.forget(w.leastRecent())
	}
}

func (w *windows) leastRecent() windowKey {
	var oldest windowKey
	var used time.Time
	for key, win := range w.open {
		if used.IsZero() || win.used.Before(used) {
			oldest, used = key, win.used
		}
	}
	return oldest
}
