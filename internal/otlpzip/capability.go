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

	// NegativeTTL is how long an exporter believes that its peer does not speak tracezip.
	NegativeTTL = 5 * time.Minute
)

// Capability is what a peer says of itself in the headers of its answers. The zero value is a peer that says nothing.
type Capability struct {
	// Tracezip is true when the peer reads the frame version this binary writes.
	Tracezip bool
	// MaxFrameBytes is the largest frame the peer takes, 0 when it did not say.
	MaxFrameBytes int
}

var version = strconv.Itoa(tracezip.Version)

// Metadata returns the header metadata that advertises this binary with the given frame limit.
func Metadata(maxFrameBytes int) metadata.MD {
	return metadata.Pairs(VersionKey, version, MaxFrameKey, strconv.Itoa(maxFrameBytes))
}

// SetHeader advertises this binary with the given frame limit in the headers of an HTTP answer.
func SetHeader(h http.Header, maxFrameBytes int) {
	h.Set(VersionKey, version)
	h.Set(MaxFrameKey, strconv.Itoa(maxFrameBytes))
}

// FromMetadata reads what the peer advertised in gRPC header metadata.
func FromMetadata(md metadata.MD) Capability {
	return parse(md.Get(VersionKey), md.Get(MaxFrameKey))
}

// FromHeader reads what the peer advertised in HTTP headers.
func FromHeader(h http.Header) Capability {
	return parse(h.Values(VersionKey), h.Values(MaxFrameKey))
}

func parse(versions, maxFrame []string) Capability {
	var c Capability
	for _, line := range versions {
		for v := range strings.SplitSeq(line, ",") {
			c.Tracezip = c.Tracezip || strings.TrimSpace(v) == version
		}
	}
	if len(maxFrame) > 0 {
		if n, err := strconv.Atoi(strings.TrimSpace(maxFrame[0])); err == nil && n > 0 {
			c.MaxFrameBytes = n
		}
	}
	return c
}
