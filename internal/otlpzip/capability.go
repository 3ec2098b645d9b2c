package otlpzip

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc/metadata"

	"github.com/otelcol-plus/otelcol-plus/internal/tracezip"
)

const (
	// VersionKey is the response header (gRPC: header metadata) that lists the frame versions the peer reads,
	// separated by commas.
	VersionKey = "tracezip-version"
	// MaxFrameKey is the response header that holds the size in bytes of the largest frame the peer takes.
	MaxFrameKey = "tracezip-max-frame-bytes"
	// MaxDictionaryKey is the response header that holds the memory in bytes that the largest dictionary may take which
	// the peer keeps. A peer without it keeps none.
	MaxDictionaryKey = "tracezip-max-dictionary-bytes"
	// InstanceKey is the response header that tells the replicas behind one name apart: a random word that each picks when
	// it starts, sent beside MaxDictionaryKey. It says who has a dictionary and who does not.
	InstanceKey = "tracezip-instance"

	// NegativeTTL is how long an exporter believes that its peer does not speak tracezip.
	NegativeTTL = 5 * time.Minute
)

// maxInstanceBytes is the longest instance name that is remembered.
const maxInstanceBytes = 64

// Capability is what a peer says of itself in the headers of its answers. The zero value is a peer that says nothing.
type Capability struct {
	// Tracezip is true when the peer reads the frame version this binary writes.
	Tracezip bool
	// MaxFrameBytes is the largest frame the peer takes, 0 when it did not say.
	MaxFrameBytes int
	// MaxDictionaryBytes is how much memory a dictionary may take that the peer keeps, 0 when it keeps none.
	MaxDictionaryBytes int
	// Instance is the replica that answered, when it keeps dictionaries.
	Instance string
}

var version = strconv.Itoa(tracezip.Version)

// pairs calls set for every header that tells c.
func (c Capability) pairs(set func(key, value string)) {
	set(VersionKey, version)
	set(MaxFrameKey, strconv.Itoa(c.MaxFrameBytes))
	if c.MaxDictionaryBytes > 0 {
		set(MaxDictionaryKey, strconv.Itoa(c.MaxDictionaryBytes))
		set(InstanceKey, c.Instance)
	}
}

// Metadata returns the header metadata that advertises a peer that speaks tracezip.
func (c Capability) Metadata() metadata.MD {
	md := metadata.MD{}
	c.pairs(func(key, value string) { md.Set(key, value) })
	return md
}

// SetHeader advertises a peer that speaks tracezip in the headers of an HTTP answer.
func (c Capability) SetHeader(h http.Header) { c.pairs(h.Set) }

// FromMetadata reads what the peer advertised in gRPC header metadata.
func FromMetadata(md metadata.MD) Capability { return parse(md.Get) }

// FromHeader reads what the peer advertised in HTTP headers.
func FromHeader(h http.Header) Capability { return parse(h.Values) }

func parse(get func(string) []string) Capability {
	var c Capability
	for _, line := range get(VersionKey) {
		for v := range strings.SplitSeq(line, ",") {
			c.Tracezip = c.Tracezip || strings.TrimSpace(v) == version
		}
	}
	if !c.Tracezip {
		return c
	}
	c.MaxFrameBytes = positive(get(MaxFrameKey))
	c.MaxDictionaryBytes = positive(get(MaxDictionaryKey))
	if instance := get(InstanceKey); c.MaxDictionaryBytes > 0 && len(instance) > 0 && len(instance[0]) <= maxInstanceBytes {
		c.Instance = instance[0]
	}
	return c
}

// positive reads a positive number, 0 when there is none.
func positive(values []string) int {
	if len(values) == 0 {
		return 0
	}
	n, err := strconv.Atoi(strings.TrimSpace(values[0]))
	if err != nil {
		return 0
	}
	return max(n, 0)
}
