package main

import (
	"fmt"
	"slices"
)

// rename is one attribute that gets another name.
type rename struct {
	from, to string
	kind     spanKind
}

// spanKind is a condition on the kind of a span.
type spanKind int

const (
	anyKind spanKind = iota
	onlyServer
	exceptServer
)

func (k spanKind) fits(it item) bool { return k == anyKind || it.server == (k == onlyServer) }

// byKind are the renames that the registry has as structural rules, because the kind of the span decides or because the value is
// more than moved. They are what a user would write by hand; on points and records none of them applies.
var byKind = []rename{
	{"net.host.name", "server.address", onlyServer},
	{"net.host.port", "server.port", onlyServer},
	{"net.peer.name", "client.address", onlyServer},
	{"net.peer.name", "server.address", exceptServer},
	{"net.peer.port", "client.port", onlyServer},
	{"net.peer.port", "server.port", exceptServer},
	{"http.target", "url.path", anyKind},
	{"http.flavor", "network.protocol.version", anyKind},
}

// ottlRenames are all that a recipe for the signal holds.
func (r *registry) ottlRenames(s signal) []rename {
	plain := r.plainRenames()
	if s != traces {
		return plain
	}
	plain = slices.DeleteFunc(plain, func(p rename) bool {
		return slices.ContainsFunc(byKind, func(k rename) bool { return k.from == p.from })
	})
	return append(plain, byKind...)
}

// those keeps the renames whose old names occur.
func those(renames []rename, occur map[string]bool) []rename {
	return slices.DeleteFunc(slices.Clone(renames), func(r rename) bool { return !occur[r.from] })
}

// statements are the two that one rename takes: an existing new name wins, and the old one goes.
func statements(s signal, renames []rename) []string {
	context := map[signal]string{traces: "span", metrics: "datapoint", logs: "log"}[s]
	var out []string
	for _, r := range renames {
		from, to := fmt.Sprintf("%s.attributes[%q]", context, r.from), fmt.Sprintf("%s.attributes[%q]", context, r.to)
		kind := [...]string{"", "span.kind == SPAN_KIND_SERVER", "span.kind != SPAN_KIND_SERVER"}[r.kind]
		set, where := fmt.Sprintf("set(%s, %s) where %s != nil and %s == nil", to, from, from, to), ""
		if kind != "" {
			set, where = set+" and "+kind, " where "+kind
		}
		out = append(out, set, fmt.Sprintf("delete_key(%s.attributes, %q)%s", context, r.from, where))
	}
	return out
}

// transformConfig is the configuration of a transform processor with the recipe for one signal. A guard is an attribute without
// which an item is left alone; it may be empty.
func transformConfig(s signal, renames []rename, guard string) map[string]any {
	context := map[signal]string{traces: "span", metrics: "datapoint", logs: "log"}[s]
	group := map[string]any{"context": context, "statements": anys(statements(s, renames))}
	if guard != "" {
		group["conditions"] = []any{fmt.Sprintf("%s.attributes[%q] != nil", context, guard)}
	}
	key := map[signal]string{traces: "trace_statements", metrics: "metric_statements", logs: "log_statements"}[s]
	return map[string]any{"error_mode": "propagate", key: []any{group}}
}

func anys(texts []string) []any {
	out := make([]any, len(texts))
	for i, t := range texts {
		out[i] = t
	}
	return out
}
