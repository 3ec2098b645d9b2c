package main

// The parts of registry.json that the generator reads.

type registry struct {
	Format  int    `json:"format"`
	Release string `json:"release"`
	Source  struct {
		Repository string `json:"repository"`
		Tag        string `json:"tag"`
	} `json:"source"`
	Attributes map[string]attribute `json:"attributes"`
	Metrics    []metric             `json:"metrics"`
	Renames    struct {
		Attributes       []rename       `json:"attributes"`
		Scoped           []scopedRename `json:"attributes_on_named_metrics_only"`
		Metrics          []metricRename `json:"metrics"`
		CollectorMetrics []metricRename `json:"collector_k8s_metrics"`
	} `json:"renames"`
	ValueMaps  []valueMap   `json:"value_maps"`
	Structural []structural `json:"structural"`
}

type deprecation struct {
	Reason    string `json:"reason"`
	RenamedTo string `json:"renamed_to"`
	MovedTo   string `json:"moved_to"`
}

type attribute struct {
	Type       string       `json:"type"`
	ValueType  string       `json:"value_type"`
	Members    []member     `json:"members"`
	Deprecated *deprecation `json:"deprecated"`
}

type member struct {
	Value      any          `json:"value"`
	Deprecated *deprecation `json:"deprecated"`
}

type metric struct {
	Name       string       `json:"name"`
	Instrument string       `json:"instrument"`
	Unit       string       `json:"unit"`
	Deprecated *deprecation `json:"deprecated"`
}

type rename struct {
	From   string   `json:"from"`
	To     string   `json:"to"`
	Action string   `json:"action"`
	Flags  []string `json:"flags"`
}

type scopedRename struct {
	From        string   `json:"from"`
	To          string   `json:"to"`
	OnlyMetrics []string `json:"only_metrics"`
}

type metricRename struct {
	From           string `json:"from"`
	To             string `json:"to"`
	Action         string `json:"action"`
	FromInstrument string `json:"from_instrument"`
	ToInstrument   string `json:"to_instrument"`
}

type valueMap struct {
	From     string                       `json:"from"`
	To       string                       `json:"to"`
	Map      map[string]string            `json:"map"`
	Special  map[string]map[string]string `json:"special"`
	Source   string                       `json:"source"`
	Unmapped string                       `json:"unmapped"`
}

type structural struct {
	ID       string   `json:"id"`
	From     []string `json:"from"`
	To       []string `json:"to"`
	Op       string   `json:"op"`
	SpanKind string   `json:"span_kind"`
	Signals  []string `json:"signals"`
	Derive   bool     `json:"derive"`
}
