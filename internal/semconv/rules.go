package semconv

import (
	"fmt"
	"slices"
	"strings"
)

// Rule names what a finding is about.
type Rule uint8

// The rules, in the words of the reports. The last three are off unless a [Ruleset] gives them a level.
const (
	DeprecatedAttribute Rule = iota
	ObsoleteAttribute
	DeprecatedEnumValue
	DeprecatedMetric
	TypeMismatch
	MissingRequired
	MissingConditional
	Conflict
	UnmappedValue
	UnknownEnumValue
	EnumCase
	EmptyValue
	InvalidValue
	InvalidFormat
	InvalidUTF8
	ValueTooLong
	SensitiveData
	KeyFormat
	PlaceholderValue
	UnitMismatch
	UnexpectedInstrument
	UnconvertibleMetric
	UnknownAttribute
	NotStable
	MissingRecommended
	NumRules
)

// Level says how bad a finding is.
type Level uint8

// The levels, mildest first. Findings of level Off are neither counted nor reported.
const (
	Off Level = iota
	Information
	Improvement
	Violation
)

var levelNames = [...]string{"off", "information", "improvement", "violation"}

func (l Level) String() string { return levelNames[l] }

// ParseLevel reads the name of a level.
func ParseLevel(name string) (Level, error) {
	if i := slices.Index(levelNames[:], name); i >= 0 {
		return Level(i), nil
	}
	return 0, fmt.Errorf("level %q is unknown, known levels are %s", name, strings.Join(levelNames[:], ", "))
}

var ruleTable = [NumRules]struct {
	name  string
	level Level
	about string
	fix   string
}{
	DeprecatedAttribute:  {"deprecated_attribute", Improvement, "An attribute has a name that the conventions have replaced.", "Renamed to its successor; upgrade the instrumentation, or set OTEL_SEMCONV_STABILITY_OPT_IN where the SDK has it."},
	ObsoleteAttribute:    {"obsolete_attribute", Information, "An attribute has a name that the conventions have dropped without a successor.", "Kept; dropped with drop_obsolete."},
	DeprecatedEnumValue:  {"deprecated_enum_value", Improvement, "A current attribute has a value that the conventions have replaced or dropped.", "Replaced where there is a successor."},
	DeprecatedMetric:     {"deprecated_metric", Improvement, "A metric has a name that the conventions have replaced.", "Renamed, its numbers scaled when the unit changed too."},
	TypeMismatch:         {"type_mismatch", Violation, "A value has another type than the conventions ask for.", "Converted where that loses nothing, such as \"200\" to 200; fix the call that sets it otherwise."},
	MissingRequired:      {"missing_required", Violation, "A span, metric, event or resource lacks an attribute that its group requires.", "Set it in the instrumentation; some can be derived with derive."},
	MissingConditional:   {"missing_conditional", Improvement, "An attribute is required under a condition that holds here, and is missing.", "Set it in the instrumentation; error.type can be derived with derive."},
	Conflict:             {"conflict", Violation, "An old and a new name say different things, or an old key occurs twice.", "Both stay: nobody can say which one is right. Stop setting the old one."},
	UnmappedValue:        {"unmapped_value", Improvement, "An old attribute has a value without a counterpart under the new name.", "Kept under the old name."},
	UnknownEnumValue:     {"unknown_enum_value", Information, "A value is not among those the conventions list. Lists are open: it may be right.", "Nothing is changed; check the spelling."},
	EnumCase:             {"enum_case", Improvement, "A value differs from a listed one only in case.", "Folded to the listed spelling; a method keeps its original in http.request.method_original."},
	EmptyValue:           {"empty_value", Violation, "An attribute is there but says nothing.", "Do not set the attribute when there is no value."},
	InvalidValue:         {"invalid_value", Violation, "A number is outside of what it can mean: a port past 65535, a status past 599, a size below zero.", "Fix the call that sets it."},
	InvalidFormat:        {"invalid_format", Violation, "A text does not have the form the conventions ask for: a URL, the uid of a Kubernetes object.", "Fix the call that sets it."},
	InvalidUTF8:          {"invalid_utf8", Violation, "A text is not valid UTF-8, which strict receivers refuse together with everything in the same request.", "Bad bytes are replaced by U+FFFD."},
	ValueTooLong:         {"value_too_long", Improvement, "A text is longer than max_value_bytes.", "Cut at a code point."},
	SensitiveData:        {"sensitive_data", Violation, "A URL carries credentials or signatures, or a header that authenticates was recorded.", "Redacted unless redact is off."},
	KeyFormat:            {"key_format", Improvement, "The variable part of a name is not lower case.", "Lower-cased."},
	PlaceholderValue:     {"placeholder_value", Information, "A value stands for no value, such as unknown_service.", "Set the real one."},
	UnitMismatch:         {"unit_mismatch", Violation, "A metric has another unit than the conventions ask for.", "Fix the unit and the numbers in the instrumentation."},
	UnexpectedInstrument: {"unexpected_instrument", Violation, "A metric is of another kind than the conventions ask for.", "Use the instrument that the conventions name."},
	UnconvertibleMetric:  {"unconvertible_metric", Improvement, "A deprecated metric cannot be brought to its successor without loss.", "Kept under its name and unit."},
	UnknownAttribute:     {"unknown_attribute", Off, "An attribute is not in the conventions.", "Nothing: custom names are allowed. Turn the rule on for namespaces of yours."},
	NotStable:            {"not_stable", Off, "An attribute or metric of the conventions is not stable yet.", "Nothing: it may change with a release."},
	MissingRecommended:   {"missing_recommended", Off, "A span, metric, event or resource lacks an attribute that its group recommends.", "Set it where it is known."},
}

func (r Rule) String() string { return ruleTable[r].name }

// Level is the level of the rule unless a [Ruleset] says otherwise.
func (r Rule) Level() Level { return ruleTable[r].level }

// About explains the rule in a sentence.
func (r Rule) About() string { return ruleTable[r].about }

// Fix says what the processor does about it and what the sender can do.
func (r Rule) Fix() string { return ruleTable[r].fix }

// aliases are the finding ids of weaver's live check. Some stand for several rules, and some say what no rule of ours says.
var aliases = map[string][]Rule{
	"deprecated":                                   {DeprecatedAttribute, ObsoleteAttribute, DeprecatedEnumValue, DeprecatedMetric},
	"missing_attribute":                            {UnknownAttribute},
	"template_attribute":                           {},
	"missing_metric":                               {},
	"missing_event":                                {},
	"missing_namespace":                            {},
	"illegal_namespace":                            {},
	"extends_namespace":                            {},
	"undefined_enum_variant":                       {UnknownEnumValue, EnumCase},
	"required_attribute_not_present":               {MissingRequired},
	"conditionally_required_attribute_not_present": {MissingConditional},
	"recommended_attribute_not_present":            {MissingRecommended},
	"opt_in_attribute_not_present":                 {},
	"invalid_format":                               {InvalidFormat, KeyFormat},
}

// ParseRules reads the name of a rule or a finding id of weaver, which may stand for several rules or for none.
func ParseRules(name string) ([]Rule, error) {
	if rules, ok := aliases[name]; ok {
		return rules, nil
	}
	for r := range NumRules {
		if ruleTable[r].name == name {
			return []Rule{r}, nil
		}
	}
	return nil, fmt.Errorf("rule %q is unknown, known rules are %s", name, strings.Join(RuleNames(), ", "))
}

// RuleNames lists the names of all rules.
func RuleNames() []string {
	names := make([]string, NumRules)
	for r := range NumRules {
		names[r] = ruleTable[r].name
	}
	return names
}
