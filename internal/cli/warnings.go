package cli

import (
	"fmt"
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
	seen []warning
}

// warning is a message with what the log line gives as its reason.
type warning struct {
	message string
	reasons []string
}

func (w *warnings) option() zap.Option {
	return zap.WrapCore(func(core zapcore.Core) zapcore.Core { return warningCore{core, w} })
}

func (w *warnings) add(message string, fields []zapcore.Field) {
	w.mu.Lock()
	defer w.mu.Unlock()
	known := slices.ContainsFunc(w.seen, func(s warning) bool { return s.message == message })
	if known || len(w.seen) == maxWarnings {
		return
	}
	w.seen = append(w.seen, warning{message, reasons(fields)})
}

func (w *warnings) list() []warning {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.seen)
}

// reasons reads the fields by which components say why: the lists "why" and "limits", and "error".
func reasons(fields []zapcore.Field) (out []string) {
	enc := zapcore.NewMapObjectEncoder()
	for _, f := range fields {
		f.AddTo(enc)
	}
	for _, key := range []string{"why", "limits"} {
		list, _ := enc.Fields[key].([]any)
		for _, r := range list {
			out = append(out, fmt.Sprint(r))
		}
	}
	if err, ok := enc.Fields["error"]; ok {
		out = append(out, fmt.Sprint(err))
	}
	return out
}

// warningCore shows every entry to the list on its way to the log.
type warningCore struct {
	zapcore.Core
	list *warnings
}

func (c warningCore) With(fields []zapcore.Field) zapcore.Core {
	return warningCore{c.Core.With(fields), c.list}
}

func (c warningCore) Check(e zapcore.Entry, checked *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if c.Enabled(e.Level) {
		return checked.AddCore(e, c)
	}
	return checked
}

func (c warningCore) Write(e zapcore.Entry, fields []zapcore.Field) error {
	if e.Level >= zapcore.WarnLevel {
		c.list.add(e.Message, fields)
	}
	return c.Core.Write(e, fields)
}
