// Package facts reads the facts of a semantic-convention registry: names, types, members, levels, units and renames.
//
// The JSON is described in REGISTRY.md's source. [Parse] refuses every word it was not told about: a new release must not slip a
// new meaning past the engine. The same reader serves the generator, which writes the facts of a release down as Go data, and
// registries that users load at start.
package facts

// Facts of one registry. Lists keep the order of the file, or are sorted by name where the file has an object.
type Facts struct {
	Release     string
	Attributes  []Attribute
	Spans       []Group
	Metrics     []Metric
	Events      []Group
	Entities    []Group
	Renames     []Rename
	Scoped      []ScopedRename
	MetricNames []MetricRename
	// Receivers are the names that receivers of the collector use.
	Receivers  []MetricRename
	ValueMaps  []ValueMap
	Structural []Structural
	Conditions []Condition
	Selectors  []Selector
	Redaction  Redaction
}

// Attribute is one name with its type. Status is empty for current names, else renamed, obsoleted, uncategorized or moved.
type Attribute struct {
	Name string
	// Type is string, int, double, boolean, string[], int[], any, template[string] or template[string[]]; enums have the type of
	// their values.
	Type string
	// Members are the current values of an enum, Old the deprecated ones.
	Members, Old []string
	Stable       bool
	Status       string
	To           string
}

// Group is a span, an event or an entity with the attributes it asks for.
type Group struct {
	Name        string
	Kind        string
	Moved       bool
	Identifying []string
	Required    []string
	Conditional []string
	Recommended []string
	Fixed       map[string]string
}

// Metric is one metric with the attributes its points are asked for.
type Metric struct {
	Name, Instrument, Unit string
	Stable                 bool
	Status                 string
	Required, Recommended  []string
	// Allowed are all attributes of the metric, whatever their level.
	Allowed []string
}

// Rename of an attribute. Action is rename, rename_and_map, structural or none.
type Rename struct {
	From, To, Action string
	Moved, Generic   bool
}

// ScopedRename holds on the points of some metrics only, whose names are those of the release the rename is from.
type ScopedRename struct {
	From, To string
	Metrics  []string
}

// MetricRename of a metric. Action is rename, convert or empty for names of receivers. Scale is the factor by unit found, sorted.
type MetricRename struct {
	From, To, Action             string
	FromInstrument, ToInstrument string
	Scale                        []Scale
	Units                        []string
}

// Scale is the factor for numbers that come in a unit.
type Scale struct {
	Unit   string
	Factor float64
}

// ValueMap gives the new values of old ones. Unmapped is keep_value, keep_key or decimal_string.
type ValueMap struct {
	From, To, Unmapped string
	Pairs              []Pair
}

// Pair is an old value and its new one, which may belong under another name than the map's.
type Pair struct {
	Old, New, To string
}

// Structural is a rename that needs more than a new key.
type Structural struct {
	ID, Op, Kind string
	From, To     []string
	Metric       bool // on points of metrics only
	Derive       bool
}

// Condition says when a group requires an attribute. A condition that no machine can decide has none of the last three.
type Condition struct {
	Group, Attribute string
	// Equals: attribute and value; AtLeast: attribute and number; Has: attribute; Error: the span's status.
	Equals  []string
	AtLeast string
	Number  int64
	Has     string
	Error   bool
}

// Decidable tells whether anything is known about when the condition holds.
func (c *Condition) Decidable() bool {
	return c.Equals != nil || c.AtLeast != "" || c.Has != "" || c.Error
}

// Selector picks the group of a span. Groups may hold <system>, <operation.type>, <kind> and *, which values fill in.
type Selector struct {
	Group    string
	Kinds    []string
	AnyOf    []string // a name, or names that must all be there joined by +
	Equals   string   // attribute
	Value    string   // value of Equals
	Priority int
}

// Redaction lists what URLs and headers must not show.
type Redaction struct {
	QueryKeys, Headers []string
}
