package semconv

import (
	"fmt"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// Finding is one departure from the conventions. A worker reuses it: it is valid only while the function it is given to runs.
type Finding struct {
	Rule   Rule
	Level  Level
	Signal Signal
	// Area is the first word of the name, one of those in the registry.
	Area string
	// Name is the attribute or metric as it stands in the telemetry, or the one that is missing.
	Name string
	// Detail depends on the rule: the successor, the type, unit, instrument or form that is wanted, the group that requires the
	// name, the other attribute of a conflict. It may be empty.
	Detail string
	// Fixed tells that the worker is putting it right.
	Fixed bool
	// Observed tells that the rules only let the worker observe the service or the name.
	Observed bool

	value pcommon.Value
	has   bool
}

// Example is the value that was found, short and with everything redacted that could be secret; empty when a name is missing.
func (f *Finding) Example() string {
	if !f.has {
		return ""
	}
	if f.Rule == SensitiveData {
		return redacted
	}
	return example(f.Name, f.value)
}

// Message says in a sentence what is wrong.
func (f *Finding) Message() string {
	switch f.Rule {
	case DeprecatedAttribute, DeprecatedMetric:
		if f.Detail == "" {
			return fmt.Sprintf("%s is deprecated", f.Name)
		}
		return fmt.Sprintf("%s is deprecated, its successor is %s", f.Name, f.Detail)
	case ObsoleteAttribute:
		return fmt.Sprintf("%s is obsolete and has no successor", f.Name)
	case DeprecatedEnumValue:
		if f.Detail == "" {
			return fmt.Sprintf("%s has a value that is no longer in use", f.Name)
		}
		return fmt.Sprintf("%s has an old value, the current one is %s", f.Name, f.Detail)
	case TypeMismatch:
		return fmt.Sprintf("%s should be of type %s, found %s", f.Name, f.Detail, typeName(f.value.Type()))
	case MissingRequired:
		return fmt.Sprintf("%s requires %s", f.Detail, f.Name)
	case MissingConditional:
		return fmt.Sprintf("%s requires %s here", f.Detail, f.Name)
	case MissingRecommended:
		return fmt.Sprintf("%s recommends %s", f.Detail, f.Name)
	case Conflict:
		if f.Detail == "" || f.Detail == f.Name {
			return fmt.Sprintf("%s occurs more than once", f.Name)
		}
		return fmt.Sprintf("%s and %s say different things", f.Name, f.Detail)
	case UnmappedValue:
		return fmt.Sprintf("the value of %s has no counterpart in %s", f.Name, f.Detail)
	case UnknownEnumValue:
		return fmt.Sprintf("%s has a value that the conventions do not list", f.Name)
	case EnumCase:
		return fmt.Sprintf("the value of %s should be spelt %s", f.Name, f.Detail)
	case EmptyValue:
		return fmt.Sprintf("%s is empty", f.Name)
	case InvalidValue:
		return fmt.Sprintf("%s should be %s", f.Name, f.Detail)
	case InvalidFormat:
		return fmt.Sprintf("%s should be %s", f.Name, f.Detail)
	case InvalidUTF8:
		return fmt.Sprintf("%s is not valid UTF-8", strings.ToValidUTF8(f.Name, "\uFFFD"))
	case ValueTooLong:
		return fmt.Sprintf("%s is longer than %s bytes", f.Name, f.Detail)
	case SensitiveData:
		return fmt.Sprintf("%s carries %s", f.Name, f.Detail)
	case KeyFormat:
		return fmt.Sprintf("%s should be spelt %s", f.Name, f.Detail)
	case PlaceholderValue:
		return fmt.Sprintf("%s holds a placeholder", f.Name)
	case UnitMismatch:
		return fmt.Sprintf("%s should have unit %s", f.Name, f.Detail)
	case UnexpectedInstrument:
		return fmt.Sprintf("%s should be of the kind %s", f.Name, f.Detail)
	case UnconvertibleMetric:
		return fmt.Sprintf("%s cannot be converted to %s without loss", f.Name, f.Detail)
	case UnknownAttribute:
		return fmt.Sprintf("%s is not in the conventions", f.Name)
	default:
		return fmt.Sprintf("%s is not stable", f.Name)
	}
}

// typeName spells a type the way the registry does.
func typeName(t pcommon.ValueType) string {
	switch t {
	case pcommon.ValueTypeStr:
		return "string"
	case pcommon.ValueTypeBool:
		return "boolean"
	case pcommon.ValueTypeInt:
		return "int"
	case pcommon.ValueTypeDouble:
		return "double"
	case pcommon.ValueTypeSlice:
		return "array"
	case pcommon.ValueTypeMap:
		return "map"
	case pcommon.ValueTypeBytes:
		return "bytes"
	default:
		return "nothing"
	}
}
