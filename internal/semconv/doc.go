// Package semconv knows the OpenTelemetry semantic conventions and puts telemetry right.
//
// # From facts to a pass over attributes
//
// registry.json is the only source of facts. A generator writes them as plain Go data (facts_generated.go); [Default] compiles that
// data, together with the decisions in policy.go, into a [Registry]: names with dense ids, a hash table to find them, for each old
// name the operation that each span kind asks for, and the groups that ask for attributes. [Load] adds registries of users to it.
//
// A [Worker] applies a registry to resources, scopes, spans, log records, metrics and the tables of profiles. Most telemetry needs
// nothing, so the pass over a map of attributes is split in two:
//
//	look    walks down the tree of shapes (shapes.go), one comparison a key, and looks at the value of each: type, range, members,
//	        UTF-8, what must not be shown. Nothing found: the end of the shape says which group the span belongs to and whether
//	        that asks for more. Done, not one write and not one allocation.
//	repair  only for maps where something was found. It runs the operations of the old names in rank order, never in the order
//	        of the attributes, so that the order a sender chose cannot matter. Which these are is kept with the shape (plan.go).
//
// For {http.status_code: "200", http.method: "get", http.target: "/a?b"} on a server's span, look finds three old names; repair
// turns them into http.response.status_code = 200 (a lossless coercion, reported as type_mismatch), http.request.method = "GET" with
// http.request.method_original = "get" (enum_case), and url.path = "/a" with url.query = "b" (structure.go). Then it asks for what is
// missing: url.scheme, which a server's span requires.
//
// Nothing is ever thrown away that has no new home: an existing new name wins, a value that does not fit keeps its old key,
// duplicate keys are left alone, and each such case is a finding (rules.go). A [Ruleset] says which findings count for whom and
// whose attributes are only observed.
package semconv

//go:generate go run ./internal/gen -in registry.json -out facts_generated.go
