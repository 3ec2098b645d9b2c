package tracezip

import "go.opentelemetry.io/collector/pdata/pcommon"

// Everything with attributes is a row: resources, scopes, spans, events and links. Rows of one class that have the same
// list (ordered keys and value types), and for spans the same resource, scope, name, kind, status code and flags, form a shape.
// Each entry of a shape's list is a column of its own.
const (
	classResource = iota
	classScope
	classSpan
	classEvent
	classLink
	numClasses
)

// Pseudo-keys: fields that vary too little or too rarely to deserve a section of their own are columns like any
// attribute. They come first in a list, in ascending order, and only when the field is not empty or zero.
const (
	keyName = iota
	keyTraceState
	keyStatusMessage
	keyDroppedAttributes
	keyDroppedEvents
	keyDroppedLinks
	keyEventCount
	keyEventShape // one value for every event, not for every span
	keyLinkCount
	keyLinkShape // one value for every link
	keySchemaURL
	keyVersion
	keyEntityRefs
	keyFlags
	keyOrder // number of the order in which a span has its attributes
	numPseudo
	firstKey = 16
)

// Value types of a list entry; the numbers are those of pcommon.ValueType.
const (
	typeEmpty  = byte(pcommon.ValueTypeEmpty)
	typeStr    = byte(pcommon.ValueTypeStr)
	typeInt    = byte(pcommon.ValueTypeInt)
	typeDouble = byte(pcommon.ValueTypeDouble)
	typeBool   = byte(pcommon.ValueTypeBool)
	typeMap    = byte(pcommon.ValueTypeMap)
	typeSlice  = byte(pcommon.ValueTypeSlice)
	typeBytes  = byte(pcommon.ValueTypeBytes)
)

// pseudoType is the value type of every pseudo-key.
var pseudoType = [numPseudo]byte{
	keyName: typeStr, keyTraceState: typeStr, keyStatusMessage: typeStr,
	keyDroppedAttributes: typeInt, keyDroppedEvents: typeInt, keyDroppedLinks: typeInt,
	keyEventCount: typeInt, keyEventShape: typeInt, keyLinkCount: typeInt, keyLinkShape: typeInt,
	keySchemaURL: typeStr, keyVersion: typeStr, keyEntityRefs: typeBytes, keyFlags: typeInt, keyOrder: typeInt,
}

// pseudoAllowed has a bit for every pseudo-key a class may use.
var pseudoAllowed = [numClasses]uint32{
	classResource: 1<<keyDroppedAttributes | 1<<keySchemaURL | 1<<keyEntityRefs,
	classScope:    1<<keyName | 1<<keyDroppedAttributes | 1<<keySchemaURL | 1<<keyVersion,
	classSpan: 1<<keyName | 1<<keyTraceState | 1<<keyStatusMessage | 1<<keyDroppedAttributes | 1<<keyDroppedEvents |
		1<<keyDroppedLinks | 1<<keyEventCount | 1<<keyEventShape | 1<<keyLinkCount | 1<<keyLinkShape | 1<<keyOrder,
	classEvent: 1<<keyName | 1<<keyDroppedAttributes,
	classLink:  1<<keyTraceState | 1<<keyDroppedAttributes | 1<<keyFlags,
}

// isText tells the types whose values are strings of the frame's string table from those that are numbers.
func isText(typ byte) bool { return typ == typeStr || typ >= typeMap }

// Modes of a column.
const (
	modeConstant = 0 // one value for all rows
	modeDistinct = 1 // every row a value of its own
	modeMixed    = 2 // a code in the values section for every row
	modeKnown    = 3 // 3+i: the i-th value that the dictionary knows for the column, for all rows
)

// Codes of a mixed column: 0 takes the next new value, k is the k-1st value so far, escape reads a number from overflow. The
// values that the dictionary knows for the column come before the new ones.
const codeEscape = 255

// maxKnown is how many values of one column a dictionary may know.
const maxKnown = 128

// Trace codes.
const (
	traceNew16   = 0  // 16 new bytes in raw
	traceNew8    = 1  // 8 new bytes in raw, the high half is zero
	traceRecent  = 2  // 2+k: the k-th of the recently used ones
	recentTraces = 64 // so many are remembered
)

// Parent codes.
const (
	parentNone     = 0 // all zero
	parentNew      = 1 // 8 new bytes in raw
	parentSame     = 2 // that of the trace's previous span
	parentExternal = 3 // the external parent before the newest by overflow
	parentLocal    = 4 // 4+zigzag(distance within the trace)
)

// maxNames is how many shapes a resource and scope may have before names become a column.
const maxNames = 200
