package semconv

// Signal is where an attribute was found.
type Signal uint8

// The places that carry attributes.
const (
	SignalResource Signal = iota
	SignalScope
	SignalSpan
	SignalSpanEvent
	SignalSpanLink
	SignalLog
	SignalMetric
	SignalProfile
	NumSignals
)

var signalNames = [NumSignals]string{"resource", "scope", "span", "span_event", "span_link", "log", "metric", "profile"}

func (s Signal) String() string { return signalNames[s] }

// Kind is the span kind, which alone decides what some old names meant. Points of metrics have the kind that their metric's
// name speaks of; everything else has none.
type Kind uint8

// The kinds. KindOther is a span that is internal or of no stated kind.
const (
	KindNone Kind = iota
	KindServer
	KindClient
	KindProducer
	KindConsumer
	KindOther
	numKinds
)

type kindSet uint8

const (
	kindsServer    = kindSet(1 << KindServer)
	kindsClient    = kindSet(1 << KindClient)
	kindsConsumer  = kindSet(1 << KindConsumer)
	kindsNotServer = kindSet(1<<KindClient | 1<<KindProducer | 1<<KindConsumer | 1<<KindOther)
	kindsAny       = kindSet(1<<numKinds - 1)
)

// Op names one kind of change.
type Op uint8

// The changes that are counted.
const (
	OpRename Op = iota
	OpValueMap
	OpCoerce
	OpDropDuplicate
	OpRenameMetric
	OpConvertMetric
	OpFoldCase
	OpRedact
	OpRepairUTF8
	OpTruncate
	OpDropObsolete
	OpDerive
	OpMove
	OpFixKey
	NumOps
)

var opNames = [NumOps]string{
	"rename", "value_map", "coerce", "drop_duplicate", "rename_metric", "convert_metric", "fold_case", "redact", "repair_utf8",
	"truncate", "drop_obsolete", "derive", "move", "fix_key",
}

func (o Op) String() string { return opNames[o] }

// Instrument is the kind of a metric.
type Instrument uint8

// The instruments; zero is a metric without data or of a kind that the conventions do not use.
const (
	Counter Instrument = iota + 1
	UpDownCounter
	Gauge
	Histogram
)

func (i Instrument) String() string {
	return [...]string{"", "counter", "updowncounter", "gauge", "histogram"}[i]
}
