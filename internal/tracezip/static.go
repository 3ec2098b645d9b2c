package tracezip

import (
	_ "embed"
	"strings"
	"sync"
)

// staticText is part of the format: attribute keys, an empty line, then values that many senders use (names of
// instrumentation scopes, methods, systems). Changing a line changes what frames mean, hence the version.
//
//go:embed static.txt
var staticText string

// staticDictionary has the strings and keys that every frame and every dictionary can refer to.
var staticDictionary = sync.OnceValue(func() *Dictionary {
	keys, values, _ := strings.Cut(staticText, "\n\n")
	d := &Dictionary{strings: strings.Split(keys, "\n")}
	for i := range d.strings {
		d.keys = append(d.keys, uint32(i))
	}
	d.strings = append(d.strings, strings.Split(strings.TrimSuffix(values, "\n"), "\n")...)
	// Every dictionary has a copy of these tables with its own things behind them; the texts are shared.
	d.memory = len(d.strings)*costString + len(d.keys)*4
	d.index = sync.OnceValue(func() *dictionaryIndex { return newDictionaryIndex(d) })
	return d
})
