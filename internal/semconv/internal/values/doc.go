// Package values holds what the semantic conventions say of the text of single values: which parts of a URL have to be hidden, what a
// Host header names, where the literals of a query are. All of it works on strings alone and knows nothing of telemetry data.
//
// The functions run for each attribute of each span. None allocates when it has nothing to change, and text that is returned
// unchanged is the argument itself. Each rewriting function is settled after one run: what it returns, it leaves alone.
package values

// redacted stands where a secret stood, in all kinds of text.
const redacted = "REDACTED"
