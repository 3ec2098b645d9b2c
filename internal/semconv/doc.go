// Package semconv knows the OpenTelemetry semantic conventions and puts attributes right.
//
// # From facts to a pass over attributes
//
// registry.json is the only source of facts. The generator writes what the engine needs of it as plain Go data
// (facts_generated.go); [Default] compiles that data, together with the decisions in policy.go, into a [Registry]: names with
// dense ids, a hash table to find them, and for each old name the operation that each span kind asks for.
//
// A [Worker] applies a registry to attribute maps. Most telemetry needs nothing, so the pass is split in two:
//
//	look    one lookup per key. A key is first compared with the key that followed its predecessor the last time; telemetry
//	        repeats itself so much that this nearly always hits. Each id brings a few bits (is it old? which type does it want?)
//	        that are collected over the map. Nothing collected: done, not one write and not one allocation.
//	repair  only for maps where something was found. It schedules the operations of the old names present and runs them in
//	        rank order, never in the order of the attributes, so that the order a sender chose cannot matter.
//
// For {http.status_code: "200", http.method: "GET", url.path: "/"} on any span, look finds two old names; repair turns the first
// into http.response.status_code = 200 (a lossless coercion, reported as type_mismatch) and the second into
// http.request.method = "GET".
//
// Nothing is ever thrown away that has no new home: an existing new name wins, a value that does not fit keeps its old key,
// duplicate keys are left alone, and each such case is counted as a finding.
package semconv

//go:generate go run ./internal/gen -in registry.json -out facts_generated.go
