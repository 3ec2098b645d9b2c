package semconv

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// maxExample bounds the example of a finding, in bytes.
const maxExample = 80

// maxExampleSource is how much of a value is looked at for one, in bytes.
const maxExampleSource = 4 << 10

// example is a value as a report may show it. A finding of any rule can be about a value that holds a secret (http.url is deprecated
// and has a password in it), so it goes by the name and the text and not by the rule, and rather hides too much.
func example(name string, v pcommon.Value) string {
	if v.Type() == pcommon.ValueTypeBool || v.Type() == pcommon.ValueTypeInt || v.Type() == pcommon.ValueTypeDouble {
		return v.AsString()
	}
	if v.Type() == pcommon.ValueTypeBytes {
		return strconv.Itoa(v.Bytes().Len()) + " bytes"
	}
	text := v.AsString()
	if text != "" && tellsSecrets(name) {
		return redacted
	}
	text = strings.ToValidUTF8(clip(text, maxExampleSource), "\uFFFD")
	text = userinfo.ReplaceAllString(text, "://"+redacted+"@")
	text = urlQuery.ReplaceAllString(text, "?"+redacted)
	if short := clip(text, maxExample); short != text {
		text = short + "…"
	}
	return text
}

// secretWords are the words of names whose values are hidden whole: headers, queries, command lines and what says so itself.
var secretWords = []string{
	"header", "metadata", "cookie", "authorization", "password", "secret", "token", "credential", "credentials", "key", "apikey",
	"connection", "query", "statement", "parameter", "command",
}

func tellsSecrets(name string) bool {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return r == '.' || r == '_' || r == '-' })
	return slices.ContainsFunc(words, func(word string) bool { return slices.Contains(secretWords, word) })
}

var (
	userinfo = regexp.MustCompile(`://[^\s"]*@`)
	urlQuery = regexp.MustCompile(`\?[^\s"]*=[^\s"]*`)
)

// clip is the beginning of a text, whole characters of at most n bytes.
func clip(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}
