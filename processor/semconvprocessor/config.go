package semconvprocessor

import (
	"fmt"
	"strings"
	"time"

	"go.opentelemetry.io/collector/component"
)

// Config of the semconv processor.
type Config struct {
	// Mode is normalise (the default: repair what can be repaired without loss, and report), observe (report only) or enforce
	// (normalise, then do what enforce says with items that still violate the conventions).
	Mode Mode `mapstructure:"mode"`
	// Derive fills attributes that can be read off others: server.address of a URL, service.name, error.type. Default: false.
	Derive bool `mapstructure:"derive"`
	// Redact hides credentials and signatures in URLs and the values of headers that authenticate. Default: true.
	Redact bool `mapstructure:"redact"`
	// RedactQueryKeys are keys of URL queries whose values are hidden beside those of the conventions. Default: none.
	RedactQueryKeys []string `mapstructure:"redact_query_keys"`
	// Coerce says what happens to values of a wrong type: lossless (the default) converts what loses nothing, off leaves them.
	Coerce Coerce `mapstructure:"coerce"`
	// KeepDeprecated leaves old attributes in place beside the new ones. Default: false.
	KeepDeprecated bool `mapstructure:"keep_deprecated"`
	// DropObsolete removes attributes that lost their meaning and have no successor. Default: false.
	DropObsolete bool `mapstructure:"drop_obsolete"`
	// SanitizeQuery replaces the literals of db.query.text by question marks. Default: false.
	SanitizeQuery bool `mapstructure:"sanitize_query"`
	// MaxValueBytes cuts texts of known attributes at this many bytes; 0, the default, never cuts.
	MaxValueBytes int `mapstructure:"max_value_bytes"`
	// ForeignSchema says what happens to telemetry with a schema_url of another family: process (the default) or skip.
	ForeignSchema ForeignSchema `mapstructure:"foreign_schema"`
	// Registries are files with further conventions; where two describe the same name, the later one wins. Default: none.
	Registries []string `mapstructure:"registries"`
	// Rules give rules, or finding ids of weaver, another level: violation, improvement, information or off.
	Rules map[string]string `mapstructure:"rules"`
	// Overrides are rules for some services or names; later ones win.
	Overrides []Override `mapstructure:"overrides"`
	// Enforce says what mode: enforce does. Without it enforce only counts.
	Enforce Enforce `mapstructure:"enforce"`
	// Annotate puts findings on spans.
	Annotate Annotate `mapstructure:"annotate"`
	// Report writes what was found to the collector's log.
	Report Report `mapstructure:"report"`
}

// Override is rules for some services or names.
type Override struct {
	// Services are patterns of service.name; none means every service.
	Services []string `mapstructure:"services"`
	// Attributes are patterns of names of attributes and metrics, such as db.*; none means every name.
	Attributes []string `mapstructure:"attributes"`
	// Mode is observe or normalise; empty keeps what holds otherwise.
	Mode Mode `mapstructure:"mode"`
	// Rules give rules another level here.
	Rules map[string]string `mapstructure:"rules"`
}

// Enforce says what becomes of items that still violate the conventions after they were normalised.
type Enforce struct {
	// Rules give each rule an action: drop, tag or route.
	Rules map[string]Action `mapstructure:"rules"`
	// DryRun only counts what would have been done. Default: true.
	DryRun bool `mapstructure:"dry_run"`
	// TagAttribute gets the names of the rules. Default: semconv.violations.
	TagAttribute string `mapstructure:"tag_attribute"`
	// RouteAttribute gets RouteValue, for a routing connector to look at. Default: semconv.route.
	RouteAttribute string `mapstructure:"route_attribute"`
	// RouteValue is quarantine by default.
	RouteValue string `mapstructure:"route_value"`
}

// Annotate puts findings on spans, each as rule:attribute in a list.
type Annotate struct {
	Enabled bool `mapstructure:"enabled"`
	// Attribute is semconv.findings by default.
	Attribute string `mapstructure:"attribute"`
	// Max findings on one span. Default: 8.
	Max int `mapstructure:"max"`
}

// Report writes what was found to the collector's log.
type Report struct {
	// Interval between reports; 0, the default, writes none.
	Interval time.Duration `mapstructure:"interval"`
	// Top is how many different findings are kept between reports; the rest share one row. Default: 1024.
	Top int `mapstructure:"top"`
}

// Mode says what the processor may do.
type Mode string

// The modes.
const (
	ModeObserve   Mode = "observe"
	ModeNormalise Mode = "normalise"
	ModeEnforce   Mode = "enforce"
)

// Coerce says what happens to values of a wrong type.
type Coerce string

// The ways to coerce.
const (
	CoerceLossless Coerce = "lossless"
	CoerceOff      Coerce = "off"
)

// ForeignSchema says what happens to telemetry of another family of schemas.
type ForeignSchema string

// What there is to do with it.
const (
	ForeignProcess ForeignSchema = "process"
	ForeignSkip    ForeignSchema = "skip"
)

// Action is what enforce does with an item.
type Action string

// The actions, mildest first.
const (
	ActionTag   Action = "tag"
	ActionRoute Action = "route"
	ActionDrop  Action = "drop"
)

// UnmarshalText refuses modes that do not exist.
func (m *Mode) UnmarshalText(text []byte) error {
	return choose(m, "mode", text, ModeNormalise, ModeObserve, ModeEnforce)
}

// UnmarshalText refuses ways that do not exist.
func (c *Coerce) UnmarshalText(text []byte) error {
	return choose(c, "coerce", text, CoerceLossless, CoerceOff)
}

// UnmarshalText refuses choices that do not exist.
func (f *ForeignSchema) UnmarshalText(text []byte) error {
	return choose(f, "foreign_schema", text, ForeignProcess, ForeignSkip)
}

// UnmarshalText refuses actions that do not exist.
func (a *Action) UnmarshalText(text []byte) error {
	return choose(a, "enforce::rules", text, ActionDrop, ActionTag, ActionRoute)
}

func choose[T ~string](into *T, key string, text []byte, known ...T) error {
	names := make([]string, len(known))
	for i, k := range known {
		if string(k) == string(text) {
			*into = k
			return nil
		}
		names[i] = string(k)
	}
	return fmt.Errorf("%s: %q is unknown, use %s", key, text, strings.Join(names, ", "))
}

func createDefaultConfig() component.Config {
	return &Config{
		Mode: ModeNormalise, Redact: true, Coerce: CoerceLossless, ForeignSchema: ForeignProcess,
		Enforce:  Enforce{DryRun: true, TagAttribute: "semconv.violations", RouteAttribute: "semconv.route", RouteValue: "quarantine"},
		Annotate: Annotate{Attribute: "semconv.findings", Max: 8},
		Report:   Report{Top: 1024},
	}
}
