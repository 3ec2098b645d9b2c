// Package pprofscrape pulls profiles from the addresses at which programs serve them, and makes differences of those that
// count from the program's start.
package pprofscrape

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/google/pprof/profile"

	"github.com/otelcol-plus/otelcol-plus/internal/pprofconv"
)

var (
	// ErrStatus is returned for any answer but 200; redirects are not followed.
	ErrStatus = errors.New("the endpoint answered")
	// ErrTooLarge is returned for a profile of more bytes, as sent or decompressed, than allowed.
	ErrTooLarge = errors.New("the profile is too large")
	// ErrMalformed is returned for what is no profile.
	ErrMalformed = errors.New("the endpoint sent no profile")
)

// Fetch gets and parses one profile of at most maxBytes. The context bounds how long that may take.
func Fetch(ctx context.Context, client *http.Client, url string, maxBytes int) (*profile.Profile, error) {
	data, err := get(ctx, client, url, maxBytes)
	if err != nil {
		return nil, err
	}
	return Parse(data, maxBytes)
}

func get(ctx context.Context, client *http.Client, url string, maxBytes int) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%w %s", ErrStatus, resp.Status)
	}
	if resp.ContentLength > int64(maxBytes) {
		return nil, fmt.Errorf("%w: %d bytes", ErrTooLarge, resp.ContentLength)
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, int64(maxBytes)+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxBytes {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrTooLarge, maxBytes)
	}
	return data, nil
}

// parsing is held while a profile is parsed, which takes several times its size in memory: one at a time, whatever the
// number of endpoints.
var parsing = make(chan struct{}, 1)

// Parse parses a profile of at most maxBytes, one at a time in this process.
func Parse(data []byte, maxBytes int) (*profile.Profile, error) {
	parsing <- struct{}{}
	defer func() { <-parsing }()
	p, err := read(data, maxBytes)
	switch {
	case errors.Is(err, pprofconv.ErrTooManyBytes), errors.Is(err, pprofconv.ErrTooManyParts):
		return nil, fmt.Errorf("%w: %w", ErrTooLarge, err)
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	case len(p.SampleType) == 0:
		return nil, fmt.Errorf("%w: it has no sample type", ErrMalformed)
	}
	return p, nil
}

func read(data []byte, maxBytes int) (*profile.Profile, error) {
	data, err := pprofconv.Decompress(data, maxBytes)
	if err != nil {
		return nil, err
	}
	p, err := pprofconv.Parse(data, maxBytes)
	if err == nil && data[0] >= ' ' {
		// A text is not protobuf, which begins with a tag. Its sizes of blocks are means, which would make other samples
		// of the same stack each time.
		for _, s := range p.Sample {
			delete(s.NumLabel, "bytes")
			delete(s.NumUnit, "bytes")
		}
	}
	return p, err
}

// Refuse is for the client's CheckRedirect: an endpoint may not send the collector elsewhere.
func Refuse(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
