package consoleextension

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"go.opentelemetry.io/collector/component"

	"github.com/otelcol-plus/otelcol-plus/internal/pprofdir"
)

const (
	defaultTop = 50
	maxTop     = 1000
	maxSpan    = 24 * time.Hour
)

// api answers the page's questions. Everything it knows it reads from the metrics endpoint and the profiles directory.
type api struct {
	config     *Config
	info       component.BuildInfo
	profiles   *profiles
	deliveries deliveries
}

func newAPI(cfg *Config, info component.BuildInfo) *api {
	return &api{config: cfg, info: info, profiles: newProfiles(cfg.ProfilesDirectory)}
}

func (a *api) mux() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("/{$}", servePage)
	mux.HandleFunc("/api/summary", func(w http.ResponseWriter, r *http.Request) {
		answer(w, a.summary(r.Context()), nil)
	})
	mux.HandleFunc("/api/top", a.top)
	mux.HandleFunc("/api/flame", a.flame)
	return mux
}

// failure is the body of every error answer.
type failure struct {
	Error string `json:"error"`
}

// errParameter marks what the caller did wrong.
var errParameter = errors.New("parameter")

func answer(w http.ResponseWriter, v any, err error) {
	status := http.StatusOK
	if err != nil {
		v = failure{Error: err.Error()}
		status = http.StatusInternalServerError
		switch {
		case errors.Is(err, errParameter):
			status = http.StatusBadRequest
		case errors.Is(err, errNoDirectory), errors.Is(err, fs.ErrNotExist):
			status = http.StatusNotFound
		}
	}
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// query reads service, type and span.
func query(values url.Values) (pprofdir.Query, error) {
	q := pprofdir.Query{Service: values.Get("service"), Type: values.Get("type")}
	if s := values.Get("span"); s != "" {
		span, err := time.ParseDuration(s)
		if err != nil || span <= 0 || span > maxSpan {
			return q, fmt.Errorf("%w span must be a duration up to %s, such as 5m, is %q", errParameter, maxSpan, s)
		}
		q.Span = span
	}
	return q, nil
}

func (a *api) top(w http.ResponseWriter, r *http.Request) {
	values := r.URL.Query()
	q, err := query(values)
	n := defaultTop
	if s := values.Get("n"); s != "" && err == nil {
		if n, err = strconv.Atoi(s); err != nil || n < 1 || n > maxTop {
			err = fmt.Errorf("%w n must be between 1 and %d, is %q", errParameter, maxTop, s)
		}
	}
	if err != nil {
		answer(w, nil, err)
		return
	}
	t, err := a.profiles.top(q, n)
	answer(w, t, err)
}

func (a *api) flame(w http.ResponseWriter, r *http.Request) {
	q, err := query(r.URL.Query())
	if err != nil {
		answer(w, nil, err)
		return
	}
	f, err := a.profiles.flame(q)
	answer(w, f, err)
}
