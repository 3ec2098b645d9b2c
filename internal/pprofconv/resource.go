package pprofconv

import (
	"slices"
	"strings"

	"github.com/google/pprof/profile"
	"go.opentelemetry.io/collector/pdata/pcommon"
)

// resourceNamespaces begin the keys of attributes that describe what was profiled, and resourceKeys are further ones: in
// the namespace process there are attributes of other things as well.
var (
	resourceNamespaces = []string{
		"cloud.", "container.", "deployment.", "device.", "faas.", "host.", "k8s.", "os.", "process.executable.", "process.runtime.", "service.", "telemetry.",
	}
	resourceKeys = []string{
		"process.command", "process.command_args", "process.command_line", "process.creation.time", "process.owner", "process.parent_pid", "process.pid",
	}
)

func describesResource(key string) bool {
	if slices.Contains(resourceKeys, key) {
		return true
	}
	for _, ns := range resourceNamespaces {
		if strings.HasPrefix(key, ns) {
			return true
		}
	}
	return false
}

// identity is what a sample's labels become in OTLP.
type identity struct {
	resource    []label
	resourceKey string
	attributes  []label
	link        link
	linked      bool
}

// identify sorts a sample's labels out, in the order of their keys.
func identify(given pcommon.Map, s *profile.Sample) identity {
	var id identity
	id.link, id.linked = linkOf(s)
	for _, l := range labelsOf(s) {
		_, taken := given.Get(l.key)
		switch {
		case id.linked && (l.key == traceLabel || l.key == spanLabel):
		case describesResource(l.key) && !taken && l.unit == "":
			id.resource = append(id.resource, l)
			id.resourceKey += l.identity()
		default:
			id.attributes = append(id.attributes, l)
		}
	}
	return id
}
