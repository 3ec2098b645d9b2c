package otlpfile

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// Signal is one of the kinds of telemetry a recording can hold.
type Signal string

const (
	Traces   Signal = "traces"
	Metrics  Signal = "metrics"
	Logs     Signal = "logs"
	Profiles Signal = "profiles"
)

// Signals lists every Signal.
var Signals = []Signal{Traces, Metrics, Logs, Profiles}

// ParseSignal reads the name of a signal.
func ParseSignal(name string) (Signal, error) {
	if s := Signal(name); slices.Contains(Signals, s) {
		return s, nil
	}
	return "", fmt.Errorf("unknown signal %q: known are traces, metrics, logs, profiles", name)
}

// SignalOf finds the signal in a file name such as shop.logs.otlp.pb.zst; a name that says nothing holds traces.
func SignalOf(path string) Signal {
	for _, part := range strings.Split(filepath.Base(path), ".") {
		if s := Signal(part); slices.Contains(Signals, s) {
			return s
		}
	}
	return Traces
}
