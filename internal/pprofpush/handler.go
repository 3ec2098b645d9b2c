// Package pprofpush accepts profiles that programs send: as the body of a request, or as the SDKs of Pyroscope do.
//
//	POST /pprof?service.name=shop       body: a profile
//	POST /ingest?name=shop{region=eu}   body: a profile, or a form whose field `profile` is one
package pprofpush

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"

	"github.com/google/pprof/profile"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-plus/otelcol-plus/internal/pprofscrape"
)

// Outcome is how a request ended.
type Outcome string

// The outcomes there are.
const (
	OK          Outcome = "ok"
	Malformed   Outcome = "malformed"   // what was sent is no profile, or the address makes no sense
	TooLarge    Outcome = "too_large"   // as sent or decompressed
	Unsupported Outcome = "unsupported" // a format other than pprof
	Busy        Outcome = "busy"        // too many at once
	Refused     Outcome = "refused"     // by the pipeline
)

const (
	// maxConcurrent bounds the requests whose bodies are in memory.
	maxConcurrent = 8
	maxParts      = 16
)

// Settings are what a handler needs.
type Settings struct {
	// MaxBytes bounds a profile, as sent and decompressed.
	MaxBytes int
	// Consume takes a profile over. A permanent error is the sender's fault, any other may be tried again.
	Consume func(ctx context.Context, resource pcommon.Map, p *profile.Profile) error
	// Count is told how every request ended.
	Count func(ctx context.Context, o Outcome)
}

// NewHandler serves the addresses.
func NewHandler(set Settings) http.Handler {
	h := &handler{Settings: set, slots: make(chan struct{}, maxConcurrent)}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /pprof", h.serve(plainResource))
	mux.HandleFunc("POST /ingest", h.serve(ingestResource))
	return mux
}

type handler struct {
	Settings
	slots chan struct{}
}

// failure is an error with what the sender is told.
type failure struct {
	outcome Outcome
	status  int
	err     error
}

func (f *failure) Error() string { return f.err.Error() }

func fail(outcome Outcome, status int, format string, args ...any) error {
	return &failure{outcome, status, fmt.Errorf(format, args...)}
}

func (h *handler) serve(describe func(*http.Request, pcommon.Map) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		err := h.handle(w, r, describe)
		var f *failure
		if !errors.As(err, &f) {
			h.Count(r.Context(), OK)
			return
		}
		h.Count(r.Context(), f.outcome)
		if f.status == http.StatusServiceUnavailable {
			w.Header().Set("Retry-After", "5")
		}
		http.Error(w, f.Error(), f.status)
	}
}

func (h *handler) handle(w http.ResponseWriter, r *http.Request, describe func(*http.Request, pcommon.Map) error) error {
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	default:
		return fail(Busy, http.StatusServiceUnavailable, "%d profiles are being received already", maxConcurrent)
	}
	resource := pcommon.NewMap()
	if err := describe(r, resource); err != nil {
		return readFailure(err)
	}
	r.Body = http.MaxBytesReader(w, r.Body, int64(h.MaxBytes))
	data, before, err := body(r)
	if err != nil {
		return readFailure(err)
	}
	p, err := h.parse(data)
	if err != nil {
		return err
	}
	if before != nil {
		if err := h.subtract(p, before); err != nil {
			return err
		}
	}
	setTime(p, r)
	if err := h.Consume(r.Context(), resource, p); err != nil {
		if consumererror.IsPermanent(err) {
			return fail(Refused, http.StatusBadRequest, "the profile was refused: %w", err)
		}
		return fail(Refused, http.StatusServiceUnavailable, "the profile cannot be taken now: %w", err)
	}
	return nil
}

// body returns the profile of a request, and the one it continues if there is such a one.
func body(r *http.Request) (data, before []byte, err error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" {
		data, err = io.ReadAll(r.Body)
		return data, nil, err
	}
	form, err := r.MultipartReader()
	if err != nil {
		return nil, nil, err
	}
	for range maxParts {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, err
		}
		switch part.FormName() {
		case "profile":
			data, err = io.ReadAll(part)
		case "prev_profile":
			before, err = io.ReadAll(part)
		case "jfr":
			return nil, nil, fail(Unsupported, http.StatusUnsupportedMediaType, "JFR is not supported, send pprof")
		}
		if err != nil {
			return nil, nil, err
		}
	}
	if data == nil {
		return nil, nil, fail(Malformed, http.StatusBadRequest, "the form has no field profile")
	}
	return data, before, nil
}

func readFailure(err error) error {
	var f *failure
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &f):
		return err
	case errors.As(err, &large):
		return fail(TooLarge, http.StatusRequestEntityTooLarge, "more than %d bytes", large.Limit)
	}
	return fail(Malformed, http.StatusBadRequest, "%w", err)
}

func (h *handler) parse(data []byte) (*profile.Profile, error) {
	p, err := pprofscrape.Parse(data, h.MaxBytes)
	switch {
	case errors.Is(err, pprofscrape.ErrTooLarge):
		return nil, fail(TooLarge, http.StatusRequestEntityTooLarge, "%w", err)
	case err != nil:
		return nil, fail(Malformed, http.StatusBadRequest, "%w", err)
	}
	return p, nil
}

// subtract leaves the difference to an earlier profile of the same program.
func (h *handler) subtract(p *profile.Profile, earlier []byte) error {
	before, err := h.parse(earlier)
	if err != nil {
		return err
	}
	d := pprofscrape.NewDeltas()
	d.Apply(before)
	d.Apply(p)
	return nil
}
