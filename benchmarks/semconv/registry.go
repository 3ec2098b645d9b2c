package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
)

// registry holds what a user of the peers would take from the conventions: the renames of the model and the changes that the
// published schema files list.
type registry struct {
	Release string `json:"release"`
	Renames struct {
		Attributes []struct {
			From   string   `json:"from"`
			To     string   `json:"to"`
			Action string   `json:"action"`
			Flags  []string `json:"flags"`
		} `json:"attributes"`
		Changes []schemaChange `json:"schema_file_changes"`
	} `json:"renames"`
	Releases []struct {
		Version string `json:"v"`
	} `json:"releases"`
}

// schemaChange is one rename of a schema file.
type schemaChange struct {
	Version     string   `json:"v"`
	Section     string   `json:"section"` // all, resources, spans, metrics
	Kind        string   `json:"kind"`    // attribute or metric
	From        string   `json:"from"`
	To          string   `json:"to"`
	OnlyMetrics []string `json:"only_metrics"`
	Withdrawn   string   `json:"withdrawn_after"` // the last file that has it
}

func readRegistry(path string) (*registry, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var r registry
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if r.Release == "" || len(r.Renames.Attributes) == 0 || len(r.Renames.Changes) == 0 {
		return nil, fmt.Errorf("%s: no release or no renames in it", path)
	}
	slices.SortStableFunc(r.Renames.Changes, inOrder)
	return &r, nil
}

// notPlain are the flags of renames that no pair of set and delete_key can do, or that must not be done everywhere.
var notPlain = []string{
	"template_prefix",      // many names with one prefix
	"type_change",          // another type under the new name
	"generic_name",         // means something only on certain metrics or events
	"dead_target",          // the new name is gone too
	"model_says_obsoleted", // there is no new name
	"moved_repository",     // the name lives on elsewhere
	"source_still_current", // both names are current
}

// plainRenames are the renames of one attribute to one other.
func (r *registry) plainRenames() []rename {
	var out []rename
	for _, a := range r.Renames.Attributes {
		if a.Action != "none" && !slices.ContainsFunc(a.Flags, func(f string) bool { return slices.Contains(notPlain, f) }) {
			out = append(out, rename{from: a.From, to: a.To})
		}
	}
	return out
}
