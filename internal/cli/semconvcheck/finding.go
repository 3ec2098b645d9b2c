package semconvcheck

import (
	"cmp"
	"encoding/hex"
	"strings"
	"unicode/utf8"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-plus/otelcol-plus/internal/semconv"
	"github.com/otelcol-plus/otelcol-plus/internal/semconv/walk"
)

// finding is everything that was said of one place: the same key, found count times. The ids and the example are of the first.
type finding struct {
	key
	area, traceID, spanID, example string
	input                          string // where the first one was, as on the command line
	count                          int64
	known                          bool // in the baseline
}

// key tells findings apart.
type key struct {
	rule    semconv.Rule
	level   semconv.Level
	signal  semconv.Signal
	name    string
	message string
	service string
	scope   string
}

// identity is what stays the same of a finding when levels are changed and messages reworded: what a baseline knows it by.
type identity struct {
	rule, signal, name, service, scope string
}

func (k *key) identity() identity {
	return identity{k.rule.String(), k.signal.String(), k.name, k.service, k.scope}
}

// keyOf makes a key of strings that may belong to the telemetry.
func keyOf(at *walk.At, f *semconv.Finding) key {
	return key{
		rule: f.Rule, level: f.Level, signal: f.Signal,
		name: bounded(f.Name), message: bounded(f.Message()), service: bounded(at.Service), scope: bounded(at.Scope),
	}
}

// newFinding keeps nothing of its arguments.
func newFinding(k key, at *walk.At, f *semconv.Finding) *finding {
	k.name, k.message, k.service, k.scope = strings.Clone(k.name), strings.Clone(k.message), strings.Clone(k.service), strings.Clone(k.scope)
	return &finding{key: k, area: f.Area, traceID: traceID(at.TraceID), spanID: spanID(at.SpanID), example: strings.Clone(f.Example())}
}

func traceID(id pcommon.TraceID) string {
	if id.IsEmpty() {
		return ""
	}
	return hex.EncodeToString(id[:])
}

func spanID(id pcommon.SpanID) string {
	if id.IsEmpty() {
		return ""
	}
	return hex.EncodeToString(id[:])
}

// maxText bounds what the report keeps of a name, in bytes. Names of the conventions are below 80.
const maxText = 512

// bounded is s, valid and not too long.
func bounded(s string) string {
	if len(s) > maxText {
		n := maxText
		for n > maxText-utf8.UTFMax && !utf8.RuneStart(s[n]) {
			n--
		}
		s = s[:n] + "…"
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// compareFindings is the order within a service: the worst first, then the rules in their own order, then by place.
func compareFindings(a, b *finding) int {
	return cmp.Or(
		-cmp.Compare(a.level, b.level), cmp.Compare(a.rule, b.rule), cmp.Compare(a.signal, b.signal), cmp.Compare(a.scope, b.scope),
		cmp.Compare(a.name, b.name), cmp.Compare(a.message, b.message), cmp.Compare(a.service, b.service),
	)
}

// alike is how many of the first findings say the same of themselves.
func alike[T comparable](list []*finding, of func(*finding) T) int {
	n := 0
	for n < len(list) && of(list[n]) == of(list[0]) {
		n++
	}
	return n
}
