package semconv

// The shapes of the generated facts. Their words are explained in REGISTRY.md's source; here they are only typed.

type attrType uint8

const (
	typeAny attrType = iota
	typeString
	typeInt
	typeDouble
	typeBool
	typeStrings
	typeInts
	typeTemplate
)

type status uint8

const (
	statusCurrent status = iota
	statusDeprecated
	statusObsolete
	// statusMoved entries live on in another repository: neither deprecated nor ours to check.
	statusMoved
)

type action uint8

const (
	actionRename action = iota
	actionStructural
	actionConvert
	actionNone
)

type unmapped uint8

const (
	keepValue unmapped = iota
	keepKey
	decimalString
)

type attributeFact struct {
	name              string
	typ               attrType
	status            status
	members           []string
	deprecatedMembers []string
}

type renameFact struct {
	from, to       string
	action         action
	moved, generic bool
}

type scopedFact struct {
	from, to string
	metrics  []string
}

type valuePair struct {
	old, new string
	// to names another target for this value, as SPDY of http.flavor goes to network.protocol.name.
	to string
}

type valueMapFact struct {
	from, to string
	unmapped unmapped
	pairs    []valuePair
}

type structuralFact struct {
	id, op     string
	from, to   []string
	kinds      kindSet
	metricOnly bool
	derive     bool
}

type metricFact struct {
	name       string
	instrument Instrument
	unit       string
	status     status
}

type metricRenameFact struct {
	from, to string
	action   action
}

type collectorMetricFact struct {
	from, to                     string
	fromInstrument, toInstrument Instrument
}
