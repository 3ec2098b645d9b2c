package pprofpush

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/google/pprof/profile"
	"go.opentelemetry.io/collector/pdata/pcommon"
)

const (
	// attributesHeader holds attributes like OTEL_RESOURCE_ATTRIBUTES does: key=value,key=value, percent-encoded.
	attributesHeader = "X-Resource-Attributes"

	maxAttributes = 64
	maxLength     = 1024 // of a key and of a value, in bytes
)

// plainResource takes the attributes from the query's parameters and from the header; parameters go first.
func plainResource(r *http.Request, to pcommon.Map) error {
	for key, values := range r.URL.Query() {
		if key == "from" || key == "until" {
			continue
		}
		if err := put(to, key, values[0]); err != nil {
			return err
		}
	}
	return headerResource(r, to)
}

func headerResource(r *http.Request, to pcommon.Map) error {
	for _, line := range r.Header.Values(attributesHeader) {
		for pair := range strings.SplitSeq(line, ",") {
			key, value, found := strings.Cut(pair, "=")
			if !found {
				return fmt.Errorf("%s: %q is not key=value", attributesHeader, pair)
			}
			value, err := url.PathUnescape(strings.TrimSpace(value))
			if err != nil {
				return fmt.Errorf("%s: %w", attributesHeader, err)
			}
			key = strings.TrimSpace(key)
			if _, given := to.Get(key); given {
				continue
			}
			if err := put(to, key, value); err != nil {
				return err
			}
		}
	}
	return nil
}

// ingestResource takes them from Pyroscope's name: application{key=value,key=value}. What begins with two underscores is
// for Pyroscope itself.
func ingestResource(r *http.Request, to pcommon.Map) error {
	q := r.URL.Query()
	if format := q.Get("format"); format != "" && format != "pprof" {
		return fail(Unsupported, http.StatusUnsupportedMediaType, "format %q is not supported, send pprof", format)
	}
	name, labels, _ := strings.Cut(q.Get("name"), "{")
	if name == "" {
		return errors.New("the parameter name is missing: /ingest?name=APPLICATION{key=value}&format=pprof")
	}
	if err := put(to, "service.name", name); err != nil {
		return err
	}
	labels = strings.TrimSuffix(labels, "}")
	for pair := range strings.SplitSeq(labels, ",") {
		key, value, found := strings.Cut(pair, "=")
		key = strings.TrimSpace(key)
		switch {
		case strings.TrimSpace(pair) == "", strings.HasPrefix(key, "__"):
			continue
		case !found:
			return fmt.Errorf("name: %q is not key=value", pair)
		case key == "service_name":
			key = "service.name"
		}
		if err := put(to, key, strings.Trim(strings.TrimSpace(value), `"`)); err != nil {
			return err
		}
	}
	return headerResource(r, to)
}

func put(to pcommon.Map, key, value string) error {
	switch {
	case key == "":
		return errors.New("an attribute without a key")
	case len(key) > maxLength || len(value) > maxLength:
		return fmt.Errorf("an attribute is longer than %d bytes", maxLength)
	case to.Len() >= maxAttributes:
		return fmt.Errorf("more than %d attributes", maxAttributes)
	}
	to.PutStr(key, strings.ToValidUTF8(value, "\uFFFD"))
	return nil
}

// setTime gives a profile the time of its request's from and until, or of now, when it has none of its own.
func setTime(p *profile.Profile, r *http.Request) {
	q := r.URL.Query()
	from, until := parseTime(q.Get("from")), parseTime(q.Get("until"))
	if p.TimeNanos <= 0 {
		p.TimeNanos = from
	}
	if p.TimeNanos <= 0 {
		p.TimeNanos = time.Now().UnixNano()
	}
	if p.DurationNanos <= 0 && from > 0 && until > from {
		p.DurationNanos = until - from
	}
}

// parseTime reads a Unix time in seconds, milliseconds, microseconds or nanoseconds, which its size tells; 0 for what is
// none.
func parseTime(text string) int64 {
	v, err := strconv.ParseInt(text, 10, 64)
	if err != nil || v <= 0 {
		return 0
	}
	for v < 1e17 && v <= math.MaxInt64/1000 { // 1e17 ns is in 1973
		v *= 1000
	}
	return v
}
