package otlpfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// signalOfKey are the top-level keys of requests in JSON.
var signalOfKey = map[string]Signal{
	"resourceSpans":    Traces,
	"resourceMetrics":  Metrics,
	"resourceLogs":     Logs,
	"resourceProfiles": Profiles,
}

// fromJSON reads a request in JSON; the empty object is of no signal.
func fromJSON(request []byte) (Data, error) {
	signal, err := signalOfJSON(request)
	if err != nil || signal == "" {
		return Data{}, err
	}
	d, err := decodeJSON(signal, request)
	if err != nil {
		// The decoder goes on with an excerpt of the telemetry.
		what, _, _ := strings.Cut(err.Error(), ", error found in")
		return Data{}, fmt.Errorf("%s as JSON: %s", signal, what)
	}
	return d, nil
}

// signalOfJSON looks for a known key at the top, which is the first one but for profiles.
func signalOfJSON(request []byte) (Signal, error) {
	dec := json.NewDecoder(bytes.NewReader(request))
	if open, err := dec.Token(); err != nil {
		return "", notJSON(err)
	} else if open != json.Delim('{') {
		return "", fmt.Errorf("JSON that is no object but %.40q", fmt.Sprint(open))
	}
	other := ""
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return "", notJSON(err)
		}
		key, _ := token.(string) // always, in an object
		if signal, ok := signalOfKey[key]; ok {
			return signal, nil
		}
		other = key
		var skipped json.RawMessage
		if err := dec.Decode(&skipped); err != nil {
			return "", notJSON(err)
		}
	}
	if _, err := dec.Token(); err != nil {
		return "", notJSON(err)
	}
	if other != "" {
		return "", fmt.Errorf("JSON with the key %.40q, but none of resourceSpans, resourceMetrics, resourceLogs, resourceProfiles", other)
	}
	return "", nil
}

var errEndsEarly = errors.New("JSON that ends early: was the writer stopped?")

func notJSON(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errEndsEarly
	}
	return fmt.Errorf("not JSON: %w", err)
}
