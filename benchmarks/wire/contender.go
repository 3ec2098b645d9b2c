package main

import (
	"fmt"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/pdata/ptrace"
)

// encode appends one batch to dst, as it goes over the wire. A contender is given the batches of one connection in their
// order and may keep whatever it likes between them. dictionary is how many of the appended bytes teach the peer a
// dictionary for later batches; it is counted, but apart.
type encode func(dst []byte, td ptrace.Traces) (frame []byte, dictionary int, err error)

// decode reads the frames of one connection in their order.
type decode func(frame []byte) (ptrace.Traces, error)

// contender is a way from traces to bytes and back. Each call of encoder or decoder opens one end of a new connection,
// so no round profits from another; whatever a contender remembers is reachable from the function alone, so that what it
// keeps can be weighed.
type contender struct {
	name, driven string // driven says how it was used
	encoder      func() (encode, error)
	decoder      func() (decode, error)
}

// contenders are all that can be compared, in the order of the table.
func contenders() []contender {
	return slices.Concat(otlpContenders(), []contender{arrow()}, stefContenders(), tracezipContenders())
}

func names() []string {
	var out []string
	for _, c := range contenders() {
		out = append(out, c.name)
	}
	return out
}

// choose returns the contenders of these names.
func choose(wanted []string) ([]contender, error) {
	all := contenders()
	var out []contender
	for _, name := range wanted {
		i := slices.IndexFunc(all, func(c contender) bool { return c.name == name })
		if i < 0 {
			return nil, fmt.Errorf("no contender %q: known are %s", name, strings.Join(names(), ", "))
		}
		out = append(out, all[i])
	}
	return out, nil
}
