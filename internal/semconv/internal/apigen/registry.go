package main

// The parts of registry.json that the generator reads.

type registry struct {
	Format    int    `json:"format"`
	Release   string `json:"release"`
	SchemaURL string `json:"schema_url"`
	Source    struct {
		Repository string `json:"repository"`
		Tag        string `json:"tag"`
	} `json:"source"`
	Attributes map[string]attribute `json:"attributes"`
	Metrics    []metric             `json:"metrics"`
	Spans      []span               `json:"spans"`
	Renames    struct {
		Attributes []rename `json:"attributes"`
	} `json:"renames"`
}

// deprecation is only looked at for being there: what is deprecated, or moved to another repository, is not built.
type deprecation struct{}

type history struct {
	Stability   string       `json:"stability"`
	Since       string       `json:"since"`
	StableSince string       `json:"stable_since"`
	Deprecated  *deprecation `json:"deprecated"`
}

type attribute struct {
	history
	Type      string   `json:"type"`
	ValueType string   `json:"value_type"`
	Members   []member `json:"members"`
}

type member struct {
	history
	Value any `json:"value"`
}

type levels struct {
	Required []string `json:"required"`
}

type metric struct {
	history
	Name       string `json:"name"`
	Instrument string `json:"instrument"`
	Unit       string `json:"unit"`
	ValueType  string `json:"value_type"`
	Attributes levels `json:"attributes"`
}

type span struct {
	history
	ID         string            `json:"id"`
	Kind       string            `json:"kind"`
	Attributes levels            `json:"attributes"`
	Fixed      map[string]string `json:"fixed"`
}

type rename struct {
	From   string   `json:"from"`
	To     string   `json:"to"`
	Action string   `json:"action"`
	Flags  []string `json:"flags"`
}
