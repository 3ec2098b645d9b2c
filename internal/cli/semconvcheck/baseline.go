package semconvcheck

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
)

// baseline are the findings that are known. nil knows none.
type baseline map[identity]bool

func (b baseline) has(id identity) bool { return b[id] }

// baselineDocument is a file of --write-baseline, and what is needed of one of --format json.
type baselineDocument struct {
	Registry string            `json:"registry,omitempty"`
	Findings *[]baselineRecord `json:"findings"`
}

// baselineRecord has no ids, counts and examples: a file that is kept beside the code changes only when what is known does.
type baselineRecord struct {
	Rule      string `json:"rule"`
	Level     string `json:"level"`
	Signal    string `json:"signal"`
	Attribute string `json:"attribute"`
	Service   string `json:"service"`
	Scope     string `json:"scope"`
	Message   string `json:"message"`
}

func (b baselineRecord) identity() identity {
	return identity{b.Rule, b.Signal, b.Attribute, b.Service, b.Scope}
}

// readBaseline reads a file of --write-baseline or --format json; the path "" knows nothing.
func readBaseline(path string) (baseline, error) {
	if path == "" {
		return nil, nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("--baseline: %w", err)
	}
	var doc baselineDocument
	if err := json.Unmarshal(data, &doc); err != nil {
		return nil, fmt.Errorf("--baseline: %s: %w", path, err)
	}
	if doc.Findings == nil {
		return nil, fmt.Errorf("--baseline: %s: no findings in it, not even an empty list: is this a file of --write-baseline or --format json?", path)
	}
	known := make(baseline, len(*doc.Findings))
	for _, f := range *doc.Findings {
		known[f.identity()] = true
	}
	return known, nil
}

// writeBaseline writes every finding in an order that does not depend on how often they were found.
func (r *report) writeBaseline(out io.Writer) error {
	records := make([]baselineRecord, 0, len(r.findings))
	for _, f := range r.findings {
		records = append(records, baselineRecord{f.rule.String(), f.level.String(), f.signal.String(), f.name, f.service, f.scope, f.message})
	}
	slices.SortFunc(records, compareRecords)
	return encode(out, baselineDocument{r.release, &records})
}
