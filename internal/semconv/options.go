package semconv

// Options of a [Worker]; the zero value only renames, maps values and reports.
type Options struct {
	// Observe reports everything and changes nothing.
	Observe bool
	// KeepDeprecated leaves an old name in place beside the new one.
	KeepDeprecated bool
	// Derive fills what can be read off other attributes: server.address of a URL, service.name, error.type.
	Derive bool
	// Redact replaces credentials in URLs and the values of headers that authenticate.
	Redact bool
	// NoCoercion leaves values of a wrong type as they are. They are reported all the same.
	NoCoercion bool
	// DropObsolete removes attributes that lost their meaning and have no successor.
	DropObsolete bool
	// SanitizeQuery replaces the literals of db.query.text by question marks.
	SanitizeQuery bool
	// MaxValueBytes cuts texts of attributes that the registry knows at this many bytes; 0 never cuts.
	MaxValueBytes int
	// RedactQueryKeys are the keys of URL queries whose values are redacted beside those of the conventions.
	RedactQueryKeys []string
}
