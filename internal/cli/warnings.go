package cli

import (
	"slices"
	"sync"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// maxWarnings bounds what the screen repeats of the log.
const maxWarnings = 5

// warnings remembers the first few distinct warnings and errors that the collector logs.
type warnings struct {
	mu   sync.Mutex
	seen []string
}

func (w *warnings) option() zap.Option {
	return zap.Hooks(func(e zapcore.Entry) error {
		if e.Level < zapcore.WarnLevel {
			return nil
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		if len(w.seen) < maxWarnings && !slices.Contains(w.seen, e.Message) {
			w.seen = append(w.seen, e.Message)
		}
		return nil
	})
}

func (w *warnings) list() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.seen)
}
