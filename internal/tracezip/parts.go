package tracezip

// framePart is what bytes of a frame are for. Every byte belongs to exactly one part.
type framePart byte

const (
	partHeader framePart = iota
	partDictionary
	partDefinition
	partSpanIDs
	partTraceIDs
	partParents
	partStarts
	partDurations
	partShapes
	partNames
	partOrders
	partTraceState
	partStatusMessage
	partDropped
	partBlocks
	partResources
	partScopes
	partEvents
	partLinks
	partOTLP
	partAttributes // and one for every class behind it
	numParts       = partAttributes + numClasses

	// What keys and lists are for is known when all shapes have been read.
	partKey  = numParts
	partList = numParts + 1
)

// partTitles are the names in reports; scripts rely on them.
var partTitles = [numParts]string{
	partHeader:                     "header",
	partDictionary:                 "dictionary_name",
	partDefinition:                 "dictionary_definition",
	partSpanIDs:                    "span_ids",
	partTraceIDs:                   "trace_ids",
	partParents:                    "parents",
	partStarts:                     "start_times",
	partDurations:                  "durations",
	partShapes:                     "shapes",
	partNames:                      "span_names",
	partOrders:                     "attribute_orders",
	partTraceState:                 "trace_state",
	partStatusMessage:              "status_messages",
	partDropped:                    "dropped_counts",
	partBlocks:                     "blocks",
	partResources:                  "resources",
	partScopes:                     "scopes",
	partEvents:                     "events",
	partLinks:                      "links",
	partOTLP:                       "otlp",
	partAttributes + classResource: "resource_attributes",
	partAttributes + classScope:    "scope_attributes",
	partAttributes + classSpan:     "span_attributes",
	partAttributes + classEvent:    "event_attributes",
	partAttributes + classLink:     "link_attributes",
}

// classNames are the names of the classes of attributes in reports.
var classNames = [numClasses]string{"resource", "scope", "span", "event", "link"}

// rowPart is the part that the shapes of a class belong to.
var rowPart = [numClasses]framePart{partResources, partScopes, partShapes, partEvents, partLinks}

// fieldPart is the part that a list entry of a class belongs to.
func fieldPart(class byte, key uint32) framePart {
	switch {
	case key >= firstKey:
		return partAttributes + framePart(class)
	case class != classSpan:
		return rowPart[class]
	}
	switch key {
	case keyName:
		return partNames
	case keyTraceState:
		return partTraceState
	case keyStatusMessage:
		return partStatusMessage
	case keyEventCount, keyEventShape:
		return partEvents
	case keyLinkCount, keyLinkShape:
		return partLinks
	case keyOrder:
		return partOrders
	default:
		return partDropped
	}
}
